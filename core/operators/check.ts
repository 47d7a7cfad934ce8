import { FlowError } from "../diagnostic.js";
import type { ReadyTable } from "../engine/engine.js";
import { partPath } from "./candidate.js";
import { readyTable } from "./ready-table.js";
import type { Work } from "./work.js";

/** The declared checks, on the candidate, before anyone can see it. A failed `error` check stops the asset. */
export async function check(work: Work): Promise<void> {
  const { asset, candidate, context, session } = work;
  if (candidate === null) return;
  const folder = context.layout.candidate(asset.name, context.run);
  const subject: ReadyTable = {
    name: asset.name,
    columns: candidate.columns,
    partitionBy: asset.partitionBy,
    files: candidate.partitions.flatMap((entry) => entry.parts.map((part) => partPath(folder, entry.partition, part))),
  };
  const results = await session.check(subject, asset.checks, await otherTables(work));
  work.checks = asset.checks.map((rule, at) => ({
    name: rule.name,
    severity: rule.severity,
    failures: results[at]?.failures ?? 0,
    examples: results[at]?.examples ?? [],
  }));
  const failed = work.checks.filter(({ severity, failures }) => severity === "error" && failures > 0);
  if (failed.length === 0) return;
  throw new FlowError(
    failed.map(({ name, failures, examples }) => ({
      code: "check-failed",
      severity: "error",
      message: `check \`${name}\` of \`${asset.name}\` fails for ${failures} ${failures === 1 ? "row" : "rows"}, the first: ${JSON.stringify(examples[0] ?? {})}`,
      at: null,
      hint: `the candidate lies in \`${context.layout.belowStore(folder)}\`; \`ready\` is as it was. Mend the data or the check, and run again`,
    })),
  );
}

/** What the SQL of a check may name beside the asset itself. */
async function otherTables(work: Work): Promise<readonly ReadyTable[]> {
  if (!work.asset.checks.some(({ rule }) => rule === "sql")) return [];
  const { catalog, layout } = work.context;
  const others = catalog.assets.filter(({ name }) => name !== work.asset.name);
  const tables = await Promise.all(others.map(({ name }) => readyTable(layout, name)));
  return tables.flatMap((ready) => (ready === null ? [] : [ready.table]));
}
