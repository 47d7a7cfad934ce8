import { storeTrouble } from "../store/trouble.js";
import type { Database } from "./driver.js";

/** Raised whenever the tables change; an older ledger is rebuilt from the store. */
const schemaVersion = 2;

const tables: readonly string[] = [
  `create table version (
    asset text, version text, parent text, manifest_sha256 text not null, published_at text not null, fingerprint text not null,
    inputs text not null, reason text not null, rows integer not null, bytes integer not null, partitions integer not null,
    watermark text, last_change text not null, primary key (asset, version)
  ) strict, without rowid`,
  `create table delivery (
    asset text, seq integer, file text not null, sha256 text not null, bytes integer not null, run text not null,
    state text not null, rows text not null, judged_against text, dialect text, primary key (asset, seq)
  ) strict, without rowid`,
  // Partial: what is asked at every plan stays as small as what is current.
  `create index delivery_current on delivery (asset, seq) where state = 'current'`,
  `create index delivery_by_content on delivery (asset, sha256, seq) where state = 'current'`,
  `create index delivery_by_name on delivery (asset, file, seq) where state = 'current'`,
  `create index delivery_redelivered on delivery (asset, sha256, seq) where state = 'redelivered'`,
  `create index delivery_by_file on delivery (asset, file, seq)`,
  `create table delivery_partition (
    asset text, seq integer, partition text, rows integer not null, primary key (asset, seq, partition)
  ) strict, without rowid`,
  `create index delivery_partition_by_partition on delivery_partition (asset, partition, seq)`,
  `create table quarantine (
    asset text, seq integer, run text not null, file text not null, rows integer, reason text not null, primary key (asset, seq)
  ) strict, without rowid`,
  `create table run (run text primary key, report text) strict, without rowid`,
];

/** Makes the tables of a new ledger, and those of an older release anew, empty; refuses one that a newer release has written. */
export function prepareTables(database: Database): void {
  if (readVersion(database) < schemaVersion) database.transaction("ledger:create", () => create(database));
  const version = readVersion(database);
  if (version === schemaVersion) return;
  throw storeTrouble(
    "store-newer",
    `the ledger \`.flow/ledger.db\` has format ${version}, this flow knows ${schemaVersion}`,
    "use the release that wrote it, or a newer one; or delete the file, and `flow fsck --rebuild` writes one that this release reads",
  );
}

function create(database: Database): void {
  // Another process may have been faster.
  if (readVersion(database) >= schemaVersion) return;
  const older = database.all<{ name: string }>("select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'");
  for (const { name } of older) database.run(`drop table "${name}"`);
  for (const statement of tables) database.run(statement);
  database.run(`pragma user_version = ${schemaVersion}`);
}

function readVersion(database: Database): number {
  return database.all<{ user_version: number }>("pragma user_version")[0]?.user_version ?? 0;
}
