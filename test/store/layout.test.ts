import { describe, expect, test } from "vitest";
import { below, openLayout } from "../../core/store/layout.js";
import { orders, runNo } from "./sample.js";

test("places are those of the design", () => {
  const layout = openLayout("/store");
  const run = runNo(1);
  expect([
    layout.landing(orders),
    layout.pickedUp(orders, run),
    layout.intermediate(orders, run),
    layout.candidate(orders, run),
    layout.version(orders, run),
    layout.manifest(orders, run),
    layout.pointer(orders),
    layout.ingestArchive(orders, run),
    layout.quarantine(orders, run),
    layout.ledger(),
    layout.lock(orders),
    layout.spill(run),
  ]).toEqual([
    "/store/ingest/landing/orders",
    `/store/staging/pickedup/orders/${run}`,
    `/store/staging/intermediate/orders/${run}`,
    `/store/staging/ready/orders/${run}`,
    `/store/archive/orders/${run}`,
    `/store/archive/orders/${run}/manifest.json`,
    "/store/ready/orders",
    `/store/ingest/archive/orders/${run}`,
    `/store/ingest/quarantine/orders/${run}`,
    "/store/.flow/ledger.db",
    "/store/.flow/locks/orders.lock",
    `/store/staging/spill/${run}`,
  ]);
  expect(layout.belowStore("/store/ingest/landing/orders/a b.csv")).toBe("ingest/landing/orders/a b.csv");
});

describe("a name from outside stays in its folder", () => {
  test.each(["../x", "a/../../x", "..", ".", "", "/etc/passwd", "a//b", "a/", "a\0b", "a/./b"])("%j is refused", (path) => {
    expect(() => below("/store/folder", path)).toThrow("does not stay in its folder");
  });

  test.each(["x.csv", "a/b/c.csv", "..x", "x..", "a b", "-x", "%2e%2e", "ü*[?.csv", "at_month=2020-03/part.parquet"])(
    "%j is taken",
    (path) => {
      expect(below("/store/folder", path)).toBe(`/store/folder/${path}`);
    },
  );
});
