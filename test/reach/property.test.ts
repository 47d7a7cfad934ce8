import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { hiveNull } from "../../core/engine/affected.js";
import { openDuckdb } from "../../core/engine/duckdb/instance.js";
import type { Engine, InputReach, ReadyTable, TransformResult } from "../../core/engine/engine.js";
import type { PartitionField } from "../../core/model.js";
import { cut } from "../../core/operators/slices.js";
import { byDay, byMonth, byShop, inputs } from "./questions.js";

// A claim that is wrong once is the worst bug this project can have. Random SQL over random data: whatever is claimed, the
// partitions outside the claim are as they were, and those inside come out of the restricted build as out of a full one.

const queries = Number(process.env["FLOW_REACH_QUERIES"] ?? 500);
const states = 6;
let folder = "";
let engine: Engine;
const claims = { aligned: 0, all: 0 };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flow-reach-"));
  await writeStates();
  engine = await openDuckdb({ allowedFolders: [folder], spillFolder: null, threads: 1, memoryLimit: null });
}, 60_000);

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

test(`${queries} random queries: what the claim leaves out does not change, what it names comes out as in a full build`, {
  timeout: 280_000,
}, async () => {
  await fc.assert(fc.asyncProperty(question, holds), { numRuns: queries });
  console.log(`reach: ${claims.aligned} claims of ${claims.aligned + claims.all} were "aligned", and held`);
  expect(claims.aligned).toBeGreaterThan(queries / 10);
});

interface Question {
  readonly sql: string;
  readonly partitionBy: readonly PartitionField[];
  readonly from: number;
  readonly to: number;
  readonly changed: readonly string[];
}

async function holds({ sql, partitionBy, from, to, changed }: Question): Promise<void> {
  const before = tablesOf(() => from);
  const after = tablesOf((name) => (changed.includes(name) ? to : from));
  const old = await build(sql, partitionBy, before, null, []);
  const [reach = []] = await engine.reach([{ sql, parameters: {}, inputs, partitionBy, columns: old.columns }]);
  const touched = reach.filter(({ input }) => changed.includes(input) && new RegExp(`\\b${input}\\b`).test(sql));
  const aligned = touched.flatMap((found) => (found.kind === "aligned" ? [found] : []));
  claims[aligned.length < touched.length || touched.length === 0 ? "all" : "aligned"] += 1;
  if (aligned.length < touched.length || touched.length === 0) return;
  const fields = partitionBy.map((_, at) => at).filter((at) => aligned.every((found) => found.fields.some((field) => field.at === at)));
  if (fields.length === 0) return;
  const paths = new Set<string>();
  await using session = await engine.session();
  for (const found of aligned) {
    const [was, is] = [before, after].map((tables) => tables.find(({ name }) => name === found.input));
    if (was === undefined || is === undefined) throw new Error("a claim about a table that is none");
    for (const path of await session.affected({ input: is, before: was.files, after: is.files, partitionBy, fields, reach: found }))
      paths.add(path);
  }
  const full = hashes(await build(sql, partitionBy, after, null, []));
  const part = hashes(await build(sql, partitionBy, after, { kind: "paths", fields, paths: [...paths] }, reach));
  const kept = hashes(old);
  const inClaim = (partition: string): boolean => paths.has(fields.map((at) => partition.split("/")[at]).join("/"));
  const told = (of: ReadonlyMap<string, string>, inside: boolean): readonly string[] =>
    [...of]
      .filter(([partition]) => inClaim(partition) === inside)
      .map(([partition, hash]) => `${partition} ${hash}`)
      .sort();
  expect(told(kept, false), `outside the claim: ${sql}`).toEqual(told(full, false));
  expect(told(part, true), `inside the claim: ${sql}`).toEqual(told(full, true));
  expect(told(part, false), `nothing else is built: ${sql}`).toEqual([]);
  // A third of them is enough for what rests on the same claims.
  if (claims.aligned % 3 === 0)
    expect(await inSlices(sql, partitionBy, after, full, reach), `slice by slice: ${sql}`).toEqual([...full].sort());
}

/** Large builds go by slices of the first field, and rely on the same claims. */
async function inSlices(
  sql: string,
  partitionBy: readonly PartitionField[],
  tables: readonly ReadyTable[],
  full: ReadonlyMap<string, string>,
  reach: readonly InputReach[],
): Promise<readonly (readonly [string, string])[]> {
  const [field] = partitionBy;
  if (field === undefined) return [...full].sort();
  const shown = new Set(
    [...full.keys()].map((partition) => decodeURIComponent(partition.split("/")[0]?.slice(field.name.length + 1) ?? "")),
  );
  const values = [...shown].filter((value) => value !== hiveNull).sort();
  const slices = cut(
    values.map((value) => ({ value, rows: 1 })),
    2,
    { from: null, to: null },
    field,
  );
  const built: (readonly [string, string])[] = [];
  for (const { only } of slices) built.push(...hashes(await build(sql, partitionBy, tables, only, reach)));
  return built.sort();
}

