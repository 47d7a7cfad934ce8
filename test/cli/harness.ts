import { Writable } from "node:stream";
import type { Io, Output } from "../../cli/io.js";
import { main } from "../../cli/main.js";
import type { Open } from "../../cli/session.js";
import type { FlowProject, OpenOptions, RunOptions } from "../../core/project.js";
import type { RunReport } from "../../core/report/report.js";
import { checkReport, testReport } from "./check-values.js";
import {
  diffReport,
  equalReport,
  fsckReport,
  gcReport,
  historyReport,
  lateReport,
  plan,
  quarantineReport,
  reachReport,
  report,
  showReport,
  statusReport,
  whyReport,
} from "./values.js";

/** A stream that remembers what was written to it. */
export class Sink extends Writable {
  readonly isTTY: boolean;
  readonly columns: number;
  text = "";
  constructor(isTTY = false, columns = 100) {
    super();
    this.isTTY = isTTY;
    this.columns = columns;
  }
  override _write(chunk: Buffer | string, _encoding: string, done: () => void): void {
    this.text += String(chunk);
    done();
  }
}

export interface Outside extends Partial<Omit<Io, "stdout" | "stderr">> {
  readonly stdout?: Output;
  readonly stderr?: Output;
}

export interface Session {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** What the project was opened with; null: it was not. */
  readonly opened: OpenOptions | null;
}

/** main() over a fake project and streams that remember. */
export async function flow(argv: readonly string[], project: Partial<FlowProject> = {}, outside: Outside = {}): Promise<Session> {
  const stdout = new Sink();
  const stderr = new Sink();
  let opened: OpenOptions | null = null;
  const open: Open = async (options) => {
    opened = options;
    return fakeProject(project);
  };
  const code = await main(argv, { ...fakeIo(), stdout, stderr, ...outside }, open);
  return { code, stdout: stdout.text, stderr: stderr.text, opened };
}

export function fakeIo(): Io {
  return {
    stdout: new Sink(),
    stderr: new Sink(),
    env: {},
    cwd: "/home/ada/shop",
    clock: { now: () => Date.UTC(2026, 0, 2) },
    signal: new AbortController().signal,
    runtime: "node v20.19.0, linux x64",
  };
}

/** Answers every call from fixed values. */
export function fakeProject(project: Partial<FlowProject> = {}): FlowProject {
  const finished = async ({ emit }: RunOptions): Promise<RunReport> => {
    emit({ event: "run-finished", report });
    return report;
  };
  return {
    catalog: {
      project: { name: "shop", root: "/", store: "/data", timezone: "UTC", vars: {}, threads: null, memoryLimit: null, allowPaths: [] },
      assets: [],
    },
    warnings: [],
    plan: async () => plan,
    acceptDrift: async () => [],
    run: async (_selection, options) => finished(options),
    reach: async () => reachReport,
    status: async () => statusReport,
    query: async () => ({ columns: [{ name: "n", type: "INTEGER" }], rows: [["1"]] }),
    show: async () => showReport,
    history: async () => historyReport,
    diff: async () => diffReport,
    withdraw: async (_asset, _file, options) => finished(options),
    rollback: async (_asset, _version, options) => finished(options),
    why: async () => whyReport,
    gc: async () => gcReport,
    fsck: async () => fsckReport,
    check: async () => checkReport,
    test: async () => testReport,
    verify: async () => equalReport,
    late: async () => lateReport,
    quarantined: async () => quarantineReport,
    quarantinedRows: async () => ({ columns: [{ name: "line", type: "BIGINT" }], rows: [["3"]] }),
    release: async (_asset, _file, options) => finished(options),
    discard: async () => quarantineReport,
    [Symbol.asyncDispose]: async () => undefined,
    ...project,
  };
}
