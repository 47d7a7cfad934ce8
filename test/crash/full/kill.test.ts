import { afterAll, beforeAll, expect, test } from "vitest";
import { inParallel } from "../../../core/store/in-parallel.js";
import { phases } from "../fault.js";
import { type Act, cutsOf, killTwice, nameOf, type Pass, recordAct, sideBySide, whereOf } from "../matrix.js";
import { openPainter, type Painter } from "../picture.js";
import { openShop } from "../shop.js";
import { buildFaultyFlow } from "../subprocess.js";

const bin = buildFaultyFlow("kill");
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

/** Passes of a recovery, or a little more. */
const recoveryLength = 90;

test.each(phases)(
  "[F01] a run killed %s an operation, whichever, and killed again in recovery, ends where it would have ended",
  async (phase) => {
    const wrong: string[] = [];
    /** Of the runs after a kill: where each point was first met, and whether one of them died there. */
    const met = new Map<string, { readonly first: Pass; died: boolean }>();
    const tryOne = async (first: Pass, again: string): Promise<void> => {
      const { problems, recovery, again: died } = await killTwice(bin, painter, act, first, again);
      const where = `killed at ${nameOf(first)}, then at ${died === null ? `none (${again})` : nameOf(died)}`;
      if (problems.length > 0) wrong.push([where, ...problems].join("\n  "));
      // Not only at the end of some minutes.
      if (problems.length > 0) console.error(wrong.at(-1));
      for (const pass of recovery) if (!met.has(whereOf(pass))) met.set(whereOf(pass), { first, died: false });
      const there = died === null ? undefined : met.get(whereOf(died));
      if (there !== undefined) there.died = true;
    };
    const cuts = cutsOf(act)
      .filter((pass) => pass.phase === phase)
      .map((first, at) => [first, `*:${1 + ((at * 7) % recoveryLength)}:kill`] as const);
    await inParallel(cuts, sideBySide, ([first, again]) => tryOne(first, again));
    // The second kill has to meet every point that there is after a kill, too.
    const missed = [...met].filter(([, { died }]) => !died);
    await inParallel(missed, sideBySide, ([where, { first }]) => tryOne(first, `${where}:kill`));
    console.info(`killed at ${cuts.length} of ${act.passes.length} passes, then at ${met.size} points`);
    expect(wrong).toEqual([]);
  },
);
