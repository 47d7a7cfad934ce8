import { stat } from "node:fs/promises";
import type { FileToStage } from "../engine/engine.js";
import type { DeliveryRow } from "../ledger/ledger.js";
import { readRemoved } from "../ledger/rebuild.js";
import type { PlannedDelivery } from "../plan/plan.js";
import { timeOfRun } from "../run-id.js";
import { hashFile } from "../store/hash-file.js";
import { inParallel } from "../store/in-parallel.js";
import { below, type Layout } from "../store/layout.js";
import { isSystemError, storeTrouble } from "../store/trouble.js";
import { type Readable, readDelivery } from "./stage.js";
import type { IngestWork } from "./work.js";

const parallelReads = 16;

interface LogReader {
  readonly asset: IngestWork["asset"];
  readonly session: IngestWork["session"];
  readonly context: Pick<IngestWork["context"], "layout">;
}

/** Deliveries as they lie in the log, `ingest/archive`, to be read once more exactly as they were read when they arrived. */
export async function fromLog(work: LogReader, rows: readonly DeliveryRow[]): Promise<readonly Readable[]> {
  const { asset, context } = work;
  return inParallel(rows, parallelReads, async (row) => {
    const path = below(context.layout.ingestArchive(asset.name, row.run), row.file);
    return readDelivery(work, await known(context.layout, path, row), path, row.judgedAgainst, timeOfRun(row.run));
  });
}

async function known(layout: Layout, path: string, row: DeliveryRow): Promise<PlannedDelivery> {
  const place = layout.belowStore(path);
  try {
    const { sha256, bytes, newlines } = await hashFile(path);
    if (sha256 !== row.sha256)
      throw storeTrouble("store-damaged", `\`${place}\` is not the file that was delivered`, "restore it from a backup");
    const modifiedAt = (await stat(path)).mtime.toISOString();
    return { seq: row.seq, file: row.file, path: place, bytes, modifiedAt, sha256, newlines, marker: null, is: { kind: "new" } };
  } catch (error) {
    if (!isSystemError(error, "ENOENT")) throw error;
    if ((await readRemoved(layout, layout.ingestArchive(row.asset, row.run))).includes(row.file)) {
      throw storeTrouble(
        "raw-gone",
        `\`${place}\` was taken out of the log by \`flow gc\`, and cannot be read again`,
        "deliver it once more",
      );
    }
    throw storeTrouble("store-damaged", `the log has no \`${place}\``, "restore it from a backup, or withdraw the delivery");
  }
}

export function filesOf(readable: readonly Readable[]): readonly FileToStage[] {
  return readable.flatMap((entry) => (entry.kind === "file" ? [entry.file] : []));
}
