import type { AssetName, Emit, FlowEvent } from "../../core/index.js";
import { type Io, isLive, type Output } from "../io.js";
import { count, duration } from "./amount.js";
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
  about: string;
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
  if (event.event === "asset-started") running.set(event.asset, { since: now, about: "" });
  if (event.event === "asset-finished") running.delete(event.outcome.asset);
  if (event.event !== "command-started") return;
  const asset = running.get(event.asset) ?? { since: now, about: "" };
  running.set(event.asset, { ...asset, about: event.about === "" ? event.command : event.about });
}

/** The lines below the first are indented: the first has the spinner before it. */
function liveText(running: ReadonlyMap<AssetName, Running>, now: number): string {
  return [...running]
    .filter(([, { since }]) => now - since >= patienceMs)
    .map(([asset, { since, about }]) => [asset, plain(about), duration((now - since) / 1000)].filter((word) => word !== "").join("  "))
    .join("\n  ");
}

/** ora draws anew around every write, even an empty one. */
function tell(io: Io, text: string): void {
  if (text !== "") io.stderr.write(text);
}

/** What is said even with `--quiet`. */
function problemText(event: FlowEvent, paint: Paint): string {
  if (event.event === "notice") return `${renderFrame(event.diagnostic, paint)}\n`;
  if (event.event === "recovered")
    return `${event.asset}: ${recovery[event.did]} what run ${event.run} left (${count(event.files, "file")})\n`;
  return "";
}

const recovery = { finished: "finished", returned: "put back", removed: "cleared away" } as const;

/** One line per finished asset; the ones without work say nothing, the account counts them. */
function eventLine(event: FlowEvent): string {
  if (event.event !== "asset-finished") return "";
  const { asset, status, seconds, deliveries } = event.outcome;
  if (status === "unchanged" && deliveries.length === 0) return "";
  return status === "skipped" ? `${asset}: skipped\n` : `${asset}: ${status} in ${duration(seconds)}\n`;
}
