import { describe, expect, test } from "vitest";
import { decode, detectEncoding, type Encoding } from "../../core/csv/encoding.js";
import { skipLines } from "../../core/csv/lines.js";
import { provePlain } from "../../core/csv/plain.js";
import { type Dialect, readRecords } from "../../core/csv/records.js";
import { type TableShape, tableRows } from "../../core/csv/table.js";

// How a CSV text comes apart, whatever the chunks are in which it comes.

const usual: Dialect = { delimiter: ",", quote: '"', escape: '"' };
const shape: TableShape = {
  width: 3,
  names: ["id", "name", "n"],
  delimiter: ",",
  quote: '"',
  quoteGuessed: true,
  escapeUnclear: false,
  padding: null,
  damaged: false,
  headerGoesOn: false,
};

async function* chunksOf<T extends string | Uint8Array>(all: T, size: number): AsyncGenerator<T> {
  for (let at = 0; at < all.length; at += size) yield all.slice(at, at + size) as T;
}

async function flat<T>(many: AsyncIterable<readonly T[]>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const some of many) all.push(...some);
  return all;
}

/** `line: cells` or `line! trouble`, the same for chunks of every size. */
async function read(text: string, dialect: Dialect = usual, width = 3): Promise<readonly string[]> {
  const readings = [];
  for (const size of [1, 2, 3, 7, text.length]) {
    const records = await flat(readRecords(chunksOf(text, size), dialect, width));
    readings.push(records.map(({ line, cells, trouble }) => (trouble === null ? `${line}: ${cells.join("|")}` : `${line}! ${trouble}`)));
  }
  for (const reading of readings) expect(reading).toEqual(readings[0]);
  return readings[0] ?? [];
}

describe("[E01] records", () => {
  test.each<readonly [string, string, readonly string[]]>([
    ["line ends of every kind, and none at the end", "1,a,x\r\n2,b,y\r3,c,z\n4,d,w", ["1: 1|a|x", "2: 2|b|y", "3: 3|c|z", "4: 4|d|w"]],
    [
      "quotes within quotes, and line ends",
      '1,"a ""b"", c",x\n2,"two\r\nlines",y\n3,c,z',
      ['1: 1|a "b", c|x', "2: 2|two\r\nlines|y", "4: 3|c|z"],
    ],
    ["blanks around quotes", '1, "a" ,x\n', ["1: 1|a|x"]],
    ["blank lines", "1,a,x\n\n\r\n2,b,y\n", ["1: 1|a|x", "2: ", "3: ", "4: 2|b|y"]],
    [
      "an unclosed quote costs its line where all behind it are whole",
      '1,a,x\n2,"b,y\n3,c,z\n4,"d",w\n',
      ["1: 1|a|x", "2! has text behind a closing quote", "3: 3|c|z", "4: 4|d|w"],
    ],
    ["also at the end", '1,a,x\n2,"b,y\n3,c,z\n', ["1: 1|a|x", "2! has a quote that is never closed", "3: 3|c|z"]],
    [
      "a torn field of several lines costs all of them: a line within it is no row",
      '1,"text\n7,not,row\nmore" x,y\n2,b,y\n',
      ["1! has text behind a closing quote", "4: 2|b|y"],
    ],
    ["a quote within a field", '1,5" pipe,x\n2,b,y\n', ["1! has a quote inside a field that is not quoted", "2: 2|b|y"]],
  ])("%s", async (_name, text, records) => expect(await read(text)).toEqual(records));

  test("a backslash before a quote, where it escapes", async () => {
    const dialect = { ...usual, escape: "\\" };
    expect(await read('1,"a \\"b\\", \\\\c",x\n2,"\\d",y\n3,C:\\dir,z\n', dialect)).toEqual([
      '1: 1|a "b", \\c|x',
      "2! has an escape before a character that needs none",
      "3: 3|C:\\dir|z",
    ]);
  });

  test("a delimiter of several characters, cut by the end of a chunk", async () => {
    expect(await read('1\t\t"a"\t\tx\n', { ...usual, delimiter: "\t\t" })).toEqual(["1: 1|a|x"]);
  });

  test("a line of many megabytes, or a quote that is never closed in a long text, makes it unreadable: the file is refused, not cut", async () => {
    const long = `1,a,x\n2,${"b".repeat(5_000_000)},y\n3,c,z\n`;
    await expect(flat(readRecords(chunksOf(long, 1 << 18), usual, 3))).rejects.toThrow("the record on line 2 is longer than 4 MiB");
    const torn = `1,"a,x\n${"2,b\n".repeat(1_500_000)}`;
    await expect(flat(readRecords(chunksOf(torn, 1 << 18), usual, 3))).rejects.toThrow(
      "the record on line 1 has a quote that is never closed",
    );
  });
});

