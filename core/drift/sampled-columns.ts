import { withoutLines } from "../csv/lines.js";
import { recordsOf } from "../csv/records.js";
import { type Session, SqlError } from "../engine/engine.js";
import type { Column, IngestedAsset } from "../model.js";
import { readCsvHead } from "../operators/csv-file.js";
import { formatOf } from "../operators/format.js";

/** What the first lines of a file tell of its columns. */
export interface SampledColumns {
  /** Texts by declared column. */
  readonly declared: ReadonlyMap<string, readonly string[]>;
  /** Texts by the file's own name of a column that is not declared. */
  readonly added: ReadonlyMap<string, readonly string[]>;
  readonly missing: readonly string[];
}

/** Null where nothing can be told: an empty file, or one that a run will refuse whole and say why. */
export async function sampledColumns(
  session: Session,
  asset: IngestedAsset,
  file: string,
  path: string,
  rowCount: number,
): Promise<SampledColumns | null> {
  const format = formatOf(asset, file);
  if (format === null) return null;
  if (format === "csv") return csvColumns(session, asset, path, rowCount);
  try {
    const { columns, rows } = await session.firstRows(path, format, rowCount);
    if (columns.length === 0) return null;
    const names = columns.map(({ name }) => name);
    return sorted(
      asset.columns,
      names.map((name) => declaredAs(asset.columns, name)),
      names,
      rows,
    );
  } catch (error) {
    if (error instanceof SqlError) return null;
    throw error;
  }
}

async function csvColumns(session: Session, asset: IngestedAsset, path: string, rowCount: number): Promise<SampledColumns | null> {
  const { reading, text } = await readCsvHead(asset, session, path);
  if (reading.kind !== "layout") return null;
  const { layout } = reading;
  const nulls = new Set(layout.nulls);
  const records = recordsOf(withoutLines(text, layout.firstLine - 1), layout, rowCount);
  const rows = records.flatMap(({ trouble, cells }) =>
    trouble === null && cells.length === layout.fields.length ? [cells.map((cell) => (nulls.has(cell) ? null : cell))] : [],
  );
  return sorted(asset.columns, layout.fields, layout.names ?? layout.fields.map(() => ""), rows);
}

function declaredAs(columns: readonly Column[], name: string): string | null {
  return columns.find((column) => column.name === name || column.aliases.includes(name))?.name ?? null;
}

function sorted(
  columns: readonly Column[],
  fields: readonly (string | null)[],
  names: readonly string[],
  rows: readonly (readonly (string | null)[])[],
): SampledColumns {
  const declared = new Map<string, readonly string[]>();
  const added = new Map<string, readonly string[]>();
  fields.forEach((field, at) => {
    const texts = [...new Set(rows.flatMap((row) => row[at] ?? []))];
    if (field !== null) declared.set(field, texts);
    else added.set(names[at] ?? "", texts);
  });
  return { declared, added, missing: columns.map(({ name }) => name).filter((name) => !declared.has(name)) };
}
