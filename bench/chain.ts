import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * One ingested asset by day and a chain of four derived ones, as a shop would have it: every sale with its net price, every sale beside
 * its day's others, a row for each day and shop, one for each month. All of it is `incremental: auto`, so what a late sale costs is
 * for the optimizer to prove.
 */
export const derived = ["priced", "ranked", "shop_days", "months"] as const;

const declarations: Readonly<Record<string, string>> = {
  sales: `ingest: { strategy: upsert, complete: { stable_for: 0s } }
columns: { sold_at: TIMESTAMP, shop: INTEGER, receipt: INTEGER, amount: "DECIMAL(10,2)" }
key: [sold_at, shop, receipt]
partition_by: day(sold_at)
event_time: sold_at
`,
  priced: `sql: |
  select sold_at::date as day, *, (amount / 1.22)::decimal(10,2) as net
  from sales
partition_by: day(day)
`,
  ranked: `sql: |
  select day, sold_at, shop, receipt, net,
    rank() over (partition by day order by net desc) as place,
    sum(net) over (partition by day) as of_the_day
  from priced
partition_by: day(day)
`,
  shop_days: `sql: |
  select day, shop, count(*) as receipts, sum(net) as revenue, min(place) as best_place
  from ranked
  group by day, shop
partition_by: day(day)
`,
  months: `sql: |
  select date_trunc('month', day)::date as month, sum(receipts)::bigint as receipts, sum(revenue) as revenue
  from shop_days
  group by all
partition_by: month(month)
`,
};

export async function writeChain(dir: string): Promise<void> {
  await mkdir(join(dir, "assets"), { recursive: true });
  await mkdir(landingOf(dir), { recursive: true });
  await writeFile(join(dir, "flow.yaml"), "name: chain\n");
  for (const [name, declaration] of Object.entries(declarations)) await writeFile(join(dir, "assets", `${name}.yaml`), declaration);
}

export function landingOf(dir: string): string {
  return join(dir, "data", "ingest", "landing", "sales");
}

/** From 2019-01-01 on. */
export function dayAt(at: number): string {
  return new Date(Date.UTC(2019, 0, 1 + at)).toISOString().slice(0, 10);
}

const header = "sold_at,shop,receipt,amount\n";
const shops = 20;

/** One file of many days, a receipt every few seconds. */
export async function landHistory(dir: string, days: number, rowsPerDay: number): Promise<void> {
  const beside = join(dir, "history.csv");
  const out = createWriteStream(beside);
  out.write(header);
  for (let at = 0; at < days; at++) if (!out.write(dayOfSales(at, rowsPerDay))) await once(out, "drain");
  out.end();
  await once(out, "close");
  await rename(beside, join(landingOf(dir), "history.csv"));
}

function dayOfSales(at: number, rows: number): string {
  const day = dayAt(at);
  const lines: string[] = [];
  for (let row = 0; row < rows; row++) {
    const time = new Date(Math.floor((row * 86_400_000) / rows)).toISOString().slice(11, 19);
    lines.push(`${day} ${time},${row % shops},${row},${((at * 31 + row * 17) % 9_973) / 100}\n`);
  }
  return lines.join("");
}

/** One sale of a day long gone. */
export async function landLateRow(dir: string, day: string, receipt: number): Promise<void> {
  await writeFile(join(landingOf(dir), `late-${receipt}.csv`), `${header}${day} 12:00:00,1,${receipt},99.99\n`);
}
