import { readdir, stat } from "node:fs/promises";
import { FlowError } from "../diagnostic.js";
import type { Ledger } from "../ledger/ledger.js";
import { indexAsset, readRemoved } from "../ledger/rebuild.js";
import { openLedger } from "../ledger/sqlite.js";
import type { Asset, AssetName, RunId, VersionId } from "../model.js";
import { partPath } from "../operators/candidate.js";
import type { Finding, FsckReport } from "../project.js";
import { isRunId } from "../run-id.js";
import { canonicalJson } from "../store/canonical-json.js";
import { hashFile } from "../store/hash-file.js";
import { inParallel } from "../store/in-parallel.js";
import { below, type Layout } from "../store/layout.js";
import type { Manifest, Part } from "../store/manifest.js";
import { namesIn } from "../store/names-in.js";
import { isSystemError } from "../store/trouble.js";
import { chain, readPointer } from "../store/versions.js";
import { needsRecovery } from "./recovery.js";

interface Checking {
  readonly layout: Layout;
  /** Made from the store alone. */
  readonly fresh: Ledger;
  readonly quick: boolean;
}

type Found = Omit<Finding, "asset">;

const parallelFiles = 8;

/** Is the store what its manifests say, and the ledger what the store says? Changes nothing. */
export async function checkStore(
  layout: Layout,
  ledger: Ledger,
  assets: readonly Asset[],
  quick: boolean,
): Promise<Omit<FsckReport, "rebuilt">> {
  const fresh = await openLedger(":memory:");
  try {
    const checked: FsckReport["assets"][number][] = [];
    const findings: Finding[] = [];
    for (const { name } of assets) {
      const work = { layout, fresh, quick };
      const versions = await versionsOf(work, name);
      const raw = versions.broken ? { files: 0, found: [] } : await rawOf(work, name);
      const found = [...versions.found, ...raw.found, ...(await leftoversOf(work, ledger, name)), ...differences(work, ledger, name)];
      findings.push(...found.map((finding) => ({ asset: name, ...finding })));
      checked.push({ asset: name, versions: versions.versions, parts: versions.parts, raw: raw.files });
    }
    return { fsck: 1, assets: checked, findings };
  } finally {
    fresh.close();
  }
}

interface Versions {
  readonly versions: number;
  readonly parts: number;
  /** Nothing below can be trusted. */
  readonly broken: boolean;
  readonly found: readonly Found[];
}

/** The pointer, the chain of manifests, the parts of every version, and what lies among them. */
async function versionsOf(work: Checking, asset: AssetName): Promise<Versions> {
  const { layout } = work;
  const found: Found[] = [];
  const hashes = new Map<string, Promise<string>>();
  let [versions, parts] = [0, 0];
  const there = new Set((await namesIn(layout.versions(asset))).filter(isRunId));
  const seen = new Set<VersionId>();
  try {
    const current = await readPointer(layout, asset);
    for await (const { manifest } of chain(layout, asset)) {
      seen.add(manifest.version);
      // Of a version that was taken away only the manifest is left.
      if (!there.has(manifest.version)) continue;
      versions += 1;
      parts += manifest.partitions.reduce((sum, entry) => sum + entry.parts.length + entry.shadow.length, 0);
      found.push(...(await partsOf(work, manifest, hashes)));
    }
    for (const version of there) {
      if (seen.has(version)) continue;
      const isNewer = current === null || version > current;
      found.push({
        severity: "note",
        what: "orphan",
        path: layout.belowStore(layout.version(asset, version)),
        message: isNewer ? "a version that never became current" : "a version that no other was built on",
        hint: isNewer ? "the next run of the asset removes it" : "nothing reads it; it can be deleted",
      });
    }
    await indexAsset(layout, asset, work.fresh);
    return { versions, parts, broken: false, found };
  } catch (trouble) {
    if (!(trouble instanceof FlowError)) throw trouble;
    const path = layout.belowStore(layout.versions(asset));
    const damage = trouble.diagnostics.map(
      ({ message }): Found => ({
        severity: "damage",
        what: "manifest",
        path,
        message,
        hint: "restore it from a backup, or run `flow rollback` to a version that is whole",
      }),
    );
    return { versions, parts, broken: true, found: [...found, ...damage] };
  }
}

