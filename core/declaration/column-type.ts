import { nearest } from "../suggest.js";

/** A type as DuckDB prints it, or what is wrong with the text. */
export type TypeReading =
  | { readonly ok: true; readonly type: string }
  | { readonly ok: false; readonly message: string; readonly hint: string };

/** Spellings -> the canonical one. */
const scalarTypes: Readonly<Record<string, string>> = {
  VARCHAR: "VARCHAR",
  TEXT: "VARCHAR",
  STRING: "VARCHAR",
  CHAR: "VARCHAR",
  BPCHAR: "VARCHAR",
  "CHARACTER VARYING": "VARCHAR",
  BOOLEAN: "BOOLEAN",
  BOOL: "BOOLEAN",
  LOGICAL: "BOOLEAN",
  TINYINT: "TINYINT",
  INT1: "TINYINT",
  SMALLINT: "SMALLINT",
  INT2: "SMALLINT",
  SHORT: "SMALLINT",
  INTEGER: "INTEGER",
  INT: "INTEGER",
  INT4: "INTEGER",
  SIGNED: "INTEGER",
  BIGINT: "BIGINT",
  INT8: "BIGINT",
  LONG: "BIGINT",
  HUGEINT: "HUGEINT",
  INT128: "HUGEINT",
  UTINYINT: "UTINYINT",
  UINT8: "UTINYINT",
  USMALLINT: "USMALLINT",
  UINT16: "USMALLINT",
  UINTEGER: "UINTEGER",
  UINT32: "UINTEGER",
  UBIGINT: "UBIGINT",
  UINT64: "UBIGINT",
  UHUGEINT: "UHUGEINT",
  UINT128: "UHUGEINT",
  FLOAT: "FLOAT",
  FLOAT4: "FLOAT",
  REAL: "FLOAT",
  DOUBLE: "DOUBLE",
  FLOAT8: "DOUBLE",
  "DOUBLE PRECISION": "DOUBLE",
  DATE: "DATE",
  TIME: "TIME",
  TIMETZ: "TIME WITH TIME ZONE",
  "TIME WITH TIME ZONE": "TIME WITH TIME ZONE",
  TIMESTAMP: "TIMESTAMP",
  DATETIME: "TIMESTAMP",
  TIMESTAMP_S: "TIMESTAMP_S",
  TIMESTAMP_MS: "TIMESTAMP_MS",
  TIMESTAMP_NS: "TIMESTAMP_NS",
  TIMESTAMPTZ: "TIMESTAMP WITH TIME ZONE",
  "TIMESTAMP WITH TIME ZONE": "TIMESTAMP WITH TIME ZONE",
  INTERVAL: "INTERVAL",
  UUID: "UUID",
  GUID: "UUID",
  BLOB: "BLOB",
  BYTEA: "BLOB",
  BINARY: "BLOB",
  VARBINARY: "BLOB",
  JSON: "JSON",
};

/** Type names worth suggesting, constructors included. */
const typeNames: readonly string[] = [...Object.keys(scalarTypes), "TIMESTAMPTZ", "DECIMAL", "NUMERIC", "STRUCT", "MAP"];

export const integerTypes: ReadonlySet<string> = new Set(
  ["TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"].flatMap((type) => [type, `U${type}`]),
);

export const timestampTypes: ReadonlySet<string> = new Set([
  "TIMESTAMP",
  "TIMESTAMP_S",
  "TIMESTAMP_MS",
  "TIMESTAMP_NS",
  "TIMESTAMP WITH TIME ZONE",
]);

/** Reads a type in any of DuckDB's spellings: `int4`, `numeric(10, 2)`, `text[]`, `struct(a int, b map(text, date))`. */
export function readType(text: string): TypeReading {
  const tokens = text.match(/"(?:[^"]|"")*"|[A-Za-z_][A-Za-z0-9_]*|\d+|\S/g) ?? [];
  const cursor: Cursor = { tokens, at: 0, trouble: null };
  const type = readOne(cursor);
  if (type !== null && cursor.at === tokens.length) return { ok: true, type };
  return { ok: false, ...(cursor.trouble ?? unreadable(text)) };
}

interface Trouble {
  readonly message: string;
  readonly hint: string;
}

interface Cursor {
  readonly tokens: readonly string[];
  at: number;
  trouble: Trouble | null;
}

