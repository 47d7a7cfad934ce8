import { spawn } from "node:child_process";
import { once } from "node:events";
import { link, mkdir, readdir, readFile, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { describe, expect, test } from "vitest";
import type { AssetName } from "../../core/model.js";
import { openFiles } from "../../core/store/files.js";
import { type Layout, openLayout } from "../../core/store/layout.js";
import { type AssetLock, acquireLock, type LockOwner, lockOwner } from "../../core/store/lock.js";
import type { FilePhase, FilePoint } from "../../core/store/points.js";
import { freshFolder, orders, runNo } from "./sample.js";

const files = openFiles();

async function mustAcquire(layout: Layout, n: number, asset: AssetName = orders): Promise<AssetLock> {
  const claimed = await acquireLock(files, layout, asset, runNo(n));
  if ("held" in claimed) throw new Error(`held by ${claimed.held.run}`);
  return claimed.lock;
}

/** Puts a lock there as another owner would have left it. */
async function leaveLock(layout: Layout, changes: Partial<LockOwner>, silentMs = 0, path = layout.lock(orders)): Promise<void> {
  await using sample = await mustAcquire(layout, 99, "sample" as AssetName);
  await mkdir(layout.locks(), { recursive: true });
  await writeFile(path, JSON.stringify({ ...sample.owner, run: runNo(1), token: "dead", ...changes }));
  const touched = (Date.now() - silentMs) / 1000;
  await utimes(path, touched, touched);
}

async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ["-e", ""]);
  await once(child, "exit");
  return child.pid ?? 0;
}

describe("a lock", () => {
  test("[F03] keeps a second run off an asset, and says who holds it", async () => {
    await using folder = await freshFolder();
    const layout = openLayout(folder.path);
    await using lock = await mustAcquire(layout, 1);
    await lock.say("publish");
    expect(await acquireLock(files, layout, orders, runNo(2))).toMatchObject({
      held: { run: runNo(1), pid: process.pid, host: hostname(), step: "publish" },
    });
    expect(await lockOwner(layout, orders)).toMatchObject({ run: runNo(1), step: "publish" });
    expect(await lock.stillHeld()).toBe(true);
  });

  test("is for one asset alone", async () => {
    await using folder = await freshFolder();
    const layout = openLayout(folder.path);
    await using _one = await mustAcquire(layout, 1);
    await using _other = await mustAcquire(layout, 2, "orders_2" as AssetName);
  });

  test("is free when it was released, and leaves nothing", async () => {
    await using folder = await freshFolder();
    const layout = openLayout(folder.path);
    {
      await using _lock = await mustAcquire(layout, 1);
    }
    expect(await readdir(layout.locks())).toEqual([]);
    expect(await lockOwner(layout, orders)).toBeNull();
    const again = await mustAcquire(layout, 2);
    await again.release();
    await again.release();
    expect(await readdir(layout.locks())).toEqual([]);
  });

  test("one of many that try at once has it", async () => {
    await using folder = await freshFolder();
    const layout = openLayout(folder.path);
    const claimed = await Promise.all(Array.from({ length: 20 }, (_, n) => acquireLock(files, layout, orders, runNo(n))));
    const locks = claimed.flatMap((one) => ("lock" in one ? [one.lock] : []));
    expect(locks).toHaveLength(1);
    for (const lock of locks) await lock.release();
  });
});

