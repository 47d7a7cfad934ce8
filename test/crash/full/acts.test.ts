import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { inParallel } from "../../../core/store/in-parallel.js";
import { buryLocks, killer } from "../../scenarios/kill.js";
import { copyOf, cutsOf, nameOf, problemsAfter, recordAct, sideBySide } from "../matrix.js";
import { openPainter, type Painter } from "../picture.js";
import { mustRun, openShop, runHere } from "../shop.js";

let shop: Awaited<ReturnType<typeof openShop>>;
let painter: Painter;

beforeAll(async () => {
  shop = await openShop();
  painter = await openPainter();
  await mustRun(shop.root, ["run"]);
});
afterAll(async () => {
  await painter[Symbol.asyncDispose]();
  await shop[Symbol.asyncDispose]();
});

test.each([
  ["withdraw orders third.csv"],
  ["quarantine release orders third.csv"],
  ["quarantine discard orders third.csv"],
  ["quarantine discard orders wrong.csv"],
])("[F01] flow %s killed at any point: it was done or it was not, or it is done when it is asked for again", async (line) => {
  const argv = line.split(" ");
  const act = await recordAct(painter, shop.root, argv);
  const wrong: string[] = [];
  const cuts = cutsOf(act).filter(({ nth }) => nth === 1);
  expect(cuts.length).toBeGreaterThan(0);
  await inParallel(cuts, sideBySide, async (pass) => {
    await using copy = await copyOf(shop.root);
    const gun = killer({ how: "crash", ...pass });
    await runHere(copy.root, argv, gun.ports);
    expect(gun.fired(), nameOf(pass)).toBe(true);
    await buryLocks(join(copy.root, "data"));
    const problems = await problemsAfter(painter, act, copy.root);
    if (problems.length === 0) return;
    await runHere(copy.root, argv);
    const again = await problemsAfter(painter, act, copy.root);
    if (again.length > 0) wrong.push([`killed at ${nameOf(pass)}`, ...again].join("\n  "));
  });
  console.info(`${line}: killed at ${cuts.length} passes`);
  expect(wrong).toEqual([]);
});

test("a release of a whole file that died between landing and ledger can be asked for again", async () => {
  await using copy = await copyOf(shop.root);
  const gun = killer({ how: "crash", point: "ledger:resolve", phase: "before", nth: 1 });
  await runHere(copy.root, ["quarantine", "release", "orders", "wrong.csv"], gun.ports);
  expect(gun.fired()).toBe(true);
  await buryLocks(join(copy.root, "data"));
  await mustRun(copy.root, ["run"]);
  const again = await runHere(copy.root, ["quarantine", "release", "orders", "wrong.csv"]);
  expect(again.code, again.stderr).toBe(1);
  expect(again.stderr).not.toContain("ENOENT");
  const { stdout } = await runHere(copy.root, ["quarantine", "list", "orders", "--json"]);
  const { items } = JSON.parse(stdout) as { readonly items: readonly { readonly file: string }[] };
  expect(items.filter(({ file }) => file === "wrong.csv")).toHaveLength(1);
});
