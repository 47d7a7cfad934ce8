import { type Diagnostic, error, FlowError } from "../diagnostic.js";
import type { TableShape } from "../engine/engine.js";
import { type Asset, type AssetName, type DerivedAsset, type PartitionField, unreachable } from "../model.js";
import { termOf } from "../operators/ready-table.js";

interface Range {
  readonly from: string;
  readonly to: string;
}

/** `--partitions` is about partitions that follow each other: those of the named derived assets. Throws what speaks against it. */
export function refuseRange(asked: readonly Asset[], shapes: ReadonlyMap<AssetName, TableShape>, range: Range): void {
  const derived = asked.filter((asset) => asset.kind === "derived");
  const found = derived.length === 0 ? [notDerived(asked)] : derived.flatMap((asset) => troubleWith(asset, shapes.get(asset.name), range));
  if (found.length > 0) throw new FlowError(found);
}

function notDerived(asked: readonly Asset[]): Diagnostic {
  const named = asked.length === 1 ? `\`${asked[0]?.name}\` is made from files` : "none of the named assets is derived";
  return error(
    "bad-option",
    null,
    `\`--partitions\` rebuilds derived assets, and ${named}`,
    "name a derived asset; `--replay` folds one that is made from files anew",
  );
}

function troubleWith({ name, partitionBy }: DerivedAsset, shape: TableShape | undefined, range: Range): readonly Diagnostic[] {
  const [field] = partitionBy;
  if (field === undefined)
    return [
      error("bad-option", null, `\`${name}\` is not partitioned: there is no part of it to build`, "`--full-refresh` builds all of it"),
    ];
  const form = formOf(field, shape?.columns.find(({ name: column }) => column === field.column)?.type ?? "");
  if (form === null) {
    return [
      error(
        "bad-option",
        null,
        `the partitions of \`${name}\`, \`${termOf(field)}\`, have no order that a range could follow`,
        "`--full-refresh` builds all of it",
      ),
    ];
  }
  const odd = [range.from, range.to].filter((value) => !form.fits(value));
  if (odd.length > 0)
    return odd.map((value) =>
      error("bad-option", null, `\`${value}\` is not a value of \`${termOf(field)}\` of \`${name}\``, `write it as ${form.example}`),
    );
  if (form.before(range.from, range.to)) return [];
  return [
    error(
      "bad-option",
      null,
      `\`${range.from}\` comes after \`${range.to}\``,
      `write the earlier one first: \`${range.to}..${range.from}\``,
    ),
  ];
}

interface Form {
  readonly fits: (value: string) => boolean;
  readonly example: string;
  readonly before: (from: string, to: string) => boolean;
}

/** How values of the field are written, as its folders show them; null where their texts are not in their order. */
function formOf({ transform }: PartitionField, type: string): Form | null {
  switch (transform) {
    case "year":
    case "month":
    case "day":
    case "hour":
      // A month that a range ends with is in it whole.
      return {
        fits: isMoment,
        example: "`2026`, `2026-01`, `2026-01-31` or `2026-01-31-23`",
        before: (from, to) => from.slice(0, to.length) <= to,
      };
    case "identity":
      if (type === "DATE")
        return { fits: (value) => value.length === 10 && isMoment(value), example: "`2026-01-31`", before: (from, to) => from <= to };
      return type === "VARCHAR" ? { fits: () => true, example: "a text", before: (from, to) => from <= to } : null;
    case "bucket":
    case "truncate":
      return null;
    default:
      return unreachable(transform);
  }
}

/** A year, a month, a day or an hour that the calendar has. */
function isMoment(value: string): boolean {
  const found = /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:-(\d\d))?)?)?$/.exec(value);
  if (found === null) return false;
  const [, year = "", month = "01", day = "01", hour = "00"] = found;
  const text = `${year}-${month}-${day}T${hour}:00:00.000Z`;
  const date = new Date(text);
  return !Number.isNaN(date.getTime()) && date.toISOString() === text;
}
