import { stringify } from "yaml";
import type { ColumnDeclaration, IngestDeclaration } from "./declaration.js";

/** A declaration of an ingested asset to be written as text, each setting with what it was guessed from. */
export interface Drafted {
  /** Lines above everything. */
  readonly preface: readonly string[];
  readonly asset: string;
  readonly ingest: readonly Setting[];
  readonly columns: readonly { readonly name: string; readonly declared: ColumnDeclaration; readonly comment: string }[];
  /** `key`, `event_time` and the like. */
  readonly settings: readonly Setting[];
}

export interface Setting {
  readonly key: string;
  readonly value: IngestDeclaration[keyof IngestDeclaration];
  /** Empty: none. */
  readonly comment: string;
}

/** One line a setting, its comment at the end. */
export function draftedText({ preface, asset, ingest, columns, settings }: Drafted): string {
  const lines: readonly Line[] = [
    { text: `asset: ${inline(asset)}`, comment: "" },
    ...(ingest.length === 0 ? [] : [{ text: "ingest:", comment: "" }]),
    ...ingest.map(({ key, value, comment }) => ({ text: `  ${key}: ${inline(value)}`, comment })),
    { text: "columns:", comment: "" },
    ...columns.map(({ name, declared, comment }) => ({ text: `  ${inline(name)}: ${inline(declared)}`, comment })),
    ...settings.map(({ key, value, comment }) => ({ text: `${key}: ${inline(value)}`, comment })),
  ];
  return [...preface.map((line) => `# ${oneLine(line)}`), ...aligned(lines)].map((line) => `${line}\n`).join("");
}

interface Line {
  readonly text: string;
  readonly comment: string;
}

/** On one line, quoted where YAML wants it. */
export function inline(value: unknown): string {
  return stringify(value, { collectionStyle: "flow", lineWidth: 0 }).trimEnd();
}

const widest = 70;

/** Comments stand below each other, behind what is not too long for that. */
function aligned(lines: readonly Line[]): readonly string[] {
  const commented = lines.filter(({ text, comment }) => comment !== "" && text.length <= widest);
  const column = Math.max(0, ...commented.map(({ text }) => text.length));
  return lines.map(({ text, comment }) => (comment === "" ? text : `${text.padEnd(column)}  # ${oneLine(comment)}`));
}

function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029]/gu, " ").trimEnd();
}
