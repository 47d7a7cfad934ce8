import { type AssetName, unreachable, type VersionId } from "../model.js";
import type { AcceptedDelivery, FoundDialect, Manifest, RowAccount } from "../store/manifest.js";
import { manifestText } from "../store/manifest-text.js";
import type { Database } from "./driver.js";
import type { DeliveryRow, FileDecision, RunRecord } from "./ledger.js";

/**
 * Writes one asset's part of a run into the tables; within a transaction. Told twice, or told again after later runs, it
 * changes nothing: rows are added once, and a state is moved on only by the telling that added its cause.
 */
export function recordRun(database: Database, record: RunRecord, manifest: Manifest | null): void {
  database.run("insert or ignore into run (run) values (?)", record.run);
  if (manifest !== null) recordManifest(database, manifest);
  for (const file of record.files) recordDecision(database, record, file);
}

function recordManifest(database: Database, manifest: Manifest): void {
  const fresh = insertVersion(database, manifest);
  const known = manifest.deliveries.added.filter((delivery) => !recordAdded(database, manifest, delivery));
  if (!fresh) return;
  for (const { seq } of known) bringBack(database, manifest.asset, seq);
  for (const delivery of manifest.deliveries.replayed) replaceRows(database, manifest, delivery);
  for (const { seq, becomes } of manifest.deliveries.superseded) supersede(database, manifest.asset, seq, becomes);
  for (const seq of manifest.deliveries.withdrawn) withdraw(database, manifest.asset, seq);
  for (const seq of manifest.deliveries.held ?? [])
    database.run("update delivery set state = 'held' where asset = ? and seq = ?", manifest.asset, seq);
}

/** What the same name delivered once more and was skipped goes with it. */
function withdraw(database: Database, asset: AssetName, seq: number): void {
  database.run(
    `update delivery set state = 'withdrawn' where asset = ? and state = 'redelivered'
     and file = (select file from delivery where asset = ? and seq = ?)`,
    asset,
    asset,
    seq,
  );
  database.run("update delivery set state = 'withdrawn' where asset = ? and seq = ?", asset, seq);
}

/** Whether it was not there yet. */
function insertVersion(database: Database, manifest: Manifest): boolean {
  const inserted = database.run(
    "insert or ignore into version values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    manifest.asset,
    manifest.version,
    manifest.parent?.version ?? null,
    manifestText(manifest).sha256,
    manifest.published_at,
    manifest.declaration.fingerprint,
    JSON.stringify(manifest.inputs),
    manifest.reason,
    manifest.rows,
    manifest.bytes,
    manifest.partitions.filter(({ parts }) => parts.length > 0).length,
    manifest.watermark,
    lastChange(manifest),
  );
  return inserted > 0;
}

/** An asset without any partition last changed when it became so. */
function lastChange({ version, partitions }: Manifest): VersionId {
  const changes = partitions.map(({ changed_in }) => changed_in);
  return changes.length === 0 ? version : changes.reduce((a, b) => (b > a ? b : a));
}

/** Whether it was not there yet. */
function recordAdded(database: Database, { asset, version }: Manifest, delivery: AcceptedDelivery): boolean {
  const row: DeliveryRow = { ...delivery, asset, run: version, state: "current", judgedAgainst: delivery.judged_against };
  if (!insertDelivery(database, row)) return false;
  insertPartitions(database, asset, delivery);
  quarantineRows(database, { ...delivery, asset, run: version });
  return true;
}

function insertPartitions(database: Database, asset: AssetName, { seq, partitions }: AcceptedDelivery): void {
  for (const { partition, rows } of partitions) {
    database.run("insert into delivery_partition values (?, ?, ?, ?)", asset, seq, partition, rows);
  }
}

/** Read once more, a delivery's rows may lie elsewhere, and others of them be refused. It keeps the run that brought it. */
function replaceRows(database: Database, { asset, version }: Manifest, delivery: AcceptedDelivery): void {
  const { seq, rows, judged_against } = delivery;
  const account = JSON.stringify(rows);
  database.run(
    "update delivery set state = 'current', rows = ?, judged_against = ?, dialect = ? where asset = ? and seq = ?",
    account,
    judged_against,
    dialectText(delivery.dialect),
    asset,
    seq,
  );
  database.run("delete from delivery_partition where asset = ? and seq = ?", asset, seq);
  insertPartitions(database, asset, delivery);
  database.run("delete from quarantine where asset = ? and seq = ?", asset, seq);
  quarantineRows(database, { ...delivery, asset, run: version });
}

