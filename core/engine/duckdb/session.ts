import type { Session } from "../engine.js";
import { affectedPaths, following, spread } from "./affected.js";
import { linesOf } from "./careful.js";
import { changes } from "./changes.js";
import { describeCheck, runChecks } from "./check.js";
import { compare } from "./compare.js";
import type { Connection } from "./connection.js";
import { compareRows, fitting } from "./expect.js";
import { firstRows, refusedTexts } from "./fits.js";
import { fold } from "./fold.js";
import { areUnique, fieldsOf, profile } from "./profile.js";
import { createReadyView, emptySelect } from "./ready.js";
import { ident, text } from "./sql.js";
import { exportRefused, stage } from "./stage.js";
import { trace } from "./trace.js";
import { createResult, inUserSql, transform } from "./transform.js";

/** One connection with its temporary tables; whatever is left in them goes when it closes. */
export function openSession(connection: Connection): Session {
  const staged: string[] = [];
  return {
    stage: async (request) => ({ files: await stage(connection, staged, request) }),
    exportRefused: (into, exclude) => exportRefused(connection, into, exclude),
    fold: (request) => fold(connection, request),
    transform: (request) => transform(connection, request),
    following: (question) => following(connection, question),
    spread: (question) => spread(connection, question),
    affected: (question) => affectedPaths(connection, question),
    check: (request) => runChecks(connection, request),
    describeCheck: (check, subject, inputs) => describeCheck(connection, check, subject, inputs),
    async readHead(path) {
      const head = await connection.table(`SELECT l FROM ${linesOf([path])} LIMIT 400`);
      return head.rows.map(([line]) => line ?? "").join("\n");
    },
    readRefused: (path, file) => connection.table(`SELECT * FROM read_parquet(${text(path)}) WHERE file = ${text(file)} ORDER BY line`),
    trace: (request) => trace(connection, request),
    changes: (request) => changes(connection, request),
    compare: (request) => compare(connection, request),
    compareRows: (request) => compareRows(connection, request),
    fitting: (values) => fitting(connection, values),
    fieldsOf: (path, format, isWide) => fieldsOf(connection, path, format, isWide),
    firstRows: (path, format, rows) => firstRows(connection, path, format, rows),
    refusedTexts: (questions) => refusedTexts(connection, questions),
    profile: (request) => profile(connection, request),
    areUnique: (columns) => areUnique(connection, columns),
    async query(sql, tables) {
      for (const table of tables) await createReadyView(connection, table);
      // As a statement of its own: a view would refuse two columns of one name.
      return inUserSql(sql, "", () => connection.table(sql));
    },
    async describe(sql, parameters, tables) {
      for (const table of tables) {
        await connection.run(`CREATE OR REPLACE TEMP VIEW ${ident(table.name)} AS ${emptySelect(table.columns)}`);
      }
      return createResult(connection, sql, parameters);
    },
    async describeCondition(condition, table, others = []) {
      for (const { name, columns } of [...others, table])
        await connection.run(`CREATE OR REPLACE TEMP VIEW ${ident(name)} AS ${emptySelect(columns)}`);
      const prefix = "CREATE OR REPLACE TEMP VIEW _condition AS SELECT (";
      await inUserSql(condition, prefix, () => connection.run(`${prefix}${condition}\n)::BOOLEAN AS holds FROM ${ident(table.name)}`));
    },
    interrupt: () => connection.duckdb.interrupt(),
    async [Symbol.asyncDispose]() {
      connection.duckdb.closeSync();
    },
  };
}
