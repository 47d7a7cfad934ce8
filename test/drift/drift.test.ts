import { DuckDBInstance } from "@duckdb/node-api";
import { describe, expect, test } from "vitest";
import type { Plan } from "../../core/index.js";
import { openWorld, type World } from "../scenarios/world.js";

// Files whose columns are no longer those declared: flow plan says so before anything runs, and flow plan --accept-drift declares them.

const declaration = `# Orders of the shop.
columns:          # as it exports them
  id: { type: INTEGER, nullable: false }   # counts up
  customer_id: INTEGER
  day: DATE
  amount: "DECIMAL(10,2)"   # in euro
key: id
`;
const first = "id,customer_id,day,amount\n1,10,2026-01-01,1.50\n";

interface Case {
  readonly name: string;
  readonly file: string;
  readonly content: string;
  readonly changes: readonly Readonly<Record<string, unknown>>[];
  /** What the declaration gets. */
  readonly lines: readonly string[];
  /** The table after both files. */
  readonly rows: string;
}

const cases: readonly Case[] = [
  {
    name: "a column added",
    file: "b.csv",
    content: "id,customer_id,day,amount,colour\n2,11,2026-01-02,2.00,red\n",
    changes: [{ kind: "added", column: "colour", type: "VARCHAR" }],
    lines: ["  colour: { type: VARCHAR, optional: true }"],
    rows: "id,customer_id,day,amount,colour\n1,10,2026-01-01,1.50,\n2,11,2026-01-02,2.00,red\n",
  },
  {
    name: "a column added to JSON, with numbers",
    file: "b.ndjson",
    content: '{"id":2,"customer_id":11,"day":"2026-01-02","amount":2,"weight":1.25}\n',
    changes: [{ kind: "added", column: "weight", type: "DECIMAL(18,2)" }],
    lines: ['  weight: { type: "DECIMAL(18,2)", optional: true }'],
    rows: "id,customer_id,day,amount,weight\n1,10,2026-01-01,1.50,\n2,11,2026-01-02,2.00,1.25\n",
  },
  {
    name: "a column missing",
    file: "b.csv",
    content: "id,day,amount\n2,2026-01-02,2.00\n",
    changes: [{ kind: "missing", column: "customer_id", needed: true }],
    lines: ["  customer_id: { type: INTEGER, optional: true }"],
    rows: "id,customer_id,day,amount\n1,10,2026-01-01,1.50\n2,,2026-01-02,2.00\n",
  },
  {
    name: "a column renamed",
    file: "b.csv",
    content: "id,CustomerNumber,cust_id,day,amount\n2,x,11,2026-01-02,2.00\n",
    changes: [
      { kind: "renamed", column: "customer_id", as: "cust_id" },
      { kind: "added", column: "CustomerNumber", type: "VARCHAR" },
    ],
    lines: ["  customer_id: { type: INTEGER, aliases: [ cust_id ] }", "  CustomerNumber: { type: VARCHAR, optional: true }"],
    rows: "id,customer_id,day,amount,CustomerNumber\n1,10,2026-01-01,1.50,\n2,11,2026-01-02,2.00,x\n",
  },
  {
    name: "columns retyped",
    file: "b.csv",
    content: "id,customer_id,day,amount\n2,3000000000,13/01/2026,2.125\n",
    changes: [
      {
        kind: "retyped",
        column: "customer_id",
        declared: "INTEGER",
        type: "BIGINT",
        formats: [],
        refused: 1,
        texts: 1,
        example: "3000000000",
      },
      {
        kind: "retyped",
        column: "day",
        declared: "DATE",
        type: "DATE",
        formats: ["%Y-%m-%d", "%d/%m/%Y"],
        refused: 1,
        texts: 1,
        example: "13/01/2026",
      },
      {
        kind: "retyped",
        column: "amount",
        declared: "DECIMAL(10,2)",
        type: "DECIMAL(18,3)",
        formats: [],
        refused: 1,
        texts: 1,
        example: "2.125",
      },
    ],
    lines: ["  customer_id: BIGINT", '  day: { type: DATE, formats: [ "%Y-%m-%d", "%d/%m/%Y" ] }', '  amount: "DECIMAL(18,3)"   # in euro'],
    rows: "id,customer_id,day,amount\n1,10,2026-01-01,1.500\n2,3000000000,2026-01-13,2.125\n",
  },
];