describe("[E01] rows", () => {
  const rows = async (text: string, over: Partial<TableShape> = {}): Promise<readonly string[]> => {
    const all = await flat(tableRows(readRecords(chunksOf(text, 5), usual, 3), { ...shape, ...over }));
    return all.map(({ line, cells, trouble }) => (trouble === null ? `${line}: ${cells?.join("|")}` : `${line}! ${trouble}`));
  };

  test.each<readonly [string, string, readonly string[]]>([
    [
      "too long, too short",
      "1,a\n2,b,y,\n3,c,z\n",
      ["1! has 2 fields where the header has 3", "2! has 4 fields where the header has 3", "3: 3|c|z"],
    ],
    [
      "the header again, also after a byte order mark",
      "1,a,x\nid,name,n\n\uFEFFid,name,n\n",
      ["1: 1|a|x", "2! repeats the header", "3! repeats the header"],
    ],
    ["a NUL", "1,a\0,x\n", ["1! has a NUL byte"]],
    ["nothing but delimiters and blanks", "1,a,x\n,,\n , ,\n", ["1: 1|a|x", "2! has nothing in any field", "3! has nothing in any field"]],
    ["quotes of another kind", "1,'a',x\n2,it's,y\n", ["1! has a field in quotes that are not those of the file", "2: 2|it's|y"]],
    [
      "another table below, up to the header of the first",
      "1,a,7\n\nkey,text,sort\n4,5,6\nid,name,n\n2,b,8\n",
      [
        "1: 1|a|7",
        "3! looks like the header of another table",
        "4! stands below the header of another table, on line 3",
        "5! repeats the header",
        "6: 2|b|8",
      ],
    ],
    [
      "a footnote of the same width",
      "1,a,7\n2,b,8\nSource,,\n",
      ["1: 1|a|7", "2: 2|b|8", "3! stands at the end of the table like a footnote, and does not look like the rows above"],
    ],
    [
      "a row that goes on with the end of a quoted field",
      '1,a,x\n2,b,first\nsecond"\n3,c,z\n',
      [
        "1: 1|a|x",
        "2! goes on on line 3, which has the end of a quoted field",
        "3! has a quote inside a field that is not quoted",
        "4: 3|c|z",
      ],
    ],
    ["a row with one value at the end is a row", "1,a,7\n2,,\n", ["1: 1|a|7", "2: 2||"]],
  ])("%s", async (_name, text, expected) => expect(await rows(text)).toEqual(expected));

  test("padding is cut off, as much as there is, and nothing more", async () => {
    expect(await rows(" 1 ,  a , x \n", { padding: { left: 1, right: 1 } })).toEqual(["1: 1| a|x"]);
  });
});

test("lines are skipped however they end, also where a chunk ends between the halves of one", async () => {
  for (const size of [1, 2, 3, 100]) {
    let rest = "";
    for await (const text of skipLines(chunksOf("a\r\nb\rc\nd\r\ne\n", size), 4)) rest += text;
    expect(rest).toBe("e\n");
  }
});

