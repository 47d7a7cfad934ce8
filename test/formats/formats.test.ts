import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openProject, type RunReport } from "../../core/index.js";

// One table in every format that flow reads, plain and compressed: the same rows, each with the line or record it stands on.

let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flow-formats-"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const csv = 'id,name,amount,at\n1,"Ada, Countess",1.50,2026-01-01T10:00:00+02:00\n2,Grace,2,2026-01-02T00:00:00Z\n';
const ndjson =
  '{"id":1,"name":"Ada, Countess","amount":1.50,"at":"2026-01-01T10:00:00+02:00"}\n\n{"name":"Grace","id":2,"amount":"2","at":"2026-01-02T00:00:00Z"}\n';
const json = JSON.stringify(
  ndjson
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line)),
  null,
  2,
);

const declaration = `
ingest: { strategy: append, complete: { stable_for: 0s } }
columns:
  id: INTEGER
  name: VARCHAR
  amount: "DECIMAL(10,2)"
  at: TIMESTAMPTZ
`;

const rows = [
  ["1", "Ada, Countess", "1.50", "2026-01-01 08:00:00+00"],
  ["2", "Grace", "2.00", "2026-01-02 00:00:00+00"],
];

const cases: readonly (readonly [file: string, bytes: () => Promise<Uint8Array>])[] = [
  ["a.csv", async () => Buffer.from(csv)],
  ["a.csv.gz", async () => gzipSync(csv)],
  ["a.csv.zst", () => written("(SELECT * FROM t)", "a.csv.zst", "FORMAT csv, HEADER true, COMPRESSION zstd")],
  ["a.tsv", async () => Buffer.from(csv.replaceAll(/,(?! )/g, "\t"))],
  ["a.ndjson", async () => Buffer.from(ndjson)],
  ["a.jsonl.gz", async () => gzipSync(ndjson)],
  ["a.ndjson.zst", () => written("(SELECT * FROM t)", "a.ndjson.zst", "FORMAT json, COMPRESSION zstd")],
  ["a.json", async () => Buffer.from(json)],
  ["a.json.gz", async () => gzipSync(json)],
  ["a.parquet", () => written("(SELECT * FROM t)", "a.parquet", "FORMAT parquet")],
  ["texts.parquet", () => written("(SELECT COLUMNS(*)::VARCHAR FROM t)", "texts.parquet", "FORMAT parquet")],
];

describe("a file is read as its extension says", () => {
  test.each(cases)("%s", async (file, bytes) => {
    const { report, table } = await ingest(declaration, { [file]: await bytes() });
    expect(report.assets[0]).toMatchObject({ status: "published", rows: 2, account: { read: 2, merged: 2, refused: 0 } });
    expect(table.rows.map((row) => row.slice(0, 4))).toEqual(rows);
  });
});

test("the lists and structs of a Parquet file are columns of it, and their parts are none", async () => {
  const select =
    "(SELECT id, [id, 2] AS tags, amount, \"at\", {'a': id, 'b': {'c': [name]}} AS more, map {name: 1} AS counts, name FROM t)";
  const nested = `
ingest: { strategy: append, on_new_column: fail, complete: { stable_for: 0s } }
columns: { id: INTEGER, tags: "INTEGER[]", more: "STRUCT(a INTEGER, b STRUCT(c VARCHAR[]))", counts: "MAP(VARCHAR, INTEGER)", name: VARCHAR, amount: "DECIMAL(10,2)", at: TIMESTAMPTZ }
`;
  const files = {
    "a.parquet": await written(select, "n.parquet", "FORMAT parquet"),
    "b.parquet": await written(select.replace("id, [id", "id + 2 AS id, [id"), "m.parquet", "FORMAT parquet"),
  };
  const { report } = await ingest(nested, files);
  expect(report.assets[0]).toMatchObject({ status: "published", rows: 4, account: { read: 4, merged: 4, refused: 0 } });
  expect(report.assets[0]?.deliveries.map(({ drift }) => drift)).toEqual([
    { added: [], missing: [] },
    { added: [], missing: [] },
  ]);
});