async function drifted({ file, content }: Pick<Case, "file" | "content">, yaml = declaration): Promise<World> {
  const world = await openWorld();
  await world.write("assets/orders.yaml", yaml);
  await world.write("data/ingest/landing/orders/a.csv", first);
  expect((await world.flow(["run"])).code).toBe(0);
  await world.write(`data/ingest/landing/orders/${file}`, content);
  return world;
}

async function planned(world: World): Promise<Plan> {
  return JSON.parse((await world.flow(["plan", "--json"])).stdout) as Plan;
}

const table = ["query", "from orders order by id", "--format", "csv"];

describe("[E02] what the plan says of", () => {
  test.each(cases)("$name, and what accepts it", async ({ file, content, changes, lines, rows }) => {
    await using world = await drifted({ file, content });
    const before = await world.flow(["query", "from orders", "--format", "csv"]);
    expect((await planned(world)).drift).toEqual([{ asset: "orders", files: [file], changes }]);
    // The text says it, too, with the lines that would be written; and nothing was done so far.
    const { stdout } = await world.flow(["plan"]);
    expect(stdout).toContain(`drift in ${file} of orders:`);
    expect(await world.read("assets/orders.yaml")).toBe(declaration);
    expect(await world.flow(["query", "from orders", "--format", "csv"])).toEqual(before);

    const accepting = await world.flow(["plan", "--accept-drift"]);
    expect(accepting).toMatchObject({ code: 0 });
    expect(accepting.stderr).toContain("assets/orders.yaml: declares");
    const after = (await world.read("assets/orders.yaml")).split("\n");
    for (const line of lines) expect(after).toContain(line);
    // Every line that had nothing to do with it is as it was.
    const touched = changes.map(({ column }) => `  ${String(column)}:`);
    const others = declaration.split("\n").filter((line) => !touched.some((start) => line.startsWith(start)));
    expect(others.filter((line) => !after.includes(line))).toEqual([]);

    expect((await planned(world)).drift).toEqual([]);
    expect(await world.flow(["run"])).toMatchObject({ code: 0 });
    expect((await world.flow(table)).stdout).toBe(rows);
    expect((await world.flow(["verify"])).code).toBe(0);
  });
});

