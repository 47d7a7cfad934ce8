import { createHash } from "node:crypto";
import { mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import picomatch from "picomatch";
import { expect } from "vitest";
import { readDuration } from "../../core/index.js";
import type { Kill } from "./kill.js";
import { normaliser } from "./normalise.js";
import { parseScenario, type Scenario, type Step, withBodies, wordsOf } from "./parse-scenario.js";
import { problemsOf } from "./soundness.js";
import { filesUnder, pictureOf } from "./store-picture.js";
import { openWorld, type Ran, type World } from "./world.js";

/** Plays a scenario in a world of its own; see `updates` for how expectations are written. */
export async function runScenario(path: string): Promise<void> {
  const text = await readFile(path, "utf8");
  const scenario = parseScenario(path, text);
  await using world = await openWorld();
  const play: Play = {
    path,
    scenario,
    world,
    normalise: normaliser(world.root),
    landed: new Map(),
    assets: [],
    ran: null,
    pictures: ["", ""],
    kill: null,
    damaged: false,
    updated: new Map(),
  };
  for (const [at, step] of scenario.steps.entries()) await playStep(play, step, at);
  const problems = play.ran?.killed === true || play.damaged ? [] : await problemsOf(world, play.landed);
  expect(problems, `${path}: the store is not sound`).toEqual([]);
  if (play.updated.size > 0) await writeFile(path, withBodies(text, play.updated));
}

interface Play {
  readonly path: string;
  readonly scenario: Scenario;
  readonly world: World;
  readonly normalise: (text: string) => string;
  /** Hash -> name of what was landed. */
  readonly landed: Map<string, string>;
  readonly assets: string[];
  ran: Ran | null;
  /** Of the store before and after the last command. */
  pictures: readonly [string, string];
  kill: Kill | null;
  /** The scenario broke the store by hand: at its end it is not sound. */
  damaged: boolean;
  readonly updated: Map<Step, string>;
}

/** `UPDATE=1` fills in what is empty; `UPDATE=all` replaces what differs, to be reviewed as a change of behaviour. */
const updates = process.env["UPDATE"] ?? "";

async function playStep(play: Play, step: Step, at: number): Promise<void> {
  const { world } = play;
  switch (step.command) {
    case "flow.yaml":
      return world.write("flow.yaml", step.body ?? "");
    case "asset":
      play.assets.push(step.rest);
      return world.write(`assets/${step.rest}.yaml`, step.body ?? "");
    case "later":
      return world.pass(readDuration(step.rest) ?? 0);
    case "sql":
      return world.write(`assets/${step.rest}.sql`, step.body ?? "");
    case "write":
      return world.write(wordsOf(step.rest)[0] ?? "", step.body ?? "");
    case "land":
      return land(play, step, Buffer.from(step.body ?? ""));
    case "land-gz":
      return land(play, step, gzipSync(step.body ?? ""));
    case "land-bytes":
      return land(play, step, latin1(step.body ?? ""));
    case "link":
      return link(play, step);
    case "remove":
      return remove(play, wordsOf(step.rest)[0] ?? "");
    case "damage":
      return damage(play, step);
    case "crash":
    case "interrupt":
      play.kill = killOf(step);
      return;
    case "run":
    case "plan":
    case "status":
      return command(play, step, at, [step.command, ...wordsOf(step.rest)]);
    case "query":
      return query(play, step, at);
    case "flow":
      return command(play, step, at, wordsOf(step.rest));
    case "account":
      return compare(play, step, play.ran?.stdout ?? "");
    case "stderr":
      return compare(play, step, inOrder(play.ran?.stderr ?? ""));
    case "exit":
      return expect(play.ran?.code, place(play, step)).toBe(Number(step.rest));
    case "unchanged":
      return expect(play.pictures[1], place(play, step)).toBe(play.pictures[0]);
    case "kept":
      return compareKept(play, step);
    case "files":
      return compare(play, step, await listing(world, step.rest));
    case "cat":
      return compare(play, step, await world.read(join("data", wordsOf(step.rest)[0] ?? "")));
    default:
      throw new Error(`${place(play, step)}: no such command`);
  }
}

async function land(play: Play, step: Step, content: Buffer): Promise<void> {
  const path = landingPath(play, step);
  // What a producer overwrites before it was taken was never delivered.
  const before = await readFile(join(play.world.root, path)).catch(() => null);
  if (before !== null) play.landed.delete(hashOf(before));
  play.landed.set(hashOf(content), path);
  await play.world.write(path, content);
}

async function remove(play: Play, path: string): Promise<void> {
  for (const [hash, file] of play.landed) if (file === path) play.landed.delete(hash);
  await rm(join(play.world.root, path), { recursive: true });
}

function hashOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function landingPath(play: Play, step: Step): string {
  const [file = "", , asset = play.assets[0] ?? ""] = wordsOf(step.rest);
  return join("data/ingest/landing", asset, file);
}

/** A JSON string a line; characters are bytes. */
function latin1(body: string): Buffer {
  const lines = body.split("\n").filter((line) => line !== "");
  return Buffer.from(lines.map((line) => JSON.parse(line) as string).join(""), "latin1");
}

/** `link <file> <target>`: a symlink in landing. */
async function link(play: Play, step: Step): Promise<void> {
  const [file = "", target = ""] = wordsOf(step.rest);
  const path = join(play.world.store, "ingest/landing", play.assets[0] ?? "", file);
  await mkdir(dirname(path), { recursive: true });
  await symlink(target, path);
}

/** Flips the last byte of the first file below the store that matches. */
async function damage(play: Play, step: Step): Promise<void> {
  const [file] = (await listing(play.world, step.rest)).split("\n");
  const path = join(play.world.store, file ?? "");
  const bytes = await readFile(path);
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 0xff;
  await writeFile(path, bytes);
  play.damaged = true;
}

function killOf(step: Step): Kill {
  const [point = "", phase = "before", nth = "1"] = wordsOf(step.rest);
  return { how: step.command === "crash" ? "crash" : "interrupt", point, phase: phase as Kill["phase"], nth: Number(nth) };
}

async function command(play: Play, step: Step, at: number, argv: readonly string[]): Promise<void> {
  const { world, kill } = play;
  const asked = aboutThis(play, at);
  const watched = asked.some((other) => other.command === "unchanged" || other.command === "kept");
  const before = watched ? await pictureOf(world.store) : "";
  const ran = await world.flow(argv, kill);
  play.ran = ran;
  play.pictures = [before, watched ? await pictureOf(world.store) : ""];
  play.kill = null;
  if (kill !== null)
    expect(ran.killed || ran.interrupted, `${place(play, step)}: the run never came to ${kill.point} ${kill.phase}`).toBe(true);
  if (ran.killed) return compare(play, step, "killed\n");
  const isExpected = asked.some((other) => other.command === "exit");
  if (ran.code === 70 || (!isExpected && ran.code !== 0)) expect.fail(`${place(play, step)}: exit ${ran.code}\n${ran.stdout}${ran.stderr}`);
  compare(play, step, step.command === "run" ? firstBlock(ran.stdout) : ran.stdout);
}

/** A line for each asset and its details; the numbers below are for `account`. */
function firstBlock(account: string): string {
  return account.split("\n\n", 1)[0] ?? "";
}

/** The steps that ask about this command. */
function aboutThis({ scenario }: Play, at: number): readonly Step[] {
  const rest = scenario.steps.slice(at + 1);
  const end = rest.findIndex(({ command: name }) => ["run", "plan", "status", "query", "flow", "land"].includes(name));
  return end < 0 ? rest : rest.slice(0, end);
}

/** Values only: the header says nothing the SQL does not. */
async function query(play: Play, step: Step, at: number): Promise<void> {
  await command(play, { ...step, body: null }, at, ["query", step.rest, "--format", "csv"]);
  compare(play, step, (play.ran?.stdout ?? "").replace(/^.*\n/, ""));
}

async function listing(world: World, glob: string): Promise<string> {
  const matches = picomatch(glob, { dot: true });
  const files = (await filesUnder(world.store)).filter((file) => matches(file));
  return files.map((file) => `${file}\n`).join("");
}

/** Part files that the last command left as they were: the same names, the same inodes. */
function compareKept(play: Play, step: Step): void {
  const matches = picomatch(step.rest);
  const of = (picture: string): readonly string[] =>
    picture.split("\n").filter((line) => line.startsWith("now/") && matches(line.slice(4).split(" ")[0] ?? ""));
  const [before, after] = play.pictures.map(of);
  expect(before, place(play, step)).not.toEqual([]);
  expect(after, place(play, step)).toEqual(before);
}

/** Independent assets finish in any order: the lines that say so come last, by name. */
function inOrder(stderr: string): string {
  const lines = stderr.split("\n");
  const isEnd = (line: string): boolean => /^\w+: (published|unchanged|failed|skipped)( in |$)/.test(line);
  return [...lines.filter((line) => !isEnd(line)), ...lines.filter(isEnd).sort()].join("\n");
}

function compare(play: Play, step: Step, found: string): void {
  if (step.body === null) return;
  const actual = play.normalise(found).replace(/^\n+|\n+$/g, "");
  const expected = step.body.replace(/^\n+|\n+$/g, "");
  const mayUpdate = updates === "all" || (updates === "1" && expected === "");
  if (mayUpdate && actual !== expected) play.updated.set(step, `${actual}\n`);
  else expect(actual, place(play, step)).toBe(expected);
}

function place({ path }: Play, { line, command: name, rest }: Step): string {
  return `${path}:${line}: ${name} ${rest}`;
}
