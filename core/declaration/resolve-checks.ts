import { type Diagnostic, error } from "../diagnostic.js";
import type { AssetName, Check, CheckRule } from "../model.js";
import { quoteAll } from "../suggest.js";
import { limitsOf, limitTrouble } from "./check-limits.js";
import type { AssetDeclaration, CheckDeclaration, OneOrMore } from "./declaration.js";
import { type ColumnReference, itemsOf } from "./draft.js";
import { readDuration } from "./duration.js";
import { fingerprintOfCheck } from "./fingerprint.js";
import type { Shaped } from "./shapes.js";
import { below, placeOf } from "./yaml-source.js";

type RuleName = CheckRule["rule"];

const ruleNames: readonly RuleName[] = [
  "not_null",
  "unique",
  "accepted_values",
  "range",
  "matches",
  "relationships",
  "row_count",
  "freshness",
  "expression",
  "sql",
];

export interface ResolvedChecks {
  readonly checks: readonly Check[];
  readonly references: readonly ColumnReference[];
  readonly diagnostics: readonly Diagnostic[];
}

/** What SQL is named in them is found out later: until then a check reads nothing but what `relationships` names. */
export function resolveChecks(shaped: Shaped<AssetDeclaration>): ResolvedChecks {
  const checks: Check[] = [];
  const diagnostics: Diagnostic[] = [];
  const declared = shaped.declaration.checks ?? [];
  for (const [index, check] of declared.entries()) {
    const pointer = below("/checks", index);
    diagnostics.push(...checkTrouble(shaped, check, pointer));
    const rule = ruleOf(check, shaped.declaration.event_time);
    if (rule !== null) checks.push(complete(rule, check, checks));
  }
  return { checks, references: declared.flatMap((check, index) => referencesOf(check, below("/checks", index))), diagnostics };
}

function checkTrouble(shaped: Shaped<AssetDeclaration>, check: CheckDeclaration, pointer: string): readonly Diagnostic[] {
  const at = placeOf(shaped.source, pointer);
  const given = ruleNames.filter((name) => check[name] !== undefined);
  if (given.length > 1)
    return [
      error("bad-check", at, `one check cannot be ${given.map((name) => `\`${name}\``).join(" and ")}`, "write a list item for each"),
    ];
  if (given.length === 0)
    return shaped.spoilt(pointer) ? [] : [error("bad-check", at, "this check states no rule", `one of ${quoteAll(ruleNames)}`)];
  return [
    ...boundsTrouble(shaped, check, pointer),
    ...whereTrouble(shaped, check, pointer),
    ...pairTrouble(shaped, check, pointer),
    ...ageTrouble(shaped, check, pointer),
    ...limitTrouble(shaped, check, pointer),
  ];
}

/** Each column has its counterpart. */
function pairTrouble(shaped: Shaped<AssetDeclaration>, { relationships }: CheckDeclaration, pointer: string): readonly Diagnostic[] {
  if (relationships?.field === undefined || relationships.column === undefined) return [];
  const [columns, fields] = [listOf(relationships.column).length, listOf(relationships.field).length];
  if (columns === fields) return [];
  const at = placeOf(shaped.source, `${pointer}/relationships/field`);
  return [error("bad-check", at, `${columns} \`column\` and ${fields} \`field\` do not pair up`, "name one `field` for each `column`")];
}

function ageTrouble(shaped: Shaped<AssetDeclaration>, { freshness }: CheckDeclaration, pointer: string): readonly Diagnostic[] {
  const named = freshness?.column ?? shaped.declaration.event_time;
  if (freshness === undefined || named !== undefined || shaped.spoilt("/event_time") || shaped.spoilt(pointer)) return [];
  const at = placeOf(shaped.source, `${pointer}/freshness`);
  return [error("bad-check", at, "`freshness` names no `column`, and the asset declares no `event_time`", "add one of the two")];
}

function boundsTrouble(shaped: Shaped<AssetDeclaration>, check: CheckDeclaration, pointer: string): readonly Diagnostic[] {
  const name = check.range === undefined ? "row_count" : "range";
  const limits = check.range ?? check.row_count;
  const rulePointer = below(pointer, name);
  if (limits === undefined || shaped.spoilt(rulePointer)) return [];
  const at = placeOf(shaped.source, rulePointer);
  if (limits.min === undefined && limits.max === undefined)
    return [error("bad-check", at, `\`${name}\` has neither \`min\` nor \`max\``, "give at least one")];
  const crossed = typeof limits.min === "number" && typeof limits.max === "number" && limits.min > limits.max;
  return crossed ? [error("bad-check", at, `\`min\` ${limits.min} is greater than \`max\` ${limits.max}`)] : [];
}

