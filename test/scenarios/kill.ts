import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Ports } from "../../core/run/opened.js";
import { openFiles } from "../../core/store/files.js";

/** Where a run is killed, or interrupted as by Ctrl-C: the nth time (from 1) it comes to this point in this phase. */
export interface Kill {
  readonly how: "crash" | "interrupt";
  readonly point: string;
  readonly phase: "before" | "within" | "after";
  readonly nth: number;
}

/**
 * Ports that model a SIGKILL: from the point on nothing reaches disk or ledger any more, whatever the code tries. An interrupt only
 * aborts the signal there.
 */
export function killer(kill: Kill | null): { readonly ports: Ports; readonly signal: AbortSignal; readonly fired: () => boolean } {
  const user = new AbortController();
  let seen = 0;
  let fired = false;
  const onPoint = (point: string, phase: string): void => {
    if (!fired && kill !== null && point === kill.point && phase === kill.phase) fired = ++seen === kill.nth;
    if (fired && kill?.how === "crash") throw new Killed(`${point} ${phase}`);
    if (fired) user.abort();
  };
  return { ports: { files: openFiles({ onPoint }), onLedgerPoint: onPoint }, signal: user.signal, fired: () => fired };
}

/** No error that flow expects: what catches it must not go on. */
export class Killed extends Error {
  constructor(at: string) {
    super(`killed at ${at}`);
    this.name = "Killed";
  }
}

/** The process that was "killed" is this one, and it lives: the locks it left are made to name a process that started another day. */
export async function buryLocks(store: string): Promise<void> {
  const folder = join(store, ".flow", "locks");
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name);
    const text = await readFile(path, "utf8");
    const length = text.length;
    const owner = text.trim() === "" ? {} : (JSON.parse(text) as object);
    await writeFile(path, `${JSON.stringify({ ...owner, started: "0" }).padEnd(length - 1)}\n`);
  }
}