describe("[F03] a dead owner's lock is taken over", () => {
  test.each<[string, () => Promise<Partial<LockOwner>>, number]>([
    ["its process is gone", async () => ({ pid: await deadPid() }), 0],
    ["its pid belongs to another process by now", async () => ({ started: "1" }), 0],
    ["its machine was started again", async () => ({ boot: "another" }), 0],
    ["it is elsewhere and silent for a minute", async () => ({ host: "elsewhere" }), 61_000],
    ["it is in another container and silent for a minute", async () => ({ pids: "pid:[1]" }), 61_000],
  ])("when %s", async (_why, changes, silentMs) => {
    await using folder = await freshFolder();
    const layout = openLayout(folder.path);
    await leaveLock(layout, await changes(), silentMs);
    expect(await lockOwner(layout, orders)).toBeNull();
    const lock = await mustAcquire(layout, 2);
    expect(await lockOwner(layout, orders)).toMatchObject({ run: runNo(2) });
    expect(await lock.stillHeld()).toBe(true);
    await lock.release();
    expect(await readdir(layout.locks())).toEqual([]);
  });

  test.each<[string, Partial<LockOwner>]>([
    ["its process is at work", {}],
    ["it is elsewhere and was heard a moment ago", { host: "elsewhere" }],
    ["it is in another container and was heard a moment ago", { pids: "pid:[1]", pid: 4_000_000 }],
  ])("and a live one's is not: %s", async (_why, changes) => {
    await using folder = await freshFolder();
    const layout = openLayout(folder.path);
    await leaveLock(layout, changes, changes.host === undefined && changes.pids === undefined ? 600_000 : 0);
    expect(await acquireLock(files, layout, orders, runNo(2))).toMatchObject({ held: { run: runNo(1) } });
    expect(await readdir(layout.locks())).toEqual(["orders.lock"]);
  });

  test("by one of many that try at once", async () => {
    for (let round = 0; round < 10; round++) {
      await using folder = await freshFolder();
      const layout = openLayout(folder.path);
      await leaveLock(layout, { boot: "another" });
      const claimed = await Promise.all(Array.from({ length: 10 }, (_, n) => acquireLock(files, layout, orders, runNo(n + 2))));
      const locks = claimed.flatMap((one) => ("lock" in one ? [one.lock] : []));
      expect(locks).toHaveLength(1);
      for (const lock of locks) await lock.release();
    }
  });

  test("though the one who was taking it over died too", async () => {
    await using folder = await freshFolder();
    const layout = openLayout(folder.path);
    await leaveLock(layout, { boot: "another", token: "first" });
    await leaveLock(layout, { boot: "another", token: "second" }, 0, `${layout.lock(orders)}.first`);
    const lock = await mustAcquire(layout, 2);
    expect(await readdir(layout.locks())).toEqual(["orders.lock"]);
    await lock.release();
    expect(await readdir(layout.locks())).toEqual([]);
  });

  test("and not while somebody alive is taking it over", async () => {
    await using folder = await freshFolder();
    const layout = openLayout(folder.path);
    await leaveLock(layout, { boot: "another", token: "first" });
    await leaveLock(layout, { token: "second", run: runNo(7) }, 0, `${layout.lock(orders)}.first`);
    expect(await acquireLock(files, layout, orders, runNo(2))).toMatchObject({ held: { run: runNo(7) } });
  });

  test("unless it was replaced between the look and the claim", async () => {
    await using folder = await freshFolder();
    const layout = openLayout(folder.path);
    await leaveLock(layout, { boot: "another" });
    let faster: AssetLock | null = null;
    const onPoint = async (point: FilePoint, phase: FilePhase): Promise<void> => {
      if (point === "lock:claim" && phase === "before" && faster === null) faster = await mustAcquire(layout, 3);
    };
    expect(await acquireLock(openFiles({ onPoint }), layout, orders, runNo(2))).toMatchObject({ held: { run: runNo(3) } });
    expect(await lockOwner(layout, orders)).toMatchObject({ run: runNo(3) });
  });

  test("a lock that cannot be read is left to whoever writes it, for a minute", async () => {
    await using folder = await freshFolder();
    const layout = openLayout(folder.path);
    await mkdir(layout.locks(), { recursive: true });
    await writeFile(layout.lock(orders), "");
    expect(await acquireLock(files, layout, orders, runNo(2))).toMatchObject({ held: { host: "unknown" } });
    const long = Date.now() / 1000 - 61;
    await utimes(layout.lock(orders), long, long);
    await (await mustAcquire(layout, 2)).release();
  });
});

describe("an owner that was taken for dead", () => {
  test("knows that it no longer holds the lock, and does not remove the new owner's", async () => {
    await using folder = await freshFolder();
    const layout = openLayout(folder.path);
    const slow = await mustAcquire(layout, 1);
    const mine = await readFile(layout.lock(orders), "utf8");
    await leaveLock(layout, { host: "elsewhere", token: "other", run: runNo(2) });
    expect(JSON.parse(mine)).toMatchObject({ token: slow.owner.token });
    expect(await slow.stillHeld()).toBe(false);
    await slow.release();
    expect(await lockOwner(layout, orders)).toMatchObject({ run: runNo(2) });
  });

  test("knows it as soon as its lock is claimed", async () => {
    await using folder = await freshFolder();
    const layout = openLayout(folder.path);
    const slow = await mustAcquire(layout, 1);
    await link(layout.lock(orders), `${layout.lock(orders)}.${slow.owner.token}`);
    expect(await slow.stillHeld()).toBe(false);
    await slow.release();
    expect(await readdir(layout.locks())).toContain("orders.lock");
  });
});

describe("[F01] killed at any point of taking and giving back a lock", async () => {
  const points = await countPasses();

  test.each(Array.from({ length: points }, (_, at) => at))("(%i) the next one gets it and leaves nothing", async (at) => {
    await using folder = await freshFolder();
    const layout = openLayout(folder.path);
    await leaveLock(layout, { boot: "another" });
    let passed = 0;
    const onPoint = (): void => {
      if (passed++ === at) throw new Error("killed");
    };
    await expect(takeAndGive(layout, onPoint)).rejects.toThrow("killed");
    await allDied(layout);
    const next = await mustAcquire(layout, 3);
    await next.release();
    expect((await readdir(layout.locks())).filter((name) => name.includes("lock"))).toEqual([]);
  });
});

async function countPasses(): Promise<number> {
  await using folder = await freshFolder();
  const layout = openLayout(folder.path);
  await leaveLock(layout, { boot: "another" });
  let count = 0;
  await takeAndGive(layout, () => void count++);
  return count;
}

async function takeAndGive(layout: Layout, onPoint: () => void): Promise<void> {
  const claimed = await acquireLock(openFiles({ onPoint }), layout, orders, runNo(2));
  if ("held" in claimed) throw new Error("held");
  await claimed.lock.say("publish");
  await claimed.lock.release();
}

/** This process lives on: so that its locks are a dead one's, their machine is another start. */
async function allDied(layout: Layout): Promise<void> {
  for (const name of await readdir(layout.locks())) {
    const path = `${layout.locks()}/${name}`;
    const text = await readFile(path, "utf8");
    if (text.trim() !== "") await writeFile(path, JSON.stringify({ ...JSON.parse(text), boot: "another" }));
  }
}
