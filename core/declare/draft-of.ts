import type { Drafted, Setting } from "../declaration/drafted-text.js";
import type { DraftedColumn, Fields } from "./column-drafts.js";
import type { Sample, StagedSample } from "./samples.js";
import type { TableDraft } from "./table-draft.js";

export interface Findings {
  readonly asset: string;
  readonly glob: string;
  readonly samples: readonly Sample[];
  readonly fields: Fields;
  readonly columns: readonly DraftedColumn[];
  readonly table: TableDraft;
  readonly staged: readonly StagedSample[];
}

/** What was found, as settings with their reasons. */
export function draftOf(findings: Findings): Drafted {
  const { asset, samples, columns, table, staged } = findings;
  const rows = staged.reduce((sum, file) => sum + file.read, 0);
  const refused = staged.reduce((sum, file) => sum + file.refused, 0);
  return {
    preface: [
      `Drafted by \`flow declare\` from ${samples.length === 1 ? `\`${samples[0]?.file}\`` : `${samples.length} files`}, ${rows} ${rows === 1 ? "row" : "rows"}.`,
      "A comment says what its line was guessed from: look at it, correct the line, delete the comment.",
      "`nullable: false`: never empty in the samples.",
      ...(refused === 0 ? [] : [`${refused} of the rows cannot be read whatever is declared: a run puts them in quarantine.`]),
    ],
    asset,
    ingest: ingestOf(findings),
    columns: columns.map(({ name, declared, why }) => ({ name, declared, comment: why })),
    settings: [
      ...(table.key === null ? [] : [{ key: "key", value: oneOrMore(table.key.value), comment: table.key.why }]),
      ...(table.eventTime === null ? [] : [{ key: "event_time", value: table.eventTime.value, comment: table.eventTime.why }]),
      ...(table.partitionBy === null ? [] : [{ key: "partition_by", value: table.partitionBy.value, comment: table.partitionBy.why }]),
    ],
  };
}

function ingestOf({ glob, samples, fields, table, staged }: Findings): readonly Setting[] {
  const [first] = samples;
  const format = samples.every(({ named }) => named)
    ? []
    : [{ key: "format", value: first?.format, comment: "by its first bytes: the name does not tell" }];
  const csv = Object.keys(fields.csv).length === 0 ? [] : [{ key: "csv", value: fields.csv, comment: csvReason(fields) }];
  const lacking = staged.find(({ missing }) => missing.length > 0);
  return [
    {
      key: "files",
      value: glob,
      comment: samples.length === 1 ? `by the name of \`${first?.file}\`` : "what the names of the samples share",
    },
    ...format,
    ...csv,
    table.key === null
      ? { key: "strategy", value: "append", comment: "no key was found: every row counts" }
      : { key: "strategy", value: "upsert", comment: "a row replaces the one of its key" },
    ...(lacking === undefined
      ? []
      : [{ key: "on_missing_column", value: "ignore" as const, comment: `\`${lacking.file}\` has no ${lacking.missing.join(", ")}` }]),
    ...(fields.nameless ? [{ key: "on_new_column", value: "ignore" as const, comment: "a field without a name is left out" }] : []),
  ];
}

function csvReason({ csv }: Fields): string {
  return [
    csv.header === false ? "the first line reads like the others, so columns go by their place" : "",
    csv.skip === undefined ? "" : "lines above the header",
    csv.encoding === undefined ? "" : "it is not UTF-8",
  ]
    .filter((part) => part !== "")
    .join("; ");
}

function oneOrMore(names: readonly string[]): string | readonly string[] {
  return names.length === 1 ? (names[0] ?? "") : names;
}
