import { FlowError } from "../diagnostic.js";
import type { FileToStage, StagedFile } from "../engine/engine.js";
import type { DeliveryRow } from "../ledger/ledger.js";
import type { DeliverySeq, IngestedAsset } from "../model.js";
import type { Command, Copied, PlannedDelivery } from "../plan/plan.js";
import { timeOfRun } from "../run-id.js";
import { inParallel } from "../store/in-parallel.js";
import { below } from "../store/layout.js";
import type { FoundDialect } from "../store/manifest.js";
import { inspect } from "./compressed.js";
import { notice } from "./context.js";
import { inspectCsv } from "./csv-file.js";
import { formatOf } from "./format.js";
import { fromLog } from "./log.js";
import type { IngestWork, Staged } from "./work.js";

type Drift = Staged["drift"];

/** A delivery as it can be read, or why it cannot. */
export type Readable =
  | {
      readonly kind: "file";
      readonly delivery: PlannedDelivery;
      readonly file: FileToStage;
      readonly drift: Drift;
      /** What was found out about how it is written, and is worth a look. */
      readonly remarks: readonly string[];
    }
  | { readonly kind: "empty"; readonly delivery: PlannedDelivery }
  | { readonly kind: "refused"; readonly delivery: PlannedDelivery; readonly reason: string };

const parallelHeads = 16;

/** Deliveries -> typed rows in `staging/intermediate`, and the policies on what could not be read. */
export async function stage(work: IngestWork, command: Extract<Command, { kind: "stage" }>): Promise<void> {
  const { context } = work;
  await context.files.removeTree("stage:remove", work.stagedInto);
  await context.files.makeDir("stage:make", work.stagedInto);
  await read(work, command, [...(await readAgain(work, command)), ...(await readTaken(work, command))]);
  const spared = command.anewWithout === null ? [] : await fromLog(work, sparedBy(work, command));
  if (spared.length > 0) await read(work, command, spared);
}

async function read(work: IngestWork, command: Extract<Command, { kind: "stage" }>, readable: readonly Readable[]): Promise<void> {
  const files = readable.flatMap((entry) => (entry.kind === "file" ? [entry.file] : []));
  const result = await work.session.stage({ ...stagingOf(work.asset), files, into: work.stagedInto });
  const bySeq = new Map(result.files.map((file) => [file.seq, file]));
  for (const entry of readable) judge(work, command, entry, bySeq.get(entry.delivery.seq) ?? nothing(entry.delivery));
}

/** What a refused file would have replaced still counts: where the version is folded anew, it has to be read, too. */
function sparedBy({ asset, context, refused }: IngestWork, { copied }: Extract<Command, { kind: "stage" }>): readonly DeliveryRow[] {
  const by = new Set(refused.map(({ delivery }) => delivery.seq));
  const spared = new Set([
    ...refused.flatMap(({ delivery }) => supersededBy(delivery)),
    ...copied.flatMap((entry) => (by.has(entry.by) ? [entry.seq] : [])),
  ]);
  return spared.size === 0 ? [] : context.ledger.currentDeliveries(asset.name).filter(({ seq }) => spared.has(seq));
}

async function readTaken(
  work: IngestWork,
  { deliveries, copied, judged }: Extract<Command, { kind: "stage" }>,
): Promise<readonly Readable[]> {
  const { asset, context } = work;
  const before = judgedBefore(work, copied);
  const folder = context.layout.pickedUp(asset.name, context.run);
  // Revisions and backfills are restatements: they are not judged for lateness.
  const against = ({ seq, is }: PlannedDelivery): string | null => {
    if (is.kind !== "new") return null;
    return before.has(seq) ? (before.get(seq) ?? null) : judged ? (work.parent?.watermark ?? null) : null;
  };
  return inParallel(deliveries, parallelHeads, (delivery) =>
    readDelivery(work, delivery, below(folder, delivery.file), against(delivery), timeOfRun(context.run)),
  );
}

/** From the log: the deliveries that count again, and all others where the version is folded anew. */
async function readAgain(
  work: IngestWork,
  { deliveries, again, copied, anewWithout, restates }: Extract<Command, { kind: "stage" }>,
): Promise<readonly Readable[]> {
  const { ledger } = work.context;
  const wanted = new Set(again);
  const leftOut = new Set([...deliveries.flatMap(supersededBy), ...copied.map(({ seq }) => seq), ...(anewWithout ?? []), ...again]);
  const rest = anewWithout === null ? [] : ledger.currentDeliveries(work.asset.name).filter(({ seq }) => !leftOut.has(seq));
  const returning = wanted.size === 0 ? [] : ledger.deliveries(work.asset.name).filter(({ seq }) => wanted.has(seq));
  // A restatement, like a revision: what was kept out as too late is let in.
  const before = judgedBefore(work, copied);
  const restated = restates ? returning.map((row) => ({ ...row, judgedAgainst: before.get(row.seq) ?? null })) : returning;
  return fromLog(
    work,
    [...rest, ...restated].sort((a, b) => a.seq - b.seq),
  );
}

