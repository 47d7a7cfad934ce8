import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { readFileNames } from "../../core/declare/file-names.js";
import { declareFiles } from "../../core/index.js";
import { temporaryFolder } from "../scenarios/world.js";

// What `flow declare` makes of texts: the tightest type that loses none of them.

let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(temporaryFolder(), "flow-guesses-"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

type Declared = Readonly<Record<string, unknown>>;

interface Draft {
  readonly columns: Readonly<Record<string, Declared>>;
  readonly ingest: Declared;
  readonly key?: string | readonly string[];
  readonly event_time?: string;
  readonly partition_by?: string;
}

async function draft(files: Readonly<Record<string, string>>): Promise<{ readonly yaml: string; readonly draft: Draft }> {
  const paths = await Promise.all(
    Object.entries(files).map(async ([name, text]) => {
      await writeFile(join(folder, name), text);
      return join(folder, name);
    }),
  );
  const { yaml } = await declareFiles({ files: paths, name: null, out: null });
  return { yaml, draft: parse(yaml) as Draft };
}

const columns: readonly (readonly [name: string, texts: readonly string[], declared: Declared])[] = [
  ["n", ["1", "-20", "300"], { type: "INTEGER" }],
  ["n", ["1", "3000000000"], { type: "BIGINT" }],
  ["n", ["1", "30000000000000000000"], { type: "HUGEINT" }],
  ["customer", ["007", "8"], { type: "VARCHAR" }],
  ["code", ["1e5", "23"], { type: "VARCHAR" }],
  ["phone_number", ["391234", "391235"], { type: "VARCHAR" }],
  ["zip", ["20095", "10115"], { type: "VARCHAR" }],
  ["x", ["1.5e-7", "2.0"], { type: "DOUBLE" }],
  ["x", ["1.50", "20.25"], { type: "DECIMAL(18,2)" }],
  ["x", ["1.5", "12345678901234567890.25"], { type: "DECIMAL(38,2)" }],
  ["x", ["41.89277044", "9.1"], { type: "DOUBLE" }],
  ["x", ["0.1234567890123456", "1.1"], { type: "DECIMAL(38,18)" }],
  ["ok", ["true", "FALSE"], { type: "BOOLEAN" }],
  ["ok", ["Y", "N"], { type: "VARCHAR" }],
  ["d", ["2026-01-31", "2026-02-01"], { type: "DATE" }],
  ["d", ["31/01/2026", "1/2/2026"], { type: "DATE", formats: ["%d/%m/%Y"] }],
  ["d", ["01/31/2026", "1/2/2026"], { type: "DATE", formats: ["%m/%d/%Y"] }],
  ["d", ["31.01.2026", "01.02.2026"], { type: "DATE", formats: ["%d.%m.%Y"] }],
  ["sale_date", ["20260131", "20260201"], { type: "DATE", formats: ["%Y%m%d"] }],
  ["weight", ["20260131", "20260201"], { type: "INTEGER" }],
  ["t", ["2026-01-31T10:00:00", "2026-01-31 10:00"], { type: "TIMESTAMP" }],
  ["t", ["2026-01-31T10:00:00Z", "2026-01-31T10:00:00+02:00"], { type: "TIMESTAMPTZ" }],
  ["t", ["31/01/2026 10:00", "01/02/2026 9:30"], { type: "TIMESTAMP", formats: ["%d/%m/%Y %H:%M"] }],
  ["t", ["Jan 5, 2026", "Feb 7, 2026"], { type: "DATE", formats: ["%b %d, %Y"] }],
  ["t", ["10:00", "23:59:59"], { type: "TIME" }],
  ["u", ["123e4567-e89b-12d3-a456-426614174000", "123e4567-e89b-12d3-a456-426614174001"], { type: "UUID" }],
  ["x", ["1", "NA", "3"], { type: "INTEGER", nulls: ["NA"], nullable: true }],
  ["x", ["1.5", "n/a", "-", "3.25"], { type: "DECIMAL(18,2)", nulls: ["-", "n/a"], nullable: true }],
  ["x", ["NA", "NA"], { type: "VARCHAR" }],
  ["x", ["1", "", "3"], { type: "INTEGER", nullable: true }],
  ["x", ["", ""], { type: "VARCHAR", nullable: true }],
  ["x", ["1", "two", "3"], { type: "VARCHAR" }],
  ["x", ["1,5", "10,25"], { type: "DECIMAL(18,2)", decimal: "," }],
  ["x", ["1.234,50", "7"], { type: "DECIMAL(18,2)", decimal: ",", thousands: "." }],
  ["x", ["1,234.50", "7"], { type: "DECIMAL(18,2)", thousands: "," }],
  ["x", ["1,234,567", "7"], { type: "BIGINT", thousands: "," }],
  ["x", ["1,234", "7"], { type: "VARCHAR" }],
];

describe("a column of", () => {
  test.each(columns)("%s: %j is %j", async (name, texts, declared) => {
    const rows = texts.map((text, at) => `r${at};"${text}"\n`).join("");
    const { draft: found } = await draft({ "sample.csv": `ref;${name}\n${rows}` });
    const { nullable = false, ...expected } = declared;
    expect(found.columns[name]).toEqual({ ...expected, ...(nullable ? {} : { nullable: false }) });
  });
});

test("a comment says why, and asks to be checked where the samples cannot tell", async () => {
  const { yaml } = await draft({ "days.csv": "d,code,zip\n01/02/2026,007,20095\n03/04/2026,1,10115\n" });
  expect(yaml).toMatch(/ d: .*# .*CHECK: no day is above 12, so it could be %m\/%d\/%Y as well/);
  expect(yaml).toMatch(/ code: .*# no number: `007` would lose/);
  expect(yaml).toMatch(/ zip: .*# its name is that of a code/);
});

describe("the key", () => {
  const many = (line: (at: number) => string, header: string): string =>
    `${header}\n${Array.from({ length: 30 }, (_, at) => line(at)).join("")}`;

  test("is one column, where one is unique in all the files together", async () => {
    const found = await draft({ "a1.csv": "id,v\n1,x\n2,x\n", "a2.csv": "id,v\n3,x\n4,y\n" });
    expect(found.draft).toMatchObject({ key: "id", ingest: { strategy: "upsert" } });
  });

  test("is none where a column is unique in each file alone: the files would replace each other's rows", async () => {
    const found = await draft({ "a1.csv": "id,v\n1,x\n2,x\n", "a2.csv": "id,v\n1,x\n2,x\n" });
    expect(found.draft.key).toBeUndefined();
    expect(found.draft.ingest).toMatchObject({ strategy: "append" });
  });

  test("is the smallest set otherwise, that of the event time and a code first", async () => {
    const text = many((at) => `2026-01-${String((at % 10) + 1).padStart(2, "0")},${Math.floor(at / 10)},${at % 7}\n`, "day,region_code,n");
    expect((await draft({ "a.csv": text })).draft.key).toEqual(["day", "region_code"]);
  });

  test("is no set that is unique by the luck of few rows", async () => {
    expect((await draft({ "few.csv": "day,region\n2026-01-01,a\n2026-01-02,b\n" })).draft.key).toBeUndefined();
  });

  test("is no measurement and nothing that is empty somewhere", async () => {
    const text = many((at) => `${at}.5,${at === 3 ? "" : at}\n`, "x,id");
    expect((await draft({ "a.csv": text })).draft.key).toBeUndefined();
  });
});

describe("event time and partitions", () => {
  test("are of the moment that every row has, and not of when the row was written", async () => {
    const text =
      "id,updated_at,ordered_at,shipped_on\n1,2026-03-01T00:00:00,2026-01-01T00:00:00,\n2,2026-03-01T00:00:00,2026-02-01T00:00:00,2026-02-02\n";
    expect((await draft({ "orders.csv": text })).draft).toMatchObject({ event_time: "ordered_at", partition_by: "month(ordered_at)" });
  });

  test("are none where only the birth of somebody is told", async () => {
    const { draft: found } = await draft({ "people.csv": "id,birth_date\n1,1990-01-01\n2,1991-02-02\n" });
    expect([found.event_time, found.partition_by]).toEqual([undefined, undefined]);
  });
});

describe("the names of the files", () => {
  test.each([
    [["orders_2026-01.csv", "orders_2026-02.csv"], "orders_*.csv", "orders"],
    [["orders_2026-01.csv"], "orders_*.csv", "orders"],
    [["orders.csv"], "orders.csv", "orders"],
    [
      ["dpc-covid19-ita-regioni-20200224.csv", "dpc-covid19-ita-regioni-20200301.csv"],
      "dpc-covid19-ita-regioni-*.csv",
      "dpc_covid19_ita_regioni",
    ],
    [["2026-01-sales.csv.gz", "2026-02-sales.csv.gz"], "*.csv.gz", null],
    [["a/ingest/landing/shop/x1.ndjson", "a/ingest/landing/shop/y2.ndjson"], "*.ndjson", "shop"],
    [["Umsätze [neu] 2026.csv"], "Umsätze \\[neu\\] *.csv", "umsatze_neu"],
  ])("%j: %s", (paths, glob, name) => {
    expect(readFileNames(paths)).toEqual({ glob, name });
  });
});

test("a count that is unique by chance is no key where a day and a code are", async () => {
  const rows = Array.from(
    { length: 60 },
    (_, at) => `2026-01-${String(1 + (at % 20)).padStart(2, "0")},${["n", "s", "e"][Math.floor(at / 20)]},${at * 7 + 3}`,
  );
  const { draft: found } = await draft({ "counts.csv": `day,region,cases\n${rows.join("\n")}\n` });
  expect(found.key).toEqual(["day", "region"]);
});
