import { type Diagnostic, error } from "../diagnostic.js";
import type { ParsedSelect, TableMention } from "../engine/engine.js";
import type { AssetName, Check, PartitionField } from "../model.js";
import { suggestion } from "../suggest.js";
import type { Draft } from "./draft.js";
import { checkSqlTrouble, type Names } from "./references.js";
import { type SqlText, sqlOfScalar } from "./sql-place.js";
import { below, placeOf } from "./yaml-source.js";

/** SQL in a check of an asset. */
export interface CheckText {
  readonly check: number;
  readonly key: "sql" | "expression" | "where";
  readonly text: SqlText;
  /** What the parser is asked: a condition needs a SELECT around it. */
  readonly select: string;
  /** Characters of `select` before the text. */
  readonly before: number;
}

const around = "SELECT 1 WHERE (";

export function checkTextsOf({ shaped }: Draft): readonly CheckText[] {
  const checks = shaped.declaration.checks ?? [];
  return checks.flatMap((check, index) =>
    (["sql", "expression", "where"] as const).flatMap((key): readonly CheckText[] => {
      const sql = check[key];
      if (sql === undefined) return [];
      const { file, range } = placeOf(shaped.source, `${below("/checks", index)}/${key}`);
      const text = sqlOfScalar(sql, file, range);
      if (key === "sql") return [{ check: index, key, text, select: sql, before: 0 }];
      return [{ check: index, key, text, select: `${around}${sql}\n)`, before: around.length }];
    }),
  );
}

export interface ResolvedCheckReferences {
  readonly checks: readonly Check[];
  /** The check that first names each other asset. */
  readonly namedBy: ReadonlyMap<AssetName, number>;
  readonly diagnostics: readonly Diagnostic[];
}

/** Finds out what the checks of an asset read, and which of them judge a row by itself. */
export function resolveCheckReferences(
  draft: Draft,
  texts: readonly CheckText[],
  parsed: readonly ParsedSelect[],
  names: Names,
): ResolvedCheckReferences {
  const { asset, shaped } = draft;
  const diagnostics: Diagnostic[] = [];
  const namedBy = new Map<AssetName, number>();
  const checks = placesOf(draft).map(({ check, index }) => {
    const own = texts.map((text, at) => ({ text, parsed: parsed[at] })).filter(({ text }) => text.check === index);
    const mentions = own.flatMap(({ text, parsed: select }) => (select === undefined ? [] : mentionsIn(text, select, names, diagnostics)));
    if (check.rule === "relationships" && (check.to as string) !== "" && !names.assets.has(check.to)) {
      const at = placeOf(shaped.source, `/checks/${index}/relationships/to`);
      diagnostics.push(error("unknown-asset", at, `no asset is called \`${check.to}\``, suggestion(check.to, names.assets, "there are")));
    }
    const inputs = [...new Set([...check.inputs, ...mentions])].filter((name) => name !== asset.name).sort();
    for (const input of inputs) if (!namedBy.has(input)) namedBy.set(input, index);
    const simple = own.every(({ parsed: select }) => select?.ok === true && isSimple(select));
    return { ...check, inputs, rowByRow: simple && rowByRow(check, asset.name, asset.partitionBy) };
  });
  return { checks, namedBy, diagnostics };
}

/** Checks without a rule are left out of the asset, and have a place in the text all the same. */
function placesOf({ asset, shaped }: Draft): readonly { readonly check: Check; readonly index: number }[] {
  const stated = (shaped.declaration.checks ?? []).flatMap(({ name, severity, where, warn_if, error_if, ...rules }, index) =>
    Object.keys(rules).length > 0 ? [index] : [],
  );
  return asset.checks.flatMap((check, at) => {
    const index = stated[at];
    return index === undefined ? [] : [{ check, index }];
  });
}

/** A condition that does not parse is told with the columns it names, when those are known. */
function mentionsIn({ text, key, before }: CheckText, parsed: ParsedSelect, names: Names, diagnostics: Diagnostic[]): readonly AssetName[] {
  if (!parsed.ok) {
    if (key === "sql") diagnostics.push(...checkSqlTrouble(text, parsed, names));
    return [];
  }
  const tables = parsed.tables.map((mention): TableMention => ({ ...mention, offset: offsetIn(mention, before) }));
  diagnostics.push(...checkSqlTrouble(text, { ...parsed, tables }, names));
  return tables.flatMap(({ name }) => (names.assets.has(name.toLowerCase()) ? [name.toLowerCase() as AssetName] : []));
}

function offsetIn({ offset }: TableMention, before: number): number | null {
  return offset === null ? null : Math.max(0, offset - before);
}

/** It says the same of the same row at any time, whatever other rows there are. */
function isSimple(parsed: Extract<ParsedSelect, { ok: true }>): boolean {
  return parsed.doubts.length === 0 && parsed.tables.length === 0 && !parsed.canonical.includes('"class":"SUBQUERY"');
}

function rowByRow(check: Check, own: AssetName, partitionBy: readonly PartitionField[]): boolean {
  switch (check.rule) {
    case "not_null":
    case "accepted_values":
    case "range":
    case "matches":
    case "expression":
      return true;
    case "relationships":
      return check.to !== own;
    case "unique": {
      // Rows that agree in all columns lie in one partition then.
      const columns = new Set(check.columns.map((column) => column.toLowerCase()));
      return partitionBy.every(({ column }) => columns.has(column.toLowerCase()));
    }
    default:
      return false;
  }
}
