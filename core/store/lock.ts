import { randomBytes } from "node:crypto";
import { readdir, readFile, readlink, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { kill, pid } from "node:process";
import type { AssetName, RunId } from "../model.js";
import type { Files } from "./files.js";
import { below, type Layout } from "./layout.js";
import { isSystemError } from "./trouble.js";

/** Who holds an asset. Instants are ISO 8601. */
export interface LockOwner {
  readonly pid: number;
  readonly host: string;
  /** One start of the machine; null where the system does not say. */
  readonly boot: string | null;
  /** The space its pid counts in (containers have their own); null where the system does not say. */
  readonly pids: string | null;
  /** When its process started, in the system's own count: a pid may be given out again. Null where unknown. */
  readonly started: string | null;
  readonly run: RunId;
  readonly since: string;
  /** What it is doing, e.g. `publish`. */
  readonly step: string;
  readonly heartbeat: string;
  /** Unique to this lock. */
  readonly token: string;
}

export interface AssetLock extends AsyncDisposable {
  readonly owner: LockOwner;
  /** Tells others what the run is doing. */
  say(step: string): Promise<void>;
  /** Whether the lock is still one's own: a process that slept for long may have been taken for dead. Ask before a commit. */
  stillHeld(): Promise<boolean>;
  /** Removes one's own lock, and never another's. */
  release(): Promise<void>;
}

const heartbeatMs = 5_000;
/** An owner on another machine is dead when its lock has not been touched for this long. */
const silentMs = 60_000;
/** Room for an owner as text: a lock is rewritten in place and must keep its length. */
const sheetLength = 1024;

/**
 * Takes an asset for a run, or says who holds it. Never waits.
 *
 *     <asset>.lock            the owner's; made by link(2), so whole and by one only
 *     <asset>.lock.<token>    "I replace the owner of that token": made by link(2), so by one only
 *
 * A dead owner is replaced in three moves: claim its token, see that its lock still stands, rename one's own over it. While the
 * claim stands nobody else can replace that lock, and once replaced a token never comes back: two cannot win. A claimant that
 * died is replaced the same way, one link further. An owner gives its lock back by claiming it too.
 */
export async function acquireLock(
  files: Files,
  layout: Layout,
  asset: AssetName,
  run: RunId,
): Promise<{ readonly lock: AssetLock } | { readonly held: LockOwner }> {
  const places = placesOf(layout, asset);
  const owner = await describeSelf(run);
  await files.makeDir("lock:make", layout.locks());
  await files.writeDurable("lock:draft", places.draft(owner.token), asSheet(owner));
  const held = await claimLock(files, places, owner);
  await files.removeFile("lock:sweep", places.draft(owner.token));
  if (held !== null) return { held };
  try {
    await sweep(files, places, owner);
    return { lock: await keep(files, places, owner) };
  } catch (error) {
    // This process lives on, so nobody would take its lock over.
    await giveBack(files, places, owner).catch(ignore);
    throw error;
  }
}

/** The live owner of an asset; null where nobody holds it. Changes nothing. */
export async function lockOwner(layout: Layout, asset: AssetName): Promise<LockOwner | null> {
  return liveOwner(await readClaims(placesOf(layout, asset)), Date.now());
}

interface Places {
  readonly folder: string;
  readonly lock: string;
  claim(token: string): string;
  draft(token: string): string;
  /** Whether a file's name is that of a claim or a draft of this asset. */
  isClaim(name: string): boolean;
  isDraft(name: string): boolean;
}

function placesOf(layout: Layout, asset: AssetName): Places {
  const folder = layout.locks();
  return {
    folder,
    lock: layout.lock(asset),
    claim: (token) => below(folder, `${asset}.lock.${token}`),
    draft: (token) => below(folder, `${asset}.draft.${token}`),
    isClaim: (name) => name.startsWith(`${asset}.lock.`),
    isDraft: (name) => name.startsWith(`${asset}.draft.`) || name.startsWith(`.${asset}.draft.`),
  };
}

/** A lock or claim as it was read. */
interface Claim {
  readonly path: string;
  readonly owner: LockOwner;
  readonly touchedMs: number;
}

/** Null: mine. */
async function claimLock(files: Files, places: Places, owner: LockOwner): Promise<LockOwner | null> {
  const draft = places.draft(owner.token);
  // The time of the file system that holds the locks: the clocks of two machines may differ.
  const { mtimeMs: now } = await stat(draft);
  for (;;) {
    const claims = await readClaims(places);
    const live = await liveOwner(claims, now);
    if (live !== null) return live;
    const last = claims.at(-1);
    if (last === undefined) {
      if (await files.linkIfFree("lock:link", draft, places.lock)) return null;
      continue;
    }
    const claim = places.claim(last.owner.token);
    if (!(await files.linkIfFree("lock:claim", draft, claim))) continue;
    if (await stillStand(claims)) {
      await files.rename("lock:replace", draft, places.lock);
      return null;
    }
    await files.removeFile("lock:sweep", claim);
  }
}

/** One of them alive is enough: a claimant may have died over an owner that only seemed dead. */
async function liveOwner(claims: readonly Claim[], now: number): Promise<LockOwner | null> {
  for (const claim of claims) if (await isAlive(claim, now)) return claim.owner;
  return null;
}

/** The lock, the claim on it, the claim on that one … */
async function readClaims(places: Places): Promise<Claim[]> {
  const claims: Claim[] = [];
  for (let path = places.lock; ; ) {
    const claim = await readClaim(path);
    if (claim === null) return claims;
    claims.push(claim);
    path = places.claim(claim.owner.token);
  }
}

async function stillStand(claims: readonly Claim[]): Promise<boolean> {
  for (const { path, owner } of claims) {
    const now = await readClaim(path);
    if (now?.owner.token !== owner.token) return false;
  }
  return true;
}

async function readClaim(path: string): Promise<Claim | null> {
  try {
    const text = await readFile(path, "utf8");
    const stats = await stat(path);
    return { path, owner: parseOwner(text) ?? unknownOwner(`unreadable-${stats.ino}`), touchedMs: stats.mtimeMs };
  } catch (error) {
    if (isSystemError(error, "ENOENT")) return null;
    throw error;
  }
}

async function isAlive({ owner, touchedMs }: Claim, now: number): Promise<boolean> {
  const here = await describeHere();
  if (owner.host !== here.host || owner.pids !== here.pids) return rebooted(owner, here) ? false : now - touchedMs < silentMs;
  return !rebooted(owner, here) && (await processLives(owner));
}

function rebooted(owner: LockOwner, here: Here): boolean {
  return owner.host === here.host && owner.boot !== null && here.boot !== null && owner.boot !== here.boot;
}

async function processLives(owner: LockOwner): Promise<boolean> {
  const process = await readProcess(owner.pid);
  if (process !== null) return process.lives && (owner.started === null || owner.started === process.started);
  try {
    return kill(owner.pid, 0);
  } catch (error) {
    // Somebody else's process.
    return isSystemError(error, "EPERM");
  }
}

async function keep(files: Files, places: Places, owner: LockOwner): Promise<AssetLock> {
  const sheet = await files.openSheet("lock:open", places.lock);
  let step = owner.step;
  let open = true;
  const write = (): Promise<void> => sheet.rewrite("lock:say", asSheet({ ...owner, step, heartbeat: new Date().toISOString() }));
  const beat = setInterval(() => void write().catch(ignore), heartbeatMs);
  beat.unref();
  const release = async (): Promise<void> => {
    if (!open) return;
    open = false;
    clearInterval(beat);
    await sheet.close();
    await giveBack(files, places, owner);
  };
  return {
    owner,
    say: (what) => {
      step = what;
      return write();
    },
    stillHeld: async () => (await holds(places, owner)) && (await readClaim(places.claim(owner.token))) === null,
    release,
    [Symbol.asyncDispose]: release,
  };
}

async function giveBack(files: Files, places: Places, owner: LockOwner): Promise<void> {
  const token = newToken();
  const claim = places.claim(owner.token);
  await files.writeDurable("lock:draft", places.draft(token), asSheet({ ...owner, token, step: "done" }));
  // Whoever took this owner for dead has claimed the lock already: then it is no longer one's own to remove.
  if (await files.linkIfFree("lock:claim", places.draft(token), claim)) {
    if (await holds(places, owner)) await files.removeFile("lock:release", places.lock);
    await files.removeFile("lock:release", claim);
  }
  await files.removeFile("lock:sweep", places.draft(token));
}

async function holds(places: Places, owner: LockOwner): Promise<boolean> {
  return (await readClaim(places.lock))?.owner.token === owner.token;
}

/**
 * Claims on tokens that are gone, and drafts of the dead. Only the owner sweeps. A claim on its own token stays: one that took
 * this owner for dead may be about to act on it, and must stay the only one.
 */
async function sweep(files: Files, places: Places, owner: LockOwner): Promise<void> {
  const own = places.claim(owner.token);
  for (const name of await readdir(places.folder)) {
    const path = below(places.folder, name);
    if (path === own) continue;
    if (places.isClaim(name)) await files.removeFile("lock:sweep", path);
    else if (places.isDraft(name) && !(await draftLives(path))) await files.removeFile("lock:sweep", path);
  }
}

async function draftLives(path: string): Promise<boolean> {
  const draft = await readClaim(path);
  return draft === null || isAlive(draft, Date.now());
}

interface Here {
  readonly host: string;
  readonly boot: string | null;
  readonly pids: string | null;
}

async function describeHere(): Promise<Here> {
  const boot = await orNull(readFile("/proc/sys/kernel/random/boot_id", "utf8"));
  return { host: hostname(), boot: boot?.trim() ?? null, pids: await orNull(readlink("/proc/self/ns/pid")) };
}

async function describeSelf(run: RunId): Promise<LockOwner> {
  const now = new Date().toISOString();
  const process = await readProcess(pid);
  const self = { pid, started: process?.started ?? null, run, since: now, step: "start", heartbeat: now, token: newToken() };
  return { ...(await describeHere()), ...self };
}

/** Null where the system has no `/proc`, or no such process in it. */
async function readProcess(id: number): Promise<{ readonly lives: boolean; readonly started: string } | null> {
  const text = await orNull(readFile(`/proc/${id}/stat`, "utf8"));
  if (text === null) return null;
  // The name before it is in parentheses and may hold anything.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [state = "", started = ""] = [fields[0], fields[19]];
  // A zombie is dead; its parent has not looked yet.
  return { lives: state !== "Z" && state !== "X", started };
}

function asSheet(owner: LockOwner): string {
  const text = JSON.stringify({ ...owner, step: owner.step.slice(0, 100) });
  return `${text.padEnd(sheetLength - 1)}\n`;
}

function parseOwner(text: string): LockOwner | null {
  try {
    const value: unknown = JSON.parse(text);
    const whole = typeof value === "object" && value !== null && "token" in value && "pid" in value && "host" in value;
    return whole ? (value as LockOwner) : null;
  } catch {
    return null;
  }
}

/** Somebody whose lock cannot be read: judged by its silence, as an owner elsewhere is. */
function unknownOwner(token: string): LockOwner {
  const never = new Date(0).toISOString();
  const nowhere = { pid: 0, host: "unknown", boot: null, pids: null, started: null };
  return { ...nowhere, run: "unknown" as RunId, since: never, step: "unknown", heartbeat: never, token };
}

function newToken(): string {
  return randomBytes(8).toString("hex");
}

async function orNull(text: Promise<string>): Promise<string | null> {
  try {
    return await text;
  } catch {
    return null;
  }
}

/** A heartbeat that fails is noticed by `stillHeld`, where it matters; a clean-up that fails is left to the next owner. */
function ignore(): void {}
