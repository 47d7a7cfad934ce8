import type { InputReach } from "../../core/engine/engine.js";
import type { Asset, AssetName, ContentHash, DeliverySeq, Fingerprint, PartitionKey, RunId } from "../../core/model.js";
import type { AssetPlan, Build, Plan, PlannedDelivery } from "../../core/plan/plan.js";
import type {
  DiffReport,
  FsckReport,
  GcReport,
  HistoryReport,
  LateReport,
  QuarantineReport,
  ReachReport,
  ShowReport,
  StatusReport,
  VerifyReport,
  WhyReport,
} from "../../core/project.js";
import type { AssetOutcome, DeliveryOutcome, LateFile, RunReport } from "../../core/report/report.js";
import type { RowAccount } from "../../core/store/manifest.js";

/** Fixed values of everything that is printed. */
export const name = (text: string): AssetName => text as AssetName;
export const run = "20260102T030405006Z-a1b2" as RunId;
const before = "20260101T000000000Z-0000" as RunId;
const sha256 = "0".repeat(64) as ContentHash;
const seq = (number: number): DeliverySeq => number as DeliverySeq;
const key = (text: string): PartitionKey => text as PartitionKey;

export function planned(file: string, is: PlannedDelivery["is"]): PlannedDelivery {
  return {
    seq: seq(1),
    file,
    path: `ingest/landing/orders/${file}`,
    bytes: 10,
    modifiedAt: "2026-01-02T00:00:00Z",
    sha256,
    newlines: 1,
    marker: null,
    is,
  };
}

export function assetPlan(asset: string, reason: AssetPlan["reason"], changes: Partial<AssetPlan> = {}): AssetPlan {
  return { asset: name(asset), kind: "ingested", reason, from: before, commands: [], after: [], ...changes };
}

function building(kind: "first-build" | "not-partitioned"): AssetPlan["commands"][number] {
  return { kind: "transform", build: { kind: "all", why: { kind } } };
}

export const plan: Plan = {
  plan: 1,
  notices: [],
  drift: [],
  assets: [
    assetPlan(
      "orders",
      { kind: "new-deliveries", new: 2, revisions: 0, redeliveries: 1 },
      {
        from: null,
        commands: [
          {
            kind: "pickup",
            deliveries: [
              planned("orders_1.csv", { kind: "new" }),
              planned("orders_2.csv", { kind: "new" }),
              planned("copy.csv", { kind: "redelivery", of: "orders_1.csv", seq: seq(1) }),
            ],
          },
          { kind: "publish" },
        ],
      },
    ),
    assetPlan(
      "payments",
      { kind: "new-deliveries", new: 0, revisions: 1, redeliveries: 0 },
      { commands: [{ kind: "pickup", deliveries: [planned("p.csv", { kind: "revision", supersedes: [seq(1)] })] }, { kind: "publish" }] },
    ),
    assetPlan(
      "refunds",
      { kind: "new-deliveries", new: 0, revisions: 1, redeliveries: 0 },
      { commands: [{ kind: "pickup", deliveries: [planned("r.csv", { kind: "rejected-revision", of: seq(1) })] }] },
    ),
    assetPlan("customers", { kind: "up-to-date" }),
    assetPlan("weather", { kind: "nothing-landed" }, { from: null }),
    assetPlan("daily", { kind: "first-build" }, { kind: "derived", from: null, commands: [building("first-build")] }),
    assetPlan(
      "weekly",
      { kind: "input-pending", inputs: [name("daily"), name("payments")] },
      { kind: "derived", commands: [building("not-partitioned")] },
    ),
    assetPlan("yearly", { kind: "no-input", inputs: [name("weather")] }, { kind: "derived", from: null }),
  ],
};

const keyed = (at: number, ...keys: readonly string[]): { at: number; keys: { sql: string; column: string; monotone: boolean }[] } => ({
  at,
  keys: keys.map((sql) => ({ sql, column: "at", monotone: true })),
});
const byDay: InputReach = { input: "orders", kind: "aligned", fields: [keyed(0, `strftime("at", '%Y-%m-%d')`)] };
const byDayAndShop: InputReach = { input: "orders", kind: "aligned", fields: [keyed(0, `strftime("at", '%Y-%m-%d')`), keyed(1, `"shop"`)] };
const byDayAlone: InputReach = { input: "visits", kind: "aligned", fields: [keyed(0, `strftime("at", '%Y-%m-%d')`)] };
const twoDays: InputReach = {
  input: "orders",
  kind: "aligned",
  fields: [keyed(0, `strftime("at", '%Y-%m-%d')`, `strftime(("at" + 1), '%Y-%m-%d')`)],
};
const ranked: InputReach = { input: "orders", kind: "all", why: "a window function spans partitions" };

