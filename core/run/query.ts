import { type Diagnostic, error, FlowError } from "../diagnostic.js";
import { SqlError, type Table } from "../engine/engine.js";
import type { AssetName } from "../model.js";
import { type Ready, readyTable, readyVersion } from "../operators/ready-table.js";
import { named, type Opened, withState } from "./opened.js";
import { sqlTrouble } from "./sql-trouble.js";
import { keptVersion } from "./version-meant.js";

/** One SELECT over the ready assets; some of them as they were. */
export async function query(
  opened: Opened,
  sql: string,
  past: readonly { readonly asset: string; readonly version: string }[],
): Promise<Table> {
  const { catalog, engine } = opened;
  await using session = await engine.session();
  const [parsed] = await engine.parse([sql]);
  const text = { sql, file: { path: "<query>", text: sql }, range: { start: 0, end: sql.length } };
  if (parsed?.ok !== true)
    throw new FlowError([sqlTrouble(new SqlError("parser", parsed?.message ?? "", parsed?.offset ?? null, []), text)]);
  const ready = await tables(opened, past);
  const unpublished = parsed.tables
    .map(({ name }) => name)
    .filter((name) => catalog.assets.some((asset, at) => asset.name === name && ready[at] === null));
  if (unpublished.length > 0) throw new FlowError(unpublished.slice(0, 1).map(noVersion));
  try {
    return await session.query(
      sql,
      ready.flatMap((entry) => (entry === null ? [] : [entry.table])),
    );
  } catch (trouble) {
    throw trouble instanceof SqlError ? new FlowError([sqlTrouble(trouble, text)]) : trouble;
  }
}

function noVersion(name: string): Diagnostic {
  return error("unknown-version", null, `\`${name}\` has no version yet`, "`flow run` makes one");
}

/** Every pointer is resolved once, before the first row is read. */
async function tables(
  opened: Opened,
  past: readonly { readonly asset: string; readonly version: string }[],
): Promise<readonly (Ready | null)[]> {
  const { catalog, layout } = opened;
  const meant = new Map<AssetName, string>(past.map(({ asset, version }) => [named(catalog, asset).name, version]));
  if (meant.size === 0) return Promise.all(catalog.assets.map(({ name }) => readyTable(layout, name)));
  return withState(opened, "read", (state) =>
    Promise.all(
      catalog.assets.map(async ({ name }) => {
        const text = meant.get(name);
        return text === undefined ? readyTable(layout, name) : readyVersion(layout, name, (await keptVersion(state, name, text)).version);
      }),
    ),
  );
}
