import { isAbsolute, relative, resolve, sep } from "node:path";
import type { AssetName, RunId, VersionId } from "../model.js";
import { storeTrouble } from "./trouble.js";

/**
 * Every place of the store (design section 3): the only code that joins paths. Pure; nothing is created.
 * Paths are absolute unless a name says otherwise.
 */
export interface Layout {
  readonly root: string;
  /** Producers write here. */
  landing(asset: AssetName): string;
  /** Files taken by a run. */
  pickedUp(asset: AssetName, run: RunId): string;
  /** Holds `pickedUp` of every run. */
  pickedUpRuns(asset: AssetName): string;
  /** What a run is about to take, written before it takes the first file. */
  pickupList(asset: AssetName, run: RunId): string;
  /** Typed rows of each delivery of a run. */
  intermediate(asset: AssetName, run: RunId): string;
  intermediateRuns(asset: AssetName): string;
  /** The candidate version: complete, not yet visible. */
  candidate(asset: AssetName, run: RunId): string;
  candidateRuns(asset: AssetName): string;
  /** Rows that failed the checks of a run, for people to look at; kept until the asset's next run. */
  failedRows(asset: AssetName, run: RunId): string;
  failedRowsRuns(asset: AssetName): string;
  /** What is done of a large build; outlives the run that did it. */
  slices(asset: AssetName): string;
  /** A published version: immutable. */
  version(asset: AssetName, version: VersionId): string;
  /** Holds `version` of every version. */
  versions(asset: AssetName): string;
  manifest(asset: AssetName, version: VersionId): string;
  /** The manifest of a version that was taken away: its parts are gone, what it was is known. */
  goneManifest(asset: AssetName, version: VersionId): string;
  goneManifests(asset: AssetName): string;
  /** What is being taken away: moved here in one step, removed after. */
  trash(asset: AssetName, version: VersionId): string;
  trashOf(asset: AssetName): string;
  /** Names of raw files that were taken away, in a run's folder of the log. */
  removedRaw(folder: string): string;
  /** `manifest.json` of a folder that is not (yet) a version. */
  manifestIn(folder: string): string;
  /** The symlink that says which version is current. */
  pointer(asset: AssetName): string;
  /** Holds all pointers. */
  pointers(): string;
  /** What the pointer of a version holds: relative, so that a store can be copied or moved whole. */
  pointerTarget(asset: AssetName, version: VersionId): string;
  /** Raw bytes of accepted deliveries: the log. */
  ingestArchive(asset: AssetName, run: RunId): string;
  ingestArchiveRuns(asset: AssetName): string;
  /** Refused files and rows. */
  quarantine(asset: AssetName, run: RunId): string;
  quarantineRuns(asset: AssetName): string;
  /** `.run.json` of a picked-up, archived or quarantined folder. */
  runRecord(folder: string): string;
  /** `.discarded.json` of a quarantined folder. */
  discarded(folder: string): string;
  ledger(): string;
  cache(): string;
  /** What was proven of SQL, by question. */
  reachCache(): string;
  locks(): string;
  lock(asset: AssetName): string;
  /** Where DuckDB spills for a run. */
  spill(run: RunId): string;
  spillRuns(): string;
  /** The path of a place below the store, with `/`. */
  belowStore(path: string): string;
}

export function openLayout(path: string): Layout {
  const root = resolve(path);
  const at = (...steps: readonly string[]): string => steps.reduce(below, root);
  return {
    root,
    landing: (asset) => at("ingest", "landing", asset),
    pickedUp: (asset, run) => at("staging", "pickedup", asset, run),
    pickedUpRuns: (asset) => at("staging", "pickedup", asset),
    pickupList: (asset, run) => at("staging", "pickedup", asset, run, ".pickup.json"),
    intermediate: (asset, run) => at("staging", "intermediate", asset, run),
    intermediateRuns: (asset) => at("staging", "intermediate", asset),
    candidate: (asset, run) => at("staging", "ready", asset, run),
    candidateRuns: (asset) => at("staging", "ready", asset),
    failedRows: (asset, run) => at("staging", "checks", asset, run),
    failedRowsRuns: (asset) => at("staging", "checks", asset),
    slices: (asset) => at("staging", "slices", asset),
    version: (asset, version) => at("archive", asset, version),
    versions: (asset) => at("archive", asset),
    manifest: (asset, version) => at("archive", asset, version, "manifest.json"),
    goneManifest: (asset, version) => at("archive", asset, ".gone", `${version}.json`),
    goneManifests: (asset) => at("archive", asset, ".gone"),
    trash: (asset, version) => at("staging", "trash", asset, version),
    trashOf: (asset) => at("staging", "trash", asset),
    removedRaw: (folder) => below(folder, ".removed.json"),
    manifestIn: (folder) => below(folder, "manifest.json"),
    pointer: (asset) => at("ready", asset),
    pointers: () => at("ready"),
    pointerTarget: (asset, version) => `../archive/${asset}/${version}`,
    ingestArchive: (asset, run) => at("ingest", "archive", asset, run),
    ingestArchiveRuns: (asset) => at("ingest", "archive", asset),
    quarantine: (asset, run) => at("ingest", "quarantine", asset, run),
    quarantineRuns: (asset) => at("ingest", "quarantine", asset),
    runRecord: (folder) => below(folder, ".run.json"),
    discarded: (folder) => below(folder, ".discarded.json"),
    ledger: () => at(".flow", "ledger.db"),
    cache: () => at(".flow", "cache"),
    reachCache: () => at(".flow", "cache", "reach.json"),
    locks: () => at(".flow", "locks"),
    lock: (asset) => at(".flow", "locks", `${asset}.lock`),
    spill: (run) => at("staging", "spill", run),
    spillRuns: () => at("staging", "spill"),
    belowStore: (path) => withSlashes(relative(root, path)),
  };
}

/**
 * The place of a `/`-separated relative path below a folder. Throws for whatever would leave the folder or name the
 * folder itself: file names and partition values come from outside. Symlinks are not looked at.
 */
export function below(root: string, path: string): string {
  const steps = path.split(sep === "\\" ? /[\\/]/ : "/");
  if (isAbsolute(path) || path.includes("\0") || steps.some((step) => step === "" || step === "." || step === "..")) {
    throw storeTrouble("path-escapes", `the path \`${path}\` does not stay in its folder`, "rename it: no `..`, no leading or doubled `/`");
  }
  // Thousands of parts have such a path, and `join` would look at all of it each time.
  return `${root.endsWith(sep) ? root : `${root}${sep}`}${steps.join(sep)}`;
}

function withSlashes(path: string): string {
  return sep === "/" ? path : path.split(sep).join("/");
}
