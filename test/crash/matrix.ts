import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { buryLocks } from "../scenarios/kill.js";
import { temporaryFolder } from "../scenarios/world.js";
import { type errnos, type Fault, faultText, faultyPorts, type Phase } from "./fault.js";
import type { Painter, Picture } from "./picture.js";
import { type Ran, runHere } from "./shop.js";
import { type Ended, startFlow } from "./subprocess.js";

/** One pass of a point: the nth of this point in this phase, from 1. */
export interface Pass {
  readonly point: string;
  readonly phase: Phase;
  readonly nth: number;
}

/**
 * Passes that are worth a case. Nothing lies between what comes after one operation and before the next, so the first of each
 * point stands for all of those; and what an operation does for the fourth partition it did for the third: `FLOW_CRASH=all`
 * tries them all.
 */
export function cutsOf({ passes }: Act): readonly Pass[] {
  const all = process.env["FLOW_CRASH"] === "all";
  return passes.filter(({ phase, nth }) => all || (nth <= 3 && (phase !== "after" || nth === 1)));
}

export function nameOf({ point, phase, nth }: Pass): string {
  return `${point}:${phase}:${nth}`;
}

/** Without which pass it is. */
export function whereOf({ point, phase }: Pass): string {
  return `${point}:${phase}`;
}

/** Cases at work at a time. */
export const sideBySide = 2;

/** A command over a prepared project, what it passes, and how the store may look when it and a `flow run` after it are done. */
export interface Act {
  readonly argv: readonly string[];
  readonly root: string;
  readonly passes: readonly Pass[];
  /** As if it had not been interrupted, and as if it had not been asked for; for `run` they are the same. */
  readonly ends: readonly Picture[];
}

/** Records what an uninterrupted one passes and comes to. */
export async function recordAct(painter: Painter, root: string, argv: readonly string[]): Promise<Act> {
  await using asked = await copyOf(root);
  const log = join(asked.root, "passes");
  await mustEnd(runHere(asked.root, argv, faultyPorts({ fault: null, passes: log })), argv);
  const passes = countPasses(await readFile(log, "utf8"));
  await mustEnd(runHere(asked.root, ["run"]), ["run"]);
  await using notAsked = await copyOf(root);
  await mustEnd(runHere(notAsked.root, ["run"]), ["run"]);
  const ends = [await painter.picture(join(asked.root, "data")), await painter.picture(join(notAsked.root, "data"))];
  return { argv, root, passes, ends };
}

async function mustEnd(running: Promise<Ran>, argv: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await running;
  if (code > 1 || trouble.test(stderr)) throw new Error(`flow ${argv.join(" ")}: exit ${code}\n${stdout}${stderr}`);
}

export function countPasses(log: string): readonly Pass[] {
  const seen = new Map<string, number>();
  return log
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const nth = (seen.get(line) ?? 0) + 1;
      seen.set(line, nth);
      const [point = "", phase = ""] = line.split(" ");
      return { point, phase: phase as Phase, nth };
    });
}

export interface Killed {
  /** What is wrong; none: the store is as it should be. */
  readonly problems: readonly string[];
  /** What the first run after the kill passed. */
  readonly recovery: readonly Pass[];
  /** The last of those where that run was killed, too. */
  readonly again: Pass | null;
}

/** Killed at a pass; then `flow run`, killed at `again`; then `flow run`. */
export async function killTwice(bin: string, painter: Painter, act: Act, first: Pass, again: string | null): Promise<Killed> {
  await using shop = await copyOf(act.root);
  const killed = await startFlow(bin, shop.root, act.argv, { FLOW_FAULT: faultText({ ...first, action: "kill" }) }).ended;
  if (killed.signal !== "SIGKILL") return { problems: [`was not killed: ${told(killed)}`], recovery: [], again: null };
  const log = join(shop.root, "passes");
  let died: Pass | null = null;
  let recovery: readonly Pass[] = [];
  if (again !== null) {
    const second = await startFlow(bin, shop.root, ["run"], { FLOW_FAULT: again, FLOW_PASSES: log }).ended;
    recovery = countPasses(await readFile(log, "utf8"));
    if (second.signal === "SIGKILL") died = recovery.at(-1) ?? null;
    else if (isTrouble(second)) return { problems: [`the run after the kill: ${told(second)}`], recovery, again: null };
  }
  return { problems: await problemsAfter(painter, act, shop.root), recovery, again: died };
}

