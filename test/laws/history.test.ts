import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { limitMs, seed, share } from "./amount.js";
import { historyOf, type History } from "./history.js";
import { everyKind, kinds, openLand } from "./land.js";
import { Oracle } from "./oracle.js";

console.info(`laws of histories: FLOW_SEED=${seed}`);
const land = await openLand();
afterAll(() => land[Symbol.asyncDispose]());

test("the table is a function of its deliveries: after every run of any history it holds what a plain map would", async () => {
  const law = fc.asyncProperty(fc.constantFrom(...everyKind), historyOf, async (kind, history) => {
    const asset = await land.fresh(kind);
    const oracle = new Oracle(kinds[kind]);
    for (const turn of history) {
      if (turn.withdraw !== null && !oracle.counts(turn.withdraw)) continue;
      await asset.land(turn.land);
      await (turn.withdraw === null ? asset.run() : asset.withdraw(turn.withdraw));
      oracle.play([turn]);
      expect(await asset.rows()).toEqual(oracle.rows());
    }
    expect(await asset.differences()).toEqual([]);
  });
  await fc.assert(law, share(45));
}, limitMs(45));

test("running twice changes nothing, and neither does delivering everything again", async () => {
  const law = fc.asyncProperty(fc.constantFrom(...everyKind), historyOf, async (kind, history) => {
    const asset = await land.fresh(kind);
    for (const turn of landings(history)) {
      await asset.land(turn.land);
      await asset.run();
    }
    const before = await asset.rows();
    expect((await asset.run()).assets.map(({ status }) => status)).not.toContain("published");
    await asset.land(lastOf(history));
    const again = await asset.run();
    expect(again.assets.map(({ status }) => status)).not.toContain("published");
    expect(await asset.rows()).toEqual(before);
  });
  await fc.assert(law, share(10));
}, limitMs(10));

test("merge equals rebuild: folded anew from the log, the table is the same", async () => {
  const law = fc.asyncProperty(fc.constantFrom(...everyKind), historyOf, async (kind, history) => {
    const asset = await land.fresh(kind);
    for (const turn of landings(history)) {
      await asset.land(turn.land);
      await asset.run();
    }
    const before = await asset.rows();
    await asset.replay();
    expect(await asset.rows()).toEqual(before);
  });
  await fc.assert(law, share(10));
}, limitMs(10));

function landings(history: History): History {
  return history.filter(({ withdraw }) => withdraw === null);
}

/** Each name with the content it had last. */
function lastOf(history: History): History[number]["land"] {
  return new Map(history.flatMap(({ land: files }) => [...files]));
}