/** Every way in which a derived asset can be built. */
export const builds: Plan = {
  plan: 1,
  notices: [],
  drift: [],
  assets: [
    built("by_day", { kind: "reached", reach: [byDay] }),
    built("by_day_and_shop", { kind: "reached", reach: [byDayAndShop] }),
    built("by_two_inputs", { kind: "reached", reach: [byDayAndShop, byDayAlone] }, ["orders", "visits"]),
    built("by_one_of_two", { kind: "reached", reach: [byDayAndShop, byDayAlone] }),
    built("by_bucket", { kind: "reached", reach: [{ ...byDay, fields: [keyed(0, "x")] }] }),
    built("rolling", { kind: "following", lookbackMs: 6 * 86_400_000 }),
    built("half_a_day", { kind: "following", lookbackMs: 43_200_000 }),
    built("balance", { kind: "following", lookbackMs: null }),
    built("ranked", { kind: "all", why: { kind: "not-provable", input: "orders", why: ranked.why } }),
    built("whole", { kind: "all", why: { kind: "not-partitioned" } }),
    built("full", { kind: "all", why: { kind: "declared-full" } }),
    asked("january", { kind: "range", from: "2026-01-01", to: "2026-01-31", reach: [], besides: null }),
    asked("one_day", { kind: "range", from: "2026-01-01", to: "2026-01-01", reach: [], besides: null }),
    asked("and_more", { kind: "range", from: "2026-01", to: "2026-03", reach: [], besides: { kind: "reached", reach: [byDay] } }),
    asked("refreshed", { kind: "all", why: { kind: "asked-for" } }),
    assetPlan(
      "rewritten",
      { kind: "sql-changed" },
      { kind: "derived", commands: [{ kind: "transform", build: { kind: "all", why: { kind: "asset-changed" } } }] },
    ),
  ],
};

function built(asset: string, build: Build, inputs: readonly string[] = ["orders"]): AssetPlan {
  return assetPlan(
    asset,
    { kind: "input-changed", inputs: inputs.map(name) },
    { kind: "derived", commands: [{ kind: "transform", build }] },
  );
}

function asked(asset: string, build: Build): AssetPlan {
  return assetPlan(asset, { kind: "requested" }, { kind: "derived", commands: [{ kind: "transform", build }] });
}

export const reachReport: ReachReport = {
  reach: 1,
  assets: [
    {
      asset: name("by_day"),
      partition_by: ["day(at)"],
      incremental: { kind: "auto" },
      inputs: [byDay, { input: "shops", kind: "all", why: "a join takes its rows to any partition" }],
    },
    { asset: name("by_day_and_shop"), partition_by: ["day(at)", "shop"], incremental: { kind: "auto" }, inputs: [byDayAndShop] },
    { asset: name("day_before"), partition_by: ["day(at)"], incremental: { kind: "auto" }, inputs: [twoDays] },
    { asset: name("ranked"), partition_by: ["day(at)"], incremental: { kind: "auto" }, inputs: [ranked] },
    {
      asset: name("rolling"),
      partition_by: ["day(at)"],
      incremental: { kind: "lookback", ms: 6 * 86_400_000 },
      inputs: [
        { input: "orders", kind: "following", lookbackMs: 6 * 86_400_000 },
        { input: "shops", kind: "all", why: "its rows do not tell when" },
      ],
    },
    {
      asset: name("balance"),
      partition_by: ["day(at)"],
      incremental: { kind: "cumulative" },
      inputs: [{ input: "orders", kind: "following", lookbackMs: null }],
    },
    {
      asset: name("full"),
      partition_by: ["day(at)"],
      incremental: { kind: "full" },
      inputs: [{ input: "orders", kind: "all", why: "`incremental: full`" }],
    },
    { asset: name("one"), partition_by: [], incremental: { kind: "auto" }, inputs: [] },
  ],
};

