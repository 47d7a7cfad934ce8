import type { ParsedSelect, TableMention } from "../engine.js";
import { type Connection, shown } from "./connection.js";
import { doubtsIn } from "./determinism.js";
import { withDollars } from "./parameters.js";
import { arrayOf, type Json, type Node, nodeOf } from "./plan-json.js";
import { text } from "./sql.js";

/**
 * What DuckDB's own parser says of each text (`json_serialize_sql`): no parser of ours.
 * Its positions are UTF-8 byte offsets; ours are characters.
 */
export async function parseSelects(connection: Connection, sqls: readonly string[]): Promise<readonly ParsedSelect[]> {
  const parsed: ParsedSelect[] = [];
  for (const sql of sqls) {
    const readable = withDollars(sql);
    const rows = await connection.rows(`SELECT json_serialize_sql(${text(readable)}, skip_default := true) AS j`);
    parsed.push(readAnswer(JSON.parse(shown(rows[0]?.["j"] ?? null) ?? "{}"), readable));
  }
  return parsed;
}

function readAnswer(answer: Node, sql: string): ParsedSelect {
  if (answer["error"] === true) {
    const position = answer["position"] === undefined ? null : Number(answer["position"]);
    const message = String(answer["error_message"]);
    return { ok: false, message, offset: position === null ? null : characterOffset(sql, position) };
  }
  const statements = arrayOf(answer["statements"]);
  if (statements.length !== 1) return { ok: false, message: `expected one SELECT, found ${statements.length}`, offset: null };
  const statement = nodeOf(statements[0]);
  const parameters = arrayOf(statement?.["named_param_map"]).map((entry) => String(nodeOf(entry)?.["key"] ?? ""));
  const tables = mentions(statement?.["node"] ?? null, new Set(), sql);
  tables.sort((a, b) => (a.offset ?? 0) - (b.offset ?? 0));
  const doubts = doubtsIn(statement?.["node"] ?? null, { sql, characterOf: (byte) => characterOffset(sql, byte) });
  return { ok: true, tables, canonical: JSON.stringify(withoutPlaces(statements[0] ?? null)), parameters, doubts };
}

/** Base tables below a node, less the names of CTEs in scope there. */
function mentions(json: Json, scope: ReadonlySet<string>, sql: string): TableMention[] {
  if (Array.isArray(json)) return json.flatMap((item) => mentions(item, scope, sql));
  const node = nodeOf(json);
  if (node === null) return [];
  const inner = withCtes(node, scope);
  const found = Object.entries(node).flatMap(([key, value]) =>
    key === "cte_map" ? mentionsInCtes(value, scope, sql) : mentions(value, inner, sql),
  );
  if (node["type"] === "BASE_TABLE") {
    const mention = mentionOf(node, sql);
    if (mention.schema !== null || !scope.has(mention.name.toLowerCase())) found.push(mention);
  }
  return found;
}

function withCtes(node: Node, scope: ReadonlySet<string>): ReadonlySet<string> {
  const own = cteEntries(node["cte_map"]).map((entry) => entry.name);
  // A recursive CTE names itself inside its own query.
  if (node["type"] === "RECURSIVE_CTE_NODE" || node["type"] === "CTE_NODE") own.push(String(node["cte_name"] ?? "").toLowerCase());
  return own.length === 0 ? scope : new Set([...scope, ...own]);
}

/** A CTE sees those before it (and itself where recursive), not those after it. */
function mentionsInCtes(map: Json, scope: ReadonlySet<string>, sql: string): TableMention[] {
  const seen = new Set(scope);
  return cteEntries(map).flatMap((entry) => {
    const found = mentions(entry.value, seen, sql);
    seen.add(entry.name);
    return found;
  });
}

function cteEntries(map: Json | undefined): readonly { readonly name: string; readonly value: Json }[] {
  return arrayOf(nodeOf(map ?? null)?.["map"]).map((entry) => ({
    name: String(nodeOf(entry)?.["key"] ?? "").toLowerCase(),
    value: nodeOf(entry)?.["value"] ?? null,
  }));
}

function mentionOf(node: Node, sql: string): TableMention {
  const place = Number(node["query_location"] ?? Number.NaN);
  const qualifier = [node["catalog_name"], node["schema_name"]].filter((part) => typeof part === "string" && part !== "");
  return {
    name: String(node["table_name"]),
    schema: qualifier.length === 0 ? null : qualifier.join("."),
    offset: place <= sql.length * 4 ? characterOffset(sql, place) : null,
  };
}

function withoutPlaces(json: Json): Json {
  if (Array.isArray(json)) return json.map(withoutPlaces);
  const node = nodeOf(json);
  if (node === null) return json;
  const kept = Object.entries(node).filter(([key]) => key !== "query_location");
  return Object.fromEntries(kept.map(([key, value]) => [key, withoutPlaces(value)]));
}

/** Character offset of a UTF-8 byte offset. */
export function characterOffset(sql: string, byte: number): number {
  return Buffer.from(sql, "utf8").subarray(0, byte).toString("utf8").length;
}
