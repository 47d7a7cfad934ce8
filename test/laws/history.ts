import fc from "fast-check";

/** A row of a landed file; null is an empty field. */
export interface Row {
  readonly id: number | null;
  /** Day of January 2026; the partition. */
  readonly day: number | null;
  readonly v: number | null;
  readonly op: "U" | "D";
  readonly x: string;
}

export type Content = readonly Row[];

/** What happens to landing, and then a run. Without any landing: `withdraw` takes a delivery out. */
export interface Turn {
  /** File name -> content; a name landed twice before a run has the last content only. */
  readonly land: ReadonlyMap<string, Content>;
  readonly withdraw: string | null;
}

export type History = readonly Turn[];

export const names = ["a.csv", "b.csv", "c.csv", "sub/d.csv"] as const;

const small = (max: number): fc.Arbitrary<number | null> =>
  fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 0, max }) }, { weight: 1, arbitrary: fc.constant(null) });

export const rowOf: fc.Arbitrary<Row> = fc.record({
  id: small(2),
  day: small(2),
  v: small(2),
  op: fc.oneof({ weight: 4, arbitrary: fc.constant("U" as const) }, { weight: 1, arbitrary: fc.constant("D" as const) }),
  x: fc.constantFrom("p", "q"),
});

export const contentOf: fc.Arbitrary<Content> = fc.array(rowOf, { maxLength: 4 });

/** Contents come from a small pool, so that the same bytes come again under the same and under other names. */
export const historyOf: fc.Arbitrary<History> = fc
  .array(contentOf, { minLength: 1, maxLength: 4 })
  .chain((pool) => fc.array(turnOf(fc.constantFrom(...pool)), { minLength: 1, maxLength: 5 }));

function turnOf(content: fc.Arbitrary<Content>): fc.Arbitrary<Turn> {
  const landing = fc.array(fc.tuple(fc.constantFrom(...names), content), { minLength: 1, maxLength: 3 });
  const landed = landing.map((files): Turn => ({ land: new Map(files), withdraw: null }));
  const withdrawn = fc.constantFrom(...names).map((withdraw): Turn => ({ land: new Map(), withdraw }));
  return fc.oneof({ weight: 5, arbitrary: landed }, { weight: 1, arbitrary: withdrawn });
}

/** A name and what it brings; null: it is withdrawn. */
export type Delivery = readonly [name: string, content: Content | null];

/** One delivery after the other: what is done with them is up to the law. Only what is there is withdrawn. */
export const deliveriesOf: fc.Arbitrary<readonly Delivery[]> = fc
  .array(contentOf, { minLength: 1, maxLength: 4 })
  .chain((pool) => inTurn(names, fc.constantFrom(...pool)));

/** Few names and contents, of which every two tie: what holds is decided by names alone. */
export const tiedDeliveriesOf: fc.Arbitrary<readonly Delivery[]> = inTurn(
  ["a.csv", "b.csv", "c.csv"],
  fc.constantFrom("p", "q").map((x): Content => [{ id: 0, day: 0, v: 1, op: "U", x }]),
);

function inTurn(under: readonly string[], content: fc.Arbitrary<Content>): fc.Arbitrary<readonly Delivery[]> {
  const brought = fc.oneof({ weight: 5, arbitrary: content }, { weight: 1, arbitrary: fc.constant(null) });
  return fc
    .array(fc.tuple(fc.constantFrom(...under), brought), { minLength: 1, maxLength: 6 })
    .map((deliveries) => deliveries.filter(([name, bytes], at) => bytes !== null || isThere(name, deliveries.slice(0, at))));
}

function isThere(name: string, before: readonly Delivery[]): boolean {
  const last = before.findLast(([known]) => known === name);
  return last !== undefined && last[1] !== null;
}

export function csvOf(content: Content): string {
  const field = (value: number | string | null): string => (value === null ? "" : String(value));
  const lines = content.map(({ id, day, v, op, x }) => [field(id), dayText(day) ?? "", field(v), op, x].join(","));
  return ["id,day,v,op,x", ...lines, ""].join("\n");
}

export function dayText(day: number | null): string | null {
  return day === null ? null : `2026-01-0${day + 1}`;
}
