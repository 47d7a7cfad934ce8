import { type Document, documentOf, recordOf, textOf, type Writing } from "./document.js";
import type { Random } from "./random.js";
import type { CleanTable } from "./tables.js";

/** What becomes of a clean table on its way here; null: it cannot happen to this one. */
export type Polluter = (table: CleanTable, random: Random) => Polluted | null;

export interface Polluted {
  readonly document: Document;
  readonly bytes: Uint8Array;
}

const utf8 = (document: Document): Polluted => ({ document, bytes: Buffer.from(textOf(document)) });

function written(writing: Partial<Writing>): Polluter {
  return (table) => utf8(documentOf(table, writing));
}

/** Something done to the records of a table that is written as usual, or as given. */
function edited(
  edit: (document: Document, table: CleanTable, random: Random) => Document | null,
  writing: Partial<Writing> = {},
): Polluter {
  return (table, random) => {
    const document = edit(documentOf(table, writing), table, random);
    return document === null ? null : utf8(document);
  };
}

/** One row, picked at random, is written otherwise. */
function oneRow(
  rewrite: (cells: readonly string[], random: Random, text: string) => string | null,
  writing: Partial<Writing> = {},
): Polluter {
  return edited((document, table, random) => {
    const at = 1 + random.below(table.rows.length);
    const entry = document[at];
    const text = entry === undefined ? null : rewrite(table.rows[at - 1] ?? [], random, entry.text);
    if (entry === undefined || text === null || text === entry.text) return null;
    entry.text = text;
    return document;
  }, writing);
}

function above(lines: readonly string[]): Polluter {
  return edited((document) => [...lines.map((text) => ({ text, lineEnd: "\n", row: null })), ...document]);
}

function below(lines: readonly string[] | ((table: CleanTable) => readonly string[])): Polluter {
  return edited((document, table) => {
    const texts = typeof lines === "function" ? lines(table) : lines;
    return [...document, ...texts.map((text) => ({ text, lineEnd: "\n", row: null }))];
  });
}

const widthOf = (table: CleanTable): number => Object.keys(table.columns).length;

function encoded(encode: (text: string) => Uint8Array | null): Polluter {
  return (table) => {
    const document = documentOf(table);
    const bytes = encode(textOf(document));
    return bytes === null ? null : { document, bytes };
  };
}

function swapped(bytes: Buffer): Buffer {
  return bytes.length % 2 === 0 ? Buffer.from(bytes).swap16() : bytes;
}

const windows1252 = "€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ";

function inWindows1252(text: string): Uint8Array {
  return Buffer.from(
    [...text].map((character) => {
      const sign = windows1252.indexOf(character);
      return sign >= 0 ? 0x80 + sign : character.charCodeAt(0);
    }),
  );
}

const replaceAt = (cells: readonly string[], at: number, cell: string): readonly string[] =>
  cells.map((old, place) => (place === at ? cell : old));