describe("a file is plain only where nothing is in doubt", () => {
  const plain = async (text: string | Uint8Array): Promise<number | null> => {
    const bytes = typeof text === "string" ? Buffer.from(text) : text;
    const proofs = [];
    for (const size of [1, 4, bytes.length]) {
      proofs.push(
        (await provePlain(chunksOf(bytes, size), { delimiter: ",", quote: '"', quoteGuessed: true, escapeUnclear: true, width: 3 }))
          .records,
      );
    }
    expect(new Set(proofs).size).toBe(1);
    return proofs[0] ?? null;
  };

  test.each([
    ["simple rows", "id,name,n\n1,a,x\n2,b,y\n", 3],
    ["no line end at the end", "id,name,n\r\n1,a,x", 2],
    ["quotes, doubled within", 'id,name,n\n1,"a ""b"", c",x\n2,"",""\n3,c,z\n', 4],
    ["a byte order mark and letters beyond ASCII", "\uFEFFid,name,n\n1,Jörg,x\n", 2],
  ])("%s", async (_name, text, records) => expect(await plain(text)).toBe(records));

  test.each([
    ["a row too long by an empty field", "id,name,n\n1,a,x,\n"],
    ["a row too short", "id,name,n\n1,a\n"],
    ["a blank line", "id,name,n\n\n1,a,x\n"],
    ["two line ends at the end", "id,name,n\n1,a,x\n\n"],
    ["mixed line ends", "id,name,n\r\n1,a,x\n"],
    ["a carriage return alone", "id,name,n\n1,a\r,x\n"],
    ["a line end in quotes", 'id,name,n\n1,"a\nb",x\n'],
    ["an unclosed quote", 'id,name,n\n1,"a,x\n'],
    ["text behind a quote", 'id,name,n\n1,"a"b,x\n'],
    ["a quote within a field", 'id,name,n\n1,a"b,x\n'],
    ["another quote at the edge of a field", "id,name,n\n1,'a',x\n"],
    ["two backslashes in quotes", 'id,name,n\n1,"a\\\\b",x\n'],
    ["a NUL", "id,name,n\n1,a\0,x\n"],
    ["nothing in any field", "id,name,n\n, ,\n1,a,x\n"],
    ["what may be a footnote", "id,name,n\n1,a,x\nend,,\n"],
    ["a byte order mark within", "id,name,n\n1,a,x\n\uFEFF2,b,y\n"],
    ["a byte that is not UTF-8", Buffer.from("id,name,n\n1,J\xf6rg,x\n", "latin1")],
    ["a character that is cut off", Buffer.from("id,name,n\n1,a,J\xc3", "latin1")],
  ])("not with %s", async (_name, text) => expect(await plain(text)).toBeNull());
});

describe("encodings", () => {
  const text = "id,name\n1,Jörg – “Zoë”, 5 €\n2,Øre\n";
  const swapped = (bytes: Buffer): Buffer => Buffer.from(bytes).swap16();
  const found = async (bytes: Uint8Array): Promise<unknown> => {
    const readings = [];
    for (const size of [3, bytes.length]) readings.push(await detectEncoding(chunksOf(bytes, Math.max(size, 64))));
    return readings.at(-1);
  };

  test.each<readonly [Encoding, Uint8Array]>([
    ["utf-8", Buffer.from(text)],
    ["utf-16le", Buffer.from(text, "utf16le")],
    ["utf-16be", swapped(Buffer.from(text, "utf16le"))],
  ])("%s is told by its bytes, and read in chunks of any size", async (encoding, bytes) => {
    expect(await found(bytes)).toMatchObject({ encoding, guessed: false });
    for (const size of [1, 3, bytes.length]) {
      let all = "";
      for await (const part of decode(chunksOf(bytes, size), encoding)) all += part;
      expect(all).toBe(text);
    }
  });

  test("windows-1252 is guessed where it reads like a text of Western Europe", async () => {
    expect(await found(Buffer.from("id,name\n1,J\xf6rg \x96 \x93Zo\xeb\x94, 5 \x80\n", "latin1"))).toEqual({
      encoding: "windows-1252",
      damaged: false,
      guessed: true,
    });
    let all = "";
    for await (const part of decode(chunksOf(Buffer.from("\x93Zo\xeb\x94 \x80", "latin1"), 2), "windows-1252")) all += part;
    expect(all).toBe("“Zoë” €");
  });

  test.each([
    ["Cyrillic", "\xcf\xf0\xe8\xe2\xe5\xf2"],
    ["Polish in ISO 8859-2", "Mi\xb1sto, \xb6wi\xeat\xb1"],
    ["French of the Macintosh", "\x8et\x8e \x88 P\x8ekin, na\x95ve"],
    ["a byte that stands for nothing", "a\x81b"],
  ])("%s is not taken for it", async (_name, words) => {
    expect(await found(Buffer.from(`id,name\n1,${words}\n`, "latin1"))).toMatchObject({ encoding: null });
  });

  test("UTF-8 with one damaged byte stays UTF-8", async () => {
    expect(await found(Buffer.concat([Buffer.from("Jörg\n"), Buffer.from([0xe9])]))).toEqual({
      encoding: "utf-8",
      damaged: true,
      guessed: false,
    });
  });
});
