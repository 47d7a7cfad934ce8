import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { openWorld } from "../scenarios/world.js";

// A draft takes its own samples: flow declare, flow run, and every row is there, refused by nothing.

interface Loaded {
  readonly run: { readonly code: number; readonly stdout: string; readonly stderr: string };
  readonly rows: readonly (readonly string[])[];
  readonly yaml: string;
}

async function declareAndRun(files: Readonly<Record<string, string | Uint8Array>>, order = "all"): Promise<Loaded> {
  await using world = await openWorld();
  const names = Object.keys(files);
  for (const name of names) await world.write(`samples/${name}`, files[name] ?? "");
  const declared = await world.flow([
    "declare",
    ...names.map((name) => `samples/${name}`),
    "--name",
    "things",
    "--out",
    "assets/things.yaml",
  ]);
  expect(declared).toMatchObject({ code: 0, stderr: "" });
  for (const name of names) await world.write(`data/ingest/landing/things/${name}`, files[name] ?? "");
  const run = await world.flow(["run"]);
  const { stdout } = await world.flow(["query", `select columns(*)::varchar from things order by ${order}`, "--format", "json"]);
  const rows = (JSON.parse(stdout) as readonly Readonly<Record<string, string | null>>[]).map((row) =>
    Object.values(row).map((value) => value ?? "NULL"),
  );
  return { run, rows, yaml: await world.read("assets/things.yaml") };
}