const polluterGroups: Readonly<Record<string, Readonly<Record<string, Polluter>>>> = {
  delimiter: {
    plain: written({}),
    semicolon: written({ delimiter: ";" }),
    tab: written({ delimiter: "\t" }),
    pipe: written({ delimiter: "|" }),
    colon: written({ delimiter: ":" }),
    caret: written({ delimiter: "^" }),
    tilde: written({ delimiter: "~" }),
    section: written({ delimiter: "§" }),
    unit: written({ delimiter: "\x1f" }),
    start: written({ delimiter: "\x01" }),
    "space, all quoted": written({ delimiter: " ", quoting: "all" }),
    "comma and space": written({ delimiter: ", ", quoting: "all" }),
    "two tabs": written({ delimiter: "\t\t" }),
    "backslash t": written({ delimiter: "\\t", quoting: "all" }),
    "semicolon, all quoted": written({ delimiter: ";", quoting: "all", lineEnd: "\r\n" }),
  },
  quote: {
    all: written({ quoting: "all" }),
    single: written({ quote: "'", escape: "'" }),
    "single, all": written({ quote: "'", escape: "'", quoting: "all" }),
    backtick: written({ quote: "`", escape: "`", quoting: "all" }),
    backslash: written({ escape: "\\" }),
    "backslash, all": written({ escape: "\\", quoting: "all", delimiter: ";" }),
    "single with backslash": written({ quote: "'", escape: "\\", quoting: "all" }),
  },
  "line end": {
    crlf: written({ lineEnd: "\r\n" }),
    cr: written({ lineEnd: "\r" }),
    mixed: edited((document, _table, random) => document.map((entry) => ({ ...entry, lineEnd: random.pick(["\n", "\r\n", "\r"]) }))),
    "one cr": edited((document, _table, random) => {
      const entry = random.pick(document);
      entry.lineEnd = "\r";
      return document;
    }),
    "one crlf": edited((document, _table, random) => {
      const entry = random.pick(document);
      entry.lineEnd = "\r\n";
      return document;
    }),
    "none at the end": edited((document) => document.map((entry, at) => (at === document.length - 1 ? { ...entry, lineEnd: "" } : entry))),
    "two at the end": below([""]),
    "cr cr lf": written({ lineEnd: "\r\r\n" }),
  },
  lines: {
    "blank ones": edited((document, table, random) =>
      widthOf(table) === 1
        ? null
        : document.flatMap((entry) => (random.below(5) === 0 ? [{ text: "", lineEnd: "\n", row: null }, entry] : [entry])),
    ),
    "white ones": edited((document, table, random) =>
      widthOf(table) === 1
        ? null
        : document.flatMap((entry) => (random.below(8) === 0 ? [{ text: "   ", lineEnd: "\n", row: null }, entry] : [entry])),
    ),
    "of delimiters": edited((document, table, random) =>
      widthOf(table) === 1
        ? null
        : document.flatMap((entry, at) =>
            at > 0 && random.below(6) === 0 ? [entry, { text: ",".repeat(widthOf(table) - 1), lineEnd: "\n", row: null }] : [entry],
          ),
    ),
    merged: edited((document, table, random) => {
      if (widthOf(table) === 1) return null;
      const at = 1 + random.below(document.length - 2);
      const [one, two] = [document[at], document[at + 1]];
      if (one === undefined || two === undefined) return null;
      return [...document.slice(0, at), { text: one.text + two.text, lineEnd: "\n", row: null }, ...document.slice(at + 2)];
    }),
    broken: oneRow((cells, random) => {
      const at = random.below(cells.length);
      const cell = cells[at] ?? "";
      // Broken in its first or last field it leaves a whole row beside a short one: nobody could tell.
      if (at === 0 || at === cells.length - 1 || cell.length < 2 || /["\n,]/.test(cells.join("")) || cells.length < 3) return null;
      return recordOf(replaceAt(cells, at, `${cell.slice(0, 1)}\n${cell.slice(1)}`), { quote: "\x02", escape: "\x02" }).replaceAll(
        "\x02",
        "",
      );
    }),
  },
  above: {
    "three words": above(["PREAMBLE", "PREAMBLE", "PREAMBLE"]),
    sentences: above(["Exported on 2026-01-31, by Ada", "Confidential; do not share", ""]),
    comments: above(["# made by a program", "# version 2.1, 2026"]),
    "an unclosed quote": above(['Report "of the day', ""]),
    delimited: edited((document, table) => [
      ...[1, 2, 3].map(() => ({
        text: recordOf(["PREAMBLE", ...Array.from({ length: widthOf(table) - 1 }, () => "")]),
        lineEnd: "\n",
        row: null,
      })),
      ...document,
    ]),
    "delimited, with an empty one": edited((document, table) => [
      { text: recordOf(["PREAMBLE", ...Array.from({ length: widthOf(table) - 1 }, () => "")]), lineEnd: "\n", row: null },
      { text: ",".repeat(widthOf(table) - 1), lineEnd: "\n", row: null },
      ...document,
    ]),
    "blank lines": above(["", ""]),
    "sep=": edited((document) => [{ text: "sep=;", lineEnd: "\n", row: null }, ...document], { delimiter: ";" }),
    "a name": edited((document, table) => [
      { text: `About ${Object.keys(table.columns)[0] ?? ""}`, lineEnd: "\n", row: null },
      ...document,
    ]),
  },
  below: {
    "three words": below(["FOOTNOTE", "FOOTNOTE", "FOOTNOTE"]),
    "after a blank line": below(["", "Source: the office, 2026", "All rights reserved"]),
    delimited: below((table) => [1, 2].map(() => recordOf(["FOOTNOTE", ...Array.from({ length: widthOf(table) - 1 }, () => "")]))),
    "end of file": below(["\x1a"]),
  },
  header: {
    again: edited((document, table, random) => {
      const at = 1 + random.below(table.rows.length);
      const [header] = document;
      return header === undefined ? null : [...document.slice(0, at), { ...header }, ...document.slice(at)];
    }),
    twice: edited((document) => document.flatMap((entry, at) => (at === 0 ? [entry, { ...entry }] : [entry]))),
    "after a byte order mark": edited((document) => [
      ...document,
      ...document.slice(0, 1).map((entry) => ({ ...entry, text: `\uFEFF${entry.text}` })),
    ]),
    capitals: (table) => utf8(documentOf(table, { header: Object.keys(table.columns).map((name) => name.toUpperCase()) })),
    padded: (table) => utf8(documentOf(table, { header: Object.keys(table.columns).map((name) => ` ${name} `) })),
    "row above": edited((document, table) => [
      { text: recordOf(Object.keys(table.columns).map((_, at) => (at === 0 ? "HEADER" : ""))), lineEnd: "\n", row: null },
      ...document,
    ]),
    // In a table of nothing but words nobody could tell.
    units: edited((document, table) =>
      table.name === "pairs"
        ? null
        : [
            ...document.slice(0, 1),
            { text: recordOf(Object.keys(table.columns).map((_, at) => `unit ${"abcdefgh"[at % 8]}`)), lineEnd: "\n", row: null },
            ...document.slice(1),
          ],
    ),
    split: (table) => {
      const names = Object.keys(table.columns);
      const cut = names.map((name) => Math.max(1, Math.floor(name.length / 2)));
      const [, ...rows] = documentOf(table);
      const upper = recordOf(names.map((name, at) => name.slice(0, cut[at])));
      const lower = recordOf(names.map((name, at) => name.slice(cut[at])));
      return utf8([{ text: upper, lineEnd: "\n", row: null }, { text: lower, lineEnd: "\n", row: null }, ...rows]);
    },
    missing: edited((document) => document.slice(1)),
    foreign: (table) => utf8(documentOf(table, { header: Object.keys(table.columns).map((_, at) => `field${at}`) })),
    "a name twice": (table) => {
      const names = Object.keys(table.columns);
      return names.length < 2 ? null : utf8(documentOf(table, { header: [names[0] ?? "", ...names.slice(0, 1), ...names.slice(2)] }));
    },
    "a name lost": (table, random) => {
      const names = Object.keys(table.columns);
      return utf8(documentOf(table, { header: replaceAt(names, random.below(names.length), "") }));
    },
    only: edited((document) => document.slice(0, 1)),
  },
  cells: {
    "one less": oneRow((cells) => (cells.length < 2 ? null : recordOf(cells.slice(0, -1)))),
    "one less, in the middle": oneRow((cells, random) => {
      const at = random.below(cells.length);
      return cells.length < 2 ? null : recordOf(cells.filter((_, place) => place !== at));
    }),
    "one more": oneRow((cells) => recordOf([...cells, "more"])),
    "an empty one more": oneRow((cells) => recordOf([...cells, ""])),
    "a delimiter more": oneRow((cells, random) => {
      const at = random.below(cells.length + 1);
      return recordOf([...cells.slice(0, at), "", ...cells.slice(at)]);
    }),
    "another delimiter": oneRow((cells) => (cells.length < 2 ? null : recordOf(cells, { delimiter: ";" }))),
    "other quotes": oneRow((cells) => recordOf(cells, { quote: "'", escape: "'", quoting: "all" }), { quoting: "all" }),
    "another escape": oneRow(
      (cells) => (cells.some((cell) => cell.includes('"')) ? recordOf(cells, { escape: "\\", quoting: "all" }) : null),
      { quoting: "all" },
    ),
    "a quote before": oneRow((cells, random) => {
      const at = random.below(cells.length);
      if (/["\n,]/.test(cells[at] ?? "")) return null;
      return cells.map((cell, place) => (place === at ? `"${cell}` : recordOf([cell]))).join(",");
    }),
    "a quote behind": oneRow((cells, random) => {
      const at = random.below(cells.length);
      if (/["\n,]/.test(cells[at] ?? "") || cells[at] === "") return null;
      return cells.map((cell, place) => (place === at ? `${cell}"` : recordOf([cell]))).join(",");
    }),
    "a quote less": oneRow(
      (_cells, random, text) => {
        const quotes = [...text.matchAll(/"/g)].map(({ index }) => index);
        const at = random.pick(quotes);
        return text.slice(0, at) + text.slice(at + 1);
      },
      { quoting: "all" },
    ),
    "a quote more": oneRow(
      (_cells, random, text) => {
        const quotes = [...text.matchAll(/"/g)].map(({ index }) => index);
        const at = random.pick(quotes);
        return `${text.slice(0, at)}"${text.slice(at)}`;
      },
      { quoting: "all" },
    ),
    NUL: oneRow((_cells, random, text) => {
      const at = random.below(text.length);
      return `${text.slice(0, at)}\0${text.slice(at)}`;
    }),
    "all empty": oneRow((cells) => (cells.length < 2 ? null : ",".repeat(cells.length - 1))),
  },
  padding: {
    behind: (table) => padded(table, (cell) => `${cell} `),
    both: (table) => padded(table, (cell) => ` ${cell} `),
    // A blank at the end of a value would be padding, too.
    aligned: (table) => (table.rows.flat().some((cell) => cell.endsWith(" ")) ? null : padded(table, (cell) => cell.padEnd(30))),
    "before quotes": edited((document) => document.map((entry) => ({ ...entry, text: entry.text.replaceAll('","', '" , "') })), {
      quoting: "all",
    }),
  },
  encoding: {
    "utf-8 with a mark": encoded((text) => Buffer.from(`\uFEFF${text}`)),
    "utf-16le with a mark": encoded((text) => Buffer.from(`\uFEFF${text}`, "utf16le")),
    "utf-16be with a mark": encoded((text) => swapped(Buffer.from(`\uFEFF${text}`, "utf16le"))),
    "utf-16le": encoded((text) => Buffer.from(text, "utf16le")),
    "utf-16be": encoded((text) => swapped(Buffer.from(text, "utf16le"))),
    "utf-16 cut off": encoded((text) => Buffer.from(`\uFEFF${text}`, "utf16le").subarray(0, -1)),
    "windows-1252": encoded(inWindows1252),
    "utf-32": encoded((text) => {
      const points = [0xfeff, ...[...text].map((character) => character.codePointAt(0) ?? 0)];
      const bytes = Buffer.alloc(points.length * 4);
      points.forEach((point, at) => {
        bytes.writeUInt32LE(point, at * 4);
      });
      return bytes;
    }),
    "one byte of latin-1": (table, random) => {
      const document = documentOf(table);
      const at = 1 + random.below(table.rows.length);
      const before = textOf(document.slice(0, at));
      const row = document[at];
      if (row === undefined || !/\P{ASCII}/u.test(textOf(document.filter((entry) => entry !== row)))) return null;
      const bytes = [Buffer.from(before), Buffer.from([0xe9]), Buffer.from(textOf(document.slice(at)))];
      return { document, bytes: Buffer.concat(bytes) };
    },
  },
  tables: {
    "another, narrower": otherTable((width) => Math.max(1, width - 2)),
    "another, wider": otherTable((width) => width + 2),
    "another, of the same width": otherTable((width) => width),
    "the same again": edited((document) => [...document, ...document.slice(0, 1).map((entry) => ({ ...entry, lineEnd: "\n" }))]),
  },
  end: {
    cut: (table, random) => {
      const width = widthOf(table);
      const document = documentOf(table);
      const at = 1 + random.below(table.rows.length);
      const entry = document[at];
      const cells = table.rows[at - 1] ?? [];
      // A cut in the last field leaves a row that nobody could tell from a whole one.
      if (entry === undefined || width < 2) return null;
      const last = recordOf(cells.slice(-1)).length;
      const length = random.below(entry.text.length - last);
      const rest: Document = [...document.slice(0, at), { text: entry.text.slice(0, length), lineEnd: "", row: null }];
      return utf8(rest);
    },
    nothing: () => ({ document: [], bytes: Buffer.alloc(0) }),
  },
};

function padded(table: CleanTable, pad: (cell: string) => string): Polluted | null {
  if (table.rows.some((row) => row.some((cell) => /[",\n]/.test(cell)))) return null;
  const line = (cells: readonly string[], row: number | null): Document[number] => ({ text: cells.map(pad).join(","), lineEnd: "\n", row });
  return utf8([line(Object.keys(table.columns), null), ...table.rows.map((row, at) => line(row, at))]);
}

function otherTable(width: (own: number) => number): Polluter {
  return edited((document, table) => {
    const fields = width(widthOf(table));
    if (widthOf(table) === 1) return null;
    const names = Array.from(
      { length: fields },
      (_, at) => `other ${"abcdefghijklmnopqrstuvwxyz"[at % 26]}${"xyz"[Math.floor(at / 26)] ?? ""}`,
    );
    const rows = [1, 2, 3].map((n) => Array.from({ length: fields }, (_, at) => String(n * 100 + at)));
    return [...document, ...["", ...[names, ...rows].map((cells) => recordOf(cells))].map((text) => ({ text, lineEnd: "\n", row: null }))];
  });
}

/** By name, e.g. `quote: single`. */
export const polluters: ReadonlyMap<string, Polluter> = new Map(
  Object.entries(polluterGroups).flatMap(([group, members]) =>
    Object.entries(members).map(([name, polluter]) => [`${group}: ${name}`, polluter]),
  ),
);
