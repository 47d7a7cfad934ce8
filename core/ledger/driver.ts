import type Libsql from "libsql";
import { FlowError } from "../diagnostic.js";
import { storeTrouble } from "../store/trouble.js";
import type { LedgerPoint, OnLedgerPoint } from "./points.js";

/** SQLite, with its troubles told in flow's words: the one door to the driver. */
export interface Database {
  /** Rows as the query names their columns; the caller knows the type. */
  all<Row>(sql: string, ...values: readonly Value[]): readonly Row[];
  /** Changes rows; how many. */
  run(sql: string, ...values: readonly Value[]): number;
  /** All or nothing, one writer at a time. */
  transaction(point: LedgerPoint, act: () => void): void;
  close(): void;
}

export type Value = string | number | null;

/** How long one process waits for another to finish writing. */
const busyMs = 10_000;

/** Opens or creates a database; `:memory:` is one that nobody keeps. The driver is loaded here, not before it is needed. */
export async function openDatabase(path: string, onPoint: OnLedgerPoint | undefined): Promise<Database> {
  const { default: Driver } = await import("libsql");
  const connection = guarded(() => new Driver(path, { timeout: busyMs }));
  const statements = new Map<string, Libsql.Statement>();
  const prepare = (sql: string): Libsql.Statement => {
    const known = statements.get(sql);
    if (known !== undefined) return known;
    const statement = connection.prepare(sql);
    if (statement.reader) statement.raw();
    statements.set(sql, statement);
    return statement;
  };
  const database: Database = {
    all: <Row>(sql: string, ...values: readonly Value[]) => guarded(() => namedRows<Row>(prepare(sql), values)),
    run: (sql, ...values) => guarded(() => prepare(sql).run(...values).changes),
    transaction: (point, act) => {
      onPoint?.(point, "before");
      guarded(() => transact(connection, act, () => onPoint?.(point, "within")));
      onPoint?.(point, "after");
    },
    close: () => close(database, connection),
  };
  return configured(database);
}

function configured(database: Database): Database {
  try {
    // A crash may cost the last transactions of a power cut, never the file; the store tells them again.
    database.all("pragma journal_mode = wal");
    database.run("pragma synchronous = normal");
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/**
 * The driver frees a connection only with its last statement, whenever that is collected: so what the write-ahead log holds is
 * brought home here, as far as no other process reads it. Never throws: what stays in the log is as safe there.
 */
function close(database: Database, connection: Libsql.Database): void {
  try {
    database.all("pragma wal_checkpoint(passive)");
  } catch {
    // A damaged or full one has said so where it mattered.
  }
  connection.close();
}

/** Built from raw rows: the driver's own row objects carry a property of the driver's. */
function namedRows<Row>(statement: Libsql.Statement, values: readonly Value[]): readonly Row[] {
  const names = statement.columns().map(({ name }) => name);
  const rows = statement.all(...values) as (readonly Value[])[];
  return rows.map((row) => {
    const named: Record<string, Value | undefined> = {};
    for (let i = 0; i < names.length; i++) named[names[i] ?? ""] = row[i];
    return named as Row;
  });
}

function transact(connection: Libsql.Database, act: () => void, beforeCommit: () => void): void {
  connection.exec("begin immediate");
  try {
    act();
    beforeCommit();
    connection.exec("commit");
  } catch (error) {
    if (connection.inTransaction) connection.exec("rollback");
    throw error;
  }
}

function guarded<Result>(act: () => Result): Result {
  try {
    return act();
  } catch (error) {
    throw inWords(error);
  }
}

function inWords(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof FlowError) return error;
  const code = "code" in error ? String(error.code) : "";
  if (/^SQLITE_(CORRUPT|NOTADB)/.test(code)) {
    return storeTrouble(
      "ledger-damaged",
      "the ledger `.flow/ledger.db` is damaged",
      "`flow fsck --rebuild` restores it from the store; nothing is lost",
    );
  }
  if (/^SQLITE_(BUSY|LOCKED)/.test(code)) {
    return storeTrouble("ledger-busy", "another process keeps the ledger `.flow/ledger.db` locked", "run again when it is done");
  }
  if (/^SQLITE_(FULL|IOERR|READONLY|CANTOPEN|PERM)|ConnectionFailed/.test(`${code} ${error.message}`)) {
    return storeTrouble(
      "ledger-unwritable",
      `the ledger \`.flow/ledger.db\` cannot be opened or written: ${error.message}`,
      "check the disk's space and the folder's permissions, then run again",
    );
  }
  return error;
}
