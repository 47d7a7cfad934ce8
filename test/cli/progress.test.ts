import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { noPaint } from "../../cli/print/frame.js";
import { type Progress, type Spinner, startProgress } from "../../cli/print/progress.js";
import { warning } from "../../core/diagnostic.js";
import type { FlowEvent } from "../../core/event.js";
import { fakeIo, Sink } from "./harness.js";
import { name, outcome, run } from "./values.js";

const started = (asset: string): FlowEvent => ({ event: "asset-started", asset: name(asset) });
const command = (asset: string, about: string): FlowEvent => ({ event: "command-started", asset: name(asset), command: "merge", about });
const finished = (asset: string, changes = {}): FlowEvent => ({ event: "asset-finished", outcome: outcome(asset, changes) });

describe("where nobody watches", () => {
  const told = async (quiet: boolean, events: readonly FlowEvent[]): Promise<string> => {
    const stderr = new Sink();
    const progress = await startProgress({ ...fakeIo(), stderr }, { quiet, paint: noPaint });
    for (const event of events) progress.emit(event);
    progress.stop();
    return stderr.text;
  };
  const events: readonly FlowEvent[] = [
    { event: "recovered", asset: name("orders"), run, did: "finished", files: 3 },
    { event: "recovered", asset: name("daily"), run, did: "removed", files: 1 },
    {
      event: "waiting",
      asset: name("weekly"),
      held: { pid: 4242, host: "mill", since: "2026-01-02T10:31:07.000Z", step: "publish" },
    },
    started("orders"),
    command("orders", "2 files"),
    { event: "notice", asset: name("orders"), diagnostic: warning("new-column", null, "a new\u0007 column") },
    { event: "resumed", asset: name("orders"), partitions: 1000, of: 2000 },
    { event: "progress", asset: name("orders"), partitions: 2000, of: 2000 },
    finished("orders"),
    finished("daily", { status: "failed", seconds: 12 }),
    finished("weekly", { status: "skipped" }),
    finished("idle", { status: "unchanged" }),
  ];
  const problems = [
    "orders: finished what run 20260102T030405006Z-a1b2 left (3 files)",
    "daily: cleared away what run 20260102T030405006Z-a1b2 left (1 file)",
    "weekly: waits, held by pid 4242 on mill since 10:31Z, running publish",
    "warning[new-column]: a new column\n",
  ].join("\n");

  test("one line per finished asset that had work, no spinner", async () => {
    expect(await told(false, events)).toBe(
      `${problems}orders: goes on, 1,000 of 2,000 partitions are there\norders: 2,000 of 2,000 partitions built\norders: published in 0.4 s\ndaily: failed in 12 s\nweekly: skipped\n`,
    );
  });

  test("quiet leaves the problems", async () => {
    expect(await told(true, events)).toBe(problems);
  });

  test.each([
    [{ CI: "true" }, 100],
    [{ TERM: "dumb" }, 100],
    [{}, 0],
  ])("a terminal with %o and %i columns is none to draw on", async (env, columns) => {
    const stderr = new Sink(true, columns);
    const progress = await startProgress({ ...fakeIo(), stderr, env }, { quiet: false, paint: noPaint }, () =>
      Promise.reject(new Error("a spinner was made")),
    );
    progress.emit(finished("orders"));
    expect(stderr.text).toBe("orders: published in 0.4 s\n");
  });
});

describe("on a terminal", () => {
  let progress: Progress;
  let now = 0;
  let shown: boolean;
  const spinner: Spinner = {
    text: "",
    start: () => {
      shown = true;
    },
    stop: () => {
      shown = false;
    },
  };
  const elapse = (ms: number): void => {
    now += ms;
    vi.advanceTimersByTime(ms);
  };

  beforeEach(async () => {
    vi.useFakeTimers();
    now = 0;
    shown = false;
    const io = { ...fakeIo(), stderr: new Sink(true), clock: { now: () => now } };
    progress = await startProgress(io, { quiet: false, paint: noPaint }, async () => spinner);
  });
  afterEach(() => {
    progress.stop();
    vi.useRealTimers();
  });

  test("what takes under 200 ms is never drawn", () => {
    progress.emit(started("orders"));
    elapse(150);
    expect(shown).toBe(false);
    progress.emit(finished("orders"));
    elapse(1000);
    expect(shown).toBe(false);
  });

  test("each running asset has a line, and the last to finish takes the drawing with it", () => {
    progress.emit(started("orders"));
    progress.emit(command("orders", "2 files"));
    elapse(300);
    progress.emit(started("payments"));
    expect({ shown, text: spinner.text }).toEqual({ shown: true, text: "orders  2 files  0.3 s" });
    elapse(700);
    expect(spinner.text).toBe("orders  2 files  1.0 s\n  payments  0.7 s");
    progress.emit(finished("orders"));
    expect(spinner.text).toBe("payments  0.7 s");
    progress.emit(finished("payments"));
    expect(shown).toBe(false);
  });

  test("a large build has a bar, and the time that is left by the pace of this run", () => {
    progress.emit(started("orders"));
    progress.emit(command("orders", "all"));
    elapse(1000);
    progress.emit({ event: "resumed", asset: name("orders"), partitions: 1000, of: 2000 });
    expect(spinner.text).toBe("orders  all  1.0 s  ━━━━━━━━━━──────────  1,000 of 2,000 partitions");
    elapse(4000);
    progress.emit({ event: "progress", asset: name("orders"), partitions: 1200, of: 2000 });
    expect(spinner.text).toBe("orders  all  5.0 s  ━━━━━━━━━━━━────────  1,200 of 2,000 partitions  16 s left");
    elapse(3000);
    expect(spinner.text).toMatch(/13 s left$/);
  });

  test("stopping takes the lines away", () => {
    progress.emit(started("orders"));
    elapse(300);
    progress.stop();
    expect(shown).toBe(false);
  });
});
