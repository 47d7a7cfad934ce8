import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AssetName, ContentHash, DeliverySeq, Fingerprint, PartitionKey, VersionId } from "../../core/model.js";
import type { AcceptedDelivery, Manifest, RowAccount } from "../../core/store/manifest.js";

export const orders = "orders" as AssetName;

/** An empty folder on a real disk, gone when the test is. */
export async function freshFolder(parent: string = tmpdir()): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(parent, "flow-store-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** The nth version or run: `…T000000001Z-test` is the first. */
export function runNo(n: number): VersionId {
  return `20260101T${String(n).padStart(9, "0")}Z-test` as VersionId;
}

export function seqNo(n: number): DeliverySeq {
  return n as DeliverySeq;
}

export function hashNo(n: number): ContentHash {
  return n.toString(16).padStart(64, "0") as ContentHash;
}

export const noRows: RowAccount = { read: 0, merged: 0, superseded: 0, duplicates: 0, deleted: 0, refused: 0, late: 0 };

export function deliveryNo(n: number, changes: Partial<AcceptedDelivery> = {}): AcceptedDelivery {
  return {
    seq: seqNo(n),
    file: `orders_${n}.csv`,
    sha256: hashNo(n),
    bytes: 10 * n,
    modified_at: "2026-01-01T00:00:00.000Z",
    rows: { ...noRows, read: n, merged: n },
    partitions: [{ partition: `day=${n}` as PartitionKey, rows: n }],
    event_time: { min: "2026-01-01T00:00:00.000000Z", max: "2026-01-01T00:00:00.000000Z" },
    judged_against: null,
    dialect: { delimiter: ";", quote: '"', escape: '"', encoding: "utf-8", header_line: 1 },
    ...changes,
  };
}

export function manifestNo(n: number, changes: Partial<Manifest> = {}): Manifest {
  return {
    manifest: 1,
    asset: orders,
    version: runNo(n),
    parent: null,
    published_at: `2026-01-01T00:00:00.${String(n).padStart(6, "0")}Z`,
    made_by: { flow: "0.1.0", duckdb: "v1.5.0" },
    reason: "1 new delivery",
    declaration: { fingerprint: "f".repeat(64) as Fingerprint },
    columns: [{ name: "order_id", type: "INTEGER" }],
    partition_by: ["day(at)"],
    inputs: [],
    deliveries: { added: [deliveryNo(n)], replayed: [], superseded: [], withdrawn: [] },
    watermark: null,
    rows: n,
    bytes: 100,
    partitions: [
      {
        partition: "day=1" as PartitionKey,
        changed_in: runNo(n),
        rows: n,
        content_hash: "123",
        event_time: null,
        parts: [{ file: "part-abc.parquet", rows: n, bytes: 100, sha256: hashNo(77) }],
        shadow: [],
      },
    ],
    ...changes,
  };
}
