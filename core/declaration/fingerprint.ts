import { createHash } from "node:crypto";
import type { CheckRule, DerivedAsset, Fingerprint, IngestedAsset } from "../model.js";

/** Raise it when the same declaration comes to mean other rows: every asset is then rebuilt once. */
const meaning = 1;

/** Over what decides the rows; not over which files are picked up or when, what is checked, kept, or said about them. */
export function fingerprintOfIngested(asset: Omit<IngestedAsset, "fingerprint">): Fingerprint {
  const { files: _files, complete: _complete, ...ingest } = asset.ingest;
  const columns = asset.columns.map(({ description: _description, ...column }) => column);
  return fingerprint({
    kind: asset.kind,
    columns,
    key: asset.key,
    partitionBy: asset.partitionBy,
    eventTime: asset.eventTime,
    lateness: asset.lateness,
    ingest,
  });
}

/** `canonical` is the parsed SQL: formatting and comments do not count. */
export function fingerprintOfDerived(asset: Omit<DerivedAsset, "fingerprint">, canonical: string): Fingerprint {
  const { kind, parameters, inputs, columns, key, partitionBy, eventTime, incremental } = asset;
  // What an author claims decides which partitions were left alone: another claim, another table to build on.
  const claim = incremental.kind === "lookback" || incremental.kind === "cumulative" ? { incremental } : {};
  return fingerprint({ kind, sql: canonical, parameters, inputs, columns, key, partitionBy, eventTime, ...claim });
}

/** Over what decides which rows fail: a version keeps what it found under it. */
export function fingerprintOfCheck(rule: CheckRule, where: string | null): Fingerprint {
  return fingerprint({ check: rule, where });
}

function fingerprint(content: Readonly<Record<string, unknown>>): Fingerprint {
  return createHash("sha256")
    .update(canonicalJson({ meaning, ...content }))
    .digest("hex") as Fingerprint;
}

/** JSON with the keys of every mapping in order. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, child: unknown) =>
    typeof child === "object" && child !== null && !Array.isArray(child) ? sortKeys(child) : child,
  );
}

function sortKeys(value: object): object {
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
