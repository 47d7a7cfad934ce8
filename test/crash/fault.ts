import { once } from "node:events";
import { appendFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Ports } from "../../core/run/opened.js";
import { openFiles } from "../../core/store/files.js";

/**
 * What happens to a process at a point of the store or the ledger: `FLOW_FAULT=<point>[:<phase>][:<nth>]:<action>`.
 *
 *     publish:pointer:before:kill     killed before its first commit
 *     stage:write:within:3:enospc     the third time, the disk is full
 *     *:40:kill                       at the fortieth pass of any point in any phase
 *
 * Without a phase: whichever comes first. `nth` counts from 1.
 */
export interface Fault {
  readonly point: string;
  readonly phase: Phase | null;
  readonly nth: number;
  readonly action: Action;
}

export const phases = ["before", "within", "after"] as const;
export type Phase = (typeof phases)[number];

/** `interrupt` is a Ctrl-C; `hang` waits for SIGUSR2, or for its end. */
const actions = ["kill", "enospc", "eio", "eacces", "interrupt", "hang"] as const;
export type Action = (typeof actions)[number];

/** Of the actions that are errors of the operating system. */
export const errnos = ["enospc", "eio", "eacces"] as const;

export function parseFault(text: string): Fault {
  const words = text.split(":");
  const action = actions.find((name) => name === words.at(-1));
  if (action === undefined) throw new Error(`FLOW_FAULT=${text}: ends in none of ${actions.join(", ")}`);
  words.pop();
  const nth = /^[1-9]\d*$/.test(words.at(-1) ?? "") ? Number(words.pop()) : 1;
  const phase = phases.find((name) => name === words.at(-1)) ?? null;
  if (phase !== null) words.pop();
  return { point: words.join(":"), phase, nth, action };
}

export function faultText({ point, phase, nth, action }: Fault): string {
  return [point, ...(phase === null ? [] : [phase]), nth, action].join(":");
}

/** Counts the passes of a fault's point; whether this is the one. */
export function trigger({ point, phase, nth }: Fault): (at: string, in_: string) => boolean {
  let seen = 0;
  return (at, in_) => (point === "*" || at === point) && (phase === null || in_ === phase) && ++seen === nth;
}

/** As the operating system would say it. */
export function systemError(action: (typeof errnos)[number], at: string): Error {
  const code = action.toUpperCase();
  const words = { enospc: "no space left on device", eio: "i/o error", eacces: "permission denied" }[action];
  return Object.assign(new Error(`${code}: ${words}, at ${at}`), { code, syscall: "write" });
}

export interface Faults {
  /** As in `FLOW_FAULT`. */
  readonly fault: Fault | null;
  /** File that gets a line `<point> <phase>` for every pass. */
  readonly passes: string | null;
}

/** Ports that act on the process they are in. */
export function faultyPorts({ fault, passes }: Faults): Ports {
  const isNow = fault === null ? () => false : trigger(fault);
  const pass = (point: string, phase: string): boolean => {
    if (passes !== null) appendFileSync(passes, `${point} ${phase}\n`);
    const now = isNow(point, phase);
    if (!now || fault === null) return false;
    if (fault.action === "kill") process.kill(process.pid, "SIGKILL");
    const errno = errnos.find((name) => name === fault.action);
    if (errno !== undefined) throw systemError(errno, `${point} ${phase}`);
    return true;
  };
  const onPoint = async (point: string, phase: string): Promise<void> => {
    if (!pass(point, phase)) return;
    if (fault?.action === "hang") await untilTold(`${point} ${phase}`);
    if (fault?.action === "interrupt") process.kill(process.pid, "SIGINT");
    // A signal is heard by the event loop.
    await sleep(20);
  };
  return { files: openFiles({ onPoint }), onLedgerPoint: pass };
}

async function untilTold(at: string): Promise<void> {
  const alive = setInterval(() => undefined, 1000);
  const told = once(process, "SIGUSR2");
  process.stderr.write(`hangs at ${at}\n`);
  await told;
  clearInterval(alive);
}
