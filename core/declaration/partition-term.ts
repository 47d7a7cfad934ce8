import type { PartitionField, Transform } from "../model.js";
import { suggestion } from "../suggest.js";

export type TermReading =
  | { readonly ok: true; readonly field: PartitionField }
  | { readonly ok: false; readonly message: string; readonly hint: string };

const transforms: readonly Exclude<Transform, "identity">[] = ["year", "month", "day", "hour", "bucket", "truncate"];

/** Reads `region`, `month(data)`, `bucket(16, c)`, `truncate(3, c)`; a folder level is named `data_month` and so on. */
export function readPartitionTerm(text: string): TermReading {
  const match = /^\s*(\w+)\s*\(\s*(?:(\d+)\s*,\s*)?([^()]+?)\s*\)\s*$/.exec(text);
  const column = match?.[3];
  if (column === undefined) return readIdentity(text.trim());
  const name = match?.[1] ?? "";
  const transform = transforms.find((known) => known === name);
  if (transform === undefined)
    return refuse(`no partition transform is called \`${name}\``, suggestion(name, transforms, "there are") ?? howTo);
  return readTransform(transform, match?.[2], column);
}

const howTo = "write a column, `month(column)` or `bucket(16, column)`";

function readIdentity(column: string): TermReading {
  if (/[()]/.test(column) || column === "") return refuse(`\`${column}\` is not a partition term`, howTo);
  return { ok: true, field: { transform: "identity", column, argument: null, name: column } };
}

function readTransform(transform: Exclude<Transform, "identity">, digits: string | undefined, column: string): TermReading {
  const counts = transform === "bucket" || transform === "truncate";
  const argument = digits === undefined ? null : Number(digits);
  if (counts && (argument === null || argument < 1 || argument > 10_000)) {
    return refuse(`\`${transform}\` takes a number from 1 to 10000 and a column`, `write \`${transform}(16, ${column})\``);
  }
  if (!counts && argument !== null) return refuse(`\`${transform}\` takes a column and nothing else`, `write \`${transform}(${column})\``);
  return { ok: true, field: { transform, column, argument, name: `${column}_${transform}` } };
}

function refuse(message: string, hint: string): TermReading {
  return { ok: false, message, hint };
}
