import { describe, expect, test } from "vitest";
import { ansiPaint, renderDiagnostics, renderFrame } from "../../cli/print/frame.js";
import { displayWidth, plain } from "../../cli/print/plain.js";
import { type Diagnostic, error, sortDiagnostics, warning } from "../../core/diagnostic.js";

function at(text: string, word: string, path = "assets/orders.yaml"): Diagnostic {
  const start = text.indexOf(word);
  return error(
    "unknown-key",
    { file: { path, text }, range: { start, end: start + word.length } },
    `unknown key \`${word}\``,
    "did you mean `ingest`?",
  );
}

describe("a code frame", () => {
  test("points at the words the user typed", () => {
    expect(renderFrame(at("a: 1\n\ningset:\n", "ingset"))).toBe(
      [
        "error[unknown-key]: unknown key `ingset`",
        " --> assets/orders.yaml:3:1",
        "  |",
        "3 | ingset:",
        "  | ^^^^^^",
        "hint: did you mean `ingest`?",
      ].join("\n"),
    );
  });

  test("the gutter grows with the line's number", () => {
    expect(
      renderFrame(at(`${"\n".repeat(99)}x: ingset`, "ingset"))
        .split("\n")
        .slice(1, 5),
    ).toEqual(["   --> assets/orders.yaml:100:4", "    |", "100 | x: ingset", "    |    ^^^^^^"]);
  });

  test.each([
    ["\tingset", "  ingset", "  ^^^^^^"],
    ["名前: ingset", "名前: ingset", "      ^^^^^^"],
    ["é (e\u0301): ingset", "é (e\u0301): ingset", "       ^^^^^^"],
    ["🙂 ingset\r", "🙂 ingset", "   ^^^^^^"],
    ["\u001b[31mred ingset", "[31mred ingset", "        ^^^^^^"],
  ])("tabs, wide characters and escapes do not misplace the carets: %j", (line, shown, carets) => {
    expect(
      renderFrame(at(`${line}\nnext`, "ingset"))
        .split("\n")
        .slice(3, 5),
    ).toEqual([`1 | ${shown}`, `  | ${carets}`]);
  });

  test("of several lines the first is marked", () => {
    expect(renderFrame(at("sql: |\n  a\n", "|\n  a")).split("\n").slice(3, 5)).toEqual(["1 | sql: |", "  |      ^"]);
  });

  test("a very long line is cut around the place", () => {
    const lines = renderFrame(at(`${"x".repeat(5000)} ingset ${"y".repeat(5000)}`, "ingset")).split("\n");
    expect(lines[3]?.length).toBeLessThan(180);
    expect(lines[3]?.indexOf("ingset")).toBe(lines[4]?.indexOf("^"));
  });

  test("colour is added around words and changes none", () => {
    const one = at("ingset: 1", "ingset");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control characters.
    expect(renderFrame(one, ansiPaint).replace(/\u001b\[\d+m/g, "")).toBe(renderFrame(one));
    expect(renderFrame(one, ansiPaint)).toContain("\u001b[31m^^^^^^\u001b[0m");
  });
});

test("at most 20 frames are shown, errors first, and all are counted", () => {
  const warnings = Array.from({ length: 15 }, (_, n) => warning("no-effect", null, `w${n}`));
  const errors = Array.from({ length: 15 }, (_, n) => error("cycle", null, `e${n}`));
  const text = renderDiagnostics([...warnings, ...errors]);
  expect(text.match(/^error/gm)).toHaveLength(15);
  expect(text.match(/^warning/gm)).toHaveLength(5);
  expect(text.endsWith("\n15 errors, 15 warnings (the first 20 shown)\n")).toBe(true);
  expect(renderDiagnostics([])).toBe("");
});

test("trouble is sorted by file and place, and told once", () => {
  const [b, a2, a1] = [at("ingset", "ingset", "b"), at("x\ningset", "ingset", "a"), at("ingset", "ingset", "a")];
  expect(sortDiagnostics([b, a2, a1, { ...b }])).toEqual([a1, a2, b]);
});

test.each([
  ["\u001b]0;title\u0007", "]0;title"],
  ["a\u202Eb", "ab"],
  ["a\tb\r\n", "a  b"],
])("control characters are removed: %j", (text, shown) => {
  expect(plain(text)).toBe(shown);
});

test.each([
  ["abc", 3],
  ["名前", 4],
  ["e\u0301", 1],
  ["🙂", 2],
  ["ｆ", 2],
])("%s takes %d columns", (text, width) => {
  expect(displayWidth(text)).toBe(width);
});
