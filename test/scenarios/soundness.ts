import { readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import { openProject } from "../../core/run/open.js";
import type { Manifest } from "../../core/store/manifest.js";
import { filesUnder, rawFiles, sha256 } from "./store-picture.js";
import type { World } from "./world.js";

/**
 * What holds after every scenario, whatever it was about. One problem per line; none: sound.
 *
 * @param landed SHA-256 of every file the scenario landed and did not take away itself
 */
export async function problemsOf(world: World, landed: ReadonlyMap<string, string>): Promise<readonly string[]> {
  return [
    ...(await brokenVersions(world.store)),
    ...(await lostFiles(world.store, landed)),
    ...(await leftovers(world.store)),
    ...(await differences(world)),
  ];
}

/** Manifest and parts agree: every part there, its bytes as hashed; rows add up. */
async function brokenVersions(store: string): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const asset of await readdir(join(store, "ready")).catch(() => [])) {
    const target = await readlink(join(store, "ready", asset));
    const folder = join(store, "ready", target);
    const manifest = JSON.parse(await readFile(join(folder, "manifest.json"), "utf8")) as Manifest;
    const expected = new Map<string, string>();
    for (const { partition, parts, shadow, rows } of manifest.partitions) {
      for (const part of [...parts, ...shadow]) expected.set(join(partition, part.file), part.sha256);
      const counted = parts.reduce((sum, part) => sum + part.rows, 0);
      if (counted !== rows) problems.push(`${asset} ${partition}: ${rows} rows told, parts have ${counted}`);
    }
    if (manifest.changelog !== undefined) expected.set(manifest.changelog.file, manifest.changelog.sha256);
    for (const file of await filesUnder(folder)) {
      if (file === "manifest.json") continue;
      if (expected.get(file) !== (await sha256(join(folder, file)))) problems.push(`${asset}: ${file} is not what the manifest says`);
      expected.delete(file);
    }
    for (const file of expected.keys()) problems.push(`${asset}: ${file} is missing`);
    for (const { read, ...ends } of manifest.deliveries.added.map(({ rows }) => rows)) {
      const told = Object.values(ends).reduce((sum, rows) => sum + rows, 0);
      if (told !== read) problems.push(`${asset}: ${read} rows read, ${told} accounted for`);
    }
  }
  return problems;
}

/** Raw bytes always end in landing, the log or quarantine. */
async function lostFiles(store: string, landed: ReadonlyMap<string, string>): Promise<readonly string[]> {
  if (await isCollected(store)) return [];
  const there = await rawFiles(store);
  // The marker of a file that was taken goes.
  return [...landed]
    .filter(([hash, file]) => !there.has(hash) && !file.endsWith(".done"))
    .map(([, file]) => `${file} was landed, and is nowhere`);
}

/** A finished run leaves no work lying about. A candidate that failed its checks stays to be looked at. */
async function leftovers(store: string): Promise<readonly string[]> {
  const left = await Promise.all(["pickedup", "intermediate"].map((kind) => filesUnder(join(store, "staging", kind))));
  return left.flat().map((file) => `left in staging: ${file}`);
}

/** A scenario may end with a declaration that no run has seen yet. */
const outdated = "its declaration has changed since";

/** Law 1: the incremental result is the one the log, or the inputs, give. */
async function differences(world: World): Promise<readonly string[]> {
  if (!(await hasVersions(world.store))) return [];
  await using project = await openProject(world.options());
  const { findings } = await project.fsck({ quick: false, rebuild: false });
  const damage = findings.filter(({ severity }) => severity === "damage").map(({ path, message }) => `fsck ${path}: ${message}`);
  if (damage.length > 0 || (await isCollected(world.store))) return damage;
  const { assets } = await project.verify({ include: [], exclude: [] }, { ideal: false, signal: new AbortController().signal });
  return assets.flatMap(({ asset, differences: found }) =>
    found
      .filter(({ message }) => !message.startsWith(outdated))
      .map(
        ({ partition, what, message, missing, unexpected, examples }) =>
          `verify ${asset} ${partition}: ${what}: ${message}, ${missing} missing, ${unexpected} unexpected, ${JSON.stringify(examples)}`,
      ),
  );
}

/** Whether `flow gc` took raw files out of the log: what is gone is not to be found, and nothing can be made again from it. */
async function isCollected(store: string): Promise<boolean> {
  return (await filesUnder(join(store, "ingest/archive"))).some((file) => file.endsWith(".removed.json"));
}

async function hasVersions(store: string): Promise<boolean> {
  return (await readdir(join(store, "ready")).catch(() => [])).length > 0;
}
