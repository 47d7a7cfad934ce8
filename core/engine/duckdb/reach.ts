import type { PartitionField } from "../../model.js";
import { type InputReach, type ReachKey, type ReachQuestion, SqlError } from "../engine.js";
import { type Connection, connectionOver, shown } from "./connection.js";
import { DuckDBInstance } from "./driver.js";
import { withValues } from "./parameters.js";
import { fieldValueOf } from "./partition.js";
import { arrayOf, bare, expressionSql, isMonotone, type Json, type Node, nodeOf } from "./plan-json.js";
import { emptySelect } from "./ready.js";
import { ident, text } from "./sql.js";

/**
 * Which rows of an input can an output partition depend on? The optimizer is asked:
 *
 *   SELECT * FROM (the asset's SQL) WHERE <partition column> = <constant>
 *
 * Where that filter reaches every scan of the input as `E(column) = constant`, then, because pushing a filter down changes no
 * result, the output partition depends only on the input's rows with that E. The partition of NULLs is asked for the same way,
 * with IS NULL. Where anything is unknown the answer is "not provable", with the reason.
 *
 * Asked over empty tables of the declared types, in an instance of its own: optimizers that look at statistics or that move
 * columns about are off, because an empty table would collapse to nothing (measured with DuckDB 1.5).
 */
export async function reachOf(questions: readonly ReachQuestion[]): Promise<readonly (readonly InputReach[])[]> {
  const instance = await DuckDBInstance.create(":memory:", { errors_as_json: "true", threads: "1", autoinstall_known_extensions: "false" });
  try {
    const connection = connectionOver(await instance.connect());
    await connection.run("SET TimeZone = 'UTC'");
    await connection.run(`SET disabled_optimizers = ${text(blindOptimizers)}`);
    const answers: (readonly InputReach[])[] = [];
    for (const question of questions) answers.push(await answer(connection, question));
    connection.duckdb.closeSync();
    return answers;
  } finally {
    instance.closeSync();
  }
}

const blindOptimizers =
  "statistics_propagation,late_materialization,unused_columns,compressed_materialization,empty_result_pullup,join_order,build_side_probe_side,top_n,column_lifetime";

async function answer(connection: Connection, question: ReachQuestion): Promise<readonly InputReach[]> {
  for (const input of question.inputs)
    await connection.run(`CREATE OR REPLACE TABLE ${ident(input.name)} AS ${emptySelect(input.columns)}`);
  const perField = await Promise.all(question.partitionBy.map((field) => askField(connection, question, field)));
  return question.inputs.map((input) => combine(input.name, question.partitionBy, perField));
}

/** What one partition field tells of each input: E for each scan, or why not. */
type FieldReach = ReadonlyMap<string, Aligned | NotProvable>;
interface Aligned {
  readonly kind: "aligned";
  /** Value of the partition field, as SQL over the input's columns: one for each scan of the input. */
  readonly keys: readonly ReachKey[];
}
interface NotProvable {
  readonly kind: "not-provable";
  readonly why: string;
}

function combine(input: string, partitionBy: readonly PartitionField[], perField: readonly FieldReach[]): InputReach {
  if (partitionBy.length === 0) return { input, kind: "all", why: "the asset is not partitioned" };
  const fields = perField.flatMap((reach, at) => {
    const found = reach.get(input);
    return found?.kind === "aligned" ? [{ at, keys: found.keys }] : [];
  });
  if (fields.length > 0) return { input, kind: "aligned", fields };
  const why = perField.map((reach) => reach.get(input)).find((found) => found?.kind === "not-provable");
  return { input, kind: "all", why: why?.kind === "not-provable" ? why.why : "its rows may reach any partition" };
}

/** First by the column itself, which passes through joins; else by the partition's value, which passes through coarser groups. */
async function askField(connection: Connection, question: ReachQuestion, field: PartitionField): Promise<FieldReach> {
  const type = question.columns.find(({ name }) => name === field.column)?.type ?? "";
  const byColumn = await askExpression(connection, question, ident(field.column), probesFor(type), (key) => fieldValueOf(field, key));
  if (field.transform === "identity" || [...byColumn.values()].every(({ kind }) => kind === "aligned")) return byColumn;
  const value = fieldValueOf(field, ident(field.column));
  const byValue = await askExpression(connection, question, value, probesFor("VARCHAR"), (key) => key);
  return new Map([...byColumn].map(([input, found]) => [input, found.kind === "aligned" ? found : (byValue.get(input) ?? found)]));
}

