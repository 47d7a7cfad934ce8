import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { openFiles } from "../../../core/store/files.js";
import { inParallel } from "../../../core/store/in-parallel.js";
import { buryLocks } from "../../scenarios/kill.js";
import { temporaryFolder } from "../../scenarios/world.js";
import { type Act, copyOf, problemsAfter, recordAct, sideBySide } from "../matrix.js";
import { openPainter, type Painter } from "../picture.js";
import { type Found, luck, openPowerModel, type PowerModel, restore } from "../power.js";
import { openShop, runHere } from "../shop.js";

/** Whatever is flushed, the model is told: by `fsync` of a descriptor, by `sync` of a handle, by the command `sync -f`. */
const power = vi.hoisted(() => ({ model: null as PowerModel | null }));

vi.mock("node:fs", async (original) => {
  const fs = await original<typeof import("node:fs")>();
  const fsync = (descriptor: number, done: (error: Error | null) => void): void => {
    const flushed = power.model?.flush(fs.readlinkSync(`/proc/self/fd/${descriptor}`));
    fs.fsync(descriptor, (error) => {
      flushed?.();
      done(error);
    });
  };
  return { ...fs, fsync };
});

vi.mock("node:fs/promises", async (original) => {
  const fs = await original<typeof import("node:fs/promises")>();
  const open = async (...call: Parameters<typeof fs.open>): ReturnType<typeof fs.open> => {
    const handle = await fs.open(...call);
    const sync = handle.sync.bind(handle);
    handle.sync = async () => {
      const flushed = power.model?.flush(String(call[0]));
      await sync();
      flushed?.();
    };
    return handle;
  };
  return { ...fs, open };
});

vi.mock("node:child_process", async (original) => {
  const processes = await original<typeof import("node:child_process")>();
  const execFile = (command: string, words: readonly string[], done: (error: Error | null, out: string, told: string) => void): unknown => {
    const flushed = command === "sync" ? power.model?.flushAll() : undefined;
    return processes.execFile(command, words, (error, out, told) => {
      flushed?.();
      done(error, out, told);
    });
  };
  return { ...processes, execFile };
});

let shop: Awaited<ReturnType<typeof openShop>>;
let painter: Painter;
let act: Act;

beforeAll(async () => {
  shop = await openShop();
  painter = await openPainter();
  act = await recordAct(painter, shop.root, ["run"]);
});
afterAll(async () => {
  await painter[Symbol.asyncDispose]();
  await shop[Symbol.asyncDispose]();
});

test("[F01] the power goes at any pass of any point: what was flushed is enough to go on from", async () => {
  const cuts = await disksOf(shop.root);
  const wrong: string[] = [];
  await inParallel([...cuts.values()], sideBySide, async ({ found, at }) => {
    const root = await mkdtemp(join(temporaryFolder(), "flow-power-"));
    restore(found, root);
    await buryLocks(join(root, "data"));
    const problems = await problemsAfter(painter, act, root);
    if (problems.length > 0) wrong.push([at, ...problems].join("\n  "));
    await rm(root, { recursive: true, force: true });
  });
  console.info(`${cuts.size} different disks after ${act.passes.length} passes`);
  expect(wrong).toEqual([]);
  // Were nothing flushed, or nothing watched, all disks would be alike.
  expect(cuts.size).toBeGreaterThan(60);
});

/** One uninterrupted run; at every pass, what the disk would keep. Disks that are alike count once. */
async function disksOf(from: string): Promise<ReadonlyMap<string, { readonly found: Found; readonly at: string }>> {
  await using copy = await copyOf(from);
  const model = openPowerModel(copy.root);
  const cuts = new Map<string, { readonly found: Found; readonly at: string }>();
  const onPoint = (point: string, phase: string): void => {
    for (const kept of luck) {
      const found = model.found(kept);
      const like = likeness(found);
      if (!cuts.has(like)) cuts.set(like, { found, at: `${point} ${phase}, kept beyond what was flushed: ${kept}` });
    }
  };
  power.model = model;
  await runHere(copy.root, ["run"], { files: openFiles({ onPoint }), onLedgerPoint: onPoint });
  power.model = null;
  return cuts;
}

function likeness(found: Found): string {
  const hash = createHash("sha256");
  for (const path of [...found.keys()].sort()) {
    const entry = found.get(path);
    hash.update(`${path}\0${entry?.is}\0`);
    if (entry?.is === "file") hash.update(entry.bytes);
    if (entry?.is === "link") hash.update(entry.target);
  }
  return hash.digest("hex");
}