/** Rows that count under another name from now on are judged as they were: the change of name brings no row, and loses none. */
function judgedBefore({ asset, context }: IngestWork, copied: readonly Copied[]): ReadonlyMap<DeliverySeq, string | null> {
  if (copied.length === 0) return new Map();
  const counting = new Map(context.ledger.currentDeliveries(asset.name).map(({ seq, judgedAgainst }) => [seq, judgedAgainst]));
  return new Map(copied.map(({ seq, by }) => [by, counting.get(seq) ?? null]));
}

function supersededBy(delivery: PlannedDelivery): readonly DeliverySeq[] {
  return delivery.is.kind === "revision" ? delivery.is.supersedes : [];
}

/** Takes a delivery or refuses it whole. */
function judge(work: IngestWork, { copied }: Extract<Command, { kind: "stage" }>, entry: Readable, staged: StagedFile): void {
  const { delivery } = entry;
  const named = entry.kind === "file" ? entry.drift : { added: [], missing: [] };
  const drift = { added: [...named.added, ...staged.drift.added], missing: [...named.missing, ...staged.drift.missing] };
  const reason = entry.kind === "refused" ? entry.reason : refusalOf(work.asset, staged, drift);
  const archived = !work.taken.includes(delivery);
  if (reason !== null && archived) throw unreadableNow(delivery, reason);
  if (reason !== null) {
    work.refused = [...work.refused, { delivery, reason, staged }];
    return;
  }
  const against = entry.kind === "file" ? entry.file.judgeAgainst : null;
  const copies = copied.filter(({ by }) => by === delivery.seq);
  const taken = {
    delivery,
    staged,
    drift,
    supersedes: supersededBy(delivery),
    copies,
    judgedAgainst: against,
    dialect: dialectOf(entry),
    archived,
    folded: null,
  };
  work.staged = [...work.staged, taken];
  tellDrift(work, taken);
  if (entry.kind === "file" && !archived) tellRemarks(work, delivery, entry.remarks);
}

function dialectOf(entry: Readable): FoundDialect | null {
  if (entry.kind !== "file" || entry.file.csv === null) return null;
  const { delimiter, quote, escape, encoding, header, firstLine } = entry.file.csv;
  return { delimiter, quote, escape, encoding, header_line: header ? firstLine - 1 : null };
}

/** The log was accepted once: a declaration that cannot read it any more would lose rows. */
function unreadableNow(delivery: PlannedDelivery, reason: string): FlowError {
  const message = `the declaration no longer reads \`${delivery.file}\`, which was accepted before: ${reason}`;
  return new FlowError([
    { code: "bad-file", severity: "error", message, at: null, hint: "let the declaration read both, or withdraw the file" },
  ]);
}

export function stagingOf(asset: IngestedAsset): Omit<Parameters<IngestWork["session"]["stage"]>[0], "files" | "into"> {
  const { columns, partitionBy, eventTime, lateness } = asset;
  return { columns, partitionBy, eventTime, lateness, orderBy: asset.ingest.orderBy, deleteWhen: asset.ingest.deleteWhen };
}

/** @param at when the file's run was, in milliseconds: what "the future" is judged by */
export async function readDelivery(
  work: Pick<IngestWork, "asset" | "session">,
  delivery: PlannedDelivery,
  path: string,
  judgeAgainst: string | null,
  at: number,
): Promise<Readable> {
  const { asset } = work;
  const format = formatOf(asset, delivery.file);
  if (format === null) {
    return { kind: "refused", delivery, reason: "its name does not tell its format; declare `format` under `ingest`" };
  }
  if (delivery.bytes === 0) return { kind: "empty", delivery };
  const inspected = await inspect(path);
  if (inspected.kind === "broken") return { kind: "refused", delivery, reason: `it cannot be read: ${inspected.why}` };
  const skew = asset.lateness?.maxFutureSkewMs ?? null;
  const file: FileToStage = {
    seq: delivery.seq,
    file: delivery.file,
    path,
    format,
    csv: null,
    records: null,
    judgeAgainst,
    notAfter: skew === null ? null : new Date(at + skew).toISOString(),
  };
  if (format !== "csv") return { kind: "file", delivery, file, drift: { added: [], missing: [] }, remarks: [] };
  const reading = await inspectCsv(asset, work.session, path);
  if (reading.kind === "empty") return { kind: "empty", delivery };
  if (reading.kind === "unreadable") return { kind: "refused", delivery, reason: reading.reason };
  const { layout, records, remarks } = reading;
  return { kind: "file", delivery, file: { ...file, csv: layout, records }, drift: reading, remarks };
}

