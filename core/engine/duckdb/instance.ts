import type { Engine, EngineOptions } from "../engine.js";
import { connectionOver } from "./connection.js";
import { DuckDBInstance } from "./driver.js";
import { parseSelects } from "./parse.js";
import { reachOf } from "./reach.js";
import { openSession } from "./session.js";
import { texts } from "./sql.js";

/**
 * DuckDB in memory over the store's Parquet. SQL of users runs in the same instance, so it is closed in at once:
 * only the allowed folders can be touched, and nothing can change that afterwards.
 */
export async function openDuckdb(options: EngineOptions): Promise<Engine> {
  const instance = await DuckDBInstance.create(":memory:", settings(options));
  const connection = connectionOver(await instance.connect());
  await connection.run(`SET GLOBAL TimeZone = 'UTC'`);
  await connection.run(`SET GLOBAL partitioned_write_max_open_files = 1000`);
  if (options.spillFolder !== null) await connection.run(`SET GLOBAL temp_directory = ${texts([options.spillFolder]).slice(1, -1)}`);
  await connection.run(`SET GLOBAL allowed_directories = ${texts(options.allowedFolders)}`);
  await connection.run(`SET GLOBAL enable_external_access = false`);
  await connection.run(`SET GLOBAL lock_configuration = true`);
  const version = String((await connection.rows("SELECT version() AS v"))[0]?.["v"]);
  return {
    version,
    reach: reachOf,
    parse: (sqls) => parseSelects(connection, sqls),
    session: async () => openSession(connectionOver(await instance.connect())),
    async [Symbol.asyncDispose]() {
      connection.duckdb.closeSync();
      instance.closeSync();
    },
  };
}

function settings(options: EngineOptions): Record<string, string> {
  return {
    errors_as_json: "true",
    autoinstall_known_extensions: "false",
    ...(options.threads === null ? {} : { threads: String(options.threads) }),
    ...(options.memoryLimit === null ? {} : { memory_limit: options.memoryLimit }),
  };
}
