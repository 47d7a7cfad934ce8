import type { AssetOutcome, AssetPlan, Reason } from "../../core/index.js";
import { count, list } from "./amount.js";
import { plain } from "./plain.js";

/** Nothing is conveyed by colour alone: `+` new, `~` changes, `=` nothing to do, `!` trouble. */
export type Mark = "+" | "~" | "=" | "!";

type Words = { readonly [Kind in Reason["kind"]]: (reason: Extract<Reason, { kind: Kind }>) => string };

/** Why an asset is in the plan; the only place with these words. A reason without words does not compile. */
const words: Words = {
  "up-to-date": () => "up to date",
  "nothing-landed": () => "nothing has landed",
  "no-input": ({ inputs }) => `waits for ${list(inputs)}: no version yet`,
  "new-deliveries": (reason) => deliveryWords(reason),
  "first-build": () => "first build",
  "sql-changed": () => "its SQL changed",
  "declaration-changed": () => "its declaration changed",
  "input-changed": ({ inputs }) => `${list(inputs)} changed`,
  "input-pending": ({ inputs }) => `${list(inputs)} will change`,
  withdrawal: ({ file }) => `${plain(file)} is withdrawn`,
  release: ({ file }) => `${plain(file)} is released from quarantine`,
  rollback: ({ to }) => `back to version ${to}`,
  requested: () => "asked for",
  replay: () => "replayed from the archive",
};

/** `2 new files, 1 revision` */
export function reasonWords(reason: Reason): string {
  return wordsOf(reason.kind)(reason);
}

/** The plan's mark: a first version is new, everything else changes what is there. */
export function planMark(plan: AssetPlan): Mark {
  if (plan.commands.length === 0 || bringsNothing(plan.reason)) return "=";
  if (refusesRevision(plan)) return "!";
  return isAddition(plan.reason) || plan.from === null ? "+" : "~";
}

/** The same for what came of it. A version with something refused is trouble, though it is published. */
export function outcomeMark(outcome: AssetOutcome): Mark {
  if (outcome.status === "failed" || outcome.status === "skipped" || hasRefusals(outcome)) return "!";
  if (outcome.status === "unchanged" || cameOutTheSame(outcome)) return "=";
  return isAddition(outcome.reason) ? "+" : "~";
}

/** Built anew, from other inputs or by other SQL, and every partition holds what it held: what reads it has nothing to do. */
export function cameOutTheSame({ status, reason, deliveries, partitions, rows_before }: AssetOutcome): boolean {
  const isBuilt =
    reason.kind === "input-changed" || reason.kind === "input-pending" || reason.kind === "sql-changed" || reason.kind === "requested";
  return status === "published" && isBuilt && deliveries.length === 0 && partitions.changed.length === 0 && rows_before > 0;
}

/** Something landed and was not taken, whole files or single rows. */
export function hasRefusals(outcome: AssetOutcome): boolean {
  return outcome.account.refused > 0 || outcome.deliveries.some((delivery) => delivery.is === "refused" || delivery.rows.refused > 0);
}

function isAddition(reason: Reason): boolean {
  if (reason.kind === "new-deliveries") return reason.new > 0 && reason.revisions === 0;
  return reason.kind === "first-build";
}

/** Bytes that are there already are taken away from landing, and the table stays as it is. */
function bringsNothing(reason: Reason): boolean {
  return reason.kind === "new-deliveries" && reason.new === 0 && reason.revisions === 0;
}

function refusesRevision(plan: AssetPlan): boolean {
  return plan.commands.some((command) => "deliveries" in command && command.deliveries.some(({ is }) => is.kind === "rejected-revision"));
}

function deliveryWords(reason: Extract<Reason, { kind: "new-deliveries" }>): string {
  const parts = [
    reason.new > 0 ? count(reason.new, "new file") : "",
    reason.revisions > 0 ? count(reason.revisions, "revision") : "",
    reason.redeliveries > 0 ? `${count(reason.redeliveries, "redelivery")} to skip` : "",
  ];
  return parts.filter((part) => part !== "").join(", ");
}

/** TypeScript cannot see that the record's function and the reason have the same kind; the record's type has made sure. */
function wordsOf(kind: Reason["kind"]): (reason: Reason) => string {
  return words[kind] as (reason: Reason) => string;
}
