import type { ColumnDeclaration } from "../declaration/declaration.js";
import { error, FlowError } from "../diagnostic.js";
import type { Session } from "../engine/engine.js";
import type { Column, CsvDialect } from "../model.js";
import { type ColumnDraft, chooseColumn } from "./choose-column.js";
import { canonicalType, guessesFor, misfitsOf, nullWords, readingOf, textColumn } from "./readings.js";
import type { Sample } from "./samples.js";

/** The fields of all samples as columns of an asset. */
export interface Fields {
  readonly columns: readonly Column[];
  /** Columns whose type the files themselves know. */
  readonly typed: ReadonlySet<string>;
  /** Whether all of it was written as texts, numbers among them. */
  readonly isCsv: boolean;
  /** What has to be declared of CSV files for the samples to be read. */
  readonly csv: Partial<CsvDialect>;
  /** Whether there are fields without a name, which no declaration can speak of. */
  readonly nameless: boolean;
}

/** In the order in which the files have them; what only later files have comes last. */
export function readFields(samples: readonly Sample[]): Fields {
  const types = new Map<string, string | null>();
  for (const { fields } of samples)
    fields.names.forEach((name, at) => {
      const type = fields.types[at] ?? null;
      // Two files that do not agree: text is what both have.
      types.set(name, types.has(name) && types.get(name) !== type ? null : type);
    });
  const named = [...types].filter(([name]) => name.trim() !== "");
  const names = new Set<string>();
  const columns = named.map(([field, type]): Column => {
    const name = freeName(field, names);
    return { ...textColumn(name), type: type ?? "VARCHAR", aliases: name === field ? [] : [field] };
  });
  const typed = new Set(named.flatMap(([, type], at) => (type === null ? [] : [columns[at]?.name ?? ""])));
  const isCsv = samples.every(({ format }) => format === "csv");
  return { columns, typed, isCsv, csv: dialectOf(samples), nameless: named.length < types.size };
}

/** A name that a column may have; those taken are in lower case, and it is one of them afterwards. */
export function freeName(field: string, taken: Set<string>): string {
  const clean =
    field
      .replaceAll(/\p{Cc}+/gu, " ")
      .trim()
      .replace(/^_+/, "") || "column";
  let name = clean;
  for (let count = 2; taken.has(name.toLowerCase()); count++) name = `${clean}_${count}`;
  taken.add(name.toLowerCase());
  return name;
}

function dialectOf(samples: readonly Sample[]): Partial<CsvDialect> {
  const found = samples.flatMap(({ fields }) => (fields.csv === null ? [] : [fields.csv]));
  const [first] = found;
  if (first === undefined) return {};
  const differ = found.some(({ header }) => header !== first.header);
  if (differ) throw new FlowError([error("bad-file", null, "some of the samples have a header, and some have none", "declare them apart")]);
  const skip = found.every(({ skip }) => skip === first.skip) ? first.skip : 0;
  return {
    ...(first.header ? {} : { header: false }),
    ...(skip > 0 ? { skip } : {}),
    ...(found.every(({ encoding }) => encoding === "latin-1") ? { encoding: "windows-1252" as const } : {}),
  };
}

export interface DraftedColumn extends ColumnDraft {
  readonly column: Column;
  readonly declared: ColumnDeclaration;
}

/** What the staged texts could be: a sample of them leaves few guesses, and the engine asks those of all. */
export async function columnDrafts(session: Session, { columns, typed, isCsv }: Fields): Promise<readonly DraftedColumn[]> {
  const surveys = await session.profile({ columns: columns.map(({ name }) => ({ name, readings: [], words: nullWords })) });
  const guesses = surveys.map(({ name, sample, words }) => {
    const texts = sample.filter((text) => !words.includes(text));
    const possible = typed.has(name) || texts.length === 0 ? [] : guessesFor(name, isCsv);
    return possible.filter((guess) => misfitsOf(guess, texts).length === 0);
  });
  const profiles = await session.profile({
    columns: columns.map(({ name }, at) => ({
      name,
      readings: (guesses[at] ?? []).map((guess) => readingOf(name, guess)),
      words: nullWords,
    })),
  });
  return columns.map((column, at) => {
    const profile = profiles[at];
    if (profile === undefined) throw new Error(`no profile of ${column.name}`);
    if (!typed.has(column.name)) return withSettings(column, chooseColumn(guesses[at] ?? [], profile));
    const nothing = { formats: [], nulls: [], decimal: null, thousands: null };
    return withSettings(column, {
      ...nothing,
      name: column.name,
      type: column.type,
      nullable: profile.filled < profile.rows,
      why: "the file's own type",
    });
  });
}

function withSettings(column: Column, draft: ColumnDraft): DraftedColumn {
  const { type, formats, nulls, nullable, decimal, thousands } = draft;
  const declared: ColumnDeclaration = {
    type,
    ...(nullable ? {} : { nullable: false }),
    ...(column.aliases.length > 0 ? { aliases: column.aliases } : {}),
    ...(formats.length > 0 ? { formats } : {}),
    ...(nulls.length > 0 ? { nulls } : {}),
    ...(decimal === null ? {} : { decimal }),
    ...(thousands === null ? {} : { thousands }),
  };
  return {
    ...draft,
    declared,
    column: { ...column, type: canonicalType(type), nullable, formats, nulls, decimal: decimal ?? ".", thousands },
  };
}