describe("what cannot be read is refused with its place, and the rest goes on", () => {
  test("[E01] a bad line among JSON lines", async () => {
    const { report, table } = await ingest(declaration, { "a.ndjson": Buffer.from(`${ndjson}not json\n{"id":"x"}\n[1]\n`) });
    expect(table.rows).toHaveLength(2);
    expect(report.assets[0]?.deliveries[0]?.refusals).toEqual([
      { reason: "is not a JSON object", rows: 2, example: "line 4: `not json`" },
      { reason: "id is not an INTEGER", rows: 1, example: "line 5: id = `x`" },
    ]);
  });

  test("[E01] a truncated .gz and a Parquet file without its footer leave the other files alone", async () => {
    const parquet = await written("(SELECT * FROM t)", "cut.parquet", "FORMAT parquet");
    const { report, table } = await ingest(declaration, {
      "cut.csv.gz": gzipSync(csv.repeat(2000)).subarray(0, 60),
      "cut.parquet": parquet.subarray(0, parquet.length - 20),
      "good.csv": Buffer.from(csv),
    });
    expect(table.rows).toHaveLength(2);
    expect(report.assets[0]?.deliveries.map(({ file, is }) => [file, is])).toEqual([
      ["cut.csv.gz", "refused"],
      ["cut.parquet", "refused"],
      ["good.csv", "new"],
    ]);
    for (const { reason } of report.assets[0]?.deliveries.slice(0, 2) ?? [])
      expect(reason).toMatch(/^it (cannot be read|is not a gzip file): \S/);
  });

  test("[E01] a .zst file with a torn row and a blank line is read with care", async () => {
    const torn = 'id,name,amount,at\n1,"two\nlines",1,2026-01-01\n\n2,x\n3,y,1,2026-01-01\n';
    const lines = torn
      .split("\n")
      .map((line) => `('${line}')`)
      .slice(0, -1);
    const { report, table } = await ingest(declaration, {
      "a.csv.zst": await written(
        `(SELECT * FROM (VALUES ${lines.join(", ")}))`,
        "torn.csv.zst",
        "FORMAT csv, HEADER false, QUOTE '', DELIMITER '\x01', COMPRESSION zstd",
      ),
    });
    expect(table.rows.map(([id, name, , , line]) => [id, name, line])).toEqual([
      ["1", "two\nlines", "2"],
      ["3", "y", "6"],
    ]);
    expect(report.assets[0]?.deliveries.map(({ refusals }) => refusals.map(({ example }) => example))[0]).toEqual(["line 5: `2,x`"]);
  });

  test("[E01] a file with a line of megabytes is refused whole, the others go on", async () => {
    const { report, table } = await ingest(declaration, {
      "good.csv": Buffer.from(csv),
      "long.csv": Buffer.from(`id,name,amount,at\n7,${"x".repeat(5_000_000)},1,2026-01-01\n8,y,1,2026-01-01\n`),
    });
    expect(table.rows).toHaveLength(2);
    expect(report.assets[0]?.deliveries[1]).toMatchObject({
      is: "refused",
      reason: expect.stringContaining("line 2 is longer than 4 MiB"),
    });
  });

  test("a name that does not tell its format", async () => {
    const { report } = await ingest(declaration, { "a.bin": Buffer.from("x") });
    expect(report.assets[0]?.deliveries[0]).toMatchObject({ is: "refused", reason: expect.stringContaining("declare `format`") });
  });
});

describe("the line of every row", () => {
  const text =
    'id,name,amount,at\n1,"two\nlines",1,2026-01-01\n\n2,x,1,2026-01-01\n3\n4,"a ""quoted"" word",1,2026-01-01\nbad,x,1,2026-01-01\n5,x,1,2026-01-01';
  test.each([
    ["a.csv", Buffer.from(text)],
    ["a.csv.gz", gzipSync(text)],
    ["crlf.csv", Buffer.from(text.replaceAll("\n", "\r\n"))],
  ] as const)("is the one on which its record begins, in %s", async (file, bytes) => {
    const { report, table } = await ingest(declaration, { [file]: bytes });
    expect(table.rows.map((row) => [row[0], row[4]])).toEqual([
      ["1", "2"],
      ["2", "5"],
      ["4", "7"],
      ["5", "9"],
    ]);
    expect(report.assets[0]?.deliveries[0]?.refusals.map(({ example }) => example).sort()).toEqual(["line 6: `3`", "line 8: id = `bad`"]);
  });
});

async function ingest(
  yaml: string,
  files: Readonly<Record<string, Uint8Array>>,
): Promise<{ report: RunReport; table: { rows: readonly (readonly (string | null)[])[] } }> {
  const dir = await mkdtemp(join(folder, "project-"));
  const landing = join(dir, "data", "ingest", "landing", "t");
  await mkdir(join(dir, "assets"), { recursive: true });
  await mkdir(landing, { recursive: true });
  await writeFile(join(dir, "flow.yaml"), "name: formats\n");
  await writeFile(join(dir, "assets", "t.yaml"), yaml);
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(landing, name), bytes);
  await using project = await openProject({ dir, profile: null, vars: {}, env: {}, threads: 2, clock: Date });
  const report = await project.run({ include: [], exclude: [] }, { emit: () => {}, signal: new AbortController().signal });
  if (report.assets[0]?.version === null) return { report, table: { rows: [] } };
  const parts = join(dir, "data", "ready", "t", "**", "*.parquet");
  return { report, table: await project.query(`select id, name, amount, "at", _line from '${parts}' order by id`) };
}

/** Bytes of a file that DuckDB writes, apart from flow. */
async function written(select: string, name: string, options: string): Promise<Uint8Array> {
  const path = join(folder, name);
  const connection = await (await DuckDBInstance.create(":memory:")).connect();
  await connection.run("SET TimeZone = 'UTC'");
  await connection.run(`CREATE TABLE t AS SELECT * FROM (VALUES
    (1, 'Ada, Countess', 1.50::DECIMAL(10,2), TIMESTAMPTZ '2026-01-01 08:00:00+00'),
    (2, 'Grace', 2::DECIMAL(10,2), TIMESTAMPTZ '2026-01-02 00:00:00+00')) v (id, name, amount, "at")`);
  await connection.run(`COPY ${select} TO '${path}' (${options})`);
  return readFile(path);
}
