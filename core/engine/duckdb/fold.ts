import { type ColumnType, type PartitionKey, unreachable } from "../../model.js";
import type { BasePartition, FoldedDelivery, FoldedPartition, FoldRequest, FoldResult } from "../engine.js";
import { type Connection, numberOf } from "./connection.js";
import { eventInstant } from "./partition.js";
import { readParts } from "./ready.js";
import { ident, joined, text, texts } from "./sql.js";
import { baseFiles, contentHash, edgesOf, edgesOfInstants, freshFolder, writeParts } from "./write.js";

/**
 * The merge. All contributions to a touched partition stand in three places:
 *
 *   base parts (won last time) + base shadow (lost, or deletions) + _staged (new)
 *
 * less what the removed deliveries gave. Among them a winner is chosen for each key; winners are written as parts, the rest as
 * shadow. So the result depends on the set of contributions alone, never on the way they came together.
 *
 * Groups of partitions are folded one after another, so that memory is bounded by a group.
 */
export async function fold(connection: Connection, request: FoldRequest): Promise<FoldResult> {
  const plan = await touched(connection, request);
  const partitions: FoldedPartition[] = [];
  const deliveries = new Map<number, FoldedDelivery>();
  for (const [number, group] of plan.groups.entries()) {
    await foldGroup(connection, request, group, plan.winners);
    partitions.push(...(await writeGroup(connection, request, number)));
    for (const delivery of await accountGroup(connection, request)) {
      deliveries.set(delivery.seq, sum(deliveries.get(delivery.seq), delivery));
    }
    await connection.run("DROP TABLE _folded");
  }
  return { partitions, deliveries: [...deliveries.values()] };
}

/** How the winner among contributions is known inside a group of partitions. */
type Winners =
  /** Every row is one. */
  | { readonly kind: "all" }
  /** All contributions to a key are in the group. */
  | { readonly kind: "in-partition" }
  /** Decided before over all partitions, in `_decided`; keys that are not in it stay as they were. */
  | { readonly kind: "decided" }
  /** A whole snapshot wins its scope, in `_snapshot`. */
  | { readonly kind: "snapshot" };

interface Touched {
  readonly groups: readonly (readonly PartitionKey[])[];
  readonly winners: Winners;
}

const rowsPerGroup = 4_000_000;

async function touched(connection: Connection, request: FoldRequest): Promise<Touched> {
  await createNew(connection, request);
  const staged = await connection.rows(`SELECT _partition AS p, count(*) AS n FROM _new GROUP BY ALL`);
  const weights = new Map(staged.map((row) => [String(row["p"]) as PartitionKey, numberOf(row["n"])]));
  for (const partition of request.removeFrom) weights.set(partition, weights.get(partition) ?? 0);
  const winners = await decide(connection, request, weights);
  for (const entry of request.base) {
    const weight = weights.get(entry.partition);
    if (weight !== undefined) weights.set(entry.partition, weight + entry.rows);
  }
  const oneGroup = winners.kind === "snapshot" && request.key.length > 0 && !isLocal(request);
  return { winners, groups: oneGroup ? [[...weights.keys()].sort()] : grouped(weights) };
}

/**
 * `_new`: the staged rows that take part. A snapshot that is staged again competes only where this run changes something, and
 * there it stands in for what the base has of it.
 */
async function createNew(connection: Connection, request: FoldRequest): Promise<void> {
  const taking = `SELECT * FROM _staged WHERE _delivery NOT IN (${joined(request.exclude, "-1")})`;
  const again = `_delivery IN (${joined(request.restaged, "-1")})`;
  await connection.run(`CREATE TEMP TABLE _scope AS SELECT DISTINCT _partition FROM (${taking}) WHERE NOT ${again}`);
  if (request.removeFrom.length > 0)
    await connection.run(`INSERT INTO _scope VALUES ${request.removeFrom.map((name) => `(${text(name)})`).join(", ")}`);
  const here = request.strategy === "replace" ? "true" : "_partition IN (SELECT _partition FROM _scope)";
  await connection.run(`CREATE TEMP VIEW _new AS SELECT * FROM (${taking}) WHERE NOT ${again} OR ${here}`);
}

function grouped(weights: ReadonlyMap<PartitionKey, number>): readonly (readonly PartitionKey[])[] {
  const groups: PartitionKey[][] = [];
  let room = 0;
  for (const partition of [...weights.keys()].sort()) {
    const weight = weights.get(partition) ?? 0;
    if (groups.length === 0 || room < weight) {
      groups.push([]);
      room = rowsPerGroup;
    }
    groups.at(-1)?.push(partition);
    room -= weight;
  }
  return groups;
}

