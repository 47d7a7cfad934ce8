// biome-ignore-all lint/suspicious/noTemplateCurlyInString: flow has variables of that form.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadProject } from "../../core/declaration/load.js";
import type { Engine } from "../../core/engine/engine.js";
import type { Asset, Catalog, DerivedAsset, IngestedAsset } from "../../core/model.js";
import type { OpenOptions } from "../../core/project.js";
import { inProject, load, openParser, options } from "./load-fixture.js";

let parser: Engine;
beforeAll(async () => {
  parser = await openParser();
});
afterAll(() => parser[Symbol.asyncDispose]());

type Files = Readonly<Record<string, string>>;

async function catalogOf(files: Files, more: Partial<OpenOptions> = {}): Promise<Catalog> {
  const { catalog, diagnostics } = await inProject(files, (dir) => load(dir, parser, more));
  expect(diagnostics.map((d) => d.message)).toEqual([]);
  if (catalog === null) throw new Error("no catalog");
  return catalog;
}

async function assetOf(name: string, files: Files, more: Partial<OpenOptions> = {}): Promise<Asset> {
  const found = (await catalogOf(files, more)).assets.find((asset) => asset.name === name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
}

async function ingested(yaml: string, flow = "name: test\n"): Promise<IngestedAsset> {
  const asset = await assetOf("orders", { "flow.yaml": flow, "assets/orders.yaml": yaml });
  if (asset.kind !== "ingested") throw new Error("not ingested");
  return asset;
}

async function derived(files: Files, more: Partial<OpenOptions> = {}): Promise<DerivedAsset> {
  const asset = await assetOf("daily", { "assets/orders.yaml": "columns: { id: INTEGER }\n", ...files }, more);
  if (asset.kind !== "derived") throw new Error("not derived");
  return asset;
}

const regions = `asset: orders
description: One row per region and day
tags: [covid]
ingest:
  files: "dpc-covid19-ita-regioni-*.csv"
  format: csv
  csv: { delimiter: auto, encoding: auto, header: true, nulls: [""] }
  complete: { stable_for: 2s }
  strategy: upsert
  order_by: [updated_at, codice_regione desc]
  delete_when: "op = 'D'"
  on_revision: supersede
  on_bad_row: quarantine
  max_bad_rows: 5%
  on_new_column: warn
columns:
  data: { type: TIMESTAMP, formats: ["%Y-%m-%dT%H:%M:%S"], zone: Europe/Rome }
  codice_regione: { type: int4 }
  totale_positivi: { type: INTEGER, aliases: [totale_attualmente_positivi], nullable: true }
  updated_at: timestamptz
  op: text
key: [data, codice_regione]
partition_by: month(data)
event_time: data
lateness: { delay: 1d, allow: 30d, too_late: quarantine, max_future_skew: 1d }
checks:
  - not_null: [data, codice_regione]
  - unique: [data, codice_regione]
  - expression: totale_positivi >= 0
    severity: warn
retain: { versions: 30, raw: forever }
`;

describe("an ingested asset", () => {
  test("the design's example means what it says", async () => {
    const { fingerprint, ...asset } = await ingested(regions);
    expect(fingerprint).toMatch(/^[0-9a-f]{64}$/);
    expect(asset).toMatchSnapshot();
  });

  test("columns are enough: every default is explicit", async () => {
    const { fingerprint: _, ...asset } = await ingested("columns: { id: INTEGER }\n");
    expect(asset).toMatchSnapshot();
  });

  test("a key makes `upsert` the strategy", async () => {
    expect((await ingested("columns: { id: INTEGER }\nkey: id\n")).ingest.strategy).toBe("upsert");
    expect((await ingested("columns: { id: INTEGER }\n")).ingest.strategy).toBe("append");
  });

  test("the same bytes again mean that state again under `replace`", async () => {
    const orders = await ingested("columns: { id: INTEGER }\ningest: { strategy: replace }\n");
    expect(orders.ingest.onDuplicate).toBe("accept");
  });

  test("columns keep their order, even those that look like numbers", async () => {
    const orders = await ingested(
      'columns: { b: INTEGER, "2021": INTEGER, a: INTEGER, 2020: INTEGER, __proto__: INTEGER }\n'.replace(", __proto__: INTEGER", ""),
    );
    expect(orders.columns.map((column) => column.name)).toEqual(["b", "2021", "a", "2020"]);
  });

  test("the project's defaults lie below the asset's own keys", async () => {
    const flow =
      "timezone: Europe/Rome\ndefaults:\n  ingest: { on_bad_row: fail, csv: { delimiter: ';', skip: 2 }, complete: { marker: '{name}.ok' } }\n  retain: { versions: 7 }\n";
    const orders = await ingested("columns: { at: TIMESTAMP }\ningest: { csv: { skip: 0 }, complete: { stable_for: 1m } }\n", flow);
    expect(orders.ingest.onBadRow).toBe("fail");
    expect(orders.ingest.csv).toMatchObject({ delimiter: ";", skip: 0 });
    expect(orders.ingest.complete).toEqual({ kind: "stable", stableForMs: 60_000 });
    expect(orders.columns[0]?.zone).toBe("Europe/Rome");
    expect(orders.retain).toEqual({ versions: 7, rawMs: null, quarantineMs: null });
  });

  test("two checks of the same rule are told apart by number", async () => {
    const orders = await ingested(
      "columns: { id: INTEGER }\nchecks: [{ unique: id }, { unique: id, where: id > 1 }, { expression: id > 0 }]\n",
    );
    expect(orders.checks.map((check) => check.name)).toEqual(["unique(id)", "unique(id) #2", "expression(id > 0)"]);
  });

  test("words about the asset do not change its fingerprint, its columns do", async () => {
    const before = await ingested("columns: { id: INTEGER }\n");
    const described = await ingested(
      "# a comment\ndescription: Orders\nowner: me\ntags: [x]\nretain: { versions: 3 }\nchecks: [{ unique: id }]\ningest: { files: '*.csv', complete: { stable_for: 9s } }\ncolumns: { id: { type: int, description: number } }\n",
    );
    const retyped = await ingested("columns: { id: BIGINT }\n");
    expect(described.fingerprint).toBe(before.fingerprint);
    expect(retyped.fingerprint).not.toBe(before.fingerprint);
  });
});

describe("a derived asset", () => {
  test("[D04] its inputs are exactly the tables its SQL reads, each once", async () => {
    const sql = `with recent as (select * from orders), "customers" as (select 1 as id)
-- from nothing
select a.id, 'from ghosts; {}' as text from recent a join "Orders" b using (id) join orders c using (id) join customers using (id) join items i using (id)
`;
    const daily = await derived({
      "assets/items.yaml": "columns: { id: INTEGER }\n",
      "assets/daily.yaml": "type: derived\n",
      "assets/daily.sql": sql,
    });
    expect(daily.inputs).toEqual(["items", "orders"]);
    expect(daily.sql).toBe(sql);
    expect(daily.sqlOrigin).toEqual({ file: "assets/daily.sql", line: 1, column: 1 });
  });

  test("formatting and comments do not change its fingerprint, an expression does", async () => {
    const one = await derived({ "assets/daily.yaml": "sql: select id + 1 as id from orders\n" });
    const same = await derived({ "assets/daily.yaml": "sql: |\n  -- next\n  SELECT id+1 AS id\n    FROM orders\n" });
    const other = await derived({ "assets/daily.yaml": "sql: select id + 2 as id from orders\n" });
    expect(same.fingerprint).toBe(one.fingerprint);
    expect(other.fingerprint).not.toBe(one.fingerprint);
  });

  test("a `.sql` file and one line, or an empty file, are enough", async () => {
    const daily = await derived({ "assets/sub/daily.yaml": "", "assets/sub/daily.sql": "select * from orders" });
    expect(daily.inputs).toEqual(["orders"]);
  });

  test("variables it names become parameters, and count in its fingerprint", async () => {
    const files = {
      "flow.yaml": "vars: { since: 2020-01-01, n: 1 }\n",
      "assets/daily.yaml": "sql: select id from orders where id > :n and :run_time is not null\n",
    };
    const daily = await derived(files);
    const other = await derived(files, { vars: { n: "2" } });
    expect(daily.parameters).toEqual({ n: 1 });
    expect(daily.usesRunTime).toBe(true);
    expect(other.parameters).toEqual({ n: 2 });
    expect(other.fingerprint).not.toBe(daily.fingerprint);
  });

  test("braces and dollars in its SQL are left alone", async () => {
    const daily = await derived({ "assets/daily.yaml": "sql: select '${since}' as text from orders\n" });
    expect(daily.sql).toContain("${since}");
  });
});

describe("a project", () => {
  test("assets come after their inputs, and by name where that leaves a choice", async () => {
    const { assets } = await catalogOf({
      "assets/z.yaml": "columns: { id: INTEGER }\n",
      "assets/b.yaml": "columns: { id: INTEGER }\n",
      "assets/a.yaml": "sql: select * from m\n",
      "assets/m.yaml": "sql: select * from z\n",
      "assets/c.yaml": "sql: select * from b\n",
    });
    expect(assets.map((asset) => asset.name)).toEqual(["b", "z", "c", "m", "a"]);
  });

  test("a profile lies over the settings, the command line over both", async () => {
    const flow =
      "vars: { n: 1, on: false, s: x }\nthreads: ${n}\nstore: data\nprofiles:\n  prod: { store: /mnt/lake, vars: { n: 2 } }\n  other: { store: '${env:UNSET}' }\n";
    const { project } = await catalogOf(
      { "flow.yaml": flow, "assets/a.yaml": "columns: { id: INTEGER }\n" },
      { profile: "prod", vars: { on: "true", s: "7" } },
    );
    expect(project).toMatchObject({ store: "/mnt/lake", threads: 2, vars: { n: 2, on: true, s: "7" } });
  });

  test("an override of a variable that does not exist is told with a suggestion", async () => {
    const { diagnostics } = await inProject({}, (dir) => loadProject({ ...options, dir, vars: { sinse: "x" }, profile: "prod" }));
    expect(diagnostics.map((d) => [d.code, d.hint])).toEqual([
      ["unknown-profile", "add it under `profiles`"],
      ["unknown-variable", "did you mean `since`?"],
    ]);
  });

  test("`$${` is a brace and not a variable", async () => {
    const asset = await assetOf("a", { "assets/a.yaml": "description: $${since} is ${since}\ncolumns: { id: INTEGER }\n" });
    expect(asset.description).toBe("${since} is 2020-01-01");
  });

  test("it is found from a folder below", async () => {
    const { project } = await inProject({ "assets/a.yaml": "columns: { id: INTEGER }\n" }, (dir) =>
      loadProject({ ...options, dir: `${dir}/assets` }),
    );
    expect(project?.name).toBe("test");
  });

  test("where there is none, `flow init` is named", async () => {
    const { diagnostics, project } = await loadProject({ ...options, dir: "/" });
    expect(project).toBeNull();
    expect(diagnostics.map((d) => [d.code, d.hint])).toEqual([["no-project", "`flow init` makes a project here"]]);
  });

  test("reading it twice gives the same catalog", async () => {
    const files = { "assets/orders.yaml": regions, "assets/daily.yaml": "sql: select * from orders\n" };
    await inProject(files, async (dir) => expect(await load(dir, parser)).toEqual(await load(dir, parser)));
  });

  test("aliases of aliases of aliases end in one message", async () => {
    const levels = Array.from(
      { length: 12 },
      (_, n) => `  k${n}: &l${n} [${Array.from({ length: 9 }, () => (n === 0 ? "x" : `*l${n - 1}`)).join(", ")}]`,
    );
    const { diagnostics } = await inProject({ "assets/a.yaml": `columns:\n${levels.join("\n")}\n` }, (dir) =>
      loadProject({ ...options, dir }),
    );
    expect(diagnostics.map((d) => d.message)).toEqual(["more than 200000 values in one file"]);
  });

  test("2,000 assets are read and put into order", async () => {
    const files: Record<string, string> = {};
    for (let n = 0; n < 1000; n++) files[`assets/in_${n}.yaml`] = regions.replace("asset: orders", `asset: in_${n}`);
    for (let n = 0; n < 1000; n++)
      files[`assets/out_${n}.yaml`] =
        `sql: |\n  select data::date as day, sum(totale_positivi) as n\n  from in_${n} group by all\npartition_by: month(day)\nchecks: [{ unique: [day] }]\n`;
    await inProject(files, async (dir) => {
      const before = process.cpuUsage();
      const { catalog } = await load(dir, parser);
      const { user, system } = process.cpuUsage(before);
      expect(catalog?.assets).toHaveLength(2000);
      // Time of the processor, since other work on the machine is no fault of ours; what a person waits is measured in bench/.
      expect((user + system) / 1e6).toBeLessThan(10);
    });
  }, 60_000);
});
