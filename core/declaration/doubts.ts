import { type Diagnostic, warning } from "../diagnostic.js";
import type { Doubt, DoubtKind } from "../engine/engine.js";
import { runTime } from "../model.js";
import { placeInSql, type SqlText } from "./sql-place.js";

/** Rows that differ from run to run cannot be verified, and rebuild what reads them for nothing: each doubt at its place. */
export function doubtWarnings(doubts: readonly Doubt[], text: SqlText): readonly Diagnostic[] {
  return doubts.map(({ kind, what, offset }) => {
    const { message, hint } = words[kind];
    return warning("not-deterministic", placeInSql(text, offset), message(what), hint(what));
  });
}

interface Words {
  readonly message: (what: string) => string;
  /** What to write instead. */
  readonly hint: (what: string) => string;
}

const words: Readonly<Record<DoubtKind, Words>> = {
  clock: {
    message: (what) => `\`${what}\` has another value in every run`,
    hint: () =>
      `\`:${runTime}\` is the instant at which the run started, and is recorded with the version; \`:${runTime}::date\` is its day`,
  },
  random: {
    message: (what) => `\`${what}\` has another value at every call`,
    hint: () => "make the value from the row, such as `md5(…)` of its key",
  },
  aggregate: {
    message: (what) => `\`${what}\` depends on the order of its rows, and nothing fixes it`,
    hint: (what) =>
      what.startsWith("array(")
        ? "end the inner SELECT in `order by …`"
        : `write \`order by\` inside the aggregate: \`${what.replace("…", "… order by …")}\``,
  },
  window: {
    message: (what) => `\`${what}\` depends on the order of its rows, and nothing fixes it`,
    hint: () => "write `order by` inside the window: `over (… order by …)`",
  },
  limit: {
    message: (what) => `\`${what}\` without \`order by\` takes any rows`,
    hint: () => "write `order by all` before it, or name every output column",
  },
  "limit-ties": {
    message: (what) => `\`${what}\` cuts between rows that its \`order by\` may leave equal: it may not be a total order`,
    hint: () => "add the other output columns to the `order by`, or write `order by all`",
  },
  "distinct-on": {
    message: (what) => `\`${what}\` without \`order by\` keeps any row of each group`,
    hint: () => "add `order by`: the columns in brackets, then what decides",
  },
  sample: {
    message: () => "a sample takes other rows in every run",
    hint: () => "choose by the row, such as `where md5_number(…) % 10 = 0` of its key",
  },
};