describe("messy samples", () => {
  test("semicolons, quotes, other dates, words for NULL, zeros in front", async () => {
    const { run, rows } = await declareAndRun({
      "orders_1.csv": 'id;customer;at;qty;note\n1;007;03/01/2026 10:00;3;"a;b"\n2;008;31/01/2026 11:30;NA;"say ""hi"""\n',
      "orders_2.csv": "id;customer;at;qty;note\n3;1;01/02/2026 9:00;4; \n",
    });
    expect(run).toMatchObject({ code: 0 });
    expect(rows).toEqual([
      ["1", "007", "2026-01-03 10:00:00", "3", "a;b"],
      ["2", "008", "2026-01-31 11:30:00", "NULL", 'say "hi"'],
      ["3", "1", "2026-02-01 09:00:00", "4", " "],
    ]);
  });

  test("columns that come later, or are missing in some files", async () => {
    const { run, rows } = await declareAndRun({ "a.csv": "id,x\n1,2\n", "b.csv": "id,y\n2,z\n" });
    expect(run).toMatchObject({ code: 0 });
    expect(rows).toEqual([
      ["1", "2", "NULL"],
      ["2", "NULL", "z"],
    ]);
  });

  test("names that no column can have", async () => {
    const { run, rows, yaml } = await declareAndRun({ "a.csv": "_id,year 2020,Größe in m²\n1,2,3\n" });
    expect(run).toMatchObject({ code: 0 });
    expect(rows).toEqual([["1", "2", "3"]]);
    expect(yaml).toContain("aliases: [ _id ]");
  });

  test("no header", async () => {
    const { run, rows } = await declareAndRun({ "a.csv": "1,2.50,2026-01-01\n2,3.75,2026-01-02\n3,4.00,2026-01-03\n" });
    expect(run).toMatchObject({ code: 0 });
    expect(rows).toEqual([
      ["1", "2.50", "2026-01-01"],
      ["2", "3.75", "2026-01-02"],
      ["3", "4.00", "2026-01-03"],
    ]);
  });

  test("Latin-1 and UTF-16", async () => {
    const text = "id;ort\n1;Köln\n2;München\n";
    for (const bytes of [Buffer.from(text, "latin1"), Buffer.from(`\uFEFF${text}`, "utf16le")]) {
      const { run, rows } = await declareAndRun({ "a.csv": bytes });
      expect(run).toMatchObject({ code: 0 });
      expect(rows).toEqual([
        ["1", "Köln"],
        ["2", "München"],
      ]);
    }
  });

  test("JSON with numbers, lists and what is missing; packed", async () => {
    const lines = '{"id":1,"tags":["a","b"],"at":"2026-01-01T00:00:00Z"}\n{"id":2,"x":1.25,"at":"2026-01-02T00:00:00Z"}\n';
    const { run, rows, yaml } = await declareAndRun({ "a.ndjson.gz": gzipSync(lines) });
    expect(run).toMatchObject({ code: 0 });
    expect(yaml).toMatch(/tags: \{ type: JSON/);
    expect(rows).toEqual([
      ["1", '["a","b"]', "2026-01-01 00:00:00+00", "NULL"],
      ["2", "NULL", "2026-01-02 00:00:00+00", "1.25"],
    ]);
  });

  test("a field without a name is left out, as the draft says", async () => {
    const { run, rows, yaml } = await declareAndRun({ "frame.csv": ",a,b\n0,1,2\n1,3,4\n" });
    expect(run).toMatchObject({ code: 0 });
    expect(yaml).toMatch(/on_new_column: ignore +# a field without a name is left out/);
    expect(rows).toEqual([
      ["1", "2"],
      ["3", "4"],
    ]);
  });

  test("lines above the header", async () => {
    const { run, rows } = await declareAndRun({ "report.csv": "Report of January\n\nid,v\n1,2\n2,3\n" });
    expect(run).toMatchObject({ code: 0 });
    expect(rows).toEqual([
      ["1", "2"],
      ["2", "3"],
    ]);
  });

  test("a name that tells no format", async () => {
    const { run, rows, yaml } = await declareAndRun({ "export.dat": "id|v\n1|x\n2|y\n" });
    expect(run).toMatchObject({ code: 0 });
    expect(yaml).toMatch(/format: csv/);
    expect(rows).toHaveLength(2);
  });
});

describe("what cannot be declared is refused, and nothing is written", () => {
  const refusals: readonly (readonly [name: string, files: Readonly<Record<string, string>>, message: string])[] = [
    ["no rows", { "a.csv": "id,v\n" }, "the samples have no rows to guess from"],
    ["two fields of one name", { "a.csv": "a,a,b\n1,2,3\n" }, "two of its fields are column `a`"],
    ["a broken Parquet file", { "a.parquet": "PAR1 and no more" }, "`a.parquet` cannot be read as parquet"],
  ];
  test.each(refusals)("%s", async (_name, files, message) => {
    await using world = await openWorld();
    for (const [name, text] of Object.entries(files)) await world.write(name, text);
    const { code, stdout, stderr } = await world.flow(["declare", ...Object.keys(files), "--name", "x", "--out", "assets/x.yaml"]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain(message);
    await expect(world.read("assets/x.yaml")).rejects.toThrow("ENOENT");
  });

  test("a file that is there already stays as it is", async () => {
    await using world = await openWorld();
    await world.write("a.csv", "id,v\n1,2\n");
    await world.write("assets/a.yaml", "# mine\n");
    const { code, stderr } = await world.flow(["declare", "a.csv", "--out", "assets/a.yaml"]);
    expect(code).toBe(2);
    expect(stderr).toContain("is there already, and was left as it is");
    expect(await world.read("assets/a.yaml")).toBe("# mine\n");
  });

  test("torn rows are no reason: they are named, and the others are declared", async () => {
    await using world = await openWorld();
    await world.write("a.csv", "id,v\n1,2\n2,3,4\n3,5\n");
    const { code, stdout, stderr } = await world.flow(["declare", "a.csv"]);
    expect(code).toBe(0);
    expect(stderr).toContain("1 row of a.csv cannot be read whatever is declared, the first: line 3");
    expect(stdout).toContain("  v: { type: INTEGER, nullable: false }");
  });
});

test("the days of the worked example: a real file", async () => {
  const packed = await readFile(join(import.meta.dirname, "../../fixtures/italy/deliveries.ndjson.gz"));
  const deliveries = gunzipSync(packed)
    .toString("utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
  const texts = deliveries.flatMap((delivery) =>
    Object.values(delivery).filter((value) => typeof value === "string" && value.split("\n").length > 3),
  );
  const text = String(texts[0]);
  const { run, rows } = await declareAndRun({ "regions-20200224.csv": text });
  expect(run).toMatchObject({ code: 0 });
  expect(rows).toHaveLength(text.trimEnd().split("\n").length - 1);
});

/** Kinds of columns: how a value is written, and how the table shows it. */
const kinds: readonly { readonly write: (value: number) => string; readonly show: (value: number) => string }[] = [
  { write: String, show: String },
  { write: (value) => String(value).padStart(6, "0"), show: (value) => String(value).padStart(6, "0") },
  { write: (value) => (value / 100).toFixed(2), show: (value) => (value / 100).toFixed(2) },
  { write: (value) => `${value}e5`, show: (value) => `${value}e5` },
  { write: (value) => (value % 5 === 0 ? "NA" : String(value)), show: (value) => (value % 5 === 0 ? "NULL" : String(value)) },
  { write: (value) => `text "${value}";,|`, show: (value) => `text "${value}";,|` },
  { write: (value) => day(value).split("-").reverse().join("."), show: day },
  { write: (value) => `${day(value)}T10:00:00+01:00`, show: (value) => `${day(value)} 09:00:00+00` },
  { write: (value) => (value % 2 === 0 ? "true" : "false"), show: (value) => (value % 2 === 0 ? "true" : "false") },
  { write: (value) => (value % 3 === 0 ? "" : `v${value}`), show: (value) => (value % 3 === 0 ? "NULL" : `v${value}`) },
];

function day(value: number): string {
  return new Date(Date.UTC(2024, 0, 20) + (value % 700) * 86_400_000).toISOString().slice(0, 10);
}

test("any table of such columns, in any dialect, cut into any files, is the same table", async () => {
  const values = fc.array(fc.integer({ min: 1, max: 99_999 }), { minLength: 12, maxLength: 40 });
  const table = fc.record({
    columns: fc.array(fc.nat(kinds.length - 1), { minLength: 1, maxLength: 6 }),
    values,
    cuts: fc.integer({ min: 1, max: 3 }),
    delimiter: fc.constantFrom(",", ";", "\t", "|"),
  });
  await fc.assert(
    fc.asyncProperty(table, async ({ columns, values, cuts, delimiter }) => {
      const chosen = columns.map((at) => kinds[at] ?? { write: String, show: String });
      const cell = (text: string): string => (/[",;|\t]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
      const header = ["n", ...chosen.map((_, at) => `c${at}`)].join(delimiter);
      const lines = values.map((value, n) => [String(n), ...chosen.map(({ write }) => cell(write(value)))].join(delimiter));
      const size = Math.ceil(lines.length / cuts);
      const files = Object.fromEntries(
        Array.from({ length: cuts }, (_, at) => [`part_${at}.csv`, `${[header, ...lines.slice(at * size, (at + 1) * size)].join("\n")}\n`]),
      );
      const { run, rows } = await declareAndRun(files, "n::integer");
      expect(run).toMatchObject({ code: 0 });
      expect(rows).toEqual(values.map((value, n) => [String(n), ...chosen.map(({ show }) => show(value))]));
    }),
    { numRuns: 8 },
  );
}, 120_000);
