import { afterAll, beforeAll, expect, test } from "vitest";
import { inParallel } from "../../../core/store/in-parallel.js";
import { errnos } from "../fault.js";
import { type Act, cutsOf, failOnce, nameOf, recordAct, sideBySide } from "../matrix.js";
import { openPainter, type Painter } from "../picture.js";
import { openShop } from "../shop.js";

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

/** Errors at passes: each kind at the first of an operation, one in turn at the others and where it was done already. */
function cases(): readonly (readonly [Act["passes"][number], (typeof errnos)[number]])[] {
  return cutsOf(act).flatMap((pass, at) =>
    errnos
      .filter((_, which) => (pass.nth === 1 && pass.phase !== "after") || which === at % errnos.length)
      .map((errno) => [pass, errno] as const),
  );
}

test("[F02] a disk that fails at any pass of any point: a clear error, exit 1, and the next run completes", async () => {
  const wrong: string[] = [];
  const all = cases();
  await inParallel(all, sideBySide, async ([pass, errno]) => {
    const problems = await failOnce(painter, act, pass, errno);
    if (problems.length > 0) wrong.push([`${errno} at ${nameOf(pass)}`, ...problems].join("\n  "));
  });
  console.info(`${all.length} errors at ${act.passes.length} passes`);
  expect(wrong).toEqual([]);
});
