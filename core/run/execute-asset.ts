import { FlowError } from "../diagnostic.js";
import { SqlError } from "../engine/engine.js";
import type { Asset } from "../model.js";
import { refusedRows } from "../operators/archive.js";
import { changedPartitions } from "../operators/candidate.js";
import type { Context } from "../operators/context.js";
import { accountOf } from "../operators/merge.js";
import { describeCommand, performCommand } from "../operators/operators.js";
import { rejectedRevision } from "../operators/publish.js";
import { removeSlices } from "../operators/slices.js";
import type { IngestWork, Work } from "../operators/work.js";
import type { AssetPlan, Command, PlannedDelivery } from "../plan/plan.js";
import type { AssetOutcome, DeliveryOutcome } from "../report/report.js";
import type { Manifest, RowAccount } from "../store/manifest.js";
import { readManifest, readPointer } from "../store/versions.js";
import { giveBack } from "./recovery.js";

/** Runs the commands of one asset. Expected trouble ends in a `failed` outcome with `ready` as it was; a bug is thrown. */
export async function executeAsset(context: Context, asset: Asset, plan: AssetPlan): Promise<AssetOutcome> {
  const started = context.clock.now();
  const parent = await readParent(context, asset);
  await using session = await context.engine.session();
  const stop = (): void => session.interrupt();
  context.signal.addEventListener("abort", stop);
  const work: Work = {
    context,
    asset,
    plan,
    session,
    parent,
    replays: plan.commands.some((command) => command.kind === "stage" && command.anewWithout !== null),
    stagedInto: context.layout.intermediate(asset.name, context.run),
    taken: [],
    staged: [],
    refused: [],
    candidate: null,
    checks: [],
    checkRecords: [],
    published: null,
    record: null,
  };
  try {
    for (const command of plan.commands) await performOne(work, command);
    await tidy(work);
    return outcomeOf(work, null, started);
  } catch (error) {
    // Published is published: the next command that needs the asset finishes the housekeeping.
    work.published ??= await publishedAfterAll(work);
    if (work.published !== null) return outcomeOf(work, `published, but not tidied up: ${problemOf(context, error)}`, started);
    await undo(work, error);
    return outcomeOf(work, problemOf(context, error), started);
  } finally {
    context.signal.removeEventListener("abort", stop);
  }
}

async function readParent(context: Context, asset: Asset): Promise<Manifest | null> {
  const version = await readPointer(context.layout, asset.name);
  return version === null ? null : (await readManifest(context.layout, asset.name, version)).manifest;
}

/** The disk may have failed just after the commit. What readers see decides. */
async function publishedAfterAll({ asset, context }: Work): Promise<Manifest | null> {
  const current = await readPointer(context.layout, asset.name);
  return current === context.run ? (await readManifest(context.layout, asset.name, current)).manifest : null;
}

async function performOne(work: Work, command: Command): Promise<void> {
  const { asset, context } = work;
  // After the commit the housekeeping is finished even when the user wants to stop.
  if (work.published === null) context.signal.throwIfAborted();
  const [about, started] = [describeCommand(command), context.clock.now()];
  const event = { asset: asset.name, command: command.kind, about };
  context.emit({ event: "command-started", ...event });
  await context.locks.say(asset.name, command.kind);
  if (command.kind === "publish") await keepRefusedRows(work);
  await performCommand(command, work);
  context.emit({ event: "command-finished", ...event, seconds: (context.clock.now() - started) / 1000 });
}

/** Before the commit, so that they are safe when the files they came from count as done. */
async function keepRefusedRows(work: Work): Promise<void> {
  if (work.asset.kind !== "ingested") return;
  const { asset, context, session } = work;
  const folder = refusedRows(context, asset.name, context.run);
  await context.files.makeDir("stage:make", folder);
  const exported = await session.exportRefused(
    folder,
    work.refused.map(({ delivery }) => delivery.seq),
  );
  if (exported === 0) await context.files.removeTree("stage:remove", folder);
  else await context.files.syncUpTo("stage:sync", context.layout.root, folder);
}

async function tidy(work: Work): Promise<void> {
  const { asset, context } = work;
  if (work.asset.kind === "derived") {
    if (work.published !== null)
      context.ledger.record({ record: 1, asset: asset.name, run: context.run, version: context.run, files: [] }, work.published);
    await context.files.removeTree("tidy:remove", work.stagedInto);
    await removeSlices({ context, asset: work.asset });
  }
}