export const nothingToDo: Plan = {
  plan: 1,
  notices: [],
  drift: [],
  assets: [assetPlan("orders", { kind: "up-to-date" }), assetPlan("daily", { kind: "up-to-date" })],
};

export const noRows: RowAccount = { read: 0, merged: 0, superseded: 0, duplicates: 0, deleted: 0, refused: 0, late: 0 };

export function delivery(
  file: string,
  is: DeliveryOutcome["is"],
  rows: Partial<RowAccount> = {},
  changes: Partial<DeliveryOutcome> = {},
): DeliveryOutcome {
  return {
    file,
    seq: seq(1),
    sha256,
    is,
    rows: { ...noRows, ...rows },
    reason: null,
    refusals: [],
    drift: { added: [], missing: [] },
    dialect: null,
    ...changes,
  };
}

export function outcome(asset: string, changes: Partial<AssetOutcome> = {}): AssetOutcome {
  return {
    asset: name(asset),
    status: "published",
    reason: { kind: "new-deliveries", new: 1, revisions: 0, redeliveries: 0 },
    problem: null,
    version: run,
    rows: 2,
    rows_before: 0,
    deliveries: [],
    account: noRows,
    partitions: { total: 1, changed: [key("")] },
    checks: [],
    late: [],
    watermark: null,
    seconds: 0.42,
    ...changes,
  };
}

export function runReport(assets: readonly AssetOutcome[]): RunReport {
  return { report: 1, run, started_at: "2026-01-02T03:04:05Z", finished_at: "2026-01-02T03:04:06Z", seconds: 1.24, assets };
}

export const report: RunReport = runReport([
  outcome("orders", { deliveries: [delivery("orders_1.csv", "new", { read: 2, merged: 2 })], account: { ...noRows, read: 2, merged: 2 } }),
  outcome("daily", { status: "unchanged", reason: { kind: "up-to-date" }, partitions: { total: 1, changed: [] } }),
]);

export const troubled: RunReport = runReport([
  outcome("orders", {
    rows: 12_345,
    rows_before: 12_340,
    reason: { kind: "new-deliveries", new: 2, revisions: 1, redeliveries: 1 },
    deliveries: [
      delivery(
        "orders_3.csv",
        "new",
        { read: 8, merged: 6, refused: 2 },
        { refusals: [{ reason: "`amount` is no DECIMAL(10,2)", rows: 2, example: "line 3: `1\u001b[31m,5`" }] },
      ),
      delivery("orders_1.csv", "revision", { read: 3, merged: 2, duplicates: 1 }, { drift: { added: ["note"], missing: [] } }),
      delivery("copy\u0007.csv", "redelivery", {}, { reason: "redelivery of orders_1.csv" }),
      delivery("orders_4.csv", "refused", { read: 9, refused: 0 }, { reason: "12% bad rows, above max_bad_rows 5%" }),
    ],
    account: { read: 11, merged: 8, superseded: 0, duplicates: 1, deleted: 0, refused: 2, late: 0 },
    partitions: { total: 4, changed: [key("m=2026-01"), key("m=2026-02")] },
    late: [
      {
        file: "orders_3.csv",
        merged: 4,
        tooLate: 1,
        behind: { p50: 10, p95: 20, max: 7300 },
        partitions: [{ partition: key("m=2026-01"), rows: 4, behind: 7260 }],
      },
    ],
  }),
  outcome("payments", {
    reason: { kind: "new-deliveries", new: 0, revisions: 1, redeliveries: 0 },
    rows_before: 2,
    deliveries: [delivery("p.csv", "revision", { read: 1, merged: 1, deleted: 1 })],
    account: { ...noRows, read: 2, merged: 1, deleted: 1 },
  }),
  outcome("daily", {
    status: "failed",
    reason: { kind: "input-changed", inputs: [name("orders")] },
    problem: "check `unique(day)` found 2 rows\nthe candidate lies in staging/ready/daily",
    checks: [
      {
        check: "unique(day)",
        severity: "error",
        result: "failed",
        passed: false,
        failures: 2,
        looked_at: null,
        examples: [{ day: "2026-01-01", n: null }],
        rows: "staging/checks/daily/20260102T030405000Z-aaaa/1-unique_day.csv",
        problem: null,
      },
    ],
    partitions: { total: 1, changed: [] },
  }),
  outcome("weekly", {
    status: "skipped",
    reason: { kind: "input-pending", inputs: [name("daily")] },
    problem: "its input daily failed",
    seconds: 0,
  }),
  outcome("monthly", { reason: { kind: "sql-changed" }, rows: 1200, partitions: { total: 3, changed: [key("a"), key("b")] } }),
  outcome("steady", {
    status: "unchanged",
    reason: { kind: "input-changed", inputs: [name("orders")] },
    partitions: { total: 3, changed: [] },
  }),
  outcome("idle", { status: "unchanged", reason: { kind: "up-to-date" }, partitions: { total: 3, changed: [] } }),
]);

