import { expect, test } from "vitest";
import { openDuckdb } from "../../core/engine/duckdb/instance.js";
import type { Doubt, ParsedSelect } from "../../core/engine/engine.js";

// What in a SELECT may yield other rows from the same inputs, and what may not, as a table anyone can read: the mark stands where
// the doubt does.

const selects: readonly string[] = [
  // The clock
  "select now() as n from t",
  "select current_timestamp, current_date, current_time, localtime, localtimestamp from t",
  "select CURRENT_DATE from t",
  "select today(), get_current_timestamp(), transaction_timestamp(), current_localtimestamp() from t",
  "select a from t where day > now() - interval 1 day",
  "select age(day) from t",
  "select age(day, since), t.current_date, day::date, date_trunc('day', day) from t",
  "select :run_time as n, :run_time::date from t",

  // Chance
  "select random(), uuid(), gen_random_uuid(), uuidv7(), nextval('s'), setseed(0.5) from t",
  "select a from t order by random()",
  "select md5(a), hash(a) from t",

  // Aggregates
  "select first(a), last(a), any_value(a), arbitrary(a) from t",
  "select list(a), array_agg(a), array_agg(distinct a), string_agg(a, ','), group_concat(a), listagg(a, ',') from t",
  'select FIRST(a), "first"(a) filter (where b) from t',
  "select first(a order by b), last(a order by b), list(a order by a), string_agg(a, ',' order by b) from t",
  "select sum(a), count(*), min(a), arg_max(a, b), mode(a), percentile_disc(0.5) within group (order by a) from t",
  "select list_sort(list(a)), list_transform(list(a), x -> x + 1) from t",
  "select array(select a from s) from t",
  "select array(select a from s order by a) from t",
  "select * from t pivot (first(a) for b in (1, 2))",
  "select b from t group by b having first(a) > 1",

  // Windows
  "select row_number() over () from t",
  "select row_number() over (partition by a) from t",
  "select first_value(a) over (), last_value(a) over w, nth_value(a, 2) over w, lag(a) over w, lead(a) over w, ntile(4) over w from t window w as (partition by b)",
  "select list(a) over (partition by b), any_value(a) over (), sum(a) over (rows 2 preceding) from t",
  "select row_number() over (order by a), lag(a) over (partition by b order by a), first(a) over (order by a), list(a) over (order by a) from t",
  "select first_value(a order by b) over () from t",
  "select sum(a) over (partition by b), rank() over (), count(*) over () from t",
  "select a from t qualify row_number() over (partition by b) = 1",

  // Some of the rows
  "select a from t limit 5",
  "select a from t offset 5",
  "select a from t fetch first 5 rows only",
  "select a from t limit :n",
  "select a from t limit 10%",
  "from t limit 5",
  "select a, b from t order by a limit 5",
  "select a, b from t order by a offset 5",
  "select a, b from t order by a limit 5 offset 5",
  "select * from t order by a limit 5",
  "select a, b from t order by a, b collate nocase limit 5",
  "select a from t order by b limit 1",
  "select a, b from t order by all limit 5",
  "select * from t order by all desc limit 5",
  "select a, b from t order by b desc, a limit 5",
  "select a, b from t order by 2, 1 limit 5",
  "select a + 1 as x, t.b from t order by x, b limit 5",
  "select a + 1, lower(b) from t order by lower(b), a + 1 limit 5",
  "select b as a, a as c from t order by a limit 5",
  "select a, b from t order by b, a, c limit 5",
  "select a, 1 as one from t order by a limit 5",
  "select a from t where exists (select 1 from s limit 1)",
  "select a, (select b from s order by c limit 1) from t",
  "with c as (select a from t limit 3) select * from c",
  "select a, b from t union all select a, b from s order by a limit 5",
  "select a, b from t union all select a, b from s order by a, b limit 5",
  "select a from t union all by name select a, b from s order by a limit 5",
  "select a from t union all by name select a, b from s order by a, b limit 5",
  "(select a from t limit 3) union all (select a from s limit 4)",
  "select a from t order by b",

  // Some of the groups
  "select b, sum(a) as a from t group by b order by a desc limit 5",
  "select b, sum(a) as a from t group by b order by a desc, b limit 5",
  "select b, sum(a) as a from t group by 1 order by b limit 5",
  "select b, sum(a) as a from t group by all order by b limit 5",
  "select b, c, sum(a) as a from t group by all order by b limit 5",
  "select upper(b) as u, sum(a) as a from t group by u order by u limit 5",
  "select upper(b) as b, sum(a) as a from t group by b order by b limit 5",
  "select b, sum(a) as a from t group by rollup (b) order by b limit 5",
  "select b, unnest([min(a), max(a)]) as a from t group by b order by b limit 5",
  "select max(a) as a from t limit 1",

  "select distinct on (a) a, b from t",
  "select distinct on (a) a, b from t order by a, b",
  "select distinct a from t",
  "select a from t using sample 10%",
  "select a from t where b > 1 using sample reservoir(5 rows) repeatable (3)",
  "select a from t tablesample reservoir(5), s",
  "select a from (select a from t) x tablesample 10%",

  // Places count characters, not bytes; texts, names and comments say nothing
  "select 'città €' as c, first(a) from t",
  "select 'now()' as \"random()\" /* limit 5 */ from t -- today()",
];

test("the table of doubts", async () => {
  await using engine = await openDuckdb({ allowedFolders: ["/nonexistent"], spillFolder: null, threads: 1, memoryLimit: null });
  const parsed = await engine.parse(selects);
  await expect(selects.map((sql, at) => `${entry(sql, parsed[at])}\n`).join("\n")).toMatchFileSnapshot("golden.txt");
});

function entry(sql: string, parsed: ParsedSelect | undefined): string {
  if (parsed?.ok !== true) return `${sql}\n  does not parse: ${parsed?.message}`;
  return [sql, ...(parsed.doubts.length === 0 ? ["  no doubt"] : parsed.doubts.map(line))].join("\n");
}

function line({ kind, what, offset }: Doubt): string {
  return `${offset === null ? "" : `${" ".repeat(offset)}^`} ${kind}: ${what}`;
}