interface Probe {
  readonly sql: string;
  /** How the plan spells the constant. */
  readonly value: string | number;
}

/** Constants that no data holds; several, because a contradiction with the author's own filter leaves nothing to look at. */
function probesFor(type: string): readonly Probe[] {
  if (type === "VARCHAR") return ["\u00a7 reach 1", "\u00a7 reach 2"].map((value) => ({ sql: text(value), value }));
  if (type === "DATE") return [351_308, -86_297, 18_321].map((value) => ({ sql: `(DATE '1970-01-01' + ${value})`, value }));
  if (/^(TINYINT|SMALLINT|INTEGER|BIGINT)$/.test(type)) {
    const values = type === "TINYINT" ? [117, -113] : type === "SMALLINT" ? [31_337, -31_337] : [918_273_645, -918_273_645];
    return values.map((value) => ({ sql: `CAST(${value} AS ${type})`, value }));
  }
  return [];
}

async function askExpression(
  connection: Connection,
  question: ReachQuestion,
  expression: string,
  probes: readonly Probe[],
  keyOf: (key: string) => string,
): Promise<FieldReach> {
  const plain = await optimized(connection, question, "true");
  const asked = await Promise.all(
    probes.map(async (probe) => ({ probe, plan: await optimized(connection, question, `${expression} = ${probe.sql}`) })),
  );
  const nulls = await optimized(connection, question, `${expression} IS NULL`);
  return new Map(question.inputs.map(({ name }) => [name, verdict(name, plain, asked, nulls, keyOf)]));
}

type Answer = Node | string;

function verdict(
  input: string,
  plain: Answer,
  asked: readonly { readonly probe: Probe; readonly plan: Answer }[],
  nulls: Answer,
  keyOf: (key: string) => string,
): Aligned | NotProvable {
  const no = (why: string): NotProvable => ({ kind: "not-provable", why });
  if (asked.length === 0) return no("the partition column's type is not one that can be asked about");
  const telling: (readonly (ReachKey | null)[])[] = [];
  for (const { probe, plan } of asked) {
    if (typeof plan === "string") return no(plan);
    // A branch that the constant empties is gone from the plan, and its scans with it: this constant tells nothing of others.
    if (typeof plain === "string" || shapeOf(plan) !== shapeOf(plain)) continue;
    telling.push(scansOf(plan, input).map((scan) => equalityOf(scan, probe.value)));
  }
  const [first] = telling;
  if (first === undefined || first.length === 0) return no("the optimizer leaves nothing of it to look at");
  if (telling.some((keys) => keys.includes(null))) return no(spanning(asked[0]?.plan));
  if (telling.some((keys) => JSON.stringify(keys) !== JSON.stringify(first))) return no("it depends on the value which rows are read");
  const keys = first.filter((key) => key !== null);
  if (typeof nulls === "string") return no(nulls);
  if (
    !nullsReach(
      nulls,
      input,
      keys.map(({ sql }) => sql),
    )
  )
    return no("a row without a partition value may come from any row of it");
  const byText = new Map(keys.map((key) => [key.sql, { ...key, sql: keyOf(key.sql) }]));
  return { kind: "aligned", keys: [...byText.values()] };
}

/** Names what lets rows of one partition depend on those of another. */
function spanning(plan: Answer | undefined): string {
  if (plan === undefined || typeof plan === "string") return "its rows may reach any partition";
  if (holds(plan, "LOGICAL_WINDOW")) return "a window function spans partitions";
  if (holds(plan, "LOGICAL_LIMIT") || holds(plan, "LOGICAL_TOP_N")) return "LIMIT looks at all partitions";
  if (holds(plan, "LOGICAL_COMPARISON_JOIN") || holds(plan, "LOGICAL_CROSS_PRODUCT") || holds(plan, "LOGICAL_ANY_JOIN"))
    return "a join takes its rows to any partition";
  if (holds(plan, "LOGICAL_AGGREGATE_AND_GROUP_BY")) return "it is aggregated over more than a partition";
  return "its rows may reach any partition";
}