export const onlyRedelivery: RunReport = runReport([
  outcome("orders", {
    status: "unchanged",
    reason: { kind: "new-deliveries", new: 0, revisions: 0, redeliveries: 1 },
    rows_before: 2,
    deliveries: [delivery("copy.csv", "redelivery", {}, { reason: "redelivery of orders_1.csv" })],
    partitions: { total: 1, changed: [] },
  }),
]);

export const idleReport: RunReport = runReport([
  outcome("orders", { status: "unchanged", reason: { kind: "up-to-date" }, partitions: { total: 1, changed: [] } }),
  outcome("weather", {
    status: "unchanged",
    reason: { kind: "nothing-landed" },
    version: null,
    rows: 0,
    partitions: { total: 0, changed: [] },
  }),
]);

/** Every way of having nothing to do, beside an asset that had. */
export const mostlyIdle: RunReport = runReport([
  ...report.assets,
  outcome("weather", {
    status: "unchanged",
    reason: { kind: "nothing-landed" },
    version: null,
    rows: 0,
    partitions: { total: 0, changed: [] },
  }),
  outcome("yearly", {
    status: "unchanged",
    reason: { kind: "no-input", inputs: [name("weather")] },
    version: null,
    rows: 0,
    partitions: { total: 0, changed: [] },
  }),
  outcome("weekly", {
    status: "unchanged",
    reason: { kind: "input-pending", inputs: [name("daily")] },
    partitions: { total: 3, changed: [] },
    seconds: 0,
  }),
]);

const [minute, hour, day] = [60, 3600, 86_400];

/** Twenty months, a row of each. */
const longAgo: LateFile = {
  file: "orders_2023.csv",
  merged: 20,
  tooLate: 0,
  behind: { p50: 400 * day, p95: 600 * day + 5 * hour, max: 610 * day },
  partitions: Array.from({ length: 20 }, (_, i) => ({
    partition: key(`at_month=${2023 + Math.floor(i / 12)}-${String((i % 12) + 1).padStart(2, "0")}`),
    rows: 1,
    behind: (610 - 30 * i) * day,
  })),
};

/** One month twice, by how late its rows are; the row furthest behind was kept out. */
const yesterday: LateFile = {
  file: "orders\u0007_3.csv",
  merged: 4,
  tooLate: 1,
  behind: { p50: 2 * hour, p95: 3 * hour + 20 * minute, max: 40 * day },
  partitions: [
    { partition: key("at_month=2025-11"), rows: 1, behind: 40 * day },
    { partition: key("at_month=2025-12"), rows: 3, behind: 2 * hour },
    { partition: key("at_month=2025-12"), rows: 1, behind: 3 * hour },
  ],
};

export const lateRun: RunReport = runReport([
  outcome("orders", {
    reason: { kind: "new-deliveries", new: 2, revisions: 0, redeliveries: 0 },
    rows: 45,
    rows_before: 21,
    deliveries: [
      delivery("orders_2023.csv", "new", { read: 20, merged: 20 }),
      delivery("orders\u0007_3.csv", "new", { read: 5, merged: 4, late: 1 }),
    ],
    account: { ...noRows, read: 25, merged: 24, late: 1 },
    partitions: { total: 30, changed: longAgo.partitions.map(({ partition }) => partition) },
    late: [longAgo, yesterday],
  }),
  outcome("daily", {
    reason: { kind: "input-pending", inputs: [name("orders")] },
    partitions: { total: 40, changed: [key("day=2023-01-01"), key("day=2025-12-31")] },
  }),
  outcome("elsewhere", { reason: { kind: "sql-changed" } }),
]);