function hashes(result: TransformResult): ReadonlyMap<string, string> {
  return new Map(result.partitions.map(({ partition, contentHash }) => [partition, contentHash]));
}

let builds = 0;

async function build(
  sql: string,
  partitionBy: readonly PartitionField[],
  tables: readonly ReadyTable[],
  only: Parameters<Awaited<ReturnType<Engine["session"]>>["transform"]>[0]["only"],
  reach: Parameters<Awaited<ReturnType<Engine["session"]>>["transform"]>[0]["reach"],
): Promise<TransformResult> {
  const into = join(folder, `build-${builds++}`);
  await mkdir(into);
  await using session = await engine.session();
  const result = await session.transform({
    sql,
    parameters: {},
    inputs: tables,
    key: [],
    partitionBy,
    eventTime: null,
    base: [],
    only,
    reach,
    windows: [],
    into,
  });
  await rm(into, { recursive: true });
  return result;
}

function tablesOf(stateOf: (name: string) => number): readonly ReadyTable[] {
  return inputs.map(({ name, columns }) => ({ name, columns, partitionBy: [], files: [join(folder, `${name}-${stateOf(name)}.parquet`)] }));
}

/** Small tables with few days and shops, so that everything meets everything; with NULLs and duplicates. Each state is near the first. */
async function writeStates(): Promise<void> {
  const connection = await (await DuckDBInstance.create(":memory:")).connect();
  await connection.run("SELECT setseed(0.42)");
  const day = "CASE WHEN random() < 0.06 THEN NULL ELSE DATE '2020-01-28' + (random() * 8)::INTEGER END";
  const shop = "CASE WHEN random() < 0.06 THEN NULL ELSE ['a', 'b', 'B', 'c d'][1 + (random() * 3)::INTEGER] END";
  await connection.run(
    `CREATE TABLE sales AS SELECT (${day})::TIMESTAMP + INTERVAL (random() * 86000) SECOND AS "at", NULL::DATE AS day, ${shop} AS shop, (random() * 9)::INTEGER - 2 AS amount FROM range(40)`,
  );
  await connection.run(`UPDATE sales SET day = CASE WHEN random() < 0.9 THEN "at"::DATE ELSE DATE '2020-01-30' END`);
  await connection.run(`CREATE TABLE visits AS SELECT ${day} AS day, ${shop} AS shop, (random() * 5)::INTEGER AS people FROM range(25)`);
  await connection.run(
    "CREATE TABLE shops AS SELECT * FROM (VALUES ('a', 'Rome'), ('b', 'Milan'), ('c d', NULL), (NULL, 'Turin')) t (shop, town)",
  );
  for (let state = 0; state < states; state++) {
    if (state > 0) {
      await connection.run(`DELETE FROM sales WHERE random() < 0.04`);
      await connection.run(
        `INSERT INTO sales SELECT (${day})::TIMESTAMP, ${day}, ${shop}, (random() * 9)::INTEGER FROM range((random() * 2)::INTEGER + 1)`,
      );
      await connection.run(`DELETE FROM visits WHERE random() < 0.04`);
      await connection.run(`INSERT INTO visits SELECT ${day}, ${shop}, (random() * 5)::INTEGER FROM range((random() * 2)::INTEGER)`);
      await connection.run(`UPDATE shops SET town = 'Bari' WHERE shop = 'b' AND random() < 0.5`);
    }
    for (const { name } of inputs) await connection.run(`COPY ${name} TO '${join(folder, `${name}-${state}.parquet`)}' (FORMAT parquet)`);
  }
}

// The grammar: relations with columns day, shop, n; then what is made of them.

const dayOf = fc.constantFrom(
  "day",
  '"at"::date',
  "date_trunc('month', day)::date",
  "day + 1",
  "coalesce(day, date '2020-02-01')",
  "nullif(day, date '2020-01-31')",
);
const shopOf = fc.constantFrom("shop", "upper(shop)", "coalesce(shop, '?')", "left(shop, 1)");
const sales = fc
  .tuple(
    dayOf,
    shopOf,
    fc.constantFrom("", " where amount > 1", " where day >= date '2020-01-30'", " where shop is not null", " where day is not null"),
  )
  .map(([day, shop, where]) => `select ${day} as day, ${shop} as shop, amount as n from sales${where}`);
const visits = fc
  .tuple(fc.constantFrom("day", "day + 1", "date_trunc('month', day)::date"), shopOf)
  .map(([day, shop]) => `select ${day} as day, ${shop} as shop, people as n from visits`);
