import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { limitMs, seed, share } from "./amount.js";
import { historyOf } from "./history.js";
import { everyKind, kinds, openLand, timeless } from "./land.js";
import { Oracle } from "./oracle.js";

console.info(`laws of killed runs: FLOW_SEED=${seed}`);
const land = await openLand();
afterAll(() => land[Symbol.asyncDispose]());

test(
  "[F01] a killed run loses nothing and takes nothing twice: the next run ends where it would have ended",
  async () => {
    const law = fc.asyncProperty(fc.constantFrom(...everyKind), historyOf, fc.nat(150), async (kind, history, nth) => {
      const asset = await land.fresh(kind);
      const oracle = new Oracle(kinds[kind]);
      for (const turn of history) {
        if (turn.withdraw !== null) continue;
        await asset.land(turn.land);
        oracle.land(turn.land);
        await asset.runKilled(nth);
        await asset.run();
        expect(await asset.rows()).toEqual(oracle.rows());
      }
      expect(await asset.differences()).toEqual([]);
    });
    await fc.assert(law, share(9));
  },
  limitMs(9),
);

test(
  "a killed run loses nothing, though more lands before anybody looks",
  async () => {
    const law = fc.asyncProperty(fc.constantFrom(...timeless), historyOf, fc.nat(150), async (kind, history, nth) => {
      const asset = await land.fresh(kind);
      const oracle = new Oracle(kinds[kind]);
      for (const turn of history) {
        if (turn.withdraw !== null) continue;
        await asset.land(turn.land);
        oracle.land(turn.land);
        await asset.runKilled(nth);
      }
      // A name that came again while its older bytes were held by a dead run waits for a run of its own.
      for (const _ of history) await asset.run();
      await asset.run();
      expect(await asset.rows()).toEqual(oracle.rows());
    });
    await fc.assert(law, share(4));
  },
  limitMs(4),
);