/** What asked for it, not what landed, is the reason. */
export const restatements: RunReport = runReport([
  outcome("orders", {
    reason: { kind: "withdrawal", file: "orders\u0007_1.csv" },
    rows_before: 4,
    partitions: { total: 3, changed: [key("at_month=2026-01"), key("at_month=2026-02")] },
  }),
  outcome("payments", { reason: { kind: "release", file: "p.csv" }, rows: 5, rows_before: 2 }),
  outcome("refunds", {
    status: "unchanged",
    reason: { kind: "replay" },
    rows_before: 2,
    partitions: { total: 1, changed: [] },
  }),
]);

export const whyReport: WhyReport = {
  why: 1,
  asset: name("daily"),
  version: run,
  by: [],
  rows: 1,
  found: [
    {
      row: { day: "2026-01-03", amount: null },
      origin: null,
      from: [
        {
          asset: name("orders"),
          version: before,
          by: ["day"],
          rows: 3,
          found: [
            {
              row: { id: "7", note: "a\u0007b" },
              origin: { file: "a.csv", line: 8, run: before, path: "ingest/archive/orders/x/a.csv", raw: "7,a\u0007b" },
              from: [],
            },
            { row: { id: "8", note: null }, origin: { file: "a.parquet", line: 2, run: null, path: null, raw: null }, from: [] },
          ],
        },
        { asset: name("shops"), version: before, by: [], rows: 2, found: [] },
      ],
    },
  ],
};

export const gcReport: GcReport = {
  gc: 1,
  dry_run: false,
  assets: [
    {
      asset: name("orders"),
      versions: [{ version: before, bytes: 1_234_567 }],
      raw: [
        { file: "orders\u0007_1.csv", run: before, bytes: 1000, counts: true },
        { file: "orders_2.csv", run: before, bytes: 1000, counts: false },
      ],
      quarantine: [{ file: "orders_3.csv", run: before, rows: 4 }],
    },
    { asset: name("daily"), versions: [], raw: [], quarantine: [] },
  ],
};

export const fsckReport: FsckReport = {
  fsck: 1,
  rebuilt: false,
  assets: [
    { asset: name("orders"), versions: 3, parts: 36, raw: 12 },
    { asset: name("daily"), versions: 1, parts: 12, raw: 0 },
  ],
  findings: [],
};

export const damagedReport: FsckReport = {
  ...fsckReport,
  findings: [
    {
      asset: name("orders"),
      severity: "damage",
      what: "part",
      path: "archive/orders/x/day=1/\u0007.parquet",
      message: "it is gone",
      hint: "`flow run orders --replay` makes its rows again",
    },
    { asset: name("daily"), severity: "note", what: "leftover", path: "staging", message: "a run left work behind", hint: null },
  ],
};

export const historyReport: HistoryReport = {
  history: 1,
  asset: name("orders"),
  of: 5,
  versions: [
    {
      version: run,
      parent: before,
      published_at: "2026-01-03T04:05:06.000Z",
      reason: "1 revision",
      current: true,
      kept: true,
      rows: 1200,
      rows_before: 1000,
      bytes: 40_000,
      partitions: 12,
      partitions_changed: 1,
      deliveries: { added: ["orders\u0007_3.csv"], replayed: 0, superseded: ["orders_3.csv"], withdrawn: [] },
      inputs: [],
    },
    {
      version: before,
      parent: null,
      published_at: "2026-01-02T04:05:06.000Z",
      reason: "1 withdrawn",
      current: false,
      kept: false,
      rows: 1000,
      rows_before: 1010,
      bytes: 39_000,
      partitions: 12,
      partitions_changed: null,
      deliveries: { added: [], replayed: 2, superseded: [], withdrawn: ["orders_1.csv"] },
      inputs: [{ asset: name("shops"), version: before }],
    },
  ],
};

export const diffReport: DiffReport = {
  diff: 1,
  asset: name("orders"),
  from: before,
  to: run,
  columns: {
    added: [{ name: "tax", type: "DECIMAL(10,2)" }],
    removed: [{ name: "note", type: "VARCHAR" }],
    retyped: [{ name: "id", from: "INTEGER", to: "BIGINT" }],
  },
  partitions: { added: [key("day=2026-01-03")], removed: [], changed: [key("day=2026-01-01"), key("day=2026-01-02")] },
  rows: { before: 1000, after: 1200, inserted: 201, deleted: 1, updated: 1 },
  changes: {
    columns: [
      { name: "_op", type: "VARCHAR" },
      { name: "id", type: "BIGINT" },
    ],
    rows: [
      ["update_before", "1"],
      ["update_after", "1"],
      ["insert", null],
    ],
  },
};

