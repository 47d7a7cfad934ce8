import type { ContentHash } from "../model.js";
import { canonicalJson } from "./canonical-json.js";
import { sha256Of } from "./hash-file.js";
import type { Manifest } from "./manifest.js";

interface Written {
  readonly text: string;
  readonly sha256: ContentHash;
}

const written = new WeakMap<Manifest, Written>();

/** The bytes of `manifest.json`. Asked for at each step of a publish, and of thousands of partitions worth writing once. */
export function manifestText(manifest: Manifest): Written {
  const known = written.get(manifest);
  if (known !== undefined) return known;
  const text = canonicalJson(manifest);
  const fresh = { text, sha256: sha256Of(text) };
  written.set(manifest, fresh);
  return fresh;
}