function unreadable(text: string): Trouble {
  // `{ type: DECIMAL(10,2) }`: YAML ends the text at the comma.
  if (/^[A-Za-z]\w*\([^)]*$/.test(text))
    return { message: `\`${text}\` is not a whole type`, hint: "inside `{ }` a comma ends a value: write the type in quotes" };
  return {
    message: `\`${text}\` is not a type`,
    hint: "for example `INTEGER`, `DECIMAL(10,2)`, `TIMESTAMPTZ`, `VARCHAR[]`, `STRUCT(a INTEGER, b VARCHAR)`",
  };
}

/** A type and the `[]` behind it. */
function readOne(cursor: Cursor): string | null {
  let type = readBase(cursor);
  while (type !== null && take(cursor, "[")) {
    const size = /^\d+$/.test(peek(cursor)) ? next(cursor) : "";
    type = take(cursor, "]") ? `${type}[${size}]` : null;
  }
  return type;
}

function readBase(cursor: Cursor): string | null {
  const word = next(cursor).toUpperCase();
  if (word === "STRUCT") return readList(cursor, readField, (fields) => `STRUCT(${fields.join(", ")})`);
  if (word === "MAP") return readList(cursor, readOne, (types) => (types.length === 2 ? `MAP(${types.join(", ")})` : null));
  if (word === "DECIMAL" || word === "NUMERIC" || word === "DEC") return readDecimal(cursor);
  return readScalar(word, cursor);
}

function readScalar(word: string, cursor: Cursor): string | null {
  const known = scalarTypes[longestName(word, cursor)];
  if (known === undefined) {
    const near = nearest(word, typeNames);
    if (/^[A-Z]/.test(word))
      cursor.trouble = {
        message: `no type is called \`${word}\``,
        hint: near === null ? unreadable("").hint : `did you mean \`${near}\`?`,
      };
    return null;
  }
  // `VARCHAR(20)`: the length is read and means nothing, as in DuckDB.
  if (known === "VARCHAR" && peek(cursor) === "(") return readList(cursor, readNumber, () => known);
  return known;
}

/** Takes the words of names such as `TIMESTAMP WITH TIME ZONE`. */
function longestName(word: string, cursor: Cursor): string {
  for (const more of [3, 1]) {
    const words = cursor.tokens.slice(cursor.at, cursor.at + more);
    const name = [word, ...words].join(" ").toUpperCase();
    if (words.length < more || scalarTypes[name] === undefined) continue;
    cursor.at += more;
    return name;
  }
  return word;
}

function readDecimal(cursor: Cursor): string | null {
  if (peek(cursor) !== "(") return "DECIMAL(18,3)";
  return readList(cursor, readNumber, ([precision, scale = "0"]) => {
    if (Number(precision) >= 1 && Number(precision) <= 38 && Number(scale) <= Number(precision)) return `DECIMAL(${precision},${scale})`;
    cursor.trouble = {
      message: `there is no \`DECIMAL(${precision},${scale})\``,
      hint: "the first number is from 1 to 38, the second from 0 to the first",
    };
    return null;
  });
}

function readNumber(cursor: Cursor): string | null {
  return /^\d+$/.test(peek(cursor)) ? String(Number(next(cursor))) : null;
}

function readField(cursor: Cursor): string | null {
  const name = next(cursor);
  if (!/^["A-Za-z_]/.test(name)) return null;
  const type = readOne(cursor);
  return type === null ? null : `${name} ${type}`;
}

function readList(
  cursor: Cursor,
  item: (cursor: Cursor) => string | null,
  build: (items: readonly string[]) => string | null,
): string | null {
  if (!take(cursor, "(")) return null;
  const items: string[] = [];
  do {
    const one = item(cursor);
    if (one === null) return null;
    items.push(one);
  } while (take(cursor, ","));
  return take(cursor, ")") ? build(items) : null;
}

function peek(cursor: Cursor): string {
  return cursor.tokens[cursor.at] ?? "";
}

function next(cursor: Cursor): string {
  const token = peek(cursor);
  cursor.at += 1;
  return token;
}

function take(cursor: Cursor, token: string): boolean {
  if (peek(cursor) !== token) return false;
  cursor.at += 1;
  return true;
}