export const lateReport: LateReport = {
  late: 1,
  arrivals: [
    {
      run,
      asset: name("orders"),
      file: longAgo,
      rebuilt: [{ asset: name("daily"), partitions: [key("day=2023-01-01"), key("day=2025-12-31")] }],
    },
    { run: before, asset: name("orders"), file: yesterday, rebuilt: [] },
    {
      run: before,
      asset: name("payments"),
      file: { ...yesterday, file: "p.csv", merged: 0, tooLate: 5 },
      rebuilt: [{ asset: name("monthly"), partitions: [key("")] }],
    },
  ],
  counterfactuals: [
    { allow_ms: 0, rows: 1030, files: 3 },
    { allow_ms: 86_400_000, rows: 22, files: 1 },
    { allow_ms: 30 * 86_400_000, rows: 0, files: 0 },
    { allow_ms: 365 * 86_400_000, rows: 0, files: 0 },
  ],
};

export const equalReport: VerifyReport = {
  verify: 1,
  assets: [
    { asset: name("orders"), version: run, partitions: 12, differences: [] },
    { asset: name("daily"), version: run, partitions: 1, differences: [] },
    { asset: name("weather"), version: null, partitions: 0, differences: [] },
  ],
};

export const differingReport: VerifyReport = {
  verify: 1,
  assets: [
    ...equalReport.assets,
    {
      asset: name("payments"),
      version: run,
      partitions: 9,
      differences: [
        {
          partition: key("at_month=2026-01"),
          what: "rows-differ",
          message: "2 rows that the log gives are missing, 1 are there that it does not give",
          missing: 12,
          unexpected: 1,
          examples: [
            { side: "missing", row: { order_id: "7", region: "La\u001b[31mzio" } },
            { side: "missing", row: { order_id: "8", region: null } },
            { side: "unexpected", row: { order_id: "9", region: "Lazio" } },
          ],
        },
        {
          partition: key("at_month=2026-02"),
          what: "part-damaged",
          message: "`archive/payments/x/at_month=2026-02/a.parquet` is not the file that was published",
          missing: 0,
          unexpected: 0,
          examples: [],
        },
        ...["03", "04", "05", "06", "07"].map((month) => ({
          partition: key(`at_month=2026-${month}`),
          what: "rows-differ" as const,
          message: "1 rows that the log gives are missing",
          missing: 1,
          unexpected: 0,
          examples: [],
        })),
      ],
    },
    {
      asset: name("refunds"),
      version: run,
      partitions: 1,
      differences: [{ partition: key(""), what: "rows-differ", message: "", missing: 0, unexpected: 2, examples: [] }],
    },
  ],
};

export const quarantineReport: QuarantineReport = {
  quarantine: 1,
  items: [
    {
      asset: name("orders"),
      run,
      file: "orders\u001b[2J_4.csv",
      rows: null,
      reason: "12% bad rows, above max_bad_rows 5%",
      path: `ingest/quarantine/orders/${run}/orders_4.csv`,
    },
    {
      asset: name("orders"),
      run: before,
      file: "orders_3.csv",
      rows: 3,
      reason: "came after the allowed lateness",
      path: `ingest/quarantine/orders/${before}/rows.csv`,
    },
  ],
};

export const statusReport: StatusReport = {
  status: 1,
  assets: [
    {
      asset: name("orders"),
      kind: "ingested",
      version: run,
      published_at: "2026-01-02T03:04:06.789123Z",
      rows: 1_234_567,
      partitions: 12,
      watermark: "2026-01-01T00:00:00.000000Z",
      finality: { provisional: 3, final: 9 },
      pending: { files: 2, settling: 1 },
      refused: { files: 1, rows: 3 },
      stale: false,
    },
    {
      asset: name("daily"),
      kind: "derived",
      version: run,
      published_at: "2026-01-02T03:04:06Z",
      rows: 31,
      partitions: 1,
      watermark: null,
      finality: null,
      pending: { files: 0, settling: 0 },
      refused: { files: 0, rows: 0 },
      stale: true,
    },
    {
      asset: name("weather"),
      kind: "ingested",
      version: null,
      published_at: null,
      rows: 0,
      partitions: 0,
      watermark: null,
      finality: null,
      pending: { files: 0, settling: 0 },
      refused: { files: 0, rows: 0 },
      stale: false,
    },
  ],
};

