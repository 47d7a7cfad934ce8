import { randomInt } from "node:crypto";

/** Histories in all laws together; FLOW_LAWS=5000 for a deep search. */
const histories = Number(process.env["FLOW_LAWS"] ?? "150");

/** One seed for all laws of a file; FLOW_SEED repeats a run. */
export const seed = Number(process.env["FLOW_SEED"] ?? randomInt(2 ** 31));

/** A law's share of the histories, in hundredths. */
export function share(hundredths: number): { readonly seed: number; readonly numRuns: number; readonly interruptAfterTimeLimit: number } {
  return { seed, numRuns: Math.max(1, Math.round((histories * hundredths) / 100)), interruptAfterTimeLimit: limitMs(hundredths) };
}

/** A generous time for a share: the machines are shared. */
export function limitMs(hundredths: number): number {
  return 60_000 + histories * hundredths * 20;
}