async function decide(connection: Connection, request: FoldRequest, weights: Map<PartitionKey, number>): Promise<Winners> {
  switch (request.strategy) {
    case "append":
      return { kind: "all" };
    case "upsert":
      if (isLocal(request) || (request.base.length === 0 && weights.size <= 1)) return { kind: "in-partition" };
      await decideKeys(connection, request, weights);
      return { kind: "decided" };
    case "replace_partitions":
      await decideSnapshots(connection, request, [...weights.keys()]);
      return { kind: "snapshot" };
    case "replace":
      await decideSnapshots(connection, request, null);
      for (const entry of request.base) weights.set(entry.partition, weights.get(entry.partition) ?? 0);
      return { kind: "snapshot" };
    default:
      return unreachable(request.strategy);
  }
}

/** Whether a key's contributions all lie in one partition: then no other need be looked at. */
function isLocal(request: FoldRequest): boolean {
  return request.key.length > 0 && request.partitionBy.every((field) => request.key.includes(field.column));
}

function columnNames(columns: readonly ColumnType[]): string {
  return columns.map((column) => ident(column.name)).join(", ");
}

const provenance = "_delivery, _file, _line";

/** Contributions in the base: `columns` of parts and shadow, with their partition and whether they are visible now. */
function baseRows(request: FoldRequest, entries: readonly BasePartition[], columns: string): string {
  const files = baseFiles(entries);
  const scan = (paths: readonly string[], deleted: string, live: boolean): string => {
    const partitions = texts(paths.map(files.partitionOf));
    return `SELECT ${columns}, ${provenance}, ${deleted} AS _deleted, ${live} AS _live, ${partitions}[file_index::BIGINT + 1] AS _partition
      FROM ${readParts(paths, request.columns, request.partitionBy)}`;
  };
  const scans: string[] = [];
  if (files.parts.length > 0) scans.push(scan(files.parts, "false", true));
  if (files.shadow.length > 0) scans.push(scan(files.shadow, "_deleted", false));
  return scans.join(" UNION ALL ");
}

/**
 * The base and the new rows as one relation. What is removed, or staged again and so stands in for what the base has of it, is
 * flagged and not left out: that it was visible is how its going is noticed.
 */
function contributions(request: FoldRequest, group: readonly PartitionKey[] | null, columns: string): string {
  const entries = group === null ? request.base : request.base.filter((entry) => group.includes(entry.partition));
  const here = group === null ? "true" : `_partition IN (${joined(group.map(text), "NULL")})`;
  const removed = `_delivery IN (${joined([...request.remove, ...request.restaged], "-1")})`;
  const fresh = `SELECT ${columns}, ${provenance}, _deleted, false AS _live, _partition, false AS _removed, true AS _fresh FROM _new WHERE ${here}`;
  const base = baseRows(request, entries, columns);
  if (base === "") return fresh;
  return `SELECT ${columns}, ${provenance}, _deleted, _live, _partition, ${removed} AS _removed, false AS _fresh FROM (${base})
    UNION ALL ${fresh}`;
}

/** `order_by`, then file name, then line; without `order_by` arrival, then line. Best first. */
function rank(request: FoldRequest): string {
  if (request.orderBy.length === 0) return "_delivery DESC, _line DESC";
  const declared = request.orderBy.map((term) => `${ident(term.column)} ${term.direction === "asc" ? "DESC" : "ASC"} NULLS LAST`);
  return [...declared, "_file DESC", "_line DESC", "_delivery DESC"].join(", ");
}

function keyList(request: FoldRequest): string {
  return request.key.map(ident).join(", ");
}

function sameKey(request: FoldRequest, left: string, right: string): string {
  return request.key.map((name) => `${left}.${ident(name)} IS NOT DISTINCT FROM ${right}.${ident(name)}`).join(" AND ");
}

/**
 * A key may have contributions anywhere. Only key and rank columns are read for that, and of them only the keys in question:
 * those that come in and those that lose a contribution. `_decided` holds all their contributions with the verdict, and the
 * partitions in which a row appears or disappears join the touched ones.
 */
