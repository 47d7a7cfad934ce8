import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ledgerPoints } from "../../core/ledger/points.js";
import { inParallel } from "../../core/store/in-parallel.js";
import { filePoints } from "../../core/store/points.js";
import { errnos, faultText, parseFault, phases } from "./fault.js";
import { type Act, failOnce, killTwice, nameOf, type Pass, recordAct, sideBySide } from "./matrix.js";
import { openPainter, type Painter } from "./picture.js";
import { openShop } from "./shop.js";
import { buildFaultyFlow } from "./subprocess.js";

/** A taste of the matrix, which `npm run test:crash` plays whole: some points, another phase and another errno at each. */
const bin = buildFaultyFlow("points");
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

/** The last pass of every nth point, in a phase each. */
function taste(nth: number): readonly Pass[] {
  const points = [...new Set(act.passes.map(({ point }) => point))].filter((_, at) => at % nth === nth - 1);
  return points.flatMap((point, at) => {
    const passes = act.passes.filter((pass) => pass.point === point);
    return passes.filter(({ phase }) => phase === phases[at % phases.length]).at(-1) ?? passes.at(-1) ?? [];
  });
}

test("[F01] a run killed at a point ends, with the next run, where it would have ended", async () => {
  const wrong: string[] = [];
  await inParallel(taste(6), sideBySide, async (pass) => {
    const { problems } = await killTwice(bin, painter, act, pass, null);
    if (problems.length > 0) wrong.push([`killed at ${nameOf(pass)}`, ...problems].join("\n  "));
  });
  expect(wrong).toEqual([]);
}, 180_000);

test("[F02] a disk that fails at a point: a clear error, exit 1, and the next run completes", async () => {
  const wrong: string[] = [];
  await inParallel([...taste(4).entries()], sideBySide, async ([at, pass]) => {
    const errno = errnos[at % errnos.length] ?? "eio";
    const problems = await failOnce(painter, act, pass, errno);
    if (problems.length > 0) wrong.push([`${errno} at ${nameOf(pass)}`, ...problems].join("\n  "));
  });
  expect(wrong).toEqual([]);
}, 180_000);

/** What a run of the shop does not come to, and where it is tried instead. */
const elsewhere: Readonly<Record<string, string>> = {
  "lock:replace": "test/store/lock.test.ts, and the second run of every kill of the matrix",
  "stage:write": "whole files are written by the engine; test/store/files.test.ts",
  "slice:make": "test/derived/slices.test.ts stops large builds at every slice",
  "slice:sync": "test/derived/slices.test.ts",
  "slice:record": "test/derived/slices.test.ts",
  "quarantine:release": "test/scenarios/keys/lateness.allow.release.scenario",
  "quarantine:discard": "test/scenarios/life; one durable write",
  "test:land": "a test's own store is thrown away whatever happens",
  "recover:return": "the second run of kills before the commit, in test/crash/full",
  "recover:remove": "the second run of kills before the commit, in test/crash/full",
  "recover:sync": "the second run of kills before the commit, in test/crash/full",
  "cache:write": "a cache that cannot be written costs time only",
  "ledger:create": "test/ledger/sqlite.test.ts",
  "declare:make": "`flow declare` changes declarations, not the store",
  "declare:write": "`flow declare`",
  "declare:link": "`flow declare`",
  "declare:amend": "`flow run --accept-drift` writes one file durably, before the run",
  "declare:remove": "`flow declare`",
  "ledger:remove": "`flow fsck --rebuild` may be asked again; every command makes a missing ledger anew",
  "gc:make": "`flow gc` is no part of a run",
  "gc:manifest": "`flow gc`",
  "gc:move": "`flow gc`",
  "gc:sync": "`flow gc`",
  "gc:record": "`flow gc`",
  "gc:remove": "`flow gc`",
  "ledger:resolve": "test/ledger/rebuild.test.ts",
};

test("a run of the shop comes to every point there is, but for those that are tried elsewhere", () => {
  const passed = new Set(act.passes.map(({ point }) => point));
  const missing = [...Object.keys(filePoints), ...Object.keys(ledgerPoints)].filter((point) => !passed.has(point));
  expect(missing.filter((point) => elsewhere[point] === undefined)).toEqual([]);
  expect(Object.keys(elsewhere).filter((point) => passed.has(point))).toEqual([]);
});

describe("FLOW_FAULT", () => {
  test.each([
    ["publish:pointer:kill", { point: "publish:pointer", phase: null, nth: 1, action: "kill" }],
    ["publish:pointer:before:kill", { point: "publish:pointer", phase: "before", nth: 1, action: "kill" }],
    ["stage:write:within:3:enospc", { point: "stage:write", phase: "within", nth: 3, action: "enospc" }],
    ["*:40:kill", { point: "*", phase: null, nth: 40, action: "kill" }],
  ] as const)("%s", (text, fault) => {
    expect(parseFault(text)).toEqual(fault);
    expect(parseFault(faultText(fault))).toEqual(fault);
  });

  test("refuses what it does not know", () => {
    expect(() => parseFault("publish:pointer:explode")).toThrow("ends in none of kill");
  });
});
