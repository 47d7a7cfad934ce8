import { placeInSql, type SqlText } from "../declaration/sql-place.js";
import { type Diagnostic, error } from "../diagnostic.js";
import type { SqlError } from "../engine/engine.js";

/** What the engine says, at the user's words. */
export function sqlTrouble(trouble: SqlError, text: SqlText): Diagnostic {
  const [message = trouble.message] = trouble.message.split("\n");
  const code = /^Referenced column|^Referenced table|does not have a column|^Values list/.test(message) ? "unknown-column" : "sql-error";
  // The nearest comes first.
  const [candidate] = trouble.candidates;
  return error(code, placeInSql(text, trouble.offset), message, candidate === undefined ? null : `did you mean \`${candidate}\`?`);
}