async function optimized(connection: Connection, question: ReachQuestion, filter: string): Promise<Answer> {
  try {
    // Its own line, so that a comment at the end of the author's SQL ends there.
    await connection.run(`CREATE OR REPLACE TEMP VIEW _asked AS ${withValues(question.sql, question.parameters)}`);
    const sql = `SELECT * FROM _asked WHERE ${filter}`;
    const rows = await connection.rows(
      `SELECT json_serialize_plan(${text(sql)}, optimize := true, skip_null := true, skip_empty := true) AS j`,
    );
    const said = nodeOf(JSON.parse(shown(rows[0]?.["j"] ?? null) ?? "null") as Json);
    if (said === null || said["error"] === true) return "its plan cannot be looked at";
    const [plan] = arrayOf(said["plans"]);
    return nodeOf(plan) ?? "its plan cannot be looked at";
  } catch (trouble) {
    if (trouble instanceof SqlError) return "its plan cannot be looked at";
    throw trouble;
  }
}

/** What a filter must not change if one constant is to speak for all: which tables are scanned how often, and how they are combined. */
function shapeOf(plan: Node): string {
  const combining = [
    "LOGICAL_UNION",
    "LOGICAL_EXCEPT",
    "LOGICAL_INTERSECT",
    "LOGICAL_EMPTY_RESULT",
    "LOGICAL_DUMMY_SCAN",
    "LOGICAL_EXPRESSION_GET",
  ];
  const found: string[] = [];
  const visit = (node: Node): void => {
    const type = String(node["type"]);
    if (type === "LOGICAL_GET") found.push(`scan of ${String(nodeOf(node["function_data"])?.["table"] ?? "?")}`);
    else if (combining.includes(type)) found.push(type);
    childrenOf(node).forEach(visit);
  };
  visit(plan);
  return found.sort().join(", ");
}

function holds(plan: Node, type: string): boolean {
  return plan["type"] === type || childrenOf(plan).some((child) => holds(child, type));
}

function childrenOf(plan: Node): readonly Node[] {
  return arrayOf(plan["children"]).flatMap(nodesOf);
}

function isScanOf(plan: Node, input: string): boolean {
  return plan["type"] === "LOGICAL_GET" && nodeOf(plan["function_data"])?.["table"] === input;
}

function scansOf(plan: Node, input: string): readonly Node[] {
  return [...(isScanOf(plan, input) ? [plan] : []), ...childrenOf(plan).flatMap((child) => scansOf(child, input))];
}

interface ScanFilter {
  readonly column: string;
  readonly filter: Node;
}

/** Filters that hold for every row a scan lets through; each is about one column. */
function filtersOf(scan: Node): readonly ScanFilter[] {
  const names = arrayOf(scan["names"]).map(String);
  const entries = arrayOf(nodeOf(scan["table_filters"])?.["filters"]);
  return entries.flatMap((entry) => {
    const column = names[Number(nodeOf(entry)?.["key"] ?? -1)];
    const filter = nodeOf(nodeOf(entry)?.["value"]);
    return column === undefined || filter === null ? [] : conjuncts(filter).map((each) => ({ column, filter: each }));
  });
}

function conjuncts(filter: Node): readonly Node[] {
  if (filter["filter_type"] === "CONJUNCTION_AND")
    return arrayOf(filter["child_filters"]).flatMap((child) => nodesOf(child).flatMap(conjuncts));
  const expression = nodeOf(filter["expr"]);
  if (filter["filter_type"] === "EXPRESSION_FILTER" && expression?.["type"] === "CONJUNCTION_AND") {
    return arrayOf(expression["children"]).map((expr): Node => ({ filter_type: "EXPRESSION_FILTER", expr }));
  }
  return [filter];
}

function nodesOf(json: Json): readonly Node[] {
  const node = nodeOf(json);
  return node === null ? [] : [node];
}

