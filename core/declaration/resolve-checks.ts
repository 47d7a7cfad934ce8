import { type Diagnostic, error } from "../diagnostic.js";
import type { Check, CheckRule } from "../model.js";
import { quoteAll } from "../suggest.js";
import type { AssetDeclaration, CheckDeclaration, OneOrMore } from "./declaration.js";
import { type ColumnReference, itemsOf } from "./draft.js";
import type { Shaped } from "./shapes.js";
import { below, placeOf } from "./yaml-source.js";

type RuleName = CheckRule["rule"];

const ruleNames: readonly RuleName[] = ["not_null", "unique", "accepted_values", "range", "matches", "row_count", "expression", "sql"];

export interface ResolvedChecks {
  readonly checks: readonly Check[];
  readonly references: readonly ColumnReference[];
  readonly diagnostics: readonly Diagnostic[];
}

export function resolveChecks(shaped: Shaped<AssetDeclaration>): ResolvedChecks {
  const checks: Check[] = [];
  const diagnostics: Diagnostic[] = [];
  const declared = shaped.declaration.checks ?? [];
  for (const [index, check] of declared.entries()) {
    const pointer = below("/checks", index);
    diagnostics.push(...checkTrouble(shaped, check, pointer));
    const rule = ruleOf(check);
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
  return [...limitTrouble(shaped, check, pointer), ...whereTrouble(shaped, check, pointer)];
}

function limitTrouble(shaped: Shaped<AssetDeclaration>, check: CheckDeclaration, pointer: string): readonly Diagnostic[] {
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

function ruleOf(check: CheckDeclaration): CheckRule | null {
  if (check.not_null !== undefined) return { rule: "not_null", columns: listOf(check.not_null) };
  if (check.unique !== undefined) return { rule: "unique", columns: listOf(check.unique) };
  if (check.accepted_values !== undefined)
    return { rule: "accepted_values", column: check.accepted_values.column ?? "", values: check.accepted_values.values ?? [] };
  if (check.range !== undefined)
    return { rule: "range", column: check.range.column ?? "", min: check.range.min ?? null, max: check.range.max ?? null };
  if (check.matches !== undefined) return { rule: "matches", column: check.matches.column ?? "", pattern: check.matches.pattern ?? "" };
  if (check.row_count !== undefined) return { rule: "row_count", min: check.row_count.min ?? null, max: check.row_count.max ?? null };
  if (check.expression !== undefined) return { rule: "expression", expression: check.expression };
  return check.sql === undefined ? null : { rule: "sql", sql: check.sql };
}

function complete(rule: CheckRule, check: CheckDeclaration, before: readonly Check[]): Check {
  return { ...rule, name: check.name ?? freeName(nameOf(rule), before), severity: check.severity ?? "error", where: check.where ?? null };
}

/** Two checks may state the same rule with another `where`: the later ones are numbered. */
function freeName(name: string, before: readonly Check[]): string {
  const taken = new Set(before.map((check) => check.name));
  let free = name;
  for (let number = 2; taken.has(free); number++) free = `${name} #${number}`;
  return free;
}

function nameOf(rule: CheckRule): string {
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
  const single = (["accepted_values", "range", "matches"] as const).flatMap((name) =>
    itemsOf(check[name]?.column, `${pointer}/${name}/column`),
  );
  return [...listed, ...single].map((item) => ({ column: item.text, pointer: item.pointer }));
}

function listOf(value: OneOrMore): readonly string[] {
  return typeof value === "string" ? [value] : value;
}
