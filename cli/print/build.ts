import type { Asset, Build, DerivedAsset, InputReach, PartitionField, Reason, WhyAll } from "../../core/index.js";
import { list, span } from "./amount.js";
import { plain } from "./plain.js";

/** How much of a derived asset is built, and why not less: `the days that changed rows reach`, `all: not partitioned`. */
export function buildWords(build: Build, reason: Reason, asset: Asset | undefined): string {
  const fields = asset?.partitionBy ?? [];
  switch (build.kind) {
    case "all":
      return allWords(build.why);
    case "reached":
      return reachedWords(build.reach, reason, fields);
    case "following":
      return followingWords(build.lookbackMs, fields[0]);
    case "range": {
      const range = build.from === build.to ? plain(build.from) : `${plain(build.from)} to ${plain(build.to)}`;
      return build.besides === null ? range : `${range}, and ${buildWords(build.besides, reason, asset)}`;
    }
  }
}

/** The reason beside it says already why everything is built: for the first time, with another SQL, because it was asked for. */
function allWords(why: WhyAll): string {
  const words: Readonly<Record<Exclude<WhyAll["kind"], "not-provable">, string>> = {
    "first-build": "all",
    "asset-changed": "all",
    "asked-for": "all",
    "not-partitioned": "all: not partitioned",
    "declared-full": "all: `incremental: full`",
    "uses-run-time": "all: it uses :run_time",
  };
  return why.kind === "not-provable" ? `all: ${plain(why.why)} (${plain(why.input)})` : words[why.kind];
}

/** Fields that are provable of each input that changes: by the others nothing is left out. */
function reachedWords(reach: readonly InputReach[], reason: Reason, fields: DerivedAsset["partitionBy"]): string {
  const changing: readonly string[] | null = reason.kind === "input-changed" || reason.kind === "input-pending" ? reason.inputs : null;
  const aligned = reach.flatMap((entry) => (entry.kind === "aligned" && changing?.includes(entry.input) !== false ? [entry] : []));
  const known = fields.filter((_, at) => aligned.every((entry) => entry.fields.some((field) => field.at === at)));
  return `the ${list(known.map(unitsOf))} that changed rows reach`;
}

function followingWords(lookbackMs: number | null, field: PartitionField | undefined): string {
  const unit = field?.transform ?? "partition";
  if (lookbackMs === null) return `from the earliest changed ${unit} on`;
  return lookbackMs === 0 ? `the changed ${unit}s` : `from each changed ${unit} on, ${span(lookbackMs)}`;
}

/** What a partition field cuts a table into. */
function unitsOf({ transform, column }: PartitionField): string {
  switch (transform) {
    case "year":
    case "month":
    case "day":
    case "hour":
      return `${transform}s`;
    case "identity":
      return `values of ${plain(column)}`;
    case "bucket":
      return `buckets of ${plain(column)}`;
    case "truncate":
      return `ranges of ${plain(column)}`;
  }
}
