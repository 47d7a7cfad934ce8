import { type Command, InvalidArgumentError, Option } from "commander";
import type { Wishes } from "../core/index.js";

/** Options of `flow run` that say what is wished for; `flow plan` has them too, and shows what they would do. */
export interface WishOptions {
  readonly replay?: true;
  readonly backfill?: true;
  readonly only?: true;
  readonly fullRefresh?: true;
  readonly partitions?: NonNullable<Wishes["partitions"]>;
}

export function addWishes(command: Command): Command {
  return command
    .option("--only", "just what is named, not what that needs")
    .addOption(new Option("--full-refresh", "build all of the named derived assets").conflicts("partitions"))
    .addOption(
      new Option(
        "--partitions <from..to>",
        "build these partitions of the named derived assets, whatever changed: `2026-01-01..2026-01-31`",
      ).argParser(readRange),
    )
    .option("--replay", "fold the named assets anew from the files in the archive")
    .option("--backfill", "take new files as restatements: not judged for lateness");
}

/** What is asked of the project. Some of it is for named assets only: asked of everything it is a slip more often than a wish. */
export function wishesOf(assets: readonly string[], options: WishOptions, command: Command): Wishes {
  const needy = (["replay", "fullRefresh", "partitions", "only"] as const).find(
    (name) => options[name] !== undefined && assets.length === 0,
  );
  if (needy !== undefined)
    command.error(`error: \`${flags[needy]}\` needs the name of at least one asset`, { code: "commander.missingArgument" });
  const { replay = false, backfill = false, only = false, fullRefresh = false, partitions } = options;
  return { replay, backfill, only, fullRefresh, ...(partitions === undefined ? {} : { partitions }) };
}

const flags = { replay: "--replay", fullRefresh: "--full-refresh", partitions: "--partitions", only: "--only" } as const;

/** `2026-01-01..2026-01-31`, or one value alone. */
function readRange(value: string): NonNullable<Wishes["partitions"]> {
  const [from = "", to = from, ...more] = value.split("..").map((end) => end.trim());
  if (from === "" || to === "" || more.length > 0) {
    throw new InvalidArgumentError("It is written from..to, both included: 2026-01-01..2026-01-31, or 2026-01..2026-03.");
  }
  return { from, to };
}
