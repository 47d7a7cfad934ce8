import { FlowError } from "../diagnostic.js";
import type { AssetName, ColumnType } from "../model.js";
import { type Ready, readyTable } from "./ready-table.js";
import { assemble, baseOf, freshCandidate } from "./candidate.js";
import type { DeriveWork } from "./work.js";

/** The asset's SELECT over one version of each input -> candidate version. */
export async function transform(work: DeriveWork): Promise<void> {
  const { asset, context, session, parent } = work;
  const { folder, written } = await freshCandidate(context, asset);
  const inputs = await Promise.all(asset.inputs.map((input) => readInput(work, input)));
  const result = await session.transform({
    sql: asset.sql,
    parameters: asset.parameters,
    inputs: inputs.map(({ table }) => table),
    key: asset.key,
    partitionBy: asset.partitionBy,
    eventTime: asset.eventTime,
    base: baseOf(context, parent),
    into: written,
  });
  keepContract(work, result.columns);
  work.candidate = {
    columns: result.columns,
    partitions: await assemble(context, folder, parent, result.partitions),
    added: [],
    replayed: [],
    superseded: [],
    withdrawn: [],
    inputs: inputs.map(({ table, version }) => ({ asset: table.name as AssetName, version })),
    watermark: lowestWatermark(work, inputs.map(({ watermark }) => watermark)),
  };
}

/** A derived asset is as complete as its least complete input. Inputs without event time say nothing; it never goes back. */
function lowestWatermark(work: DeriveWork, watermarks: readonly (string | null)[]): string | null {
  const known = watermarks.filter((watermark) => watermark !== null).sort();
  const before = work.parent?.watermark ?? null;
  const lowest = known[0] ?? null;
  return before !== null && (lowest === null || before > lowest) ? before : lowest;
}

async function readInput(work: DeriveWork, input: AssetName): Promise<Ready> {
  const ready = await readyTable(work.context.layout, input);
  if (ready === null) throw new Error(`input ${input} of ${work.asset.name} has no version`);
  return ready;
}

/** Declared columns are a promise to whoever reads the asset. */
function keepContract(work: DeriveWork, columns: readonly ColumnType[]): void {
  const { asset } = work;
  if (asset.columns.length === 0) return;
  const broken = contractBreaches(asset.columns, columns);
  if (broken.length === 0) return;
  throw new FlowError(broken.map((message) => ({ code: "contract-mismatch", severity: "error", message: `\`${asset.name}\`: ${message}`, at: null, hint: "change `columns`, or the SQL" })));
}

export function contractBreaches(declared: readonly ColumnType[], actual: readonly ColumnType[]): readonly string[] {
  const types = new Map(actual.map((column) => [column.name, column.type]));
  const names = new Set(declared.map((column) => column.name));
  return [
    ...declared.flatMap(({ name, type }) => {
      const found = types.get(name);
      if (found === undefined) return [`column \`${name}\` is declared, and the SQL does not yield it`];
      return found === type ? [] : [`column \`${name}\` is declared as ${type}, and the SQL yields ${found}`];
    }),
    ...actual.filter(({ name }) => !names.has(name)).map(({ name }) => `the SQL yields column \`${name}\`, which is not declared`),
  ];
}
