import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { readType } from "../../core/declaration/column-type.js";
import { readDuration } from "../../core/declaration/duration.js";
import { readPartitionTerm } from "../../core/declaration/partition-term.js";
import { placeInSql, sqlOfScalar } from "../../core/declaration/sql-place.js";
import { type Json, placeOf, readYaml } from "../../core/declaration/yaml-source.js";
import { nearest } from "../../core/suggest.js";
import { openParser } from "./load-fixture.js";

const verbatim = { vars: {}, env: {}, verbatim: () => true };

describe("column types", () => {
  test.each([
    ["int", "INTEGER"],
    ["Long", "BIGINT"],
    ["string", "VARCHAR"],
    ["varchar(20)", "VARCHAR"],
    ["numeric", "DECIMAL(18,3)"],
    ["decimal(10)", "DECIMAL(10,0)"],
    ["numeric( 10 , 2 )", "DECIMAL(10,2)"],
    ["double precision", "DOUBLE"],
    ["timestamp with time zone", "TIMESTAMP WITH TIME ZONE"],
    ["timestamptz", "TIMESTAMP WITH TIME ZONE"],
    ["datetime", "TIMESTAMP"],
    ["text[][]", "VARCHAR[][]"],
    ["float4[3]", "FLOAT[3]"],
    ["struct(a int, b struct(c text[]))", "STRUCT(a INTEGER, b STRUCT(c VARCHAR[]))"],
    ["map(text, date)[]", "MAP(VARCHAR, DATE)[]"],
  ])("%s is %s", (text, type) => {
    expect(readType(text)).toEqual({ ok: true, type });
  });

  test.each([
    "",
    "int int",
    "decimal(39,2)",
    "decimal(5,6)",
    "struct(int)",
    "map(text)",
    "int[",
    "varchar; drop",
    "timestamp with time",
    "date()",
  ])("%s is none", (text) => {
    expect(readType(text).ok).toBe(false);
  });

  test("canonical types are read as themselves", () => {
    const scalar = fc.constantFrom("INTEGER", "VARCHAR", "DECIMAL(10,2)", "TIMESTAMP WITH TIME ZONE", "DATE");
    const { type } = fc.letrec<{ type: string }>((tie) => ({
      type: fc.oneof(
        { depthSize: "small" },
        scalar,
        tie("type").map((inner) => `${inner}[]`),
        fc.tuple(tie("type"), tie("type")).map(([a, b]) => `STRUCT(a ${a}, b ${b})`),
      ),
    }));
    fc.assert(
      fc.property(type, (text) => {
        expect(readType(text)).toEqual({ ok: true, type: text });
      }),
    );
  });

  test("they are spelt as DuckDB spells them", async () => {
    await using engine = await openParser();
    const spellings = [
      "int",
      "text",
      "numeric(10,2)",
      "timestamptz",
      "uint8[]",
      "struct(a long, b map(text, date))",
      "timetz",
      "guid",
      "bytea",
      "json",
      "float4[3]",
      "decimal",
    ];
    const { DuckDBInstance } = await import("@duckdb/node-api");
    const connection = await (await DuckDBInstance.create(":memory:")).connect();
    for (const text of spellings) {
      const sql = `SELECT typeof(NULL::${text === "uint8[]" ? "utinyint[]" : text})`;
      const [row] = (await connection.runAndReadAll(sql)).getRows();
      expect(readType(text), text).toEqual({ ok: true, type: row?.[0] });
    }
    expect(engine.version).toMatch(/^v1/);
  });
});

describe("durations", () => {
  test.each([
    ["500ms", 500],
    ["2s", 2000],
    ["1.5m", 90_000],
    ["12h", 43_200_000],
    ["30d", 2_592_000_000],
    ["0s", 0],
  ])("%s is %d ms", (text, ms) => {
    expect(readDuration(text)).toBe(ms);
  });
  test.each(["", "5", "s", "1 fortnight", "-1d", "1y", "1e3s"])("%s is none", (text) => {
    expect(readDuration(text)).toBeNull();
  });
});

describe("partition terms", () => {
  test.each([
    ["region", "identity", "region", null, "region"],
    ["month(data)", "month", "data", null, "data_month"],
    [" bucket( 16 , c ) ", "bucket", "c", 16, "c_bucket"],
    ["truncate(3,c)", "truncate", "c", 3, "c_truncate"],
    ["day(my col)", "day", "my col", null, "my col_day"],
  ])("%s", (text, transform, column, argument, name) => {
    expect(readPartitionTerm(text)).toEqual({ ok: true, field: { transform, column, argument, name } });
  });
});

test.each([
  ["ordres", "orders"],
  ["sotre", "store"],
  ["ORDERS", "orders"],
  ["zzz", null],
])("for %s the suggestion is %s", (word, expected) => {
  expect(nearest(word, ["orders", "store", "regions"])).toBe(expected);
});

describe("YAML", () => {
  const word = fc.stringMatching(/^[a-z][a-z ]{0,8}$/);
  const json = fc.letrec<{ value: Json }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small" },
      word,
      fc.integer(),
      fc.boolean(),
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(word, tie("value"), { maxKeys: 4, noNullPrototype: true }),
    ),
  })).value;

  test("what was written is read, and every place holds its own text", () => {
    fc.assert(
      fc.property(fc.dictionary(word, json, { maxKeys: 5, noNullPrototype: true }), (value) => {
        const file = { path: "x.yaml", text: stringify(value) };
        const source = readYaml(file, verbatim);
        expect(JSON.parse(JSON.stringify(source.value))).toEqual(value);
        for (const [pointer, spot] of source.spots) {
          const key = pointer.split("/").at(-1) ?? "";
          if (spot.key !== null) expect(file.text.slice(spot.key.start, spot.key.end).replaceAll('"', "")).toBe(key);
        }
      }),
    );
  });

  test("a word of SQL is found at its place however the YAML is written", () => {
    const sql = fc.array(fc.constantFrom("select", "a", "from", "b", "where", "x", "=", "1"), { minLength: 1, maxLength: 30 });
    const style = fc.constantFrom("BLOCK_LITERAL", "BLOCK_FOLDED", "PLAIN", "QUOTE_SINGLE" as const);
    fc.assert(
      fc.property(sql, style, fc.array(fc.constantFrom(" ", "\n", "\n  ", "\n\n")), (words, type, gaps) => {
        const text = words.map((one, n) => one + (gaps[n % Math.max(1, gaps.length)] ?? " ")).join("");
        const file = { path: "x.yaml", text: stringify({ a: 1, sql: text }, { defaultStringType: type, lineWidth: 30 }) };
        const source = readYaml(file, verbatim);
        const value = (source.value as { readonly sql: string }).sql;
        const at = placeOf(source, "/sql");
        const scalar = sqlOfScalar(value, file, at.range);
        for (const match of value.matchAll(/\S+/g)) {
          const { range } = placeInSql(scalar, match.index);
          const escaped = file.text.charAt(at.range.start) === '"' && value.includes("\n");
          if (!escaped) expect(file.text.slice(range.start, range.end)).toBe(match[0]);
        }
      }),
    );
  });

  test("`__proto__` is a key like another", () => {
    const source = readYaml({ path: "x.yaml", text: "__proto__: { polluted: true }\n" }, verbatim);
    expect(Object.keys(source.value as object)).toEqual(["__proto__"]);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});
