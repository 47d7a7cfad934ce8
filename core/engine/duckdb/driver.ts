import { createRequire } from "node:module";
import type * as DuckDb from "@duckdb/node-api";

/**
 * The one place where DuckDB is loaded. With `require`, because Node reads every file of a CommonJS package twice when it is
 * imported: that was a quarter of the time of a plan.
 */
const duckdb: typeof DuckDb = createRequire(import.meta.url)("@duckdb/node-api");

export const DuckDBInstance: typeof DuckDb.DuckDBInstance = duckdb.DuckDBInstance;