/** One error of the operating system at a pass, then a clean `flow run`. */
export async function failOnce(painter: Painter, act: Act, pass: Pass, action: (typeof errnos)[number]): Promise<readonly string[]> {
  await using shop = await copyOf(act.root);
  const fault: Fault = { ...pass, action };
  const ran = await runHere(shop.root, act.argv, faultyPorts({ fault, passes: null }));
  const text = ran.stdout + ran.stderr;
  const problems = [
    ...(ran.code === 1 ? [] : [`exit ${ran.code} ${text}`]),
    ...(text.includes(action.toUpperCase()) || mayFail(pass) ? [] : [`does not say what failed: ${text}`]),
    ...(/^\s+at .*:\d+/m.test(text) ? [`shows a stack: ${text}`] : []),
  ];
  // The process ended there; this one lives on.
  await buryLocks(join(shop.root, "data"));
  return [...problems, ...(await problemsAfter(painter, act, shop.root))];
}

/** Where failing costs nothing but time, and nothing is said. */
function mayFail({ point }: Pass): boolean {
  return ["cache:write"].includes(point);
}

/** A clean `flow run`, and what is wrong then. */
export async function problemsAfter(painter: Painter, act: Act, root: string): Promise<readonly string[]> {
  const last = await runHere(root, ["run"]);
  const problems = isTrouble(last) ? [`the next run: exit ${last.code} ${last.stdout}${last.stderr}`] : [];
  return [...problems, ...(await problemsIn(painter, act, root))];
}

async function problemsIn(painter: Painter, { ends }: Act, root: string): Promise<readonly string[]> {
  const found = await painter.picture(join(root, "data"));
  const differences = ends.map((end) => differenceOf(end, found));
  return differences.some((lines) => lines.length === 0) ? [] : (differences[0] ?? []);
}

function differenceOf(expected: Picture, found: Picture): readonly string[] {
  const lines = (picture: Picture): readonly string[] => [
    ...Object.entries(picture.rows).flatMap(([asset, rows]) => rows.map((row) => `${asset} ${row}`)),
    ...picture.deliveries,
    ...picture.quarantine.map((line) => `quarantine ${line}`),
    ...picture.raw,
    ...picture.left.map((line) => `left: ${line}`),
  ];
  const [want, have] = [lines(expected), lines(found)];
  return [...without(want, have).map((line) => `- ${line}`), ...without(have, want).map((line) => `+ ${line}`)];
}

/** As bags. */
function without(lines: readonly string[], others: readonly string[]): readonly string[] {
  const left = [...others];
  return lines.filter((line) => {
    const at = left.indexOf(line);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

/** A refused file ends a run with 1, as it should; trouble of flow's own shows in these words. */
const trouble = /internal error|^\w+: (failed|skipped)|^error/m;

function isTrouble({ code, stderr }: { readonly code: number | null; readonly stderr: string }): boolean {
  return code === null || code > 1 || trouble.test(stderr);
}

function told({ code, signal, stdout, stderr }: Ended): string {
  return `exit ${code ?? signal}\n${stdout}${stderr}`;
}

/** A copy that is gone afterwards; hard links stay what they are. */
export async function copyOf(root: string): Promise<{ readonly root: string } & AsyncDisposable> {
  const to = await mkdtemp(join(temporaryFolder(), "flow-crash-"));
  await promisify(execFile)("cp", ["-a", `${root}/.`, to]);
  return { root: to, [Symbol.asyncDispose]: () => rm(to, { recursive: true, force: true }) };
}
