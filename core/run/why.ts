import { FlowError } from "../diagnostic.js";
import type { Engine, Session, Table } from "../engine/engine.js";
import { SqlError } from "../engine/engine.js";
import type { Asset, AssetName, Catalog, DerivedAsset, PartitionField, VersionId } from "../model.js";
import { type Ready, readyTable, readyVersion } from "../operators/ready-table.js";
import type { RowOrigin, Trace, TracedRow, WhyReport } from "../project.js";
import { below, type Layout } from "../store/layout.js";
import { lineOf } from "./raw-line.js";
import { sqlTrouble } from "./sql-trouble.js";
import type { State } from "./state.js";

interface Tracing {
  readonly state: State;
  readonly engine: Engine;
  readonly session: Session;
  readonly catalog: Catalog;
  /** Rows shown at each step down. */
  readonly limit: number;
}

/** Provenance of rows, down to the line of the landed file. Null: the asset has no version. */
export async function whyOf(
  state: State,
  engine: Engine,
  catalog: Catalog,
  asset: Asset,
  { where, limit }: { readonly where: string | null; readonly limit: number },
): Promise<WhyReport | null> {
  const ready = await readyTable(state.layout, asset.name);
  if (ready === null) return null;
  await using session = await engine.session();
  const work = { state, engine, session, catalog, limit };
  try {
    return { why: 1, ...(await traceOf(work, asset, ready, where, [], [])) };
  } catch (trouble) {
    if (!(trouble instanceof SqlError) || where === null) throw trouble;
    throw new FlowError([
      sqlTrouble(trouble, { sql: where, file: { path: "--where", text: where }, range: { start: 0, end: where.length } }),
    ]);
  }
}

type Matches = Parameters<Session["trace"]>[0]["matches"];

async function traceOf(
  work: Tracing,
  asset: Asset,
  ready: Ready,
  where: string | null,
  matches: Matches,
  by: readonly string[],
): Promise<Trace> {
  const landed = asset.kind === "ingested";
  const { rows, table } = await work.session.trace({ table: ready.table, where, matches, limit: work.limit, landed });
  const found: TracedRow[] = [];
  const alike = asset.kind === "derived" && table.rows.length > 0 ? await keysOf(work, asset, ready) : [];
  for (const values of table.rows) {
    const row = valuesOf(table, values);
    if (asset.kind === "ingested") found.push({ row: ownColumns(row, ready), origin: await originOf(work, asset.name, row), from: [] });
    else found.push({ row: ownColumns(row, ready), origin: null, from: await inputsOf(work, alike, row) });
  }
  return { asset: asset.name, version: ready.version, by, rows, found };
}

function valuesOf(table: Table, values: readonly (string | null)[]): Readonly<Record<string, string | null>> {
  return Object.fromEntries(table.columns.map(({ name }, at) => [name, values[at] ?? null]));
}

function ownColumns(row: Readonly<Record<string, string | null>>, { table }: Ready): Readonly<Record<string, string | null>> {
  return Object.fromEntries(table.columns.map(({ name }) => [name, row[name] ?? null]));
}

interface Alike {
  readonly asset: Asset;
  readonly ready: Ready;
  /** A row of the input can only reach rows that have the value of one of the keys in this column. */
  readonly fields: readonly { readonly column: string; readonly type: string; readonly keys: readonly string[] }[];
}

/**
 * By which values a row is tied to the rows of its inputs. It is the question of reach (decision 008), asked of every column: if a row with
 * `day = x` can only depend on input rows whose `E = x`, then those are the rows it came from, or among them.
 */
async function keysOf({ state, engine, catalog }: Tracing, asset: DerivedAsset, ready: Ready): Promise<readonly Alike[]> {
  const inputs = await Promise.all(
    ready.manifest.inputs.map(async ({ asset: name, version }) => ({ name, ready: await inputAt(state.layout, name, version) })),
  );
  const columns = ready.table.columns;
  const partitionBy = columns.map(({ name }): PartitionField => ({ transform: "identity", column: name, argument: null, name }));
  const shapes = inputs.map(({ ready: { table } }) => ({ name: table.name, columns: table.columns }));
  const [reach = []] = await engine.reach([{ sql: asset.sql, parameters: asset.parameters, inputs: shapes, partitionBy, columns }]);
  return inputs.flatMap(({ name, ready: input }) => {
    const own = catalog.assets.find((candidate) => candidate.name === name);
    if (own === undefined) return [];
    const found = reach.find((entry) => entry.input === name);
    const fields = found?.kind === "aligned" ? found.fields : [];
    return [
      {
        asset: own,
        ready: input,
        fields: fields.flatMap(({ at, keys }) => {
          const column = columns[at];
          return column === undefined ? [] : [{ column: column.name, type: column.type, keys: keys.map(({ sql }) => sql) }];
        }),
      },
    ];
  });
}

/** As it was when the asset was built of it. */
function inputAt(layout: Layout, asset: AssetName, version: VersionId): Promise<Ready> {
  return readyVersion(layout, asset, version);
}

async function inputsOf(work: Tracing, alike: readonly Alike[], row: Readonly<Record<string, string | null>>): Promise<readonly Trace[]> {
  const traces: Trace[] = [];
  for (const { asset, ready, fields } of alike) {
    const matches = fields.map(({ column, type, keys }) => ({ keys, type, value: row[column] ?? null }));
    traces.push(
      await traceOf(
        work,
        asset,
        ready,
        null,
        matches,
        fields.map(({ column }) => column),
      ),
    );
  }
  return traces;
}

async function originOf(
  { state: { layout, ledger } }: Tracing,
  asset: AssetName,
  row: Readonly<Record<string, string | null>>,
): Promise<RowOrigin> {
  const seq = Number(row["_delivery"]);
  const line = Number(row["_line"]);
  const delivery = ledger.deliveries(asset).find((candidate) => candidate.seq === seq);
  if (delivery === undefined) return { file: row["_file"] ?? "", line, run: null, path: null, raw: null };
  const path = below(layout.ingestArchive(asset, delivery.run), delivery.file);
  return { file: delivery.file, line, run: delivery.run, path: layout.belowStore(path), raw: await lineOf(path, line) };
}
