import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { limitMs, seed, share } from "./amount.js";
import { historyOf } from "./history.js";
import { everyKind, openLand } from "./land.js";

console.info(`laws of going back: FLOW_SEED=${seed}`);
const land = await openLand();
afterAll(() => land[Symbol.asyncDispose]());

const kindsOfAll = [...everyKind, "late"] as const;

test(
  "rolled back to any version, an asset has the rows of that version, forward as well as back",
  async () => {
    const law = fc.asyncProperty(
      fc.constantFrom(...kindsOfAll),
      historyOf,
      fc.array(fc.nat(9), { minLength: 1, maxLength: 3 }),
      async (kind, history, picks) => {
        const asset = await land.fresh(kind);
        const past: { readonly version: string; readonly rows: readonly string[] }[] = [];
        const remember = async (): Promise<void> => {
          const version = await asset.version();
          if (version !== null && past.at(-1)?.version !== version) past.push({ version, rows: await asset.rows() });
        };
        for (const turn of history) {
          if (turn.withdraw !== null) continue;
          await asset.land(turn.land);
          await asset.run();
          await remember();
        }
        for (const pick of picks) {
          const earlier = past.slice(0, -1);
          const back = earlier[pick % Math.max(1, earlier.length)];
          if (back === undefined) return;
          await asset.rollback(back.version);
          expect(await asset.rows()).toEqual(back.rows);
          await remember();
          expect(await asset.differences()).toEqual([]);
        }
      },
    );
    await fc.assert(law, share(12));
  },
  limitMs(12),
);