async function decideKeys(connection: Connection, request: FoldRequest, weights: Map<PartitionKey, number>): Promise<void> {
  const keys = keyList(request);
  const ranked = [...new Set([...request.key, ...request.orderBy.map((term) => term.column)])].map(ident).join(", ");
  const losing = request.base.filter((entry) => request.removeFrom.includes(entry.partition));
  const removed = baseRows(request, losing, keys);
  await connection.run(`CREATE TEMP TABLE _keys AS SELECT DISTINCT ${keys} FROM _new
    ${removed === "" ? "" : `UNION SELECT ${keys} FROM (${removed}) WHERE _delivery IN (${joined(request.remove, "-1")})`}`);
  await connection.run(`
    CREATE TEMP TABLE _decided AS
    SELECT *, ${windowed(request)} FROM (
      SELECT * FROM (${contributions(request, null, ranked)}) c WHERE EXISTS (SELECT 1 FROM _keys k WHERE ${sameKey(request, "k", "c")}))`);
  const changed = await connection.rows(`SELECT DISTINCT _partition AS p FROM _decided WHERE ${visible} IS DISTINCT FROM _live`);
  for (const row of changed) {
    const partition = String(row["p"]) as PartitionKey;
    weights.set(partition, weights.get(partition) ?? 0);
  }
}

/** Winner and winner's delivery among the contributions that are not removed. */
function windowed(request: FoldRequest): string {
  const over = `OVER (PARTITION BY _removed, ${keyList(request)} ORDER BY ${rank(request)})`;
  return `row_number() ${over} = 1 AND NOT _removed AS _wins, first_value(_delivery) ${over} AS _winner`;
}

const visible = "(_wins AND NOT _deleted)";

/** Which snapshot holds each scope: a partition, or the whole asset. */
async function decideSnapshots(connection: Connection, request: FoldRequest, group: readonly PartitionKey[] | null): Promise<void> {
  const rows = request.snapshots.map((entry) => `(${entry.seq}, ${entry.snapshot})`);
  await connection.run(`CREATE TEMP TABLE _snapshots (_delivery BIGINT, snapshot BIGINT)`);
  if (rows.length > 0) await connection.run(`INSERT INTO _snapshots VALUES ${rows.join(", ")}`);
  const scope = request.strategy === "replace" ? "''" : "_partition";
  const ordered = request.orderBy.map((term) => ident(term.column)).join(", ");
  const candidates = `SELECT c.*, s.snapshot, ${scope} AS _scope FROM (${contributions(request, group, ordered === "" ? "1 AS _one" : ordered)}) c
    JOIN _snapshots s USING (_delivery) WHERE NOT _removed`;
  const byArrival =
    request.strategy === "replace"
      ? `SELECT '' AS _scope, max(snapshot) AS snapshot FROM _snapshots`
      : `SELECT _scope, max(snapshot) AS snapshot FROM (${candidates}) GROUP BY ALL`;
  const byOrder = `SELECT _scope, first(snapshot ORDER BY ${rank(request)}) AS snapshot FROM (${candidates}) GROUP BY ALL`;
  await connection.run(`CREATE TEMP TABLE _snapshot AS ${request.orderBy.length === 0 ? byArrival : byOrder}`);
}

async function foldGroup(connection: Connection, request: FoldRequest, group: readonly PartitionKey[], winners: Winners): Promise<void> {
  const all = contributions(request, group, columnNames(request.columns));
  await connection.run(`CREATE TEMP TABLE _folded AS ${judged(request, all, winners)}`);
}

function judged(request: FoldRequest, all: string, winners: Winners): string {
  switch (winners.kind) {
    case "all":
      return `SELECT *, NOT _removed AS _wins, _delivery AS _winner FROM (${all})`;
    case "in-partition":
      return `SELECT *, ${windowed(request)} FROM (${all})`;
    case "decided":
      return `SELECT a.*, CASE WHEN d._delivery IS NULL THEN a._live ELSE d._wins END AS _wins, coalesce(d._winner, a._delivery) AS _winner
        FROM (${all}) a LEFT JOIN _decided d ON d._delivery = a._delivery AND d._line = a._line AND d._fresh = a._fresh`;
    case "snapshot":
      return snapshotJudged(request, all);
  }
}

