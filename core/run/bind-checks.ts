import type { AssetTexts } from "../declaration/load.js";
import { sqlOfScalar } from "../declaration/sql-place.js";
import { placeOf } from "../declaration/yaml-source.js";
import { type Diagnostic, error } from "../diagnostic.js";
import { type Session, SqlError, type TableShape } from "../engine/engine.js";
import type { Asset, AssetName, Check, ColumnType } from "../model.js";
import { suggestion } from "../suggest.js";
import { sqlTrouble } from "./sql-trouble.js";

type Source = AssetTexts["source"];

/** What is wrong with the checks of an asset whose columns are known: told at the words that name them. */
export async function bindChecks(
  session: Session,
  asset: Asset,
  source: Source,
  shapes: ReadonlyMap<AssetName, TableShape>,
): Promise<readonly Diagnostic[]> {
  const own = shapes.get(asset.name);
  if (own === undefined) return [];
  const diagnostics: Diagnostic[] = [];
  // In a sound declaration every item of the text is a check.
  for (const [at, check] of asset.checks.entries()) {
    const pointer = `/checks/${at}`;
    const inputs = check.inputs.flatMap((name) => shapes.get(name) ?? []);
    // An input whose own SQL is broken has been told.
    if (inputs.length < check.inputs.length) continue;
    const found = [
      ...columnTrouble(check, own, inputs, source, pointer),
      ...(await textTrouble(session, check, own, inputs, source, pointer)),
    ];
    diagnostics.push(...(found.length > 0 ? found : await valueTrouble(session, check, own, inputs, source, pointer)));
  }
  return diagnostics;
}

function columnTrouble(
  check: Check,
  own: TableShape,
  inputs: readonly TableShape[],
  source: Source,
  pointer: string,
): readonly Diagnostic[] {
  const at = (key: string, index: number): Diagnostic["at"] => placeOf(source, `${pointer}/${key}/${index}`);
  switch (check.rule) {
    case "not_null":
    case "unique":
      return check.columns.flatMap((column, index) => unknown(column, own, at(check.rule, index)));
    case "accepted_values":
    case "range":
    case "matches":
      return unknown(check.column, own, placeOf(source, `${pointer}/${check.rule}/column`));
    case "freshness": {
      const place = placeOf(source, `${pointer}/freshness/column`);
      const type = typeOf(own, check.column);
      if (type === null || /^(DATE|TIMESTAMP)/.test(type)) return unknown(check.column, own, place);
      return [error("bad-check", place, `\`${check.column}\` is ${type}, which does not tell when`, "name a DATE or a TIMESTAMP")];
    }
    case "relationships": {
      const other = inputs.find(({ name }) => name === check.to) ?? own;
      const found = [
        ...check.columns.flatMap((column, index) => unknown(column, own, at("relationships/column", index))),
        ...check.fields.flatMap((field, index) => unknown(field, other, at("relationships/field", index))),
      ];
      return found.length > 0 ? found : incomparable(check, own, other, placeOf(source, `${pointer}/relationships`));
    }
    default:
      return [];
  }
}

function unknown(column: string, table: TableShape, at: Diagnostic["at"]): readonly Diagnostic[] {
  if (typeOf(table, column) !== null) return [];
  const names = table.columns.map(({ name }) => name);
  return [error("unknown-column", at, `\`${table.name}\` has no column \`${column}\``, suggestion(column, names, "it has"))];
}

function typeOf({ columns }: { readonly columns: readonly ColumnType[] }, name: string): string | null {
  return columns.find((column) => column.name.toLowerCase() === name.toLowerCase())?.type ?? null;
}

/** A text is never equal to a number: `7` and `007` would be, if one were made the other. */
function incomparable(
  check: Extract<Check, { rule: "relationships" }>,
  own: TableShape,
  other: TableShape,
  at: Diagnostic["at"],
): readonly Diagnostic[] {
  return check.columns.flatMap((column, index) => {
    const field = check.fields[index] ?? column;
    const [here, there] = [typeOf(own, column), typeOf(other, field)];
    if ((here === "VARCHAR") === (there === "VARCHAR")) return [];
    return [
      error("bad-check", at, `\`${column}\` is ${here}, and \`${field}\` of \`${other.name}\` is ${there}`, "declare them of one type"),
    ];
  });
}

/** SQL of the author: the trouble stands at its place in it. */
async function textTrouble(
  session: Session,
  check: Check,
  own: TableShape,
  inputs: readonly TableShape[],
  source: Source,
  pointer: string,
): Promise<readonly Diagnostic[]> {
  const texts = [
    ...(check.where === null ? [] : [["where", check.where] as const]),
    ...(check.rule === "expression" ? [["expression", check.expression] as const] : []),
    ...(check.rule === "sql" ? [["sql", check.sql] as const] : []),
  ];
  const found: Diagnostic[] = [];
  for (const [key, sql] of texts) {
    try {
      if (key === "sql") await session.describe(sql.trim().replace(/;\s*$/, ""), {}, [...inputs, own]);
      else await session.describeCondition(sql, own, inputs);
    } catch (trouble) {
      if (!(trouble instanceof SqlError)) throw trouble;
      const { file, range } = placeOf(source, `${pointer}/${key}`);
      found.push(sqlTrouble(trouble, sqlOfScalar(sql, file, range)));
    }
  }
  return found;
}

/** Texts that are none of the column's type, and a pattern that does not compile. */
async function valueTrouble(
  session: Session,
  check: Check,
  own: TableShape,
  inputs: readonly TableShape[],
  source: Source,
  pointer: string,
): Promise<readonly Diagnostic[]> {
  if (check.rule === "matches") return patternTrouble(session, check, own, inputs, placeOf(source, `${pointer}/matches/pattern`));
  const texts = textsIn(check).flatMap(({ value, key }) =>
    typeof value === "string" ? [{ value, at: placeOf(source, `${pointer}/${key}`) }] : [],
  );
  if (!("column" in check) || texts.length === 0) return [];
  const type = typeOf(own, check.column) ?? "";
  const fit = await session.fitting(texts.map(({ value }) => ({ value, type })));
  return texts.flatMap(({ value, at }, index) =>
    fit[index] === true ? [] : [error("bad-check", at, `\`${check.column}\` is ${type}, and \`${value}\` is none`)],
  );
}

function textsIn(check: Check): readonly { readonly value: string | number | boolean | null; readonly key: string }[] {
  if (check.rule === "accepted_values") return check.values.map((value, at) => ({ value, key: `accepted_values/values/${at}` }));
  if (check.rule !== "range") return [];
  return (["min", "max"] as const).map((key) => ({ value: check[key], key: `range/${key}` }));
}

async function patternTrouble(
  session: Session,
  check: Check,
  own: TableShape,
  inputs: readonly TableShape[],
  at: Diagnostic["at"],
): Promise<readonly Diagnostic[]> {
  try {
    await session.describeCheck(check, own, inputs);
    return [];
  } catch (trouble) {
    if (!(trouble instanceof SqlError)) throw trouble;
    return [error("bad-check", at, `this is no regular expression: ${trouble.message.split("\n")[0] ?? ""}`)];
  }
}
