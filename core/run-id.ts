import { randomInt } from "node:crypto";
import type { RunId } from "./model.js";

const pattern = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})(\d{3})Z-[0-9a-z]{4}$/;

/**
 * A new run id, `YYYYMMDDTHHMMSSmmmZ-xxxx`: UTC, and greater than the last one as text even where the clock was set back
 * (then it is one millisecond after the last).
 *
 * @param now milliseconds since the epoch
 * @param suffix four characters of base 36; random unless a test fixes them
 */
export function nextRunId(now: number, last: RunId | null, suffix: string = randomSuffix()): RunId {
  const time = last === null ? now : Math.max(now, timeOfRun(last) + 1);
  return `${new Date(time).toISOString().replaceAll(/[-:.]/g, "")}-${suffix}` as RunId;
}

/** Whether a text (a folder's name) is a run id. */
export function isRunId(text: string): text is RunId {
  return pattern.test(text);
}

/** The millisecond in which a run began, by its id. */
export function timeOfRun(run: RunId): number {
  const [, year, month, day, hour, minute, second, milli] = pattern.exec(run) ?? [];
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${milli}Z`);
}

function randomSuffix(): string {
  return randomInt(36 ** 4)
    .toString(36)
    .padStart(4, "0");
}
