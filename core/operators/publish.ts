import type { FileDecision, RunRecord } from "../ledger/ledger.js";
import { unreachable } from "../model.js";
import type { PlannedDelivery, Reason } from "../plan/plan.js";
import { canonicalJson } from "../store/canonical-json.js";
import type { Manifest } from "../store/manifest.js";
import { storeTrouble } from "../store/trouble.js";
import { publish as publishVersion, readManifest, readPointer } from "../store/versions.js";
import { flowVersion } from "../version.js";
import { writeChangelog } from "./changelog.js";
import { accountOf, droppedOf } from "./merge.js";
import { termOf } from "./ready-table.js";
import type { IngestWork, Work } from "./work.js";

/** The commit. What the run decided is written down first, so that whoever finds it half done knows how to finish. */
export async function publish(work: Work): Promise<void> {
  const { asset, candidate, context } = work;
  if (work.asset.kind === "ingested") await writeRecord(work as IngestWork);
  if (candidate === null) return;
  const pointer = await readPointer(context.layout, asset.name);
  if (pointer !== (work.parent?.version ?? null)) {
    throw storeTrouble("stale-plan", `\`${asset.name}\` was published by another run meanwhile`, "run again");
  }
  const manifest = await manifestOf(work, candidate);
  if (!(await context.locks.stillHeld(asset.name))) {
    throw storeTrouble("locked", `the lock of \`${asset.name}\` was taken over: this run slept too long`, "run again");
  }
  await publishVersion(context.layout, context.files, context.layout.candidate(asset.name, context.run), manifest);
  work.published = manifest;
}

async function manifestOf(work: Work, candidate: NonNullable<Work["candidate"]>): Promise<Manifest> {
  const { asset, context, parent } = work;
  const changelog = await writeChangelog(work);
  const parts = candidate.partitions.flatMap((entry) => [...entry.parts, ...entry.shadow]);
  return {
    manifest: 1,
    asset: asset.name,
    version: context.run,
    parent:
      parent === null ? null : { version: parent.version, sha256: (await readManifest(context.layout, asset.name, parent.version)).sha256 },
    published_at: new Date(context.clock.now()).toISOString(),
    made_by: { flow: flowVersion(), duckdb: context.engine.version },
    reason: wordsFor(work.plan.reason),
    declaration: { fingerprint: asset.fingerprint },
    columns: candidate.columns,
    partition_by: asset.partitionBy.map(termOf),
    inputs: candidate.inputs,
    deliveries: {
      added: candidate.added,
      replayed: candidate.replayed,
      superseded: candidate.superseded,
      withdrawn: candidate.withdrawn,
      ...(candidate.held.length > 0 ? { held: candidate.held } : {}),
    },
    watermark: candidate.watermark,
    rows: candidate.partitions.reduce((sum, entry) => sum + entry.rows, 0),
    bytes: parts.reduce((sum, part) => sum + part.bytes, 0),
    partitions: candidate.partitions,
    ...(changelog === undefined ? {} : { changelog }),
    ...(work.checkRecords.length > 0 ? { checks: work.checkRecords } : {}),
  };
}

/** Into the picked-up folder; once it is there, and its version is out, the run is decided. */
export async function writeRecord(work: IngestWork): Promise<void> {
  const { asset, context } = work;
  const record: RunRecord = {
    record: 1,
    asset: asset.name,
    run: context.run,
    version: work.candidate === null ? null : context.run,
    files: work.taken.map((delivery) => decisionOn(work, delivery)),
  };
  const folder = context.layout.pickedUp(asset.name, context.run);
  await context.files.makeDirDurable("pickup:make", folder);
  await context.files.writeDurable("pickup:record", context.layout.runRecord(folder), canonicalJson(record));
  work.record = record;
}

function decisionOn(work: IngestWork, delivery: PlannedDelivery): FileDecision {
  const { file, sha256, bytes, modifiedAt, seq, marker } = delivery;
  return { file, sha256, bytes, modifiedAt, seq, marker, decision: decide(work, delivery) };
}

function decide(work: IngestWork, delivery: PlannedDelivery): FileDecision["decision"] {
  const { is } = delivery;
  if (is.kind === "redelivery") return { kind: "redelivery", of: is.seq };
  if (is.kind === "rejected-revision") return { kind: "refused", reason: rejectedRevision };
  const refused = work.refused.find((entry) => entry.delivery === delivery);
  if (refused !== undefined) return { kind: "refused", reason: refused.reason };
  const staged = work.staged.find((entry) => entry.delivery === delivery);
  if (staged === undefined) throw new Error(`no decision on ${delivery.file}`);
  const copies = staged.copies.map(({ seq }) => seq);
  return {
    kind: "accepted",
    rows: accountOf(staged),
    supersedes: staged.supersedes,
    ...(copies.length > 0 ? { copies } : {}),
    judgedAgainst: staged.judgedAgainst,
    ...droppedOf(work.asset, staged),
    dialect: staged.dialect,
  };
}

export const rejectedRevision = "its name is taken by a delivery with other bytes, and `on_revision` is `reject`";

function wordsFor(reason: Reason): string {
  switch (reason.kind) {
    case "new-deliveries": {
      const counts = [
        [reason.new, "new"],
        [reason.revisions, "revised"],
        [reason.redeliveries, "redelivered"],
      ] as const;
      return counts
        .filter(([count]) => count > 0)
        .map(([count, word]) => `${count} ${word}`)
        .join(", ");
    }
    case "input-changed":
    case "input-pending":
      return `changed: ${reason.inputs.join(", ")}`;
    case "first-build":
      return "first build";
    case "sql-changed":
      return "its SQL changed";
    case "declaration-changed":
      return "its declaration changed";
    case "withdrawal":
      return `withdrawn: ${reason.file}`;
    case "rollback":
      return `rolled back to ${reason.to}`;
    case "release":
      return `released from quarantine: ${reason.file}`;
    case "requested":
      return "asked for";
    case "replay":
      return "replayed from the log";
    case "up-to-date":
    case "nothing-landed":
    case "no-input":
      return "nothing to do";
    default:
      return unreachable(reason);
  }
}