/** E, where a scan is filtered by `E = probe`. */
function equalityOf(scan: Node, probe: string | number): ReachKey | null {
  for (const { column, filter } of filtersOf(scan)) {
    if (filter["filter_type"] === "CONSTANT_COMPARISON" && filter["comparison_type"] === "COMPARE_EQUAL") {
      if (nodeOf(filter["constant"])?.["value"] === probe) return { sql: ident(column), column, monotone: true };
    }
    const expression = nodeOf(filter["expr"]);
    if (filter["filter_type"] !== "EXPRESSION_FILTER" || expression?.["type"] !== "COMPARE_EQUAL") continue;
    for (const [side, other] of [
      ["left", "right"],
      ["right", "left"],
    ] as const) {
      const constant = nodeOf(nodeOf(expression[other])?.["value"]);
      if (nodeOf(expression[other])?.["expression_class"] === "BOUND_CONSTANT" && constant?.["value"] === probe) {
        const sql = expressionSql(expression[side], column);
        return sql === null ? null : { sql, column, monotone: isMonotone(expression[side]) };
      }
    }
  }
  return null;
}

/** E, where a scan is filtered by `E IS NULL`. */
function nullnessOf(scan: Node): readonly string[] {
  return filtersOf(scan).flatMap(({ column, filter }) => {
    if (filter["filter_type"] === "IS_NULL") return [ident(column)];
    const expression = nodeOf(filter["expr"]);
    if (expression?.["type"] !== "OPERATOR_IS_NULL") return [];
    return expressionSql(arrayOf(expression["children"])[0], column) ?? [];
  });
}

/**
 * The partition of NULLs, too, must depend only on rows whose E is NULL: each scan is filtered so, or is the right side of a join
 * whose left side is, by the very expression that must be equal: NULL equals nothing, so no row of the right side is ever met.
 */
function nullsReach(plan: Node, input: string, keys: readonly string[]): boolean {
  if (isScanOf(plan, input)) return nullnessOf(plan).some((key) => keys.includes(key));
  const children = childrenOf(plan);
  const [left, right] = children;
  if (left !== undefined && right !== undefined && meetsNothing(plan, left)) return nullsReach(left, input, keys);
  if (left !== undefined && right !== undefined && meetsNothing(mirrored(plan), right)) return nullsReach(right, input, keys);
  return children.every((child) => nullsReach(child, input, keys));
}

/** An inner join may be looked at from either side. */
function mirrored(join: Node): Node {
  if (join["join_type"] !== "INNER") return { type: "" };
  const conditions = arrayOf(join["conditions"]).map((condition) => {
    const node = nodeOf(condition);
    return { ...node, left: node?.["right"] ?? null, right: node?.["left"] ?? null };
  });
  return { ...join, conditions };
}

function meetsNothing(join: Node, left: Node): boolean {
  if (join["type"] !== "LOGICAL_COMPARISON_JOIN" || !["INNER", "LEFT", "SEMI"].includes(String(join["join_type"]))) return false;
  if (left["type"] !== "LOGICAL_GET") return false;
  const names = arrayOf(left["names"]).map(String);
  const columns = arrayOf(left["column_indexes"]).map((entry) => names[Number(nodeOf(entry)?.["index"] ?? -1)]);
  const nullOnes = nullnessOf(left);
  return arrayOf(join["conditions"]).some((condition) => {
    const node = nodeOf(condition);
    if (node?.["comparison"] !== "COMPARE_EQUAL") return false;
    const column = columns[referenceIn(node["left"]) ?? -1];
    const key = column === undefined ? null : expressionSql(node["left"], column);
    return key !== null && nullOnes.includes(key);
  });
}

/** The one column an expression refers to, by its place; null where there are several. */
function referenceIn(json: Json | undefined): number | null {
  const found = new Set<number>();
  const visit = (each: Json | undefined): void => {
    if (Array.isArray(each)) each.forEach(visit);
    const node = nodeOf(each);
    if (node === null) return;
    if (node["expression_class"] === "BOUND_REF") found.add(Number(node["index"]));
    Object.values(node).forEach(visit);
  };
  visit(bare(json));
  const [only] = found;
  return found.size === 1 && only !== undefined ? only : null;
}