function whereTrouble(shaped: Shaped<AssetDeclaration>, check: CheckDeclaration, pointer: string): readonly Diagnostic[] {
  if (check.sql === undefined || check.where === undefined) return [];
  const at = placeOf(shaped.source, below(pointer, "where"));
  return [error("conflicting-keys", at, "a `sql` check takes no `where`", "write the condition in its SELECT")];
}

function ruleOf(check: CheckDeclaration, eventTime: string | undefined): CheckRule | null {
  if (check.not_null !== undefined) return { rule: "not_null", columns: listOf(check.not_null) };
  if (check.unique !== undefined) return { rule: "unique", columns: listOf(check.unique) };
  if (check.accepted_values !== undefined)
    return { rule: "accepted_values", column: check.accepted_values.column ?? "", values: check.accepted_values.values ?? [] };
  if (check.range !== undefined)
    return { rule: "range", column: check.range.column ?? "", min: check.range.min ?? null, max: check.range.max ?? null };
  if (check.matches !== undefined) return { rule: "matches", column: check.matches.column ?? "", pattern: check.matches.pattern ?? "" };
  if (check.relationships !== undefined) {
    const { column = [], to = "", field = column } = check.relationships;
    return { rule: "relationships", columns: listOf(column), to: to as AssetName, fields: listOf(field) };
  }
  if (check.freshness !== undefined) {
    const { column = eventTime ?? "", max_age = "" } = check.freshness;
    return { rule: "freshness", column, maxAgeMs: readDuration(max_age) ?? 0 };
  }
  if (check.row_count !== undefined) return { rule: "row_count", min: check.row_count.min ?? null, max: check.row_count.max ?? null };
  if (check.expression !== undefined) return { rule: "expression", expression: check.expression };
  return check.sql === undefined ? null : { rule: "sql", sql: check.sql };
}

function complete(rule: CheckRule, check: CheckDeclaration, before: readonly Check[]): Check {
  const where = check.where ?? null;
  return {
    ...rule,
    name: check.name ?? freeName(nameOf(rule), before),
    severity: check.severity ?? "error",
    where,
    ...limitsOf(check),
    inputs: rule.rule === "relationships" ? [rule.to] : [],
    rowByRow: false,
    fingerprint: fingerprintOfCheck(rule, where),
  };
}

/** Two checks may state the same rule with another `where`: the later ones are numbered. */
function freeName(name: string, before: readonly Check[]): string {
  const taken = new Set(before.map((check) => check.name));
  let free = name;
  for (let number = 2; taken.has(free); number++) free = `${name} #${number}`;
  return free;
}

function nameOf(rule: CheckRule): string {
  if (rule.rule === "relationships") return `relationships(${rule.columns.join(", ")} in ${rule.to})`;
  if ("columns" in rule) return `${rule.rule}(${rule.columns.join(", ")})`;
  if ("column" in rule) return `${rule.rule}(${rule.column})`;
  if (rule.rule === "expression") return `expression(${shortened(rule.expression)})`;
  return rule.rule === "sql" ? `sql(${shortened(rule.sql)})` : rule.rule;
}

function shortened(sql: string): string {
  const line = sql.replace(/\s+/g, " ").trim();
  return line.length <= 60 ? line : `${line.slice(0, 59)}…`;
}

function referencesOf(check: CheckDeclaration, pointer: string): readonly ColumnReference[] {
  const listed = (["not_null", "unique"] as const).flatMap((name) => itemsOf(check[name], below(pointer, name)));
  const single = (["accepted_values", "range", "matches", "relationships", "freshness"] as const).flatMap((name) =>
    itemsOf(check[name]?.column, `${pointer}/${name}/column`),
  );
  return [...listed, ...single].map((item) => ({ column: item.text, pointer: item.pointer }));
}

function listOf(value: OneOrMore): readonly string[] {
  return typeof value === "string" ? [value] : value;
}