/** What was taken goes back to landing. A candidate that failed its checks stays to be looked at, until the next run. */
async function undo(work: Work, error: unknown): Promise<void> {
  const { asset, context } = work;
  await context.files.removeTree("recover:remove", work.stagedInto);
  if (!isFailedCheck(error)) await context.files.removeTree("recover:remove", context.layout.candidate(asset.name, context.run));
  if (work.asset.kind === "ingested") await giveBack({ ...context, emit: () => {} }, asset.name, context.run);
}

function isFailedCheck(error: unknown): boolean {
  return error instanceof FlowError && error.diagnostics.some(({ code }) => code === "check-failed");
}

/** Expected trouble in words; anything else is a bug and goes on up. */
function problemOf(context: Context, error: unknown): string {
  if (context.signal.aborted) return "interrupted";
  if (error instanceof FlowError)
    return error.diagnostics.map(({ message, hint }) => (hint === null ? message : `${message}\nhint: ${hint}`)).join("\n");
  if (error instanceof SqlError && !["internal", "fatal"].includes(error.kind)) return error.message;
  if (error instanceof Error && "code" in error && "syscall" in error) return `${error.message}`;
  throw error;
}

function outcomeOf(work: Work, problem: string | null, started: number): AssetOutcome {
  const { asset, context, parent, published, plan } = work;
  const now = published ?? parent;
  const deliveries =
    problem === null && work.asset.kind === "ingested" ? work.taken.map((delivery) => deliveryOutcome(work as IngestWork, delivery)) : [];
  return {
    asset: asset.name,
    status: problem !== null ? "failed" : published !== null ? "published" : "unchanged",
    reason: plan.reason,
    problem,
    version: now?.version ?? null,
    rows: now?.rows ?? 0,
    rows_before: parent?.rows ?? 0,
    deliveries,
    account: total(deliveries.filter(({ is }) => is === "new" || is === "revision").map(({ rows }) => rows)),
    partitions: {
      total: now?.partitions.filter(({ parts }) => parts.length > 0).length ?? 0,
      changed: published === null ? [] : changedPartitions(context.run, parent, published.partitions),
    },
    checks: work.checks,
    late: lateFiles(work),
    watermark: now?.watermark ?? null,
    seconds: (context.clock.now() - started) / 1000,
  };
}

const noRows: RowAccount = { read: 0, merged: 0, superseded: 0, duplicates: 0, deleted: 0, refused: 0, late: 0 };

function deliveryOutcome(work: IngestWork, delivery: PlannedDelivery): DeliveryOutcome {
  const base = {
    file: delivery.file,
    seq: delivery.seq,
    sha256: delivery.sha256,
    rows: noRows,
    refusals: [],
    drift: { added: [], missing: [] },
    dialect: null,
  };
  const { is } = delivery;
  if (is.kind === "redelivery")
    return {
      ...base,
      is: "redelivery",
      reason: `redelivery of ${is.of}${is.held ? ", which a rollback took back: it waits in quarantine" : ""}`,
    };
  if (is.kind === "rejected-revision") return { ...base, is: "refused", reason: rejectedRevision };
  const refused = work.refused.find((entry) => entry.delivery === delivery);
  if (refused !== undefined) return { ...base, is: "refused", reason: refused.reason, refusals: refused.staged?.refusals ?? [] };
  const entry = work.staged.find((staged) => staged.delivery === delivery);
  if (entry === undefined) throw new Error(`no outcome for ${delivery.file}`);
  return {
    ...base,
    is: is.kind,
    reason: placeOf(entry),
    rows: accountOf(entry),
    refusals: entry.staged.refusals,
    drift: entry.drift,
    dialect: entry.dialect,
  };
}

/** The same bytes count under this name now. */
function placeOf({ copies }: IngestWork["staged"][number]): string | null {
  return copies.length === 0 ? null : `counts instead of ${copies.map(({ file }) => file).join(", ")}, the same bytes`;
}

function lateFiles(work: Work): AssetOutcome["late"] {
  return work.staged.flatMap(({ delivery, staged }) => {
    const { behind, merged, tooLate, partitions } = staged.late;
    return behind === null ? [] : [{ file: delivery.file, merged, tooLate, behind, partitions }];
  });
}

function total(accounts: readonly RowAccount[]): RowAccount {
  return accounts.reduce(
    (sum, rows) => ({
      read: sum.read + rows.read,
      merged: sum.merged + rows.merged,
      superseded: sum.superseded + rows.superseded,
      duplicates: sum.duplicates + rows.duplicates,
      deleted: sum.deleted + rows.deleted,
      refused: sum.refused + rows.refused,
      late: sum.late + rows.late,
    }),
    noRows,
  );
}
