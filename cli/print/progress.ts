import type { AssetName, Emit, FlowEvent } from "../../core/index.js";
import { type Io, isLive, type Output } from "../io.js";
import { count, duration, thousands } from "./amount.js";
import { type Paint, renderFrame } from "./frame.js";
import { plain } from "./plain.js";

/** Subscribes to a run's events and tells of them on stderr. */
export interface Progress {
  readonly emit: Emit;
  /** Takes the live lines away; may be called again. */
  stop(): void;
}

export interface ProgressOptions {
  /** Only problems. */
  readonly quiet: boolean;
  readonly paint: Paint;
}

/** What ora is to this file; a test puts another one in its place. */
export interface Spinner {
  text: string;
  start(): unknown;
  stop(): unknown;
}

type MakeSpinner = (output: Output) => Promise<Spinner>;

/** A live line per running asset on a terminal, one line per finished asset elsewhere. */
export async function startProgress(io: Io, options: ProgressOptions, makeSpinner: MakeSpinner = oraSpinner): Promise<Progress> {
  if (options.quiet) return { emit: (event) => tell(io, problemText(event, options.paint)), stop: () => undefined };
  if (isLive(io)) return liveProgress(io, options.paint, await makeSpinner(io.stderr));
  return { emit: (event) => tell(io, problemText(event, options.paint) + eventLine(event)), stop: () => undefined };
}

/** ora writes colour into pipes, so it is loaded for a terminal only. stdin is left alone: Ctrl-C has to arrive. */
const oraSpinner: MakeSpinner = async (output) => {
  const { default: ora } = await import("ora");
  return ora({ stream: output, discardStdin: false, isEnabled: true });
};

interface Running {
  readonly since: number;
  readonly about: string;
  /** How far a large build is; null: not known. */
  readonly built: Built | null;
}

interface Built {
  readonly partitions: number;
  readonly of: number;
  /** When that was so. */
  readonly at: number;
  /** When this run began to build, and with how many done: what an earlier run did says nothing of the pace. */
  readonly since: number;
  readonly from: number;
}

/** What took less than this is not shown at all: a line that flashes by tells nobody anything. */
const patienceMs = 200;

function liveProgress(io: Io, paint: Paint, spinner: Spinner): Progress {
  const running = new Map<AssetName, Running>();
  let shown = false;
  const redraw = (): void => {
    const text = liveText(running, io.clock.now());
    if (text !== "") spinner.text = text;
    if ((text !== "") === shown) return;
    shown = text !== "";
    if (shown) spinner.start();
    else spinner.stop();
  };
  const timer = setInterval(redraw, patienceMs / 2);
  timer.unref();
  return {
    emit: (event) => {
      track(running, event, io.clock.now());
      tell(io, problemText(event, paint));
      redraw();
    },
    stop: () => {
      clearInterval(timer);
      running.clear();
      redraw();
    },
  };
}

function track(running: Map<AssetName, Running>, event: FlowEvent, now: number): void {
  if (event.event === "asset-started") running.set(event.asset, { since: now, about: "", built: null });
  if (event.event === "asset-finished") running.delete(event.outcome.asset);
  if (event.event === "command-started") {
    const asset = running.get(event.asset) ?? { since: now };
    running.set(event.asset, { since: asset.since, about: event.about === "" ? event.command : event.about, built: null });
  }
  if (event.event === "resumed" || event.event === "progress") {
    const asset = running.get(event.asset) ?? { since: now, about: "", built: null };
    running.set(event.asset, { ...asset, built: built(asset, event, now) });
  }
}

function built({ since, built: before }: Running, event: Extract<FlowEvent, { event: "resumed" | "progress" }>, now: number): Built {
  const { partitions, of } = event;
  if (event.event === "resumed") return { partitions, of, at: now, since: now, from: partitions };
  return { partitions, of, at: now, since: before?.since ?? since, from: before?.from ?? 0 };
}

/** The lines below the first are indented: the first has the spinner before it. */
function liveText(running: ReadonlyMap<AssetName, Running>, now: number): string {
  return [...running]
    .filter(([, { since }]) => now - since >= patienceMs)
    .map(([asset, { since, about, built: far }]) => {
      const words = [asset, plain(about), duration((now - since) / 1000), far === null ? "" : howFar(far, now)];
      return words.filter((word) => word !== "").join("  ");
    })
    .join("\n  ");
}

/** `━━━━━━━───  1,400 of 2,000 partitions  12 s left`: by the pace of this run. */
function howFar({ partitions, of, at, since, from }: Built, now: number): string {
  const full = Math.round((partitions / Math.max(of, 1)) * barWidth);
  const pace = (at - since) / (partitions - from);
  const left = partitions === from ? null : Math.max(0, pace * (of - partitions) - (now - at)) / 1000;
  const words = [`${"━".repeat(full)}${"─".repeat(barWidth - full)}`, `${thousands(partitions)} of ${count(of, "partition")}`];
  return [...words, ...(left === null ? [] : [`${duration(left)} left`])].join("  ");
}

const barWidth = 20;

/** ora draws anew around every write, even an empty one. */
function tell(io: Io, text: string): void {
  if (text !== "") io.stderr.write(text);
}

/** What is said even with `--quiet`. */
function problemText(event: FlowEvent, paint: Paint): string {
  if (event.event === "notice") return `${renderFrame(event.diagnostic, paint)}\n`;
  if (event.event === "waiting") return `${waitingText(event)}\n`;
  if (event.event === "recovered")
    return `${event.asset}: ${recovery[event.did]} what run ${event.run} left (${count(event.files, "file")})\n`;
  return "";
}

function waitingText({ asset, held: { pid, host, since, step } }: Extract<FlowEvent, { event: "waiting" }>): string {
  return `${asset}: waits, held by pid ${pid} on ${plain(host)} since ${since.slice(11, 16)}Z, running ${plain(step)}`;
}

const recovery = { finished: "finished", returned: "put back", removed: "cleared away" } as const;

function progressText({ partitions, of }: Extract<FlowEvent, { event: "resumed" | "progress" }>): string {
  return `${thousands(partitions)} of ${count(of, "partition")}`;
}

/** One line per finished asset, and for each slice of a large build; the ones without work say nothing, the account counts them. */
function eventLine(event: FlowEvent): string {
  if (event.event === "resumed") return `${event.asset}: goes on, ${progressText(event)} are there\n`;
  if (event.event === "progress") return `${event.asset}: ${progressText(event)} built\n`;
  if (event.event !== "asset-finished") return "";
  const { asset, status, seconds, deliveries } = event.outcome;
  if (status === "unchanged" && deliveries.length === 0) return "";
  return status === "skipped" ? `${asset}: skipped\n` : `${asset}: ${status} in ${duration(seconds)}\n`;
}
