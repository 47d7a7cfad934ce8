import { describe, expect, test, vi } from "vitest";
import { error, FlowError } from "../../core/diagnostic.js";
import type { FlowProject } from "../../core/project.js";
import { fakeProject, flow, Sink } from "./harness.js";
import { differingReport, idleReport, nothingToDo, plan, report, troubled } from "./values.js";

describe("the exit code says how it ended", () => {
  const refuse =
    (...codes: Parameters<typeof error>[0][]) =>
    async (): Promise<never> => {
      throw new FlowError(codes.map((code) => error(code, null, "trouble")));
    };
  const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC", syscall: "write" });
  const table: readonly (readonly [argv: string, project: Partial<FlowProject>, code: number])[] = [
    ["", {}, 0],
    ["--help", {}, 0],
    ["help", {}, 0],
    ["help plan", {}, 0],
    ["run --help", {}, 0],
    ["--version", {}, 0],
    ["rnu", {}, 2],
    ["plan --jason", {}, 2],
    ["query", {}, 2],
    ["status orders", {}, 2],
    ["query x --format yaml", {}, 2],
    ["run --threads none", {}, 2],
    ["run --threads 0", {}, 2],
    ["plan --vars since", {}, 2],
    ["plan", {}, 0],
    ["plan --exit-code", {}, 4],
    ["plan --exit-code", { plan: async () => nothingToDo }, 0],
    ["plan", { plan: refuse("cycle") }, 2],
    ["plan", { plan: refuse("stale-plan") }, 3],
    ["run", {}, 0],
    ["run", { run: async () => idleReport }, 0],
    ["run", { run: async () => troubled }, 1],
    ["run --json", { run: async () => troubled }, 1],
    ["run --quiet", { run: async () => troubled }, 1],
    ["run", { run: refuse("locked") }, 3],
    ["run", { run: refuse("locked", "unknown-asset") }, 3],
    ["run", { run: refuse("unknown-asset") }, 2],
    ["run", { run: refuse("store-damaged") }, 1],
    ["run", { run: refuse("interrupted") }, 130],
    ["run", { run: () => Promise.reject(full) }, 1],
    ["run", { run: () => Promise.reject(new TypeError("x is undefined")) }, 70],
    ["status", {}, 0],
    ["query x", {}, 0],
    ["query x", { query: refuse("sql-error") }, 2],
    ["show orders", {}, 0],
    ["show ordres", { show: refuse("unknown-asset") }, 2],
    ["run --replay orders", {}, 0],
    ["run --replay", {}, 2],
    ["run --backfill", {}, 0],
    ["run --partitions 2026-01..2026-02 daily", {}, 0],
    ["plan --partitions 2026-01 daily", {}, 0],
    ["run --partitions 2026-01..2026-02", {}, 2],
    ["run --partitions 2026-01.. daily", {}, 2],
    ["run --partitions a..b..c daily", {}, 2],
    ["run daily --partitions", {}, 2],
    ["run --partitions 2026-13..2026-14 daily", { run: refuse("bad-option") }, 2],
    ["run --full-refresh daily", {}, 0],
    ["run --full-refresh", {}, 2],
    ["run --full-refresh --partitions 2026-01 daily", {}, 2],
    ["run --only daily", {}, 0],
    ["run --only", {}, 2],
    ["plan --full-refresh", {}, 2],
    ["lineage --reach", {}, 0],
    ["lineage --reach daily --format json", {}, 0],
    ["lineage --reach --format dot", {}, 2],
    ["lineage --reach dayly", { reach: refuse("unknown-asset") }, 2],
    ["withdraw orders a.csv", {}, 0],
    ["withdraw orders a.csv", { withdraw: async () => troubled }, 1],
    ["withdraw orders a.csv", { withdraw: refuse("locked") }, 3],
    ["withdraw orders", {}, 2],
    ["verify", {}, 0],
    ["verify --replay", {}, 0],
    ["verify", { verify: async () => differingReport }, 1],
    ["verify --json", { verify: async () => differingReport }, 1],
    ["verify --quiet --ideal", { verify: async () => differingReport }, 1],
    ["verify --ideal --replay", {}, 2],
    ["verify ordres", { verify: refuse("unknown-asset") }, 2],
    ["late", {}, 0],
    ["late orders --allow 1d", {}, 0],
    ["late --allow 1 day", {}, 2],
    ["late --allow soon", {}, 2],
    ["late --allow", {}, 2],
    ["late orders payments", {}, 2],
    ["quarantine", {}, 0],
    ["quarantine lsit", {}, 2],
    ["quarantine list", {}, 0],
    ["quarantine list orders", {}, 0],
    ["quarantine show orders a.csv", {}, 0],
    ["quarantine show orders", {}, 2],
    ["quarantine show orders a.csv --format markdown", {}, 2],
    ["quarantine release orders a.csv", {}, 0],
    ["quarantine release orders a.csv", { release: async () => troubled }, 1],
    ["quarantine discard orders a.csv", {}, 0],
    ["quarantine discard orders", {}, 2],
  ];

  test.each(table)("flow %s", async (argv, project, code) => {
    expect((await flow(argv === "" ? [] : argv.split(" "), project)).code).toBe(code);
  });
});

