import type { AssetName, ContentHash, DeliverySeq, Fingerprint, PartitionKey, RunId, VersionId } from "../model.js";
import type { FoundDialect, RowAccount } from "../store/manifest.js";
import { type Database, openDatabase, type Value } from "./driver.js";
import type { DeliveryRow, Ledger, QuarantineRow, VersionRow } from "./ledger.js";
import type { OnLedgerPoint } from "./points.js";
import { recordRun } from "./record-run.js";
import { prepareTables } from "./tables.js";

export interface LedgerOptions {
  /** Called around every change; production gives none. */
  readonly onPoint?: OnLedgerPoint | undefined;
}

/**
 * Opens the ledger, or makes an empty one in a folder that exists; `:memory:` is an empty one that nobody keeps. Throws
 * `FlowError` where it is damaged or newer than this release, with the way out.
 */
export async function openLedger(path: string, options: LedgerOptions = {}): Promise<Ledger> {
  const database = await openDatabase(path, options.onPoint);
  try {
    prepareTables(database);
    return asLedger(database);
  } catch (error) {
    database.close();
    throw error;
  }
}

const deliveryColumns = "d.asset, d.seq, d.file, d.sha256, d.bytes, d.run, d.state, d.rows, d.judged_against, d.dialect";

function asLedger(database: Database): Ledger {
  // Without statistics SQLite would rather read a whole asset by primary key, so the index is named.
  const deliveries = (from: string, ...values: readonly Value[]): readonly DeliveryRow[] =>
    database.all<StoredDelivery>(`select ${deliveryColumns} from ${from}`, ...values).map(asDelivery);
  const versions = (rest: string, ...values: readonly Value[]): readonly VersionRow[] =>
    database.all<StoredVersion>(`select * from version ${rest}`, ...values).map(asVersion);
  return {
    current: (asset) => versions("where asset = ? order by version desc limit 1", asset)[0] ?? null,
    versions: (asset) => versions("where asset = ? order by version desc", asset),
    byContent: (asset, sha256) =>
      deliveries(
        `delivery d indexed by delivery_by_content
         where d.asset = ? and d.sha256 = ? and d.state = 'current' order by d.seq`,
        asset,
        sha256,
      ),
    byName: (asset, file) =>
      deliveries(
        `delivery d indexed by delivery_by_name
         where d.asset = ? and d.file = ? and d.state = 'current' order by d.seq`,
        asset,
        file,
      ),
    twins: (asset, sha256, followed) =>
      deliveries(
        `delivery d indexed by delivery_redelivered
         where d.asset = ? and d.sha256 = ? and d.state = 'redelivered'
           and (? = 'with' or not exists (select 1 from delivery later
             where later.asset = d.asset and later.file = d.file and later.seq > d.seq and later.sha256 <> d.sha256 and later.state <> 'refused'))
         order by d.seq`,
        asset,
        sha256,
        followed,
      ),
    copies: (asset, file) =>
      deliveries(
        `delivery d indexed by delivery_by_file
         where d.asset = ? and d.file = ? and d.state = 'redelivered' order by d.seq`,
        asset,
        file,
      ),
    held: (asset) => deliveries("delivery d where d.asset = ? and d.state = 'held' order by d.seq desc", asset),
    currentDeliveries: (asset, partition) =>
      partition === undefined
        ? deliveries("delivery d indexed by delivery_current where d.asset = ? and d.state = 'current' order by d.seq", asset)
        : deliveries(
            `delivery_partition p indexed by delivery_partition_by_partition
             cross join delivery d on d.asset = p.asset and d.seq = p.seq
             where p.asset = ? and p.partition = ? and d.state = 'current' order by d.seq`,
            asset,
            partition,
          ),
    deliveries: (asset) => deliveries("delivery d where d.asset = ? order by d.seq desc", asset),
    partitionsOf: (asset, seqs) => partitionsOf(database, asset, seqs),
    lastSeq: (asset) =>
      database.all<{ last: number }>("select coalesce(max(seq), 0) as last from delivery where asset = ?", asset)[0]?.last ?? 0,
    lastRun: () => database.all<{ last: RunId | null }>("select max(run) as last from run")[0]?.last ?? null,
    quarantined: (asset) =>
      database.all<QuarantineRow>(
        "select asset, seq, run, file, rows, reason from quarantine where asset = ? order by run desc, file",
        asset,
      ),
    runs: (limit) => database.all("select run, report from run where report is not null order by run desc limit ?", limit),
    record: (record, manifest) => database.transaction("ledger:record", () => recordRun(database, record, manifest)),
    resolve: (asset, seq) =>
      database.transaction("ledger:resolve", () => void database.run("delete from quarantine where asset = ? and seq = ?", asset, seq)),
    report: (run, report) => database.transaction("ledger:report", () => keepReport(database, run, report)),
    close: () => database.close(),
  };
}

function partitionsOf(database: Database, asset: AssetName, seqs: readonly DeliverySeq[]): readonly PartitionKey[] {
  const rows = database.all<{ partition: PartitionKey }>(
    `select distinct partition from delivery_partition
     where asset = ? and seq in (select value from json_each(?)) order by partition`,
    asset,
    JSON.stringify(seqs),
  );
  return rows.map(({ partition }) => partition);
}

function keepReport(database: Database, run: RunId, report: string): void {
  database.run("insert into run (run, report) values (?, ?) on conflict (run) do update set report = excluded.report", run, report);
}

interface StoredDelivery {
  readonly asset: AssetName;
  readonly seq: DeliverySeq;
  readonly file: string;
  readonly sha256: ContentHash;
  readonly bytes: number;
  readonly run: RunId;
  readonly state: DeliveryRow["state"];
  readonly rows: string;
  readonly judged_against: string | null;
  readonly dialect: string | null;
}

function asDelivery({ rows, judged_against, dialect, ...stored }: StoredDelivery): DeliveryRow {
  return {
    ...stored,
    rows: JSON.parse(rows) as RowAccount,
    judgedAgainst: judged_against,
    dialect: dialect === null ? null : (JSON.parse(dialect) as FoundDialect),
  };
}

interface StoredVersion {
  readonly asset: AssetName;
  readonly version: VersionId;
  readonly parent: VersionId | null;
  readonly manifest_sha256: ContentHash;
  readonly published_at: string;
  readonly fingerprint: Fingerprint;
  readonly inputs: string;
  readonly reason: string;
  readonly rows: number;
  readonly bytes: number;
  readonly partitions: number;
  readonly watermark: string | null;
  readonly last_change: VersionId;
}

function asVersion({ manifest_sha256, published_at, last_change, inputs, ...stored }: StoredVersion): VersionRow {
  return {
    ...stored,
    manifestSha256: manifest_sha256,
    publishedAt: published_at,
    lastChange: last_change,
    inputs: JSON.parse(inputs) as VersionRow["inputs"],
  };
}