describe("[E02] without a word in the declaration nothing is lost silently", () => {
  test("an added column is told, and its values are there once it is declared", async () => {
    await using world = await drifted({ file: "b.csv", content: "id,customer_id,day,amount,colour\n2,11,2026-01-02,2.00,red\n" });
    const run = await world.flow(["run"]);
    expect(run.stderr).toContain("`b.csv` has columns that are not declared: `colour`");
    await world.write("assets/orders.yaml", declaration.replace("key:", "  colour: { type: VARCHAR, optional: true }\nkey:"));
    expect((await world.flow(["run"])).code).toBe(0);
    expect((await world.flow(["query", "select id, colour from orders order by id", "--format", "csv"])).stdout).toBe(
      "id,colour\n1,\n2,red\n",
    );
  });

  test("a file that lacks a column is refused whole, and waits in quarantine", async () => {
    await using world = await drifted({ file: "b.csv", content: "id,day,amount\n2,2026-01-02,2.00\n" });
    const run = await world.flow(["run"]);
    expect(run.code).toBe(1);
    expect((await world.flow(["quarantine", "list"])).stdout).toContain("it has no column `customer_id`");
  });

  test("reordered columns and declared aliases are free: no drift, no notice, the same rows", async () => {
    const yaml = declaration.replace("customer_id: INTEGER", "customer_id: { type: INTEGER, aliases: [cust] }");
    await using world = await drifted({ file: "b.csv", content: "amount,day,cust,id\n2.00,2026-01-02,11,2\n" }, yaml);
    expect((await planned(world)).drift).toEqual([]);
    expect(await world.flow(["run", "--quiet"])).toMatchObject({ code: 0, stderr: "" });
    expect((await world.flow(table)).stdout).toBe("id,customer_id,day,amount\n1,10,2026-01-01,1.50\n2,11,2026-01-02,2.00\n");
  });

  test("values that are bad among good ones are bad rows and no other type", async () => {
    const rows = ["2,11,2026-01-02,2.00", "3,12,tomorrow,3.00", "4,13,2026-01-04,4.00"].join("\n");
    await using world = await drifted({ file: "b.csv", content: `id,customer_id,day,amount\n${rows}\n` });
    expect((await planned(world)).drift).toEqual([]);
    const run = await world.flow(["run"]);
    expect(run.code).toBe(1);
    expect(run.stdout).toContain("1 row");
  });

  test("a column of the key cannot be left out, and nothing is written for it", async () => {
    await using world = await drifted({ file: "b.csv", content: "customer_id,day,amount\n11,2026-01-02,2.00\n" });
    const { stdout } = await world.flow(["plan"]);
    expect(stdout).toContain("id cannot be left out");
    const { stderr } = await world.flow(["plan", "--accept-drift"]);
    expect(stderr).toContain("no drift to accept");
    expect(await world.read("assets/orders.yaml")).toBe(declaration);
  });

  test("files that drift alike are told together", async () => {
    await using world = await drifted({ file: "b.csv", content: "id,customer_id,day,amount,colour\n2,11,2026-01-02,2.00,red\n" });
    await world.write("data/ingest/landing/orders/c.csv", "id,customer_id,day,amount,colour\n3,11,2026-01-02,2.00,blue\n");
    expect((await planned(world)).drift.map(({ files }) => files)).toEqual([["b.csv", "c.csv"]]);
    expect((await world.flow(["plan"])).stdout).toContain("drift in b.csv and 1 other file of orders:");
  });

  test("names that no column can have become aliases, and what has no name is said to be left out", async () => {
    await using world = await drifted({ file: "b.csv", content: "id,customer_id,day,amount,_size,\n2,11,2026-01-02,2.00,L,x\n" });
    const { stdout } = await world.flow(["plan", "--accept-drift"]);
    expect(stdout).toContain("a column without a name cannot be declared");
    expect(await world.read("assets/orders.yaml")).toContain("  size: { type: VARCHAR, optional: true, aliases: [ _size ] }");
    expect((await world.flow(["run"])).code).toBe(0);
    expect((await world.flow(["query", "select size from orders order by id", "--format", "csv"])).stdout).toBe("size\n\nL\n");
  });

  test("what the declaration ignores is no drift", async () => {
    const yaml = declaration.replace("columns: ", "ingest: { on_new_column: ignore, on_missing_column: ignore }\ncolumns: ");
    await using world = await drifted({ file: "b.csv", content: "id,customer_id,amount,colour\n2,11,2.00,red\n" }, yaml);
    expect((await planned(world)).drift).toEqual([]);
  });

  test("a Parquet file of the declared types has not drifted, with lists, structs and moments in it", async () => {
    await using world = await openWorld();
    const columns = 'id: INTEGER, tags: "INTEGER[]", more: "STRUCT(a INTEGER, b VARCHAR)", at: TIMESTAMPTZ, x: DOUBLE, d: "DECIMAL(5,2)"';
    await world.write("assets/orders.yaml", `columns: { ${columns} }\n`);
    await world.write("data/ingest/landing/orders/.keep", "");
    const instance = await DuckDBInstance.create(":memory:");
    const select =
      "SELECT 1 AS id, [1, 2] AS tags, {'a': 1, 'b': 'it''s'} AS more, TIMESTAMPTZ '2026-01-01 10:00:00+00' AS at, 0.1::DOUBLE AS x, 1.5::DECIMAL(5,2) AS d";
    await (await instance.connect()).run(`COPY (${select}) TO '${world.store}/ingest/landing/orders/a.parquet' (FORMAT parquet)`);
    expect((await planned(world)).drift).toEqual([]);
    expect(await world.flow(["run", "--quiet"])).toMatchObject({ code: 0 });
  });
});