describe("the words on the command line become options", () => {
  const opened = { dir: "/home/ada/shop", profile: null, vars: {}, threads: null };
  test.each([
    ["status", opened],
    ["--project ../lake status", { ...opened, dir: "/home/ada/lake" }],
    ["status --project /srv/lake", { ...opened, dir: "/srv/lake" }],
    ["status --profile prod", { ...opened, profile: "prod" }],
    ["status --vars a=1 --vars b=x=y --vars c=", { ...opened, vars: { a: "1", b: "x=y", c: "" } }],
    ["--vars a=1 status --vars b=2", { ...opened, vars: { a: "1", b: "2" } }],
    ["run --threads 3", { ...opened, threads: 3 }],
    ["query x --threads 3", { ...opened, threads: 3 }],
  ])("flow %s", async (argv, expected) => {
    expect((await flow(argv.split(" "))).opened).toMatchObject(expected);
  });

  test.each([
    ["plan", { include: [], exclude: [] }],
    ["plan +orders 2+daily tag:x @a", { include: ["+orders", "2+daily", "tag:x", "@a"], exclude: [] }],
    ["plan a --exclude b c --exclude path:d", { include: ["a", "c"], exclude: ["b", "path:d"] }],
    ["run a --exclude b", { include: ["a"], exclude: ["b"] }],
  ])("flow %s selects", async (argv, expected) => {
    let selection: unknown;
    await flow(argv.split(" "), {
      plan: async (given) => {
        selection = given;
        return plan;
      },
      run: async (given) => {
        selection = given;
        return report;
      },
    });
    expect(selection).toEqual(expected);
  });
});

describe("what the project is asked for", () => {
  const outside = { signal: expect.any(AbortSignal), emit: expect.any(Function), waitMs: 0 };
  const noWishes = { replay: false, backfill: false, only: false, fullRefresh: false };
  const orders = { include: ["orders"], exclude: [] };
  const all = { include: [], exclude: [] };
  test.each<readonly [argv: string, method: keyof FlowProject, args: readonly unknown[]]>([
    ["run orders", "run", [orders, { ...outside, ...noWishes }]],
    ["run --replay orders", "run", [orders, { ...outside, ...noWishes, replay: true }]],
    ["run --backfill orders", "run", [orders, { ...outside, ...noWishes, backfill: true }]],
    ["run --only orders", "run", [orders, { ...outside, ...noWishes, only: true }]],
    ["run --full-refresh orders", "run", [orders, { ...outside, ...noWishes, fullRefresh: true }]],
    [
      "run orders --partitions 2026-01..2026-02",
      "run",
      [orders, { ...outside, ...noWishes, partitions: { from: "2026-01", to: "2026-02" } }],
    ],
    [
      "run orders --partitions 2026-01-05",
      "run",
      [orders, { ...outside, ...noWishes, partitions: { from: "2026-01-05", to: "2026-01-05" } }],
    ],
    ["run --wait", "run", [all, { ...outside, ...noWishes, waitMs: Number.POSITIVE_INFINITY }]],
    ["run --wait 10m orders", "run", [orders, { ...outside, ...noWishes, waitMs: 600_000 }]],
    ["plan", "plan", [all, noWishes]],
    ["plan orders --only --full-refresh", "plan", [orders, { ...noWishes, only: true, fullRefresh: true }]],
    ["lineage --reach", "reach", [null]],
    ["lineage --reach orders", "reach", ["orders"]],
    ["rollback orders --wait 1s", "rollback", ["orders", "~1", { ...outside, waitMs: 1000 }]],
    ["withdraw orders it/a.csv", "withdraw", ["orders", "it/a.csv", outside]],
    ["verify", "verify", [all, { ideal: false, signal: outside.signal }]],
    ["verify --replay orders", "verify", [orders, { ideal: false, signal: outside.signal }]],
    [
      "verify --ideal --exclude b",
      "verify",
      [
        { include: [], exclude: ["b"] },
        { ideal: true, signal: outside.signal },
      ],
    ],
    ["late", "late", [null, { allowMs: null }]],
    ["late orders --allow 1d", "late", ["orders", { allowMs: 86_400_000 }]],
    ["late --allow 0s", "late", [null, { allowMs: 0 }]],
    ["quarantine list", "quarantined", [null]],
    ["quarantine list orders", "quarantined", ["orders"]],
    ["quarantine show orders a.csv", "quarantinedRows", ["orders", "a.csv"]],
    ["quarantine release orders a.csv", "release", ["orders", "a.csv", outside]],
    ["quarantine discard orders a.csv", "discard", ["orders", "a.csv"]],
  ])("flow %s", async (argv, method, args) => {
    const asked = vi.fn(fakeProject()[method] as (...args: readonly unknown[]) => unknown);
    expect((await flow(argv.split(" "), { [method]: asked })).code).toBe(0);
    expect(asked.mock.calls).toEqual([args]);
  });
});

