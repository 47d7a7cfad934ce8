import type { AssetTexts } from "../declaration/load.js";
import { placeInSql, type SqlText } from "../declaration/sql-place.js";
import { type Diagnostic, error, sortDiagnostics } from "../diagnostic.js";
import { type Session, SqlError, type TableShape } from "../engine/engine.js";
import type { AssetName, Catalog, ColumnType, DerivedAsset } from "../model.js";
import { parametersAt } from "../operators/parameters.js";
import { contractBreaches } from "../operators/transform.js";
import { bindChecks } from "./bind-checks.js";
import { bindTests } from "./bind-tests.js";
import { sqlTrouble } from "./sql-trouble.js";

export interface Bound {
  /** Columns of every asset whose types are known. */
  readonly shapes: ReadonlyMap<AssetName, TableShape>;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Binds every derived asset's SQL over empty tables of its inputs' types, inputs first: what a run would stumble over is found
 * without data and without a store. What depends on a broken asset is left out, because its types are not known.
 */
export async function bindCatalog(session: Session, catalog: Catalog, texts: ReadonlyMap<AssetName, AssetTexts>): Promise<Bound> {
  const shapes = new Map<AssetName, TableShape>();
  const diagnostics: Diagnostic[] = [];
  for (const asset of catalog.assets) {
    const found = texts.get(asset.name);
    const columns = asset.kind === "ingested" ? asset.columns : await bindDerived(session, asset, found?.sql ?? null, shapes, diagnostics);
    if (columns === null) continue;
    const shape = { name: asset.name, columns };
    shapes.set(asset.name, shape);
    for (const condition of found?.conditions ?? []) diagnostics.push(...(await conditionTrouble(session, condition, shape)));
  }
  for (const asset of catalog.assets) {
    const source = texts.get(asset.name)?.source;
    if (source === undefined) continue;
    diagnostics.push(...(await bindChecks(session, asset, source, shapes)), ...(await bindTests(session, asset, source, shapes)));
  }
  return { shapes, diagnostics: sortDiagnostics(diagnostics) };
}

/** Columns of its output; null where they cannot be known. */
async function bindDerived(
  session: Session,
  asset: DerivedAsset,
  text: SqlText | null,
  shapes: ReadonlyMap<AssetName, TableShape>,
  diagnostics: Diagnostic[],
): Promise<readonly ColumnType[] | null> {
  const inputs = asset.inputs.flatMap((input) => shapes.get(input) ?? []);
  if (inputs.length < asset.inputs.length || text === null) return null;
  const bound = await bindOne(session, asset, text, inputs);
  if ("trouble" in bound) {
    diagnostics.push(bound.trouble);
    return null;
  }
  diagnostics.push(...outputTrouble(asset, text, bound.columns));
  return bound.columns;
}

async function conditionTrouble(session: Session, condition: SqlText, shape: TableShape): Promise<readonly Diagnostic[]> {
  try {
    await session.describeCondition(condition.sql, shape);
    return [];
  } catch (trouble) {
    if (!(trouble instanceof SqlError)) throw trouble;
    return [sqlTrouble(trouble, condition)];
  }
}

async function bindOne(
  session: Session,
  asset: DerivedAsset,
  text: SqlText,
  inputs: readonly TableShape[],
): Promise<{ readonly columns: readonly ColumnType[] } | { readonly trouble: Diagnostic }> {
  try {
    return { columns: await session.describe(asset.sql, parametersAt(asset, 0), inputs) };
  } catch (trouble) {
    if (!(trouble instanceof SqlError)) throw trouble;
    return { trouble: sqlTrouble(trouble, text) };
  }
}

/** Contract, key, partition and event time must stand in what the SQL yields. */
function outputTrouble(asset: DerivedAsset, text: SqlText, columns: readonly ColumnType[]): readonly Diagnostic[] {
  const at = placeInSql(text, null);
  const breaches = asset.columns.length === 0 ? [] : contractBreaches(asset.columns, columns);
  const names = new Set(columns.map(({ name }) => name));
  const needed: readonly (readonly [string, string])[] = [
    ...asset.key.map((name) => ["key", name] as const),
    ...asset.partitionBy.map(({ column }) => ["partition_by", column] as const),
    ...(asset.eventTime === null ? [] : [["event_time", asset.eventTime] as const]),
  ];
  return [
    ...breaches.map((message) => error("contract-mismatch", at, message, "change `columns`, or the SQL")),
    ...needed
      .filter(([, name]) => !names.has(name))
      .map(([setting, name]) =>
        error(
          "undeclared-column",
          at,
          `\`${setting}\` of \`${asset.name}\` names \`${name}\`, which its SQL does not yield`,
          `it yields ${[...names].map((n) => `\`${n}\``).join(", ")}`,
        ),
      ),
  ];
}
