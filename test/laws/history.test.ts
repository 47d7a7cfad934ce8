import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { limitMs, seed, share } from "./amount.js";
import { type Content, type History, historyOf } from "./history.js";
import { everyKind, kinds, openLand } from "./land.js";
import { Oracle } from "./oracle.js";

console.info(`laws of histories: FLOW_SEED=${seed}`);
const land = await openLand();
afterAll(() => land[Symbol.asyncDispose]());

test(
  "the table is a function of its deliveries: after every run of any history it holds what a plain map would",
  async () => {
    const law = fc.asyncProperty(fc.constantFrom(...everyKind), historyOf, async (kind, history) => {
      const asset = await land.fresh(kind);
      const oracle = new Oracle(kinds[kind]);
      for (const turn of history) {
        if (turn.withdraw !== null && !oracle.knows(turn.withdraw)) continue;
        await asset.land(turn.land);
        await (turn.withdraw === null ? asset.run() : asset.withdraw(turn.withdraw));
        oracle.play([turn]);
        expect(await asset.rows()).toEqual(oracle.rows());
      }
      expect(await asset.differences()).toEqual([]);
    });
    await fc.assert(law, share(30));
  },
  limitMs(30),
);

test(
  "rows are late by what was known before their run, whatever the order of its files; restatements never are",
  async () => {
    const law = fc.asyncProperty(historyOf.map(ownContents), async (history) => {
      const asset = await land.fresh("late");
      const oracle = new Oracle(kinds.late);
      for (const turn of history) {
        if (turn.withdraw !== null && !oracle.knows(turn.withdraw)) continue;
        await asset.land(turn.land);
        await (turn.withdraw === null ? asset.run() : asset.withdraw(turn.withdraw));
        oracle.play([turn]);
        expect(await asset.rows()).toEqual(oracle.rows());
      }
      expect(await asset.differences()).toEqual([]);
    });
    await fc.assert(law, share(10));
  },
  limitMs(10),
);

/** No two names bring the same bytes: which of them is judged would be another question. */
function ownContents(history: History): History {
  const own = (name: string, content: Content): Content =>
    (content.length > 0 ? content : [{ id: 0, day: 0, v: 0, op: "U" as const, x: "p" }]).map((row) => ({ ...row, x: `${row.x} ${name}` }));
  return history.map(({ land: files, withdraw }) => ({
    land: new Map([...files].map(([name, content]) => [name, own(name, content)])),
    withdraw,
  }));
}

test(
  "running twice changes nothing, and neither does delivering everything again",
  async () => {
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
    await fc.assert(law, share(8));
  },
  limitMs(8),
);

test(
  "merge equals rebuild: folded anew from the log, the table is the same",
  async () => {
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
    await fc.assert(law, share(8));
  },
  limitMs(8),
);

function landings(history: History): History {
  return history.filter(({ withdraw }) => withdraw === null);
}

/** Each name with the content it had last. */
function lastOf(history: History): History[number]["land"] {
  return new Map(history.flatMap(({ land: files }) => [...files]));
}
