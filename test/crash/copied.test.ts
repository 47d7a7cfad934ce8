import { execFile } from "node:child_process";
import { lstat, mkdtemp, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { filesUnder } from "../scenarios/store-picture.js";
import { temporaryFolder } from "../scenarios/world.js";
import { copyOf } from "./matrix.js";
import { openPainter } from "./picture.js";
import { mustRun, openShop, runHere } from "./shop.js";
import { openStock } from "./stock.js";
import { buildFaultyFlow, startFlow } from "./subprocess.js";

const bin = buildFaultyFlow("copied");

test("a store that was copied with cp -a is one: it is read, checked and goes on", async () => {
  await using shop = await openShop();
  await using painter = await openPainter();
  await mustRun(shop.root, ["run"]);
  await using copy = await copyOf(shop.root);
  // What was copied stands on its own.
  await rename(join(shop.root, "data"), join(shop.root, "gone"));
  expect((await runHere(copy.root, ["verify"])).code).toBe(0);
  expect((await runHere(copy.root, ["run"])).stdout).toContain("nothing to do");
  await rename(join(shop.root, "gone"), join(shop.root, "data"));
  expect(await painter.picture(join(copy.root, "data"))).toEqual(await painter.picture(join(shop.root, "data")));
});

test("a store that was copied in the middle of a run is one, too: the run in it is a dead one's", async () => {
  await using stock = await openStock();
  await stock.land("a.csv", [1, 2]);
  const run = startFlow(bin, stock.root, ["run"], { FLOW_FAULT: "publish:version:after:hang" });
  await run.says("hangs at");
  const to = await mkdtemp(join(temporaryFolder(), "flow-copy-"));
  await promisify(execFile)("cp", ["-a", `${stock.root}/.`, to]);
  run.child.kill("SIGKILL");
  await run.ended;
  const next = await startFlow(bin, to, ["run"]).ended;
  expect(next.code, next.stderr).toBe(0);
  const { stdout } = await runHere(to, ["query", "select n from numbers order by n", "--format", "csv"]);
  expect(stdout).toBe("n\n1\n2\n");
  await rm(to, { recursive: true, force: true });
});

test("what is written has the modes that the umask leaves: a store can be shared with a group, or kept to oneself", async () => {
  for (const [umask, folder, file] of [
    ["002", 0o775, 0o664],
    ["077", 0o700, 0o600],
  ] as const) {
    await using stock = await openStock();
    await stock.land("a.csv", [1]);
    const script = `umask ${umask} && exec "${process.execPath}" "${bin}" run`;
    await promisify(execFile)("sh", ["-c", script], { cwd: stock.root });
    for (const part of ["archive", ".flow"]) {
      expect((await lstat(join(stock.store, part))).mode & 0o777, part).toBe(folder);
      for (const path of await filesUnder(join(stock.store, part))) {
        const stats = await lstat(join(stock.store, part, path));
        if (stats.isFile()) expect((stats.mode & 0o777).toString(8), path).toBe(file.toString(8));
      }
    }
  }
});
