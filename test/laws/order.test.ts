import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { limitMs, seed, share } from "./amount.js";
import { type Content, contentOf, type Delivery, deliveriesOf, type History, tiedDeliveriesOf } from "./history.js";
import { everyKind, type Kind, kinds, openLand, timeless } from "./land.js";
import { Oracle } from "./oracle.js";

console.info(`laws of order: FLOW_SEED=${seed}`);
const land = await openLand();
afterAll(() => land[Symbol.asyncDispose]());

/** Deliveries in another order, revisions of one name in their own. */
function interleaved(deliveries: readonly Delivery[], picks: readonly number[]): readonly Delivery[] {
  const queues = queuesOf(deliveries);
  const order: Delivery[] = [];
  for (let at = 0; order.length < deliveries.length; at++) {
    const open = queues.filter((queue) => queue.length > 0);
    const next = open[(picks[at % picks.length] ?? 0) % open.length]?.shift();
    if (next !== undefined) order.push(next);
  }
  return order;
}

function queuesOf(deliveries: readonly Delivery[]): Delivery[][] {
  const queues = new Map<string, Delivery[]>();
  for (const delivery of deliveries) queues.set(delivery[0], [...(queues.get(delivery[0]) ?? []), delivery]);
  return [...queues.values()];
}

/** Cut into runs: a name comes once a run, and a withdrawal is a run of its own. */
function grouped(deliveries: readonly Delivery[], cuts: readonly boolean[]): History {
  const runs: { readonly land: Map<string, Content>; readonly withdraw: string | null }[] = [];
  for (const [at, [name, content]] of deliveries.entries()) {
    const last = runs.at(-1);
    if (content === null) runs.push({ land: new Map(), withdraw: name });
    else if (last === undefined || last.withdraw !== null || last.land.has(name) || cuts[at % cuts.length] === true) {
      runs.push({ land: new Map([[name, content]]), withdraw: null });
    } else last.land.set(name, content);
  }
  return runs;
}

async function rowsAfter(kind: Kind, runs: History): Promise<readonly string[]> {
  const asset = await land.fresh(kind);
  for (const { land: files, withdraw } of runs) {
    await asset.land(files);
    await (withdraw === null ? asset.run() : asset.withdraw(withdraw));
  }
  expect(await asset.differences()).toEqual([]);
  return asset.rows();
}

const picksOf = fc.array(fc.nat(5), { minLength: 1, maxLength: 6 });
const cutsOf = fc.array(fc.boolean(), { minLength: 1, maxLength: 6 });

test(
  "[B03] arrival order does not matter where order_by is declared, nor for append",
  async () => {
    const anyOf = fc.oneof(deliveriesOf, tiedDeliveriesOf);
    const law = fc.asyncProperty(fc.constantFrom(...timeless), anyOf, picksOf, cutsOf, async (kind, deliveries, picks, cuts) => {
      const oracle = new Oracle(kinds[kind]);
      oracle.play(grouped(deliveries, [true]));
      expect(await rowsAfter(kind, grouped(interleaved(deliveries, picks), cuts))).toEqual(oracle.rows());
    });
    await fc.assert(law, share(14));
  },
  limitMs(14),
);

test(
  "[B02] ties on order_by are decided by file name and line, whatever arrives first",
  async () => {
    const tied = fc
      .array(contentOf, { minLength: 2, maxLength: 3 })
      .map((contents) =>
        contents.map((content, at) => [`${"cab"[at]}.csv`, content.map((row) => ({ ...row, v: 1, x: `${row.x}${at}` }))] as const),
      );
    const law = fc.asyncProperty(
      fc.constantFrom("local_key" as const, "global_key" as const),
      tied,
      cutsOf,
      async (kind, deliveries, cuts) => {
        const oracle = new Oracle(kinds[kind]);
        oracle.land(new Map(deliveries));
        expect(await rowsAfter(kind, grouped(deliveries, cuts))).toEqual(oracle.rows());
      },
    );
    await fc.assert(law, share(5));
  },
  limitMs(5),
);

test(
  "grouping into runs does not matter",
  async () => {
    // Names in arrival order: files of one run arrive in the order of their names.
    const inOrder = fc
      .array(contentOf, { minLength: 2, maxLength: 6 })
      .map((contents) => contents.map((content, at) => [`${at}.csv`, content] as const));
    const law = fc.asyncProperty(fc.constantFrom(...everyKind), inOrder, cutsOf, async (kind, deliveries, cuts) => {
      const oracle = new Oracle(kinds[kind]);
      for (const delivery of deliveries) oracle.land(new Map([delivery]));
      expect(await rowsAfter(kind, grouped(deliveries, cuts))).toEqual(oracle.rows());
    });
    await fc.assert(law, share(12));
  },
  limitMs(12),
);
