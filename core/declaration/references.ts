import { type Diagnostic, error } from "../diagnostic.js";
import type { ParsedSelect, TableMention } from "../engine/engine.js";
import { type AssetName, type DerivedAsset, runTime } from "../model.js";
import { suggestion } from "../suggest.js";
import { doubtWarnings } from "./doubts.js";
import type { DerivedDraft } from "./draft.js";
import { fingerprintOfDerived } from "./fingerprint.js";
import { placeInSql, type SqlText } from "./sql-place.js";
import type { Variables } from "./substitute.js";

/** Names that SQL may refer to. */
export interface Names {
  /** Declared assets, those with trouble of their own among them. */
  readonly assets: ReadonlySet<string>;
  /** null: unknown, because `flow.yaml` cannot be read. */
  readonly vars: Variables | null;
}

export interface References {
  readonly asset: DerivedAsset;
  /** Where the SQL first names each input. */
  readonly mentions: ReadonlyMap<string, TableMention>;
  readonly diagnostics: readonly Diagnostic[];
}

/** Finds out from the parsed SQL what a derived asset reads. */
export function resolveReferences(draft: DerivedDraft, text: SqlText, parsed: ParsedSelect, names: Names): References {
  if (!parsed.ok) return withoutInputs(draft, syntaxError(text, parsed.message, parsed.offset));
  const mentions = new Map<string, TableMention>();
  const diagnostics = [...parameterTrouble(parsed.parameters, text, names), ...doubtWarnings(parsed.doubts, text)];
  for (const mention of parsed.tables) {
    const trouble = mentionTrouble(mention, draft.name, text, names);
    if (trouble !== null) diagnostics.push(trouble);
    else if (!mentions.has(tableName(mention))) mentions.set(tableName(mention), mention);
  }
  return { asset: complete(draft, [...mentions.keys()].sort(), parsed, names), mentions, diagnostics };
}

/** What is wrong with the SELECT of a check: it may read its own asset. */
export function checkSqlTrouble(text: SqlText, parsed: ParsedSelect, names: Names): readonly Diagnostic[] {
  if (!parsed.ok) return [syntaxError(text, parsed.message, parsed.offset)];
  return parsed.tables.flatMap((mention) => mentionTrouble(mention, null, text, names) ?? []);
}

function withoutInputs(draft: DerivedDraft, trouble: Diagnostic): References {
  return {
    asset: complete(draft, [], { canonical: draft.sql, parameters: [] }, { assets: new Set(), vars: {} }),
    mentions: new Map(),
    diagnostics: [trouble],
  };
}

function complete(
  draft: DerivedDraft,
  inputs: readonly string[],
  parsed: { readonly canonical: string; readonly parameters: readonly string[] },
  names: Names,
): DerivedAsset {
  const used = parsed.parameters.filter((name) => name !== runTime && Object.hasOwn(names.vars ?? {}, name)).sort();
  const parameters = Object.fromEntries(used.map((name) => [name, names.vars?.[name] ?? ""]));
  const asset = { ...draft, parameters, usesRunTime: parsed.parameters.includes(runTime), inputs: inputs as readonly AssetName[] };
  return { ...asset, fingerprint: fingerprintOfDerived(asset, parsed.canonical) };
}

/** SQL does not tell `Orders` from `orders`; assets are lower case. */
function tableName(mention: TableMention): string {
  return mention.name.toLowerCase();
}

function mentionTrouble(mention: TableMention, own: AssetName | null, text: SqlText, names: Names): Diagnostic | null {
  const at = placeInSql(text, mention.offset);
  const name = tableName(mention);
  if (mention.schema !== null)
    return error("qualified-table", at, `\`${mention.schema}.${mention.name}\`: assets have no schema`, `write \`${mention.name}\``);
  if (name === own) return error("self-reference", at, `\`${own}\` reads itself`, "give a CTE of that name another one, or read its input");
  return names.assets.has(name)
    ? null
    : error("unknown-table", at, `no asset is called \`${mention.name}\``, suggestion(name, names.assets, "there are"));
}

function parameterTrouble(parameters: readonly string[], text: SqlText, names: Names): readonly Diagnostic[] {
  const vars = names.vars;
  if (vars === null) return [];
  return parameters
    .filter((name) => name !== runTime && !Object.hasOwn(vars, name))
    .map((name) => {
      const offset = text.sql.search(new RegExp(`[:$]${name}\\b`));
      const hint = suggestion(name, [...Object.keys(vars), runTime], "there are") ?? "set it under `vars` in flow.yaml";
      return error("unknown-parameter", placeInSql(text, offset < 0 ? null : offset), `no variable is called \`${name}\``, hint);
    });
}

function syntaxError(text: SqlText, message: string, offset: number | null): Diagnostic {
  const at = placeInSql(text, offset);
  if (/only SELECT statements|expected one SELECT/i.test(message))
    return error("sql-syntax", at, "an asset's SQL is one SELECT", "give every other statement its own asset, or take it out");
  return error("sql-syntax", at, firstLine(message));
}

function firstLine(message: string): string {
  return (message.split("\n", 1)[0] ?? "").replace(/^(Parser|Syntax|Binder) Error: /i, "");
}
