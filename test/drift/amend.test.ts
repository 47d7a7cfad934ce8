import { describe, expect, test } from "vitest";
import { amended, type ColumnAmendment } from "../../core/declaration/amend.js";

// A declaration that takes drifted files: only what has to change does, every other character stays.

const cases: readonly (readonly [name: string, before: string, amendment: ColumnAmendment, after: string])[] = [
  [
    "a type on its own line keeps its comment",
    "columns:\n  a: INTEGER   # one\n  b: DATE # two\n",
    { column: "a", settings: { type: "BIGINT" } },
    "columns:\n  a: BIGINT   # one\n  b: DATE # two\n",
  ],
  [
    "a type becomes a mapping where there is more to say",
    "columns:\n  a: INTEGER   # one\n",
    { column: "a", settings: { optional: true } },
    "columns:\n  a: { type: INTEGER, optional: true }   # one\n",
  ],
  [
    "a mapping on one line grows at its end, and its quotes and blanks stay",
    "columns: {  a: {type: 'INTEGER'  , nullable: false } , b: DATE }\n",
    { column: "a", settings: { type: "BIGINT", aliases: ["x"], optional: true } },
    "columns: {  a: {type: BIGINT  , nullable: false, aliases: [ x ], optional: true } , b: DATE }\n",
  ],
  [
    "a mapping on several lines grows by a line behind its last comment, before the blank line",
    "columns:\n    a:\n        # why\n        type: DATE # iso\n        description: >-\n          long\n          text\n\n    b: DATE\nkey: a\n",
    { column: "a", settings: { type: "TIMESTAMP", optional: true } },
    "columns:\n    a:\n        # why\n        type: TIMESTAMP # iso\n        description: >-\n          long\n          text\n        optional: true\n\n    b: DATE\nkey: a\n",
  ],
  [
    "a list on several lines gets its new items",
    "columns:\n  a:\n    type: DATE\n    aliases:\n      - x # old\n      - y\n",
    { column: "a", settings: { aliases: ["x", "y", "z"] } },
    "columns:\n  a:\n    type: DATE\n    aliases:\n      - x # old\n      - y\n      - z\n",
  ],
  [
    "a list on one line is written anew",
    "columns:\n  a: { type: DATE, aliases: [x] } # c\n",
    { column: "a", settings: { aliases: ["x", "y"] } },
    "columns:\n  a: { type: DATE, aliases: [ x, y ] } # c\n",
  ],
  [
    "a new column comes last",
    "columns:\n  a: INTEGER # one\n\n# the key\nkey: a\n",
    { column: "b c", settings: { type: "DECIMAL(4,2)", optional: true } },
    'columns:\n  a: INTEGER # one\n  b c: { type: "DECIMAL(4,2)", optional: true }\n\n# the key\nkey: a\n',
  ],
  [
    "the file may end without a line end",
    "columns:\n  a: INTEGER",
    { column: "b", settings: { type: "DATE" } },
    "columns:\n  a: INTEGER\n  b: { type: DATE }",
  ],
];

test.each(cases)("%s", (_name, before, amendment, after) => {
  expect(amended(before, [amendment])).toBe(after);
});

describe("what cannot be amended is left alone", () => {
  test.each(["asset: a\n", "base: &c { a: INTEGER }\ncolumns: *c\n", "columns:\n"])("%j", (text) => {
    expect(amended(text, [{ column: "a", settings: { type: "DATE" } }])).toBeNull();
  });
});
