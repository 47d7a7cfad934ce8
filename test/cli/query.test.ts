import { expect, test } from "vitest";
import { renderQuery } from "../../cli/print/table.js";
import type { Table } from "../../core/engine/engine.js";

const table: Table = {
  columns: [
    { name: "name", type: "VARCHAR" },
    { name: "n", type: "BIGINT" },
    { name: "ok", type: "BOOLEAN" },
    { name: "price", type: "DECIMAL(10,2)" },
    { name: "n", type: "DOUBLE" },
  ],
  rows: [
    ["Ada", "9007199254740993", "true", "25.00", "1.5e-7"],
    ['a,"b"|\u001b[31m\nc', null, "false", "-0.10", "NaN"],
    ["", "7", null, null, null],
    ["日本", "0", "true", "1.00", "2"],
  ],
};
const file = { terminal: false };

test.each(["table", "csv", "json", "markdown"] as const)("%s reads as in its golden", async (format) => {
  await expect(renderQuery(table, format, file)).toMatchFileSnapshot(`goldens/query-${format}.txt`);
});

test("json keeps every digit, tells NULL from text, and loses no column of two with one name", () => {
  const json = renderQuery(table, "json", file);
  expect(json).toContain('"n": 9007199254740993,');
  expect(JSON.parse(json)).toMatchObject([{ price: 25, n_1: 1.5e-7 }, { n: null, n_1: "NaN" }, { name: "", ok: null }, { name: "日本" }]);
});

test("csv in a file has the values as they are; on a terminal they are stripped", () => {
  expect(renderQuery(table, "csv", file)).toContain("\u001b[31m\nc");
  expect(renderQuery(table, "csv", { terminal: true })).not.toContain("\u001b");
});

test("csv tells NULL from an empty text", () => {
  expect(renderQuery(table, "csv", file)).toContain('\n"",7,,,\n');
});

test("no rows: the head alone, and an empty array", () => {
  const empty: Table = { ...table, rows: [] };
  expect(renderQuery(empty, "csv", file)).toBe("name,n,ok,price,n\n");
  expect(renderQuery(empty, "json", file)).toBe("[]\n");
  expect(renderQuery(empty, "table", file).split("\n")).toHaveLength(3);
});

test("twenty thousand rows take no quadratic time", () => {
  const rows = Array.from({ length: 20_000 }, (_, i) => [`é${i}`, String(i), "true", "1.00", "2"]);
  const started = performance.now();
  renderQuery({ ...table, rows }, "table", file);
  expect(performance.now() - started).toBeLessThan(3000);
});
