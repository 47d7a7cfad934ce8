import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { FileDecision, Ledger, RunRecord } from "../../core/ledger/ledger.js";
import { indexAsset, rebuildLedger } from "../../core/ledger/rebuild.js";
import { openLedger } from "../../core/ledger/sqlite.js";
import type { AssetName, ContentHash } from "../../core/model.js";
import { type Files, openFiles } from "../../core/store/files.js";
import { type Layout, openLayout } from "../../core/store/layout.js";
import type { Manifest } from "../../core/store/manifest.js";
import { publish } from "../../core/store/versions.js";
import { deliveryNo, freshFolder, hashNo, manifestNo, noRows, orders, runNo, seqNo } from "../store/sample.js";

/** Everything but the reports of runs, which the store does not hold. */
function answers(ledger: Ledger, asset: AssetName): unknown {
  const deliveries = ledger.deliveries(asset);
  return {
    versions: ledger.versions(asset),
    current: ledger.current(asset),
    deliveries,
    currentDeliveries: ledger.currentDeliveries(asset),
    byName: deliveries.map(({ file }) => ledger.byName(asset, file)),
    byContent: deliveries.map(({ sha256 }) => ledger.byContent(asset, sha256)),
    partitions: deliveries.map(({ seq }) => ledger.partitionsOf(asset, [seq])),
    quarantined: ledger.quarantined(asset),
    lastSeq: ledger.lastSeq(asset),
    lastRun: ledger.lastRun(),
  };
}

interface Told {
  readonly record: RunRecord;
  readonly manifest: Manifest | null;
}

/** Publishes and archives what a run would, and tells the ledger. */
async function replay(layout: Layout, files: Files, ledger: Ledger, told: Told): Promise<ContentHash | null> {
  const { record, manifest } = told;
  const sha256 = manifest === null ? null : await publishOne(layout, files, manifest);
  const refused = record.files.every(({ decision }) => decision.kind === "refused");
  const folder = refused ? layout.quarantine(record.asset, record.run) : layout.ingestArchive(record.asset, record.run);
  if (record.files.length > 0) {
    await mkdir(folder, { recursive: true });
    await writeFile(layout.runRecord(folder), JSON.stringify(record));
    // A refused file waits as long as it lies there.
    for (const { file } of refused ? record.files : []) await writeFile(join(folder, file), "");
  }
  ledger.record(record, manifest);
  return sha256;
}

async function publishOne(layout: Layout, files: Files, manifest: Manifest): Promise<ContentHash> {
  const candidate = layout.candidate(manifest.asset, manifest.version);
  await mkdir(candidate, { recursive: true });
  return publish(layout, files, candidate, manifest);
}

function decided(n: number, decision: FileDecision["decision"]): FileDecision {
  const { seq, file, sha256, bytes, modified_at } = deliveryNo(n);
  return { seq, file, sha256, bytes, modifiedAt: modified_at, marker: null, decision };
}

function recordNo(n: number, files: readonly FileDecision[], version = true): RunRecord {
  return { record: 1, asset: orders, run: runNo(n), version: version ? runNo(n) : null, files };
}

const accepted = { kind: "accepted", rows: noRows, supersedes: [], judgedAgainst: null, dialect: null } as const;

test("[F05] a ledger rebuilt from the store answers as the lost one did", async () => {
  await using folder = await freshFolder();
  const [layout, files] = [openLayout(folder.path), openFiles()];
  const original = await openLedger(join(folder.path, "one.db"));
  const first = await replay(layout, files, original, { record: recordNo(1, [decided(1, accepted)]), manifest: manifestNo(1) });
  await replay(layout, files, original, {
    record: recordNo(2, [decided(2, { kind: "refused", reason: "no header" })], false),
    manifest: null,
  });
  await replay(layout, files, original, { record: recordNo(3, [decided(3, { kind: "redelivery", of: seqNo(1) })], false), manifest: null });
  const revision = {
    added: [deliveryNo(4, { rows: { ...noRows, read: 3, merged: 2, refused: 1 } })],
    replayed: [],
    superseded: [{ seq: seqNo(1), by: seqNo(4) }],
    withdrawn: [],
  };
  const second = await replay(layout, files, original, {
    record: recordNo(4, [decided(4, { ...accepted, supersedes: [seqNo(1)] })]),
    manifest: manifestNo(4, { deliveries: revision, parent: { version: runNo(1), sha256: first ?? hashNo(0) } }),
  });
  await replay(layout, files, original, { record: recordNo(5, [decided(5, accepted)], false), manifest: null });
  await replay(layout, files, original, {
    record: recordNo(6, []),
    manifest: manifestNo(6, {
      deliveries: { added: [], replayed: [], superseded: [], withdrawn: [seqNo(4)] },
      parent: { version: runNo(4), sha256: second ?? hashNo(0) },
    }),
  });
  const rebuilt = await openLedger(join(folder.path, "two.db"));
  await rebuildLedger(layout, [orders], rebuilt);
  expect(original.deliveries(orders).map(({ state }) => state)).toEqual(["current", "withdrawn", "redelivered", "refused", "superseded"]);
  expect(answers(rebuilt, orders)).toEqual(answers(original, orders));
  await rebuildLedger(layout, [orders], rebuilt);
  expect(answers(rebuilt, orders)).toEqual(answers(original, orders));
  original.close();
  rebuilt.close();
});

test("a ledger that missed a published version catches up", async () => {
  await using folder = await freshFolder();
  const [layout, files] = [openLayout(folder.path), openFiles()];
  const ledger = await openLedger(":memory:");
  const first = await replay(layout, files, ledger, { record: recordNo(1, [decided(1, accepted)]), manifest: manifestNo(1) });
  await publishOne(layout, files, manifestNo(2, { parent: { version: runNo(1), sha256: first ?? hashNo(0) } }));
  expect(ledger.current(orders)?.version).toBe(runNo(1));
  await indexAsset(layout, orders, ledger);
  expect(ledger.current(orders)?.version).toBe(runNo(2));
  ledger.close();
});

test("a run record that cannot be read is damage, not an absence", async () => {
  await using folder = await freshFolder();
  const layout = openLayout(folder.path);
  const run = layout.ingestArchive(orders, runNo(1));
  await mkdir(run, { recursive: true });
  await writeFile(layout.runRecord(run), "{");
  const ledger = await openLedger(":memory:");
  await expect(rebuildLedger(layout, [orders], ledger)).rejects.toMatchObject({ diagnostics: [{ code: "store-damaged" }] });
  ledger.close();
});
