import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { italianDeliveries } from "../../fixtures/italy.js";
import { untar } from "../history/tar.js";
import type { Sample } from "./corpus.js";
import { type Document, documentOf, type Entry, recordOf, textOf, type Writing } from "./document.js";
import type { Random } from "./random.js";
import { type CleanTable, cleanTables } from "./tables.js";

/** Clean tables and real deliveries, each written in some way, with some damage to some of its records. */
export function mutant(random: Random, tables: readonly CleanTable[]): Sample {
  const table = random.pick(tables);
  const writing = writingOf(random, table);
  const done: string[] = [`${JSON.stringify(writing)}`];
  let document = documentOf(table, writing);
  const damages = random.below(4);
  const damaged = new Set<Entry>();
  for (let damage = 0; damage < damages; damage++) {
    const [name, mutate] = random.pick(mutations);
    const entry = random.pick(document.slice(1));
    // Two damages to one record could make up for each other.
    if (damaged.has(entry)) continue;
    const next = mutate(document, entry, random, writing, table);
    if (next === null) continue;
    document = next;
    for (const touched of document) if (touched.text !== "" && !damaged.has(touched) && touched === entry) damaged.add(touched);
    done.push(name);
  }
  const [encoding, bytes] = encoded(random, textOf(document));
  return { table, document, bytes, name: [...done, encoding].join(", ") };
}

const plain = /^[\x20-\x7e\n]*$/;

function writingOf(random: Random, table: CleanTable): Writing {
  const delimiter = random.pick([",", ",", ",", ";", "\t", "|", "^"]);
  const quote = random.pick(['"', '"', '"', "'"]);
  const escape = random.below(5) === 0 ? "\\" : quote;
  const quoting = random.below(3) === 0 ? "all" : "minimal";
  return { delimiter, quote, escape, quoting, lineEnd: random.pick(["\n", "\n", "\r\n", "\r"]), header: Object.keys(table.columns) };
}

function encoded(random: Random, text: string): readonly [string, Uint8Array] {
  const wide = (): Buffer => Buffer.from(`\uFEFF${text}`, "utf16le");
  switch (random.below(8)) {
    case 0:
      return ["utf-16le", wide()];
    case 1:
      return ["utf-16be", Buffer.from(wide()).swap16()];
    case 2:
      return ["utf-8 with a mark", Buffer.from(`\uFEFF${text}`)];
    case 3:
      return plain.test(text.replaceAll(/[\xa0-\xff]/g, "")) ? ["latin-1", Buffer.from(text, "latin1")] : ["utf-8", Buffer.from(text)];
    default:
      return ["utf-8", Buffer.from(text)];
  }
}

/** Null: it does not apply. The entries stay the same objects where their records are still there. */
type Mutation = (document: Document, entry: Entry, random: Random, writing: Writing, table: CleanTable) => Document | null;

const line = (text: string, lineEnd = "\n"): Entry => ({ text, lineEnd, row: null });

/** Places outside of quotes, where a sign is a part of the dialect and not of a value. */
function outside(text: string, { quote, escape }: Writing): readonly number[] {
  const places: number[] = [];
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    if (!quoted) places.push(at);
    if (quoted && escape !== quote && text[at] === escape) at += 1;
    else if (text[at] === quote) quoted = !quoted;
  }
  return places;
}

function rewrite(entry: Entry, text: string): void {
  entry.text = text;
}

function behind(document: Document, entry: Entry, ...more: readonly Entry[]): Document {
  return document.flatMap((other) => (other === entry ? [other, ...more] : [other]));
}

