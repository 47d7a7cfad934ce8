import { spawnSync } from "node:child_process";
import { copyFile, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { describe, expect, test } from "vitest";
import type { Ledger, RunRecord } from "../../core/ledger/ledger.js";
import { openLedger } from "../../core/ledger/sqlite.js";
import type { AssetName, PartitionKey } from "../../core/model.js";
import { deliveryNo, freshFolder, hashNo, manifestNo, noRows, orders, runNo, seqNo } from "../store/sample.js";

function recordNo(n: number, files: RunRecord["files"] = []): RunRecord {
  return { record: 1, asset: orders, run: runNo(n), version: runNo(n), files };
}

/** All answers about an asset. */
function answers(ledger: Ledger): unknown {
  return {
    versions: ledger.versions(orders),
    current: ledger.current(orders),
    deliveries: ledger.deliveries(orders),
    currentDeliveries: ledger.currentDeliveries(orders),
    partitions: ledger.partitionsOf(
      orders,
      ledger.deliveries(orders).map(({ seq }) => seq),
    ),
    quarantined: ledger.quarantined(orders),
    lastRun: ledger.lastRun(),
    lastSeq: ledger.lastSeq(orders),
  };
}

describe("a new ledger", () => {
  test("knows nothing", async () => {
    const ledger = await openLedger(":memory:");
    expect(answers(ledger)).toEqual({
      versions: [],
      current: null,
      deliveries: [],
      currentDeliveries: [],
      partitions: [],
      quarantined: [],
      lastRun: null,
      lastSeq: 0,
    });
    ledger.close();
  });
});

describe("recording a run", () => {
  test("makes its version current and its deliveries findable by name, content and partition", async () => {
    const ledger = await openLedger(":memory:");
    const watermark = "2026-01-01T00:00:00.000000Z";
    ledger.record(recordNo(1), manifestNo(1, { watermark }));
    ledger.record(recordNo(2), manifestNo(2, { parent: { version: runNo(1), sha256: hashNo(9) } }));
    expect(ledger.current(orders)).toMatchObject({ version: runNo(2), parent: runNo(1), partitions: 1, lastChange: runNo(2) });
    expect(ledger.versions(orders).map((v) => [v.version, v.watermark])).toEqual([
      [runNo(2), null],
      [runNo(1), watermark],
    ]);
    expect(ledger.byName(orders, "orders_2.csv")).toEqual([
      {
        asset: orders,
        seq: 2,
        file: "orders_2.csv",
        sha256: hashNo(2),
        bytes: 20,
        run: runNo(2),
        state: "current",
        rows: { ...noRows, read: 2, merged: 2 },
        judgedAgainst: null,
        dialect: { delimiter: ";", quote: '"', escape: '"', encoding: "utf-8", header_line: 1 },
      },
    ]);
    expect(ledger.byContent(orders, hashNo(1)).map(({ seq }) => seq)).toEqual([1]);
    expect(ledger.byContent("others" as AssetName, hashNo(1))).toEqual([]);
    expect(ledger.currentDeliveries(orders, "day=2" as PartitionKey).map(({ seq }) => seq)).toEqual([2]);
    expect(ledger.currentDeliveries(orders).map(({ seq }) => seq)).toEqual([1, 2]);
    expect(ledger.partitionsOf(orders, [seqNo(1), seqNo(2)])).toEqual(["day=1", "day=2"]);
    expect([ledger.lastSeq(orders), ledger.lastRun()]).toEqual([2, runNo(2)]);
    ledger.close();
  });

  test("a version that changed no visible row last changed where an earlier one did", async () => {
    const ledger = await openLedger(":memory:");
    ledger.record(recordNo(1), manifestNo(1));
    ledger.record(recordNo(2), manifestNo(2, { partitions: manifestNo(1).partitions }));
    ledger.record(recordNo(3), manifestNo(3, { partitions: [] }));
    expect(ledger.versions(orders).map(({ lastChange }) => lastChange)).toEqual([runNo(3), runNo(1), runNo(1)]);
    ledger.close();
  });

  test("a superseded or withdrawn delivery is no longer current, and not forgotten", async () => {
    const ledger = await openLedger(":memory:");
    const none = { added: [], replayed: [], superseded: [], withdrawn: [] };
    ledger.record(recordNo(1), manifestNo(1));
    ledger.record(recordNo(2), manifestNo(2));
    ledger.record(
      recordNo(3),
      manifestNo(3, { deliveries: { ...none, added: [deliveryNo(3)], replayed: [], superseded: [{ seq: seqNo(1), by: seqNo(3) }] } }),
    );
    ledger.record(recordNo(4), manifestNo(4, { deliveries: { ...none, withdrawn: [seqNo(2)] } }));
    expect(ledger.deliveries(orders).map(({ seq, state }) => [seq, state])).toEqual([
      [3, "current"],
      [2, "withdrawn"],
      [1, "superseded"],
    ]);
    expect(ledger.byName(orders, "orders_1.csv")).toEqual([]);
    expect(ledger.byContent(orders, hashNo(2))).toEqual([]);
    ledger.close();
  });

  test("[A03] a redelivery is listed, and is not current", async () => {
    const ledger = await openLedger(":memory:");
    ledger.record(recordNo(1), manifestNo(1));
    const again = { file: "again.csv", sha256: hashNo(1), bytes: 10, modifiedAt: "2026-01-01T00:00:00.000Z", seq: seqNo(2), marker: null };
    ledger.record({ ...recordNo(2, [{ ...again, decision: { kind: "redelivery", of: seqNo(1) } }]), version: null }, null);
    expect(ledger.byContent(orders, hashNo(1)).map(({ seq }) => seq)).toEqual([1]);
    expect(ledger.deliveries(orders)[0]).toMatchObject({ seq: 2, state: "redelivered", file: "again.csv" });
    expect(ledger.current(orders)?.version).toBe(runNo(1));
    expect([ledger.lastSeq(orders), ledger.lastRun()]).toEqual([2, runNo(2)]);
    ledger.close();
  });

  test("a delivery whose bytes count under another name becomes a copy, told by the manifest or by the record alone", async () => {
    const again = deliveryNo(2, { sha256: hashNo(1) });
    const superseded = [{ seq: seqNo(1), by: seqNo(2), becomes: "copy" as const }];
    const manifest = manifestNo(2, { deliveries: { added: [again], replayed: [], superseded, withdrawn: [] } });
    const { file, sha256, bytes, modified_at: modifiedAt, seq } = again;
    const decision = { kind: "accepted", rows: noRows, supersedes: [], copies: [seqNo(1)], judgedAgainst: null, dialect: null } as const;
    const record = recordNo(2, [{ file, sha256, bytes, modifiedAt, seq, marker: null, decision }]);
    for (const known of [manifest, null]) {
      const ledger = await openLedger(":memory:");
      ledger.record(recordNo(1), manifestNo(1));
      ledger.record(record, known);
      ledger.record(recordNo(1), manifestNo(1));
      expect(ledger.byContent(orders, hashNo(1)).map((row) => row.seq)).toEqual([2]);
      expect(ledger.twins(orders, hashNo(1), "without").map((row) => [row.seq, row.state])).toEqual([[1, "redelivered"]]);
      expect(ledger.copies(orders, "orders_1.csv").map((row) => row.seq)).toEqual([1]);
      ledger.close();
    }
  });

  test("refused files and rows wait in quarantine, newest first", async () => {
    const ledger = await openLedger(":memory:");
    const refusing = deliveryNo(1, { rows: { ...noRows, read: 3, merged: 1, refused: 2 } });
    ledger.record(recordNo(1), manifestNo(1, { deliveries: { added: [refusing], replayed: [], superseded: [], withdrawn: [] } }));
    const bad = { file: "bad.csv", sha256: hashNo(5), bytes: 1, modifiedAt: "2026-01-01T00:00:00.000Z", seq: seqNo(2), marker: null };
    ledger.record({ ...recordNo(2, [{ ...bad, decision: { kind: "refused", reason: "no header" } }]), version: null }, null);
    expect(ledger.quarantined(orders)).toEqual([
      { asset: orders, seq: 2, run: runNo(2), file: "bad.csv", rows: null, reason: "no header" },
      { asset: orders, seq: 1, run: runNo(1), file: "orders_1.csv", rows: 2, reason: "2 could not be read as declared" },
    ]);
    ledger.close();
  });

  test("[A10] an accepted file without rows is current though no version was published", async () => {
    const ledger = await openLedger(":memory:");
    ledger.record(recordNo(1), manifestNo(1));
    const empty = {
      file: "orders_1.csv",
      sha256: hashNo(5),
      bytes: 1,
      modifiedAt: "2026-01-01T00:00:00.000Z",
      seq: seqNo(2),
      marker: null,
    };
    const decision = { kind: "accepted", rows: noRows, supersedes: [seqNo(1)], judgedAgainst: null, dialect: null } as const;
    ledger.record({ ...recordNo(2, [{ ...empty, decision }]), version: null }, null);
    expect(ledger.byName(orders, "orders_1.csv").map(({ seq }) => seq)).toEqual([2]);
    ledger.close();
  });

  test("a delivery that comes back after its revision was withdrawn is current again, and keeps its run", async () => {
    const ledger = await openLedger(":memory:");
    const tellAll = (): void => {
      ledger.record(recordNo(1), manifestNo(1));
      const revision = { added: [deliveryNo(2)], replayed: [], superseded: [{ seq: seqNo(1), by: seqNo(2) }], withdrawn: [] };
      ledger.record(recordNo(2), manifestNo(2, { deliveries: revision }));
      const undone = { added: [deliveryNo(1)], replayed: [], superseded: [], withdrawn: [seqNo(2)] };
      ledger.record(recordNo(3), manifestNo(3, { deliveries: undone }));
      const again = { added: [deliveryNo(4)], replayed: [], superseded: [{ seq: seqNo(1), by: seqNo(4) }], withdrawn: [] };
      ledger.record(recordNo(4), manifestNo(4, { deliveries: again }));
    };
    const states = (): unknown => ledger.deliveries(orders).map(({ seq, state, run }) => [seq, state, run]);
    tellAll();
    const expected = [
      [4, "current", runNo(4)],
      [2, "withdrawn", runNo(2)],
      [1, "superseded", runNo(1)],
    ];
    expect(states()).toEqual(expected);
    tellAll();
    expect(states()).toEqual(expected);
    ledger.record(recordNo(1), manifestNo(1));
    expect(states()).toEqual(expected);
    ledger.record(
      recordNo(5),
      manifestNo(5, { deliveries: { added: [deliveryNo(1)], replayed: [], superseded: [], withdrawn: [seqNo(4)] } }),
    );
    expect(ledger.currentDeliveries(orders).map(({ seq }) => seq)).toEqual([1]);
    ledger.close();
  });

  test("a delivery that was read once more has the rows and partitions it has now, and keeps its run", async () => {
    const ledger = await openLedger(":memory:");
    const refusing = { read: 3, merged: 1, refused: 2 };
    const first = deliveryNo(1, { rows: { ...noRows, ...refusing } });
    const original = manifestNo(1, { deliveries: { ...manifestNo(1).deliveries, added: [first] } });
    ledger.record(recordNo(1), original);
    expect(ledger.quarantined(orders)).toHaveLength(1);
    const again = deliveryNo(1, {
      rows: { ...noRows, read: 3, merged: 3 },
      partitions: [{ partition: "month=1" as PartitionKey, rows: 3 }],
    });
    const second = manifestNo(2, { deliveries: { added: [], replayed: [again], superseded: [], withdrawn: [] } });
    ledger.record(recordNo(2), second);
    ledger.record(recordNo(1), original);
    expect(ledger.currentDeliveries(orders)).toMatchObject([{ seq: 1, run: runNo(1), rows: { merged: 3 } }]);
    expect(ledger.partitionsOf(orders, [seqNo(1)])).toEqual(["month=1"]);
    expect(ledger.quarantined(orders)).toEqual([]);
    ledger.close();
  });

  test("told twice, and told again after later runs, changes nothing", async () => {
    const ledger = await openLedger(":memory:");
    const third = manifestNo(3, {
      deliveries: { added: [deliveryNo(3)], replayed: [], superseded: [{ seq: seqNo(1), by: seqNo(3) }], withdrawn: [] },
    });
    const tellAll = (): void => {
      ledger.record(recordNo(1), manifestNo(1));
      ledger.record(recordNo(2), manifestNo(2));
      ledger.record(recordNo(3), third);
    };
    tellAll();
    const before = answers(ledger);
    tellAll();
    expect(answers(ledger)).toEqual(before);
    ledger.close();
  });

  test("[F01] killed before the commit of its transaction, it leaves nothing", async () => {
    await using folder = await freshFolder();
    const path = join(folder.path, "ledger.db");
    const failing = await openLedger(path, {
      onPoint: (point, phase) => {
        if (point === "ledger:record" && phase === "within") throw new Error("stopped");
      },
    });
    expect(() => failing.record(recordNo(1), manifestNo(1))).toThrow("stopped");
    failing.close();
    const ledger = await openLedger(path);
    expect([ledger.current(orders), ledger.deliveries(orders), ledger.lastRun()]).toEqual([null, [], null]);
    ledger.record(recordNo(1), manifestNo(1));
    expect(ledger.current(orders)?.version).toBe(runNo(1));
    ledger.close();
  });
});

describe("reports", () => {
  test("are kept by run, newest first; a later one of the same run replaces the earlier", async () => {
    const ledger = await openLedger(":memory:");
    ledger.report(runNo(1), "{}");
    ledger.report(runNo(2), '{"a":1}');
    ledger.report(runNo(1), '{"b":1}');
    ledger.record(recordNo(3), null);
    expect(ledger.runs(10)).toEqual([
      { run: runNo(2), report: '{"a":1}' },
      { run: runNo(1), report: '{"b":1}' },
    ]);
    expect(ledger.runs(1)).toHaveLength(1);
    ledger.close();
  });
});

describe("several processes", () => {
  test("one writes what another that has it open reads next", async () => {
    await using folder = await freshFolder();
    const path = join(folder.path, "ledger.db");
    const [reader, writer] = [await openLedger(path), await openLedger(path)];
    expect(reader.current(orders)).toBeNull();
    writer.record(recordNo(1), manifestNo(1));
    expect(reader.current(orders)?.version).toBe(runNo(1));
    writer.record(recordNo(2), manifestNo(2));
    expect(reader.current(orders)?.version).toBe(runNo(2));
    reader.close();
    writer.close();
  });
});

describe("[F05] a ledger that cannot be used is refused with the way out", () => {
  /** A copy, as another process finds it: this one keeps what it closed in memory for a while. */
  async function filled(path: string): Promise<void> {
    const ledger = await openLedger(`${path}.first`);
    for (let n = 1; n <= 300; n++) ledger.record(recordNo(n), manifestNo(n));
    ledger.close();
    await copyFile(`${path}.first`, path);
  }

  test("(and the same one undamaged is not)", async () => {
    await using folder = await freshFolder();
    const path = join(folder.path, "ledger.db");
    await filled(path);
    const ledger = await openLedger(path);
    expect(ledger.lastSeq(orders)).toBe(300);
    ledger.close();
  });

  test.each([
    ["truncated to half", async (path: string) => truncate(path, (await stat(path)).size >> 1)],
    ["truncated within its header", (path: string) => truncate(path, 50)],
    ["overwritten", (path: string) => writeFile(path, "not a database ".repeat(1000))],
  ])("%s", async (_how, damage) => {
    await using folder = await freshFolder();
    const path = join(folder.path, "ledger.db");
    await filled(path);
    await damage(path);
    await expect(openLedger(path)).rejects.toMatchObject({
      diagnostics: [{ code: "ledger-damaged", hint: expect.stringContaining("flow fsck --rebuild") }],
    });
  });

  test("from a newer release", async () => {
    await using folder = await freshFolder();
    const path = join(folder.path, "ledger.db");
    await filled(path);
    const raise = `import D from "libsql"; const d = new D(${JSON.stringify(path)}); d.exec("pragma user_version = 99"); d.close();`;
    expect(spawnSync(process.execPath, ["--input-type=module", "-e", raise]).status).toBe(0);
    await expect(openLedger(path)).rejects.toMatchObject({
      diagnostics: [{ code: "store-newer", hint: expect.stringContaining("release") }],
    });
  });

  test("but one that an older release wrote is emptied, to be told anew", async () => {
    await using folder = await freshFolder();
    const path = join(folder.path, "ledger.db");
    (await openLedger(path)).close();
    const age = `import D from "libsql"; const d = new D(${JSON.stringify(path)}); d.exec("insert into run values ('20260101T000000000Z-aaaa', null); alter table delivery rename to old; pragma user_version = 1"); d.close();`;
    expect(spawnSync(process.execPath, ["--input-type=module", "-e", age]).status).toBe(0);
    const ledger = await openLedger(path);
    expect([ledger.lastRun(), ledger.deliveries("orders" as AssetName)]).toEqual([null, []]);
    ledger.close();
  });

  test("in a folder that does not exist", async () => {
    await expect(openLedger("/nonexistent/ledger.db")).rejects.toMatchObject({ diagnostics: [{ code: "ledger-unwritable" }] });
  });
});

describe("size", () => {
  test("questions about one delivery do not get slower with 100,000 of them", { timeout: 60_000 }, async () => {
    const ledger = await openLedger(":memory:");
    const added = Array.from({ length: 100_000 }, (_, i) => deliveryNo(i + 1, { partitions: [] }));
    ledger.record(recordNo(1), manifestNo(1, { deliveries: { added, replayed: [], superseded: [], withdrawn: [] } }));
    const start = performance.now();
    for (let n = 1; n <= 500; n++) {
      expect(ledger.byName(orders, `orders_${n}.csv`)).toHaveLength(1);
      expect(ledger.byContent(orders, hashNo(n))).toHaveLength(1);
      expect(ledger.lastSeq(orders)).toBe(100_000);
      expect(ledger.current(orders)?.version).toBe(runNo(1));
    }
    // A scan of 100,000 rows takes some 10 ms: 2,000 of them would take 15 s.
    expect(performance.now() - start).toBeLessThan(5_000);
    ledger.close();
  });
});
