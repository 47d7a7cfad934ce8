import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type FlowEvent, type FlowProject, openProject, type RunReport } from "../../core/index.js";
import { cut } from "../../core/operators/slices.js";
import { openFiles } from "../../core/store/files.js";
import type { FilePhase, FilePoint } from "../../core/store/points.js";

// Large builds are done slice by slice. With so few rows at once everything here is large.
const rowsAtOnce = 30;
const everything = { include: [], exclude: [] };

/** Every third day has no sale, some sales have no day, and the SQL makes a row for each day all the same. */
const declarations = {
  sales: `ingest: { complete: { stable_for: 0s } }
columns: { day: DATE, amount: INTEGER }
partition_by: day(day)
`,
  daily: `sql: |
  select day, sum(amount)::bigint as amount, count(*) as n from sales group by day
  union all
  select date '2020-03-09' as day, 0::bigint as amount, 0::bigint as n where false
partition_by: day(day)
`,
  calendar: `sql: |
  select d::date as day, count(amount) as n
  from generate_series(date '2020-01-01', date '2020-04-09', interval 1 day) as days(d) left join sales on sales.day = d::date
  group by all
partition_by: day(day)
`,
};

let dir = "";
let events: FlowEvent[] = [];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "flow-slices-"));
  events = [];
  await mkdir(join(dir, "assets"));
  await mkdir(join(dir, "data/ingest/landing/sales"), { recursive: true });
  await writeFile(join(dir, "flow.yaml"), "name: slices\n");
  for (const [name, yaml] of Object.entries(declarations)) await writeFile(join(dir, "assets", `${name}.yaml`), yaml);
  await land("all.csv", salesOf(100));
});

afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

describe("a large build", () => {
  test("gives what one in one go gives: days without input, rows without a day, days that went", async () => {
    await run({}, { fullRefresh: true });
    expect(progressed("daily").length).toBeGreaterThan(3);
    const sliced = await tables();
    await run({ rowsAtOnce: 1_000_000 }, { fullRefresh: true });
    expect(await tables()).toEqual(sliced);
    expect(sliced["daily"]?.some(([day]) => day === null)).toBe(true);
    expect(sliced["calendar"]).toHaveLength(100);

    // A third of the days goes.
    await land("all.csv", salesOf(60));
    await run({ rowsAtOnce: 1_000_000 }, { include: ["sales"], only: true });
    await run({}, { fullRefresh: true });
    const fewer = await tables();
    await run({ rowsAtOnce: 1_000_000 }, { fullRefresh: true });
    expect(await tables()).toEqual(fewer);
  });

  test("says how far it is, and ends with all of it", async () => {
    await run({}, { include: ["daily"] });
    const [last] = progressed("daily").slice(-1);
    expect(last).toMatchObject({ partitions: 67, of: 67 });
  });

  test("leaves nothing in staging", async () => {
    await run({});
    expect(await slicesOf("daily")).toEqual([]);
  });
});

describe("a large build that was stopped", () => {
  const dieAfter = (slices: number) => {
    let recorded = 0;
    return openFiles({
      onPoint: (point: FilePoint, phase: FilePhase) => {
        if (point === "slice:record" && phase === "after" && ++recorded === slices)
          throw Object.assign(new Error("killed"), { code: "EIO", syscall: "test" });
      },
    });
  };

  test("goes on from there, and does what is done not twice", async () => {
    await run({}, { include: ["sales"] });
    const died = await run({ files: dieAfter(2) }, { include: ["daily"] });
    expect(statusOf(died, "daily")).toBe("failed");
    expect(events).toContainEqual(
      expect.objectContaining({ event: "notice", diagnostic: expect.objectContaining({ code: "partly-built" }) }),
    );
    const before = progressed("daily").length;
    events = [];
    await run({}, { include: ["daily"] });
    expect(events).toContainEqual(expect.objectContaining({ event: "resumed", asset: "daily" }));
    // The second slice was recorded, and nothing said of it any more.
    expect(before + 1 + progressed("daily").length).toBe(recordedSlices);
    const sliced = await tables();
    await run({ rowsAtOnce: 1_000_000 }, { fullRefresh: true });
    expect((await tables())["daily"]).toEqual(sliced["daily"]);
  });

  test("starts over when an input has changed since", async () => {
    await run({}, { include: ["sales"] });
    await run({ files: dieAfter(2) }, { include: ["daily"] });
    await land("more.csv", "day,amount\n2020-01-01,1000000\n");
    events = [];
    await run({}, { include: ["daily"] });
    expect(events.filter(({ event }) => event === "resumed")).toEqual([]);
    expect((await tables())["daily"]).toContainEqual(["2020-01-01", "1000005", "4"]);
  });

  test("a slice whose parts are gone is built again", async () => {
    await run({}, { include: ["sales"] });
    await run({ files: dieAfter(2) }, { include: ["daily"] });
    const [id] = await slicesOf("daily");
    await rm(join(dir, "data/staging/slices/daily", id ?? "", "slice-00000"), { recursive: true });
    await run({}, { include: ["daily"] });
    const sliced = await tables();
    await run({ rowsAtOnce: 1_000_000 }, { fullRefresh: true });
    expect((await tables())["daily"]).toEqual(sliced["daily"]);
  });

  /** Slices of `daily`, that of the rows without a day included. */
  const recordedSlices = 8;
});

