import type { AssetTexts } from "../declaration/load.js";
import { below, placeOf, placeOfKey } from "../declaration/yaml-source.js";
import { type Diagnostic, error, type Place } from "../diagnostic.js";
import type { Session, TableShape } from "../engine/engine.js";
import type { Asset, AssetName, ColumnType, TestContent, TestRow, TestValue } from "../model.js";
import { suggestion } from "../suggest.js";

type Source = AssetTexts["source"];

/** Names that a test uses and nobody knows, and values that are none of their column's type: told where they stand. */
export async function bindTests(
  session: Session,
  asset: Asset,
  source: Source,
  shapes: ReadonlyMap<AssetName, TableShape>,
): Promise<readonly Diagnostic[]> {
  const own = shapes.get(asset.name);
  if (own === undefined || asset.tests.length === 0) return [];
  const diagnostics: Diagnostic[] = [];
  const values: PlacedValue[] = [];
  const look = (rows: readonly TestRow[], table: TableShape, pointer: string): void => {
    diagnostics.push(...columnTrouble(rows, table, source, pointer));
    values.push(...valuesIn(rows, table.columns, source, pointer));
  };
  for (const [index, test] of asset.tests.entries()) {
    const pointer = `/tests/${index}`;
    look(test.expect, own, `${pointer}/expect`);
    if (test.given.kind === "runs") diagnostics.push(...deliveryTrouble(asset, own, test.given.runs, source, `${pointer}/given`));
    else
      for (const { asset: input, content } of test.given.inputs) {
        const at = below(`${pointer}/given`, input);
        const shape = shapes.get(input);
        diagnostics.push(...inputTrouble(asset, input, placeOfKey(source, at)));
        if (shape !== undefined) look(rowsOf(content), shape, at);
      }
  }
  const fit = await session.fitting(values);
  return [...diagnostics, ...values.flatMap((value, at) => (fit[at] === true ? [] : [valueTrouble(value)]))];
}

function inputTrouble(asset: Asset, input: AssetName, at: Place): readonly Diagnostic[] {
  const inputs = asset.kind === "derived" ? asset.inputs : [];
  if (inputs.includes(input)) return [];
  return [error("bad-test", at, `\`${asset.name}\` does not read \`${input}\``, suggestion(input, inputs, "it reads"))];
}

/** Rows of a file may be named as files name them; what they hold may be wrong on purpose. */
function deliveryTrouble(
  asset: Asset,
  own: TableShape,
  runs: readonly { readonly files: readonly { readonly file: string; readonly content: TestContent }[] }[],
  source: Source,
  pointer: string,
): readonly Diagnostic[] {
  const aliases = asset.kind === "ingested" ? asset.columns.flatMap((column) => column.aliases) : [];
  const named = { ...own, columns: [...own.columns, ...aliases.map((name) => ({ name, type: "" }))] };
  return runs.flatMap(({ files }, index) =>
    files.flatMap(({ file, content }) => columnTrouble(rowsOf(content), named, source, below(`${pointer}/${index}/land`, file))),
  );
}

function rowsOf(content: TestContent): readonly TestRow[] {
  return content.kind === "rows" ? content.rows : [];
}

function columnTrouble(rows: readonly TestRow[], table: TableShape, source: Source, pointer: string): readonly Diagnostic[] {
  const names = table.columns.map(({ name }) => name);
  return rows.flatMap((row, index) =>
    Object.keys(row)
      .filter((column) => !names.includes(column))
      .map((column) =>
        error(
          "unknown-column",
          placeOfKey(source, below(below(pointer, index), column)),
          `\`${table.name}\` has no column \`${column}\``,
          suggestion(column, names, "it has"),
        ),
      ),
  );
}

interface PlacedValue extends ColumnType {
  readonly value: TestValue;
  readonly at: Place;
}

function valuesIn(rows: readonly TestRow[], columns: readonly ColumnType[], source: Source, pointer: string): readonly PlacedValue[] {
  return rows.flatMap((row, index) =>
    columns.flatMap(({ name, type }) => {
      const value = row[name];
      return value === undefined || value === null ? [] : [{ name, type, value, at: placeOf(source, below(below(pointer, index), name)) }];
    }),
  );
}

function valueTrouble({ name, type, value, at }: PlacedValue): Diagnostic {
  const written = typeof value === "string" ? value : (value?.json ?? "");
  return error("bad-value", at, `\`${name}\` is ${type}, and \`${written}\` is none`);
}