describe("stdout is the result, stderr is everything else", () => {
  test("a bare flow prints its help", async () => {
    const { stdout, stderr } = await flow([]);
    expect(stdout).toContain("Usage: flow");
    expect(stderr).toBe("");
  });

  test("a terminal that does not know its width gets help that can be read", async () => {
    const stdout = new Sink(true, 0);
    await flow(["--help"], {}, { stdout });
    expect(stdout.text).toBe((await flow(["--help"])).stdout);
  });

  test("a usage error is said on stderr, with a suggestion", async () => {
    const { stdout, stderr } = await flow(["rnu"]);
    expect(stdout).toBe("");
    expect(stderr).toBe("error: unknown command 'rnu'\n(Did you mean run?)\n");
  });

  test("plan --json prints the plan and nothing else", async () => {
    const { stdout, stderr } = await flow(["plan", "--json"]);
    expect(JSON.parse(stdout)).toEqual(plan);
    expect(stderr).toBe("");
  });

  test("run --json prints a line per event, the last one with the report", async () => {
    const { stdout, stderr } = await flow(["run", "--json"]);
    expect(
      stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([{ event: "run-finished", report }]);
    expect(stderr).toBe("");
  });

  test.each([["withdraw orders a.csv"], ["quarantine release orders a.csv"]])("%s tells what it did as a run does", async (argv) => {
    const words = argv.split(" ");
    expect((await flow(words)).stdout).toBe((await flow(["run"])).stdout);
    expect((await flow([...words, "--json"])).stdout).toBe((await flow(["run", "--json"])).stdout);
  });

  test("a group's command that does not exist is said with a suggestion", async () => {
    expect((await flow(["quarantine", "lsit"])).stderr).toBe("error: unknown command 'lsit'\n(Did you mean list?)\n");
  });

  test.each([
    ["run --partitions 2026-01", "`--partitions` needs the name of at least one asset"],
    ["plan --full-refresh", "`--full-refresh` needs the name of at least one asset"],
    ["run daily --partitions 1..2..3", "It is written from..to, both included: 2026-01-01..2026-01-31, or 2026-01..2026-03."],
    ["lineage --reach --format dot", "`--reach` is told as text or json, not as dot"],
  ])("flow %s is refused in words", async (argv, words) => {
    const { stderr, opened } = await flow(argv.split(" "));
    expect(stderr).toContain(words);
    expect(opened).toBeNull();
  });

  test("a duration that is none is said, with what is one", async () => {
    const { stderr, opened } = await flow(["late", "--allow", "soon"]);
    expect(stderr).toBe("error: 'soon' is no duration for --allow: write 30m, 12h, 1d or 2w\n");
    expect(opened).toBeNull();
  });

  test("refused rows for another program carry every value", async () => {
    const quarantinedRows: FlowProject["quarantinedRows"] = async () => ({
      columns: [{ name: "value", type: "VARCHAR" }],
      rows: [["1\u001b[31m,5"]],
    });
    const show = ["quarantine", "show", "orders", "a.csv"];
    expect((await flow([...show, "--format", "csv"], { quarantinedRows })).stdout).toBe('value\n"1\u001b[31m,5"\n');
    expect((await flow(show, { quarantinedRows })).stdout).toBe("value\n-------\n1[31m,5\n");
  });

  test("JSON carries no control character, not even those that JSON allows", async () => {
    const { stdout } = await flow(["plan", "--json"], {
      plan: async () => ({ ...plan, assets: [], notices: [error("cycle", null, "a\u009bb\u007f")] }),
    });
    expect(stdout).toContain("a\\u009bb\\u007f");
  });

  test("plan --quiet leaves the summary", async () => {
    expect((await flow(["plan", "--quiet"])).stdout).toBe("5 assets to run, 1 up to date, 2 waiting for data.\n");
  });

  test("expected trouble is a frame without a stack", async () => {
    const { stdout, stderr } = await flow(["plan"], {
      plan: async () => {
        throw new FlowError([error("unknown-asset", null, "no asset is called `ordres`", "did you mean `orders`?")]);
      },
    });
    expect(stdout).toBe("");
    expect(stderr).toContain("error[unknown-asset]: no asset is called `ordres`");
    expect(stderr).toContain("did you mean `orders`?");
    expect(stderr).not.toContain("    at ");
  });

  test("warnings of the declarations and notices of the plan are told on stderr", async () => {
    const notice = { ...error("no-effect", null, "odd"), severity: "warning" } as const;
    const { stdout, stderr } = await flow(["plan", "--json"], {
      warnings: [notice],
      plan: async () => ({ ...nothingToDo, notices: [notice] }),
    });
    expect(stderr.match(/warning\[no-effect\]: odd/g)).toHaveLength(2);
    expect(stdout).toContain('"notices"');
  });

  test("a defect shows its stack, the version and how to report it", async () => {
    const { stderr } = await flow(["run"], { run: () => Promise.reject(new TypeError("x is undefined")) });
    expect(stderr).toContain("internal error");
    expect(stderr).toContain("TypeError: x is undefined");
    expect(stderr).toMatch(/^flow \d+\.\d+\.\d+.*, node v20\.19\.0, linux x64$/m);
    expect(stderr).toContain("To report it");
  });

  test("what the operating system refuses is no defect", async () => {
    const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC", syscall: "write" });
    expect((await flow(["run"], { run: () => Promise.reject(full) })).stderr).toBe("error: ENOSPC: no space left on device, write\n");
  });
});

describe("the user may stop it", () => {
  test("a stopped run ends with 130, whatever it threw", async () => {
    const stop = new AbortController();
    const { code, stderr } = await flow(
      ["run"],
      {
        run: (_selection, { signal }) =>
          new Promise((_, reject) => {
            signal.addEventListener("abort", () => reject(new Error("Interrupted!")));
            stop.abort();
          }),
      },
      { signal: stop.signal },
    );
    expect(code).toBe(130);
    expect(stderr).toContain("interrupted");
    expect(stderr).not.toContain("internal error");
  });

  test("a run that comes to its end after the stop ends with 130 too", async () => {
    const stop = new AbortController();
    const run: FlowProject["run"] = async () => {
      stop.abort();
      return report;
    };
    expect((await flow(["run"], { run }, { signal: stop.signal })).code).toBe(130);
  });

  test("a query that never answers is given up, and the project is closed", async () => {
    const stop = new AbortController();
    let closed = false;
    const query: FlowProject["query"] = () => {
      stop.abort();
      return new Promise(() => undefined);
    };
    const dispose = async (): Promise<void> => {
      closed = true;
    };
    expect((await flow(["query", "x"], { query, [Symbol.asyncDispose]: dispose }, { signal: stop.signal })).code).toBe(130);
    expect(closed).toBe(true);
  });
});

describe("colour", () => {
  const coloured = async (argv: readonly string[], env: Record<string, string>, isTTY: boolean): Promise<boolean> => {
    const stdout = new Sink(isTTY);
    await flow([...argv], {}, { stdout, env });
    expect(stdout.text).toContain("orders");
    return stdout.text.includes("\u001b[");
  };
  test.each<readonly [string, readonly string[], Record<string, string>, boolean, boolean]>([
    ["on a terminal", ["plan"], {}, true, true],
    ["in a pipe", ["plan"], {}, false, false],
    ["with NO_COLOR", ["plan"], { NO_COLOR: "1" }, true, false],
    ["with NO_COLOR=0, which is set too", ["plan"], { NO_COLOR: "0" }, true, false],
    ["with --no-color", ["plan", "--no-color"], {}, true, false],
    ["with --no-color before the command", ["--no-color", "plan"], {}, true, false],
    ["with FORCE_COLOR in a pipe", ["plan"], { FORCE_COLOR: "1" }, false, true],
    ["on a dumb terminal", ["plan"], { TERM: "dumb" }, true, false],
  ])("%s", async (_where, argv, env, isTTY, expected) => {
    expect(await coloured(argv, env, isTTY)).toBe(expected);
  });
});
