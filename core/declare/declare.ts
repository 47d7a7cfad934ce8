import { randomUUID } from "node:crypto";
import { existsSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename } from "node:path";
import { wideEncoding } from "../csv/encoding.js";
import { draftedText } from "../declaration/drafted-text.js";
import { error, FlowError } from "../diagnostic.js";
import { openDuckdb } from "../engine/duckdb/instance.js";
import { type Engine, SqlError } from "../engine/engine.js";
import { readHead } from "../operators/head.js";
import { type Files, openFiles } from "../store/files.js";
import { below } from "../store/layout.js";
import { columnDrafts, type Fields, readFields } from "./column-drafts.js";
import { draftOf } from "./draft-of.js";
import { readFileNames } from "./file-names.js";
import { formatOfSample, type Sample, type StagedSample, stageSamples, undeclared } from "./samples.js";
import { tableDraft } from "./table-draft.js";

export interface DeclareOptions {
  /** Absolute paths of sample files. */
  readonly files: readonly string[];
  /** Of the asset; null: from the names of the files. */
  readonly name: string | null;
  /** Absolute path to write the declaration to, never over a file; null: nowhere. */
  readonly out: string | null;
}

export interface DeclareReport {
  readonly asset: string;
  /** The declaration as text. */
  readonly yaml: string;
  readonly files: number;
  readonly rows: number;
  /** Files with rows that no declaration could read. */
  readonly refused: readonly { readonly file: string; readonly rows: number; readonly example: string }[];
}

/**
 * Drafts a declaration from sample files. They are read as a run reads them: first as texts, to see what these could be; then as declared,
 * to see that they are.
 */
export async function declareFiles(options: DeclareOptions, files: Files = openFiles()): Promise<DeclareReport> {
  for (const path of options.files)
    if (!statSync(path, { throwIfNoEntry: false })?.isFile()) throw refusal("bad-file", `there is no file \`${path}\``);
  if (options.out !== null && existsSync(options.out)) throw taken(options.out);
  const root = below(tmpdir(), `flow-declare-${randomUUID()}`);
  await files.makeDir("store:make", root);
  const folders = options.files.map((path) => path.slice(0, -basename(path).length));
  const engine = await openDuckdb({
    allowedFolders: [root, ...folders],
    spillFolder: below(root, "spill"),
    threads: null,
    memoryLimit: null,
  });
  try {
    const report = await drafted(engine, files, root, options);
    if (options.out !== null) await writeNew(files, options.out, report.yaml);
    return report;
  } finally {
    await engine[Symbol.asyncDispose]();
    await files.removeTree("tidy:remove", root);
  }
}

async function drafted(engine: Engine, files: Files, root: string, options: DeclareOptions): Promise<DeclareReport> {
  const names = readFileNames(options.files.map((path) => path.replaceAll("\\", "/")));
  const asset = options.name ?? names.name;
  if (asset === null) throw refusal("bad-name", "the names of the files suggest no name for the asset", "give it one with `--name`");
  const samples = await withFields(engine, options.files);
  const named = readFields(samples);
  const folder = async (name: string): Promise<string> => {
    await files.makeDir("stage:make", below(root, name));
    return below(root, name);
  };

  await using texts = await engine.session();
  const asTexts = undeclared(named.columns, named.csv);
  const read = await stageSamples(texts, asTexts, samples, await folder("texts"));
  refuseUnreadable(read);
  const fields = withoutNameless(named, read);
  const columns = await columnDrafts(texts, fields);

  await using typed = await engine.session();
  const asDeclared = undeclared(
    columns.map(({ column }) => column),
    fields.csv,
  );
  const again = await stageSamples(typed, asDeclared, samples, await folder("typed"));
  again.forEach((file, at) => {
    if (file.refused !== read[at]?.refused)
      throw new Error(`the draft refuses ${file.refused} rows of ${file.file}: ${file.refusals[0]?.example}`);
  });
  const table = await tableDraft(typed, columns);
  const rows = again.reduce((sum, file) => sum + file.read, 0);
  const yaml = draftedText(draftOf({ asset, glob: names.glob, samples, fields, columns, table, staged: again }));
  const refused = again.flatMap((file) =>
    file.refused === 0
      ? []
      : [{ file: file.file, rows: file.refused, example: file.refusals.map(({ reason, example }) => `${example} (${reason})`)[0] ?? "" }],
  );
  return { asset, yaml, files: samples.length, rows, refused };
}

async function withFields(engine: Engine, paths: readonly string[]): Promise<readonly Sample[]> {
  await using session = await engine.session();
  const samples: Sample[] = [];
  for (const path of paths) {
    const { format, named } = formatOfSample(path);
    const isWide = format === "csv" && wideEncoding((await readHead(path)).bytes) !== null;
    try {
      samples.push({ path, file: basename(path), format, named, fields: await session.fieldsOf(path, format, isWide) });
    } catch (trouble) {
      if (!(trouble instanceof SqlError)) throw trouble;
      throw refusal("bad-file", `\`${basename(path)}\` cannot be read as ${format}: ${trouble.message.split("\n")[0]}`);
    }
  }
  return samples;
}

/** A name that no sample has was made up by the sniffer, for a field that has none. */
function withoutNameless(fields: Fields, read: readonly StagedSample[]): Fields {
  const columns = fields.columns.filter(({ name }) => read.some(({ missing, read: rows }) => rows > 0 && !missing.includes(name)));
  return { ...fields, columns, nameless: fields.nameless || columns.length < fields.columns.length };
}

function refuseUnreadable(samples: readonly StagedSample[]): void {
  const found = samples.find(({ unreadable }) => unreadable !== null);
  if (found !== undefined) throw refusal("bad-file", `\`${found.file}\` cannot be declared: ${found.unreadable}`);
  if (samples.every(({ read }) => read === 0)) throw refusal("bad-file", "the samples have no rows to guess from");
}

/** The text under a name of its own first: whoever looks sees all of it or nothing, and no file is ever replaced. */
async function writeNew(files: Files, path: string, text: string): Promise<void> {
  const draft = `${path}.${randomUUID()}.tmp`;
  await files.makeDir("declare:make", path.slice(0, -basename(path).length));
  await files.writeDurable("declare:write", draft, text);
  try {
    if (!(await files.linkIfFree("declare:link", draft, path))) throw taken(path);
  } finally {
    await files.removeFile("declare:remove", draft);
  }
}

function taken(path: string): FlowError {
  return refusal("bad-option", `\`${path}\` is there already, and was left as it is`, "give `--out` another name");
}

function refusal(code: "bad-file" | "bad-name" | "bad-option", message: string, hint: string | null = null): FlowError {
  return new FlowError([error(code, null, message, hint)]);
}