/** Each file is hashed once, however many versions share it. */
async function partsOf({ layout, quick }: Checking, manifest: Manifest, hashes: Map<string, Promise<string>>): Promise<readonly Found[]> {
  const folder = layout.version(manifest.asset, manifest.version);
  const expected: { readonly path: string; readonly part: Part }[] = manifest.partitions.flatMap(({ partition, parts, shadow }) =>
    [...parts, ...shadow].map((part) => ({ path: partPath(folder, partition, part), part })),
  );
  const changelog = manifest.changelog === undefined ? [] : [{ path: below(folder, manifest.changelog.file), part: manifest.changelog }];
  const all = [...expected, ...changelog];
  const found = await inParallel(all, parallelFiles, async ({ path, part }): Promise<readonly Found[]> => {
    const wrong = await whatIsWrong(path, part, quick, hashes);
    if (wrong === null) return [];
    return [{ severity: "damage", what: "part", path: layout.belowStore(path), message: wrong, hint: mend(manifest.asset) }];
  });
  const known = new Set([...all.map(({ path }) => path), layout.manifestIn(folder)]);
  const strangers = (await filesBelow(folder)).filter((path) => !known.has(path));
  return [...found.flat(), ...strangers.map((path) => stranger(layout, path))];
}

function stranger(layout: Layout, path: string): Found {
  const isRead = path.endsWith(".parquet");
  return {
    severity: isRead ? "damage" : "note",
    what: "orphan",
    path: layout.belowStore(path),
    message: isRead ? "no part of its version, but readers of the folder take it for one" : "no part of its version",
    hint: "delete it",
  };
}

function mend(asset: AssetName): string {
  return `\`flow run ${asset} --replay\` (or \`--full-refresh\` of a derived asset) makes its rows again`;
}

async function whatIsWrong(path: string, part: Part, quick: boolean, hashes: Map<string, Promise<string>>): Promise<string | null> {
  try {
    const { size, ino, dev } = await stat(path);
    if (size !== part.bytes) return `it has ${size} bytes, and ${part.bytes} were published`;
    if (quick) return null;
    const id = `${dev} ${ino}`;
    const hash = hashes.get(id) ?? hashFile(path).then(({ sha256 }) => sha256);
    hashes.set(id, hash);
    return (await hash) === part.sha256 ? null : "its bytes are not those that were published";
  } catch (trouble) {
    if (isSystemError(trouble, "ENOENT")) return "it is gone";
    throw trouble;
  }
}

/** The log: what counts, or may count again, can be read again. */
async function rawOf(
  { layout, fresh, quick }: Checking,
  asset: AssetName,
): Promise<{ readonly files: number; readonly found: readonly Found[] }> {
  const rows = fresh.deliveries(asset).filter(({ state }) => state !== "refused");
  const removed = new Map<RunId, readonly string[]>();
  for (const run of new Set(rows.map((row) => row.run))) removed.set(run, await readRemoved(layout, layout.ingestArchive(asset, run)));
  const kept = rows.filter(({ run, file }) => !(removed.get(run) ?? []).includes(file));
  const found = await inParallel(kept, parallelFiles, async ({ run, file, bytes, sha256, state }): Promise<readonly Found[]> => {
    const path = below(layout.ingestArchive(asset, run), file);
    const wrong = await whatIsWrong(path, { file, rows: 0, bytes, sha256 }, quick, new Map());
    if (wrong === null) return [];
    const counts = state === "current";
    const hint = counts ? "restore it from a backup, or deliver it again" : "restore it from a backup; nothing in the table is of it";
    return [{ severity: "damage", what: "raw", path: layout.belowStore(path), message: wrong, hint }];
  });
  return { files: kept.length, found: found.flat() };
}

async function leftoversOf({ layout }: Checking, ledger: Ledger, asset: AssetName): Promise<readonly Found[]> {
  if (!(await needsRecovery({ layout, ledger }, asset))) return [];
  const message = "a run left work behind, or is at work";
  return [{ severity: "note", what: "leftover", path: "staging", message, hint: `the next \`flow run ${asset}\` finishes or returns it` }];
}

/** The ledger may know less of reports, and nothing else may differ. */
function differences({ layout, fresh }: Checking, ledger: Ledger, asset: AssetName): readonly Found[] {
  const sides: readonly (readonly [string, (of: Ledger) => unknown])[] = [
    ["versions", (of) => of.versions(asset)],
    ["deliveries", (of) => of.deliveries(asset)],
    ["what waits in quarantine", (of) => of.quarantined(asset)],
  ];
  return sides
    .filter(([, read]) => canonicalJson(read(ledger)) !== canonicalJson(read(fresh)))
    .map(([what]) => ({
      severity: "damage",
      what: "ledger",
      path: layout.belowStore(layout.ledger()),
      message: `what it says of ${what} is not what the store says`,
      hint: "`flow fsck --rebuild` makes it again from the store",
    }));
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = below(folder, entry.name);
    if (entry.isDirectory()) found.push(...(await filesBelow(path)));
    else found.push(path);
  }
  return found;
}