const base = {
  description: "One row per order",
  owner: null,
  tags: ["shop", "daily run"],
  key: ["order_id"],
  partitionBy: [{ transform: "month", column: "at", argument: null, name: "at_month" }],
  eventTime: "at",
  tests: [],
  changelog: false,
  retain: { versions: null, rawMs: null, quarantineMs: null },
  origin: { file: "assets/orders.yaml", line: 2, column: 8 },
  fingerprint: "f" as Fingerprint,
} as const;

const check = { where: null, errorIf: null, warnIf: null, inputs: [], rowByRow: true, fingerprint: "c" as Fingerprint };
const anyRow = { operator: ">", value: 0, unit: "rows" } as const;

export const orders: Asset = {
  ...base,
  kind: "ingested",
  name: name("orders"),
  checks: [
    { ...check, rule: "unique", columns: ["order_id"], name: "unique(order_id)", severity: "error", errorIf: anyRow },
    {
      ...check,
      rule: "range",
      column: "amount",
      min: 0,
      max: null,
      name: "range(amount)",
      severity: "warn",
      warnIf: anyRow,
      where: "op <> 'D'",
    },
  ],
  columns: [
    {
      name: "order_id",
      type: "INTEGER",
      nullable: false,
      optional: false,
      aliases: [],
      formats: [],
      zone: "UTC",
      trim: false,
      nulls: [],
      decimal: ".",
      thousands: null,
      description: null,
    },
    {
      name: "at",
      type: "TIMESTAMP",
      nullable: true,
      optional: false,
      aliases: ["when"],
      formats: ["%d/%m/%Y"],
      zone: "Europe/Rome",
      trim: true,
      nulls: ["n/a"],
      decimal: ".",
      thousands: null,
      description: "when: it was",
    },
  ],
  ingest: {
    files: "orders_*.csv",
    set: null,
    format: "csv",
    csv: { delimiter: "auto", quote: '"', escape: '"', encoding: "auto", header: true, nulls: [""], skip: 0 },
    complete: { kind: "stable", stableForMs: 2000 },
    strategy: "upsert",
    orderBy: [{ column: "at", direction: "desc" }],
    deleteWhen: null,
    onRevision: "supersede",
    onDuplicate: "skip",
    onBadRow: "quarantine",
    maxBadRows: { kind: "percent", value: 5 },
    onNewColumn: "warn",
    onMissingColumn: "fail",
    allowEmpty: false,
  },
  lateness: { delayMs: 86_400_000, allowMs: null, tooLate: "quarantine", maxFutureSkewMs: 5_400_000 },
};

export const daily: Asset = {
  ...base,
  kind: "derived",
  name: name("daily"),
  description: null,
  key: [],
  incremental: { kind: "auto" },
  partitionBy: [],
  checks: [],
  sql: "select at::date as day, count(*) as n\nfrom orders\ngroup by all\n",
  sqlOrigin: { file: "assets/daily.sql", line: 1, column: 1 },
  parameters: {},
  usesRunTime: false,
  inputs: [name("orders")],
  columns: [{ name: "day", type: "DATE" }],
};

export const showReport: ShowReport = {
  show: 1,
  asset: orders,
  inputs: [],
  readBy: [name("daily")],
  versions: [{ version: run, published_at: "2026-01-02T03:04:06Z", rows: 1234, partitions: 2, reason: "1 revision" }],
  dialects: [
    { dialect: { delimiter: "\t", quote: "'", escape: "\\", encoding: "windows-1252", header_line: 4 }, files: 12, last: "orders_1.csv" },
    { dialect: { delimiter: ",", quote: '"', escape: '"', encoding: "utf-8", header_line: null }, files: 1, last: "orders_2.csv" },
  ],
};

/** The assets of `builds`, as far as their partitions go. */
export const buildAssets: readonly Asset[] = builds.assets.map(({ asset }) => ({
  ...daily,
  name: asset,
  partitionBy:
    asset === "by_bucket"
      ? [{ transform: "bucket", column: "id", argument: 8, name: "id_bucket" }]
      : [
          { transform: "day", column: "at", argument: null, name: "at_day" },
          { transform: "identity", column: "shop", argument: null, name: "shop" },
        ],
}));