/** Why a whole file is refused, if it is. */
function refusalOf(asset: IngestedAsset, file: StagedFile, drift: Drift): string | null {
  const { ingest } = asset;
  if (file.unreadable !== null) return `it cannot be read: ${file.unreadable}`;
  const lost = drift.missing.filter((name) => isNeeded(asset, name));
  if (lost.length > 0) return `it has no column ${quoted(lost)}`;
  if (drift.added.length > 0 && ingest.onNewColumn === "fail") return `it has columns that are not declared: ${quoted(drift.added)}`;
  if (file.late.tooLate > 0 && asset.lateness?.tooLate === "fail") return `${rowsOf(file.late.tooLate)} came after the allowed lateness`;
  const bad = file.refused;
  if (bad > 0 && ingest.onBadRow === "reject_file") return `${rowsOf(bad)} cannot be read as declared, the first: ${example(file)}`;
  if (bad > 0 && ingest.onBadRow === "fail") throw badRows(`${rowsOf(bad)} cannot be read as declared`, file);
  if (exceeds(ingest.maxBadRows, bad, file.read))
    return `${bad} of ${file.read} rows cannot be read as declared, more than \`max_bad_rows\` allows; the first: ${example(file)}`;
  const rows = file.read - bad - file.keptOut;
  if (rows === 0 && ingest.strategy === "replace" && !ingest.allowEmpty)
    return "it has no rows, and would empty the asset; declare `allow_empty: true` if that is meant";
  return null;
}

function rowsOf(count: number): string {
  return count === 1 ? "1 row" : `${count} rows`;
}

/** Whether a file without this column is refused. */
export function isNeeded({ columns, ingest }: IngestedAsset, name: string): boolean {
  const column = columns.find((candidate) => candidate.name === name);
  if (column === undefined) return false;
  return !column.nullable || (ingest.onMissingColumn === "fail" && !column.optional);
}

function exceeds(limit: IngestedAsset["ingest"]["maxBadRows"], bad: number, read: number): boolean {
  if (limit === null || bad === 0) return false;
  return limit.kind === "count" ? bad > limit.value : bad > (read * limit.value) / 100;
}

function badRows(message: string, file: StagedFile): FlowError {
  return new FlowError([
    {
      code: "bad-row",
      severity: "error",
      message: `${message}, the first: ${example(file)}`,
      at: null,
      hint: "mend the file, or declare `on_bad_row: quarantine`",
    },
  ]);
}

function example(file: StagedFile): string {
  const first = file.refusals[0];
  return first === undefined ? "none" : `${first.example} (${first.reason})`;
}

function tellDrift(work: IngestWork, { delivery, drift }: Staged): void {
  const { ingest, columns } = work.asset;
  const tell = (code: "new-column" | "missing-column", message: string, hint: string): void =>
    notice(work.context, work.asset.name, { code, severity: "warning", message: `\`${delivery.file}\` ${message}`, at: null, hint });
  if (drift.added.length > 0 && ingest.onNewColumn === "warn") {
    tell("new-column", `has columns that are not declared: ${quoted(drift.added)}`, "declare them, or set `on_new_column: ignore`");
  }
  const missing = drift.missing.filter((name) => columns.find((column) => column.name === name)?.optional === false);
  if (missing.length > 0 && ingest.onMissingColumn === "warn") {
    tell(
      "missing-column",
      `has no column ${quoted(missing)}: its rows have NULL there`,
      "set `on_missing_column: ignore` if that is meant",
    );
  }
}

function tellRemarks(work: IngestWork, { file }: PlannedDelivery, remarks: readonly string[]): void {
  const hint = "declare what is so under `ingest.csv`, and nothing is guessed";
  for (const remark of remarks)
    notice(work.context, work.asset.name, {
      code: "dialect-guessed",
      severity: "warning",
      message: `\`${file}\` ${remark}`,
      at: null,
      hint,
    });
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(", ");
}

function nothing(delivery: PlannedDelivery): StagedFile {
  const late = { merged: 0, tooLate: 0, behind: null, partitions: [] };
  const drift = { added: [], missing: [] };
  return { seq: delivery.seq, unreadable: null, read: 0, refused: 0, refusals: [], drift, keptOut: 0, late, eventTime: null };
}