/** The rows of the winning snapshot, one for each key where there is a key. */
function snapshotJudged(request: FoldRequest, all: string): string {
  const scope = request.strategy === "replace" ? "''" : "a._partition";
  const member = `coalesce(s.snapshot = w.snapshot, false) AND NOT _removed`;
  const rows = `SELECT a.*, ${member} AS _member, w.snapshot AS _held FROM (${all}) a
    LEFT JOIN _snapshots s ON s._delivery = a._delivery LEFT JOIN _snapshot w ON w._scope = ${scope}`;
  if (request.key.length === 0)
    return `SELECT * EXCLUDE (_member, _held), _member AS _wins, CASE WHEN _member THEN _delivery ELSE -1 END AS _winner FROM (${rows})`;
  const over = `OVER (PARTITION BY _member, ${keyList(request)} ORDER BY ${rank(request)})`;
  return `SELECT * EXCLUDE (_member, _held), _member AND row_number() ${over} = 1 AS _wins,
    CASE WHEN _member THEN first_value(_delivery) ${over} ELSE -1 END AS _winner FROM (${rows})`;
}

async function writeGroup(connection: Connection, request: FoldRequest, number: number): Promise<readonly FoldedPartition[]> {
  // Snapshots that lost are found again in the archive: their rows would pile up here.
  const keepsShadow = request.strategy === "upsert";
  const shadowed = keepsShadow ? `(NOT ${visible} AND NOT _removed)` : "false";
  const wasShadow = "(NOT _live AND NOT _fresh)";
  await connection.run(`
    CREATE OR REPLACE TEMP TABLE _summary AS
    SELECT _partition, count(*) FILTER (${visible}) AS rows, ${contentHash(request.columns, visible)} AS hash,
      ${edgesOfInstants(eventInstant(request.eventTime, request.columns), visible)},
      count(*) FILTER (${visible} IS DISTINCT FROM _live) > 0 AS changed,
      count(*) FILTER (${shadowed} IS DISTINCT FROM ${wasShadow}) > 0 AS shadow_changed
    FROM _folded GROUP BY _partition`);
  const write = (name: string, flag: string, which: string, extra: string): ReturnType<typeof writeParts> =>
    writeParts(
      connection,
      `SELECT ${columnNames(request.columns)}, ${provenance}${extra} FROM _folded WHERE ${which} AND _partition IN (SELECT _partition FROM _summary WHERE ${flag})`,
      request.partitionBy,
      freshFolder(request.into, name, number),
    );
  const parts = await write("part", "changed", visible, "");
  const shadow = keepsShadow ? await write("shadow", "shadow_changed", shadowed, ", _deleted") : new Map<PartitionKey, []>();
  const summary = await connection.rows("SELECT * FROM _summary ORDER BY _partition");
  return summary.map((row): FoldedPartition => {
    const partition = String(row["_partition"]) as PartitionKey;
    return {
      partition,
      rows: numberOf(row["rows"]),
      contentHash: String(row["hash"]),
      eventTime: edgesOf(row),
      visible: row["changed"] === true ? (parts.get(partition) ?? []) : null,
      shadow: row["shadow_changed"] === true ? (shadow.get(partition) ?? []) : null,
    };
  });
}

/** What became of each new delivery's rows in this group. */
async function accountGroup(connection: Connection, request: FoldRequest): Promise<readonly FoldedDelivery[]> {
  const again = `(${joined(request.restaged, "-1")})`;
  const rows = await connection.rows(`
    SELECT _delivery, _partition, count(*) AS rows, count(*) FILTER (${visible}) AS merged, count(*) FILTER (_wins AND _deleted) AS deleted,
      count(*) FILTER (NOT _wins AND _winner IN (SELECT DISTINCT _delivery FROM _new WHERE _delivery NOT IN ${again})) AS duplicates
    FROM _folded WHERE _fresh AND _delivery NOT IN ${again} GROUP BY ALL ORDER BY ALL`);
  return rows.map((row) => {
    const [all, merged, deleted, duplicates] = ["rows", "merged", "deleted", "duplicates"].map((name) => numberOf(row[name]));
    return {
      seq: numberOf(row["_delivery"]) as FoldedDelivery["seq"],
      merged: merged ?? 0,
      deleted: deleted ?? 0,
      duplicates: duplicates ?? 0,
      superseded: (all ?? 0) - (merged ?? 0) - (deleted ?? 0) - (duplicates ?? 0),
      partitions: [{ partition: String(row["_partition"]) as PartitionKey, rows: all ?? 0 }],
    };
  });
}

function sum(a: FoldedDelivery | undefined, b: FoldedDelivery): FoldedDelivery {
  if (a === undefined) return b;
  return {
    seq: b.seq,
    merged: a.merged + b.merged,
    superseded: a.superseded + b.superseded,
    duplicates: a.duplicates + b.duplicates,
    deleted: a.deleted + b.deleted,
    partitions: [...a.partitions, ...b.partitions],
  };
}