const single = fc.oneof(sales, visits);

const joined = fc
  .tuple(
    single,
    single,
    fc.constantFrom("join", "left join", "right join", "full join", "semi join", "anti join"),
    fc.constantFrom(
      "a.day = b.day",
      "a.day = b.day and a.shop = b.shop",
      "a.shop = b.shop",
      "a.day = b.day + 1",
      "a.day >= b.day",
      "a.day = b.day and a.n > b.n",
      "a.day is not distinct from b.day",
    ),
    fc.constantFrom("a.day", "b.day", "coalesce(a.day, b.day)", "greatest(a.day, b.day)"),
  )
  .map(([a, b, kind, on, day]) => {
    const oneSided = kind === "semi join" || kind === "anti join";
    return oneSided
      ? `select a.day, a.shop, a.n from (${a}) a ${kind} (${b}) b on ${on}`
      : `select ${day} as day, a.shop, a.n + coalesce(b.n, 0) as n from (${a}) a ${kind} (${b}) b on ${on}`;
  });
const withDimension = fc
  .tuple(single, fc.constantFrom("join", "left join"))
  .map(([a, kind]) => `select day, coalesce(town, 'none') as shop, n from (${a}) a ${kind} shops using (shop)`);
const combined = fc
  .tuple(single, single, fc.constantFrom("union all", "union", "except", "intersect", "except all"))
  .map(([a, b, op]) => `select * from (${a}) ${op} select * from (${b})`);
const relation = fc.oneof(
  { weight: 6, arbitrary: single },
  { weight: 3, arbitrary: joined },
  { weight: 1, arbitrary: withDimension },
  { weight: 2, arbitrary: combined },
);

const order = "order by n, shop, day";
const shaped = fc
  .tuple(
    relation,
    fc.constantFrom<(from: string) => string>(
      (from) => from,
      (from) => `select day, shop, sum(n) as n from (${from}) group by all`,
      (from) => `select day, min(shop) as shop, count(*) as n from (${from}) group by day`,
      (from) => `select day, min(shop) as shop, count(*) as n from (${from}) group by day having count(*) > 1`,
      (from) => `select max(day) as day, shop, sum(n) as n from (${from}) group by shop`,
      (from) => `select max(day) as day, 'x' as shop, sum(n) as n from (${from})`,
      (from) => `select distinct day, shop, n from (${from})`,
      (from) => `select day, shop, sum(n) over (partition by day) as n from (${from})`,
      (from) => `select day, shop, sum(n) over (partition by shop) as n from (${from})`,
      (from) => `select day, shop, rank() over (partition by day, shop ${order}) as n from (${from})`,
      (from) => `select day, shop, sum(n) over (order by day, shop, n rows 2 preceding) as n from (${from})`,
      (from) => `select day, shop, n from (${from}) qualify row_number() over (partition by day ${order}) = 1`,
      (from) => `select day, shop, n from (${from}) ${order} limit 5`,
      (from) => `with t as (${from}) select a.day, a.shop, a.n + b.n as n from t a join t b using (day)`,
      (from) => `with t as materialized (${from}) select a.day, a.shop, a.n + b.n as n from t a join t b using (day)`,
      (from) => `with t as (${from}) select day, shop, n, (select sum(n) from t) as total from t`,
      (from) => `with t as (${from}) select day, shop, n from t where n = (select max(n) from t u where u.day = t.day)`,
      (from) => `select day, shop, sum(n) as n from (${from}) group by rollup (day, shop)`,
      (from) => `select day, shop, sum(n) as n from (${from}) group by grouping sets ((day, shop), (day))`,
      (from) => `select day, shop, n from (${from}) where day in (select day from visits)`,
      (from) => `select day, shop, n from (${from}) where day not in (select day from visits where day is not null)`,
      (from) => `select unnest([day, day + 1]) as day, shop, n from (${from})`,
      (from) => `select case when n > 2 then day else day + 1 end as day, shop, n from (${from})`,
    ),
  )
  .map(([from, shape]) => shape(from));

const question: fc.Arbitrary<Question> = fc.record({
  sql: fc.oneof(
    { weight: 4, arbitrary: shaped },
    {
      weight: 1,
      arbitrary: fc.tuple(shaped, shaped).map(([a, b]) => `select day, shop, n from (${a}) union all select day, shop, n from (${b})`),
    },
  ),
  partitionBy: fc.constantFrom([byDay], [byMonth], [byShop], [byDay, byShop], [byMonth, byShop]),
  from: fc.nat(states - 1),
  to: fc.nat(states - 1),
  changed: fc.subarray(["sales", "visits", "shops"], { minLength: 1 }),
});
