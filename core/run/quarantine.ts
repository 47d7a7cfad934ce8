import { error, FlowError } from "../diagnostic.js";
import type { Engine, Table } from "../engine/engine.js";
import type { DeliveryRow, QuarantineRow } from "../ledger/ledger.js";
import { readDiscarded } from "../ledger/rebuild.js";
import type { AssetName, DeliverySeq, IngestedAsset } from "../model.js";
import type { QuarantineReport } from "../project.js";
import { canonicalJson } from "../store/canonical-json.js";
import type { Files } from "../store/files.js";
import { below, type Layout } from "../store/layout.js";
import { isSystemError } from "../store/trouble.js";
import type { State } from "./state.js";

type Item = QuarantineReport["items"][number];

/** What waits, newest first. */
export function quarantined(state: State, assets: readonly AssetName[]): QuarantineReport {
  const items = assets.flatMap((asset) => [
    ...state.ledger.held(asset).map((row) => heldItem(state.layout, row)),
    ...state.ledger.quarantined(asset).map((row) => itemOf(state.layout, row)),
  ]);
  return { quarantine: 1, items };
}

/** It lies in the log, like all that was ever taken. */
function heldItem(layout: Layout, { asset, run, file }: DeliveryRow): Item {
  const path = layout.belowStore(below(layout.ingestArchive(asset, run), file));
  return { asset, run, file, rows: null, reason: "a rollback took it back", path };
}

function itemOf(layout: Layout, { asset, run, file, rows, reason }: QuarantineRow): Item {
  const folder = layout.quarantine(asset, run);
  return { asset, run, file, rows, reason, path: layout.belowStore(rows === null ? below(folder, file) : below(folder, "rows.csv")) };
}

/** Everything of one file that waits; throws where nothing does. */
export function waiting(state: State, asset: AssetName, file: string): readonly QuarantineRow[] {
  const found = state.ledger.quarantined(asset).filter((row) => row.file === file);
  if (found.length > 0) return found;
  const others = state.ledger.quarantined(asset).map((row) => `\`${row.file}\``);
  const hint =
    others.length === 0 ? `nothing of \`${asset}\` is in quarantine` : `in quarantine: ${[...new Set(others)].slice(0, 10).join(", ")}`;
  throw new FlowError([error("bad-file", null, `nothing of \`${file}\` is in quarantine`, hint)]);
}

/** The refused rows with place and reason, or the reason for the whole file. */
export async function quarantinedRows(engine: Engine, state: State, asset: AssetName, file: string): Promise<Table> {
  const [item] = waiting(state, asset, file);
  if (item === undefined || item.rows === null) {
    return { columns: ["file", "reason"].map((name) => ({ name, type: "VARCHAR" })), rows: [[file, item?.reason ?? null]] };
  }
  await using session = await engine.session();
  return await session.readRefused(below(state.layout.quarantine(asset, item.run), "rows.parquet"), file);
}

/** What counts from now on, and what in its name counts no more. */
export interface Released {
  readonly seqs: readonly DeliverySeq[];
  readonly instead: readonly DeliverySeq[];
}

/** Whole files go back to landing; the deliveries that count from now on, or of which kept-out rows do, are given back. */
export async function takeOut(files: Files, state: State, asset: IngestedAsset, file: string): Promise<Released> {
  const [held] = state.ledger.held(asset.name).filter((row) => row.file === file);
  if (held !== undefined) {
    const since = asset.ingest.onRevision === "supersede" ? state.ledger.byName(asset.name, file) : [];
    return { seqs: [held.seq], instead: since.map(({ seq }) => seq) };
  }
  return { seqs: await letIn(files, state, asset.name, file), instead: [] };
}

async function letIn(files: Files, state: State, asset: AssetName, file: string): Promise<readonly DeliverySeq[]> {
  const items = waiting(state, asset, file);
  for (const item of items.filter(({ rows }) => rows === null)) await backToLanding(files, state, item);
  return items.filter(({ rows }) => rows !== null).map(({ seq }) => seq);
}

async function backToLanding(files: Files, { layout, ledger }: State, { asset, run, file, seq }: QuarantineRow): Promise<void> {
  const to = below(layout.landing(asset), file);
  await files.makeDir("store:make", to.slice(0, to.lastIndexOf("/")));
  try {
    await files.moveNoClobber("quarantine:release", below(layout.quarantine(asset, run), file), to);
  } catch (trouble) {
    // Gone from here, a release that died had let it in already.
    if (!isSystemError(trouble, "EEXIST", "ENOENT")) throw trouble;
    if (isSystemError(trouble, "EEXIST")) throw landingHasAnother(asset, file);
  }
  ledger.resolve(asset, seq);
}

function landingHasAnother(asset: AssetName, file: string): FlowError {
  const message = `landing of \`${asset}\` has another \`${file}\``;
  return new FlowError([error("bad-file", null, message, "`flow run` takes that one; then release this one")]);
}

/** Out of quarantine for good: a whole file is removed; rows stay in the run's listing and no longer wait. */
export async function discard(files: Files, state: State, asset: AssetName, file: string): Promise<void> {
  for (const item of waiting(state, asset, file)) {
    const folder = state.layout.quarantine(asset, item.run);
    if (item.rows === null) await files.removeFile("quarantine:discard", below(folder, file));
    else
      await files.writeDurable(
        "quarantine:discard",
        state.layout.discarded(folder),
        canonicalJson([...(await readDiscarded(state.layout, folder)), file]),
      );
    state.ledger.resolve(asset, item.seq);
  }
}