function recordDecision(database: Database, { asset, run }: RunRecord, file: FileDecision): void {
  const { decision } = file;
  const seen = { ...file, asset, run, rows: noRows, judgedAgainst: null, dialect: null };
  switch (decision.kind) {
    case "accepted":
      return recordAccepted(database, { ...seen, ...decision, state: "current" }, decision);
    case "redelivery":
      insertDelivery(database, { ...seen, state: "redelivered" });
      return;
    case "refused":
      insertDelivery(database, { ...seen, state: "refused" });
      quarantine(database, seen, null, decision.reason);
      return;
    default:
      return unreachable(decision);
  }
}

/** One that the manifest has is there already; this is for files without rows, and for runs whose manifest is gone. */
function recordAccepted(
  database: Database,
  row: DeliveryRow,
  { supersedes, copies = [], dropped }: Extract<FileDecision["decision"], { kind: "accepted" }>,
): void {
  if (!insertDelivery(database, row)) return;
  for (const seq of supersedes) supersede(database, row.asset, seq);
  for (const seq of copies) supersede(database, row.asset, seq, "copy");
  quarantineRows(database, { ...row, ...(dropped ? { dropped } : {}) });
}

/** Whether it was not there yet. */
function insertDelivery(database: Database, row: DeliveryRow): boolean {
  const inserted = database.run(
    "insert or ignore into delivery values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    row.asset,
    row.seq,
    row.file,
    row.sha256,
    row.bytes,
    row.run,
    row.state,
    JSON.stringify(row.rows),
    row.judgedAgainst,
    dialectText(row.dialect),
  );
  return inserted > 0;
}

function dialectText(dialect: FoundDialect | null | undefined): string | null {
  return dialect === null || dialect === undefined ? null : JSON.stringify(dialect);
}

/** A delivery that an earlier version had, and a later one no more, may be added again: it is the same delivery. */
function bringBack(database: Database, asset: AssetName, seq: number): void {
  database.run("update delivery set state = 'current' where asset = ? and seq = ?", asset, seq);
}

/** By other bytes under its name, or by the same bytes under another: then it is what was skipped as a copy. */
function supersede(database: Database, asset: AssetName, seq: number, becomes?: "copy"): void {
  const state = becomes === "copy" ? "redelivered" : "superseded";
  database.run("update delivery set state = ? where asset = ? and seq = ? and state in ('current', 'held')", state, asset, seq);
  forgetRefused(database, asset, seq);
}

/** Rows refused of a delivery that no longer counts wait for nothing. */
function forgetRefused(database: Database, asset: AssetName, seq: number): void {
  database.run("delete from quarantine where asset = ? and seq = ? and rows is not null", asset, seq);
}

type Refused = Pick<DeliveryRow, "asset" | "seq" | "run" | "file">;

/** `dropped`: what came too late is listed, and waits for nothing. */
function quarantineRows(database: Database, refused: Refused & Pick<AcceptedDelivery, "dropped"> & Pick<DeliveryRow, "rows">): void {
  const rows = refused.dropped ? { ...refused.rows, late: 0 } : refused.rows;
  const said = [
    rows.refused > 0 ? `${rows.refused} could not be read as declared` : "",
    rows.late > 0 ? `${rows.late} came after the allowed lateness` : "",
  ];
  if (rows.refused + rows.late > 0)
    quarantine(database, refused, rows.refused + rows.late, said.filter((words) => words !== "").join(", "));
}

function quarantine(database: Database, { asset, seq, run, file }: Refused, rows: number | null, reason: string): void {
  database.run("insert or ignore into quarantine values (?, ?, ?, ?, ?, ?)", asset, seq, run, file, rows, reason);
}

const noRows: RowAccount = { read: 0, merged: 0, superseded: 0, duplicates: 0, deleted: 0, refused: 0, late: 0 };