const mutations: readonly (readonly [string, Mutation])[] = [
  [
    "a delimiter more",
    (document, entry, random, writing) => {
      const at = random.pick(outside(entry.text, writing));
      rewrite(entry, entry.text.slice(0, at) + writing.delimiter + entry.text.slice(at));
      return document;
    },
  ],
  [
    "a delimiter less",
    (document, entry, random, writing) => {
      const places = outside(entry.text, writing).filter((at) => entry.text.startsWith(writing.delimiter, at));
      if (places.length === 0) return null;
      const at = random.pick(places);
      rewrite(entry, entry.text.slice(0, at) + entry.text.slice(at + writing.delimiter.length));
      return document;
    },
  ],
  [
    "a quote at an edge",
    (document, entry, random, writing) => {
      // In a text without any other, it is an apostrophe.
      if (writing.quote !== '"' && writing.quoting !== "all") return null;
      const edges = outside(entry.text, writing).filter((at) => at === 0 || entry.text.startsWith(writing.delimiter, at));
      const at = random.pick(edges);
      rewrite(entry, entry.text.slice(0, at) + writing.quote + entry.text.slice(at));
      return document;
    },
  ],
  [
    "a quote less",
    (document, entry, random, writing) => {
      const places = [...entry.text].flatMap((character, at) => (character === writing.quote ? [at] : []));
      if (places.length === 0 || writing.escape !== writing.quote) return null;
      const at = random.pick(places);
      rewrite(entry, entry.text.slice(0, at) + entry.text.slice(at + 1));
      return document;
    },
  ],
  [
    "a NUL",
    (document, entry, random) => {
      const at = random.below(entry.text.length + 1);
      rewrite(entry, `${entry.text.slice(0, at)}\0${entry.text.slice(at)}`);
      return document;
    },
  ],
  [
    "a line end less",
    (document, entry, _random, _writing, table) => {
      const at = document.indexOf(entry);
      const next = document[at + 1];
      if (next === undefined || entry.text === "" || next.text === "" || Object.keys(table.columns).length === 1) return null;
      return [...document.slice(0, at), line(entry.text + next.text, next.lineEnd), ...document.slice(at + 2)];
    },
  ],
  [
    "another line end",
    (document, entry, random) => {
      entry.lineEnd = random.pick(["\n", "\r\n", "\r"]);
      return document;
    },
  ],
  [
    "a blank line",
    (document, entry, _random, _writing, table) => (Object.keys(table.columns).length === 1 ? null : behind(document, entry, line(""))),
  ],
  [
    "blanks only",
    (document, entry, _random, _writing, table) =>
      Object.keys(table.columns).length === 1 ? null : behind(document, entry, line("  \t ")),
  ],
  [
    "a remark",
    (document, entry, random) =>
      behind(document, entry, line(random.pick(["# a remark", "--", "… and so on", "'", '"', "(c) 2026", "\\"]))),
  ],
  [
    "the header again",
    (document, entry, _random, writing, table) => behind(document, entry, line(recordOf(Object.keys(table.columns), writing))),
  ],
  [
    "a line above",
    (document, _entry, random) => [
      line(random.pick(["Report, 2026", "# made by a program", "", 'the "best" of all', "a;b|c"])),
      ...document,
    ],
  ],
  ["a line below", (document, _entry, random) => [...document, line(random.pick(["Source: the office", "(end)", "", "*"]))]],
  [
    "an empty row",
    (document, entry, _random, writing, table) => {
      const width = Object.keys(table.columns).length;
      return width === 1 ? null : behind(document, entry, line(writing.delimiter.repeat(width - 1)));
    },
  ],
  [
    "another delimiter",
    (document, entry, random, writing, table) => {
      const cells = entry.row === null ? undefined : table.rows[entry.row];
      const others = [",", ";", "\t", "|"].filter((other) => other !== writing.delimiter);
      if (cells === undefined || cells.length === 1) return null;
      rewrite(entry, recordOf(cells, { ...writing, delimiter: random.pick(others) }));
      return document;
    },
  ],
  [
    "a cut",
    (document, entry, random, writing, table) => {
      const cells = entry.row === null ? undefined : table.rows[entry.row];
      if (cells === undefined || cells.length === 1) return null;
      const last = recordOf(cells.slice(-1), writing).length;
      const length = random.below(Math.max(1, entry.text.length - last));
      const at = document.indexOf(entry);
      // Nothing of it is left: then it never was.
      if (length === 0) return document.slice(0, at);
      rewrite(entry, entry.text.slice(0, length));
      entry.lineEnd = "";
      return document.slice(0, at + 1);
    },
  ],
];

/** The generated tables and the real deliveries of the fixture, and those beside the repository where they are. */
export function fuzzTables(): readonly CleanTable[] {
  const texts = [...italianDeliveries().map(({ text }) => text), ...history()];
  const byHeader = new Map<string, string[]>();
  for (const text of texts) {
    const header = text.slice(0, text.search(/\r?\n/));
    byHeader.set(header, [...(byHeader.get(header) ?? []), text]);
  }
  const real = [...byHeader].flatMap(([header, bodies], group) => tablesOf(header, bodies, group));
  // As many of the generated ones as of the real ones.
  return [...real, ...Array.from({ length: Math.ceil(real.length / cleanTables.length) }, () => cleanTables).flat()];
}

/** Real deliveries of one header: tables of one asset. */
function tablesOf(header: string, texts: readonly string[], group: number): readonly CleanTable[] {
  const names = header.split(",");
  if (names.length < 5 || new Set(names).size < names.length || names.includes("")) return [];
  const bodies = texts.map((text) =>
    text
      .trimEnd()
      .split(/\r?\n/)
      .slice(1)
      .map((row) => row.split(",")),
  );
  const whole = bodies.filter((rows) => rows.length > 2 && rows.every((row) => row.length === names.length && !row.join("").includes('"')));
  const isWhole = (at: number): boolean => whole.every((rows) => rows.every((row) => /^(0|-?[1-9]\d{0,8})$/.test(row[at] ?? "")));
  const columns = Object.fromEntries(names.map((name, at) => [name, isWhole(at) ? "INTEGER" : "VARCHAR"]));
  return whole.map((rows) => ({ name: `italy_${group}`, columns, rows }));
}

function history(): readonly string[] {
  const packed = fileURLToPath(new URL("../../../shared/data/italy-regions.tar.gz", import.meta.url));
  if (!existsSync(packed)) return [];
  return [...untar(readFileSync(packed))].filter(([path]) => path.includes("/blobs/")).map(([, bytes]) => bytes.toString("utf8"));
}
