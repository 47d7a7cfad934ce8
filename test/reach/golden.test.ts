import { expect, test } from "vitest";
import { openDuckdb } from "../../core/engine/duckdb/instance.js";
import type { InputReach } from "../../core/engine/engine.js";
import type { PartitionField } from "../../core/model.js";
import { byDay, byMonth, byShop, inputs } from "./questions.js";

// What the optimizer proves, and what it does not, as a table anyone can read: the verdict for each input and the reason.

const questions: readonly (readonly [name: string, by: readonly PartitionField[], sql: string])[] = [
  ["a projection", [byDay], "select day, amount from sales"],
  ["a cast", [byDay], 'select "at"::date as day, amount from sales'],
  ["a filter", [byDay], "select day, amount from sales where amount > 3"],
  ["a filter over the same column", [byDay], "select day, amount from sales where day >= date '2020-02-24'"],
  ["group by", [byDay], "select day, sum(amount) as amount from sales group by day"],
  ["group by a cast, partitioned by month", [byMonth], 'select "at"::date as day, sum(amount) as amount from sales group by all'],
  ["group by with having", [byDay], "select day, count(*) as n from sales group by day having count(*) > 2"],
  ["group by two columns, one of them the partition", [byDay], "select day, shop, sum(amount) as a from sales group by all"],
  ["group by two columns, both the partition", [byDay, byShop], "select day, shop, sum(amount) as a from sales group by all"],
  ["month of a day", [byMonth], "select date_trunc('month', day)::date as day, sum(amount) as a from sales group by all"],
  ["distinct", [byDay], "select distinct day, shop from sales"],
  ["distinct on", [byDay], "select distinct on (day) day, shop from sales order by day, amount"],
  ["union all", [byDay], "select day, shop from sales union all select day, shop from visits"],
  ["union", [byDay], "select day, shop from sales union select day, shop from visits"],
  ["except", [byDay], "select day, shop from sales except select day, shop from visits"],
  ["intersect", [byDay], "select day, shop from sales intersect select day, shop from visits"],
  ["union all with a constant", [byDay], "select day, shop from sales union all select date '2020-01-01', 'x'"],
  ["a CTE used twice", [byDay], "with t as (select day, amount from sales) select a.day, b.amount from t a join t b using (day)"],
  [
    "a materialized CTE",
    [byDay],
    "with t as materialized (select day, amount from sales) select a.day, b.amount from t a join t b using (day)",
  ],
  ["inner join on the day", [byDay], "select s.day, amount, people from sales s join visits v on s.day = v.day"],
  ["inner join on day and shop", [byDay], "select s.day, amount, people from sales s join visits v using (day, shop)"],
  ["left join on the day", [byDay], "select s.day, amount, people from sales s left join visits v on s.day = v.day"],
  ["left join, the day of the right side", [byDay], "select v.day, amount from sales s left join visits v on s.day = v.day"],
  ["right join", [byDay], "select v.day, amount from sales s right join visits v on s.day = v.day"],
  ["full join", [byDay], "select coalesce(s.day, v.day) as day, amount from sales s full join visits v on s.day = v.day"],
  ["join with a dimension", [byDay], "select day, town, sum(amount) as a from sales join shops using (shop) group by all"],
  ["join with another day", [byDay], "select s.day, s.amount - p.amount as d from sales s left join sales p on p.day = s.day - 1"],
  ["a range join", [byDay], "select s.day, count(*) as n from sales s join visits v on v.day between s.day - 6 and s.day group by all"],
  ["cross join", [byDay], "select s.day, v.people from sales s, visits v"],
  ["semi join", [byDay], "select day, amount from sales where day in (select day from visits)"],
  ["anti join", [byDay], "select day, amount from sales s where not exists (select 1 from visits v where v.day = s.day)"],
  ["a scalar subquery over everything", [byDay], "select day, amount, (select max(people) from visits) as m from sales"],
  ["a correlated subquery", [byDay], "select day, amount, (select sum(people) from visits v where v.day = s.day) as m from sales s"],
  ["window by the day", [byDay], "select day, amount, sum(amount) over (partition by day) as d from sales"],
  ["window by the day, ordered", [byDay], "select day, rank() over (partition by day order by amount) as r from sales"],
  ["window by the shop", [byDay], "select day, rank() over (partition by shop order by amount) as r from sales"],
  ["a running sum", [byDay], "select day, sum(amount) over (order by day) as balance from sales"],
  ["a rolling mean", [byDay], "select day, avg(amount) over (order by day rows 6 preceding) as mean from sales"],
  [
    "window by the month, partitioned by month",
    [byMonth],
    "select day, rank() over (partition by strftime(day, '%Y-%m') order by amount) as r from sales",
  ],
  ["qualify", [byDay], "select day, shop from sales qualify row_number() over (partition by day order by amount desc, shop) = 1"],
  ["limit", [byDay], "select day, amount from sales order by amount limit 10"],
  ["rollup", [byDay], "select day, sum(amount) as a from sales group by rollup (day)"],
  ["grouping sets", [byDay], "select day, shop, sum(amount) as a from sales group by grouping sets ((day, shop), (shop))"],
  ["an aggregate without group", [byDay], "select max(day) as day, sum(amount) as a from sales"],
  ["coalesce", [byDay], "select coalesce(day, date '2020-01-01') as day, amount from sales"],
  ["case", [byDay], "select case when amount > 0 then day end as day, amount from sales"],
  ["a day shifted by one", [byDay], "select day + 1 as day, amount from sales"],
  ["two days made of one row", [byDay], "select unnest([day, day + 1]) as day, amount from sales"],
  ["a value of two columns", [byShop], "select shop || amount::varchar as shop, amount from sales"],
  ["the upper case of a shop", [byShop], "select upper(shop) as shop, sum(amount) as a from sales group by all"],
  [
    "recursion",
    [byDay],
    "with recursive t as (select day, 1 as n from sales union all select day, n + 1 from t where n < 3) select day, n from t",
  ],
  ["a lateral join", [byDay], "select s.day, p from sales s, lateral (select max(people) as p from visits v where v.day = s.day) t"],
  ["asof join", [byDay], "select s.day, v.people from sales s asof join visits v on s.day >= v.day"],
];

test("the table of verdicts", async () => {
  await using engine = await openDuckdb({ allowedFolders: ["/nonexistent"], spillFolder: null, threads: 1, memoryLimit: null });
  const columns = [
    { name: "day", type: "DATE" },
    { name: "shop", type: "VARCHAR" },
  ];
  const answers = await engine.reach(questions.map(([, partitionBy, sql]) => ({ sql, parameters: {}, inputs, partitionBy, columns })));
  const lines = questions.flatMap(([name, by, sql], at) => {
    const mentioned = (answers[at] ?? []).filter(({ input }) => new RegExp(`\\b${input}\\b`).test(sql));
    return [
      `${name}, by ${by.map(({ name: field }) => field).join(" and ")}`,
      `  ${sql}`,
      ...mentioned.map((reach) => `    ${reach.input}: ${wordsOf(reach)}`),
      "",
    ];
  });
  await expect(lines.join("\n")).toMatchFileSnapshot("golden.txt");
});

function wordsOf(reach: InputReach): string {
  if (reach.kind === "all") return `not provable: ${reach.why}`;
  return `aligned by ${reach.fields.map(({ keys }) => keys.map(({ sql }) => sql).join(" or ")).join(" and ")}`;
}