test("a range that was asked for is cut, too, and nothing beside it is built", async () => {
  const first = await run({});
  expect(first.assets.map(({ problem }) => problem)).toEqual([null, null, null]);
  events = [];
  const report = await run({}, { include: ["daily"], partitions: { from: "2020-01-11", to: "2020-02-20" } });
  expect(progressed("daily").slice(-1)).toEqual([{ event: "progress", asset: "daily", partitions: 27, of: 27 }]);
  expect(statusOf(report, "daily")).toBe("published");
});

test("slices cover a range whole, and no value twice", () => {
  const values = ["a", "b", "d", "e"].map((value) => ({ value, rows: 2 }));
  expect(cut(values, 4, { from: null, to: null }, null).map(({ only }) => only)).toEqual([
    { kind: "range", from: null, to: { value: "b", included: true } },
    { kind: "range", from: { value: "b", included: false }, to: null },
  ]);
});

function salesOf(days: number): string {
  const rows = Array.from({ length: days }, (_, at) => new Date(Date.UTC(2020, 0, 1 + at)).toISOString().slice(0, 10))
    .filter((_, at) => at % 3 !== 2)
    .flatMap((day) => [`${day},1`, `${day},1`, `${day},3`]);
  return `day,amount\n${rows.join("\n")}\n,7\n`;
}

async function land(file: string, content: string): Promise<void> {
  await writeFile(join(dir, "data/ingest/landing/sales", file), content);
}

async function run(
  ports: { readonly files?: ReturnType<typeof openFiles>; readonly rowsAtOnce?: number },
  { include = [], ...wishes }: { readonly include?: readonly string[] } & Partial<Parameters<FlowProject["run"]>[1]> = {},
): Promise<RunReport> {
  await using project = await openProject(
    { dir, profile: null, vars: {}, env: {}, threads: null, clock: Date },
    { files: openFiles(), rowsAtOnce, ...ports },
  );
  const emit = (event: FlowEvent): void => void events.push(event);
  return await project.run({ ...everything, include }, { emit, signal: new AbortController().signal, ...wishes });
}

async function tables(): Promise<Readonly<Record<string, readonly (readonly (string | null)[])[]>>> {
  await using project = await openProject({ dir, profile: null, vars: {}, env: {}, threads: null, clock: Date });
  const all: Record<string, readonly (readonly (string | null)[])[]> = {};
  for (const { asset, version } of (await project.status()).assets) {
    if (version !== null && asset !== "sales") all[asset] = (await project.query(`select * from ${asset} order by all`)).rows;
  }
  return all;
}

function progressed(asset: string) {
  return events.filter((event) => event.event === "progress" && event.asset === asset);
}

function statusOf(report: RunReport, asset: string): string | undefined {
  return report.assets.find((outcome) => outcome.asset === asset)?.status;
}

async function slicesOf(asset: string): Promise<readonly string[]> {
  return readdir(join(dir, "data/staging/slices", asset)).catch(() => []);
}
