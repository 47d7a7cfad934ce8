import type { Diagnostic, Place } from "../../core/diagnostic.js";
import { positionAt } from "../../core/source.js";
import { displayWidth, plain } from "./plain.js";

/** How parts of a frame are coloured; `noPaint` leaves text as it is. */
export interface Paint {
  error(text: string): string;
  warning(text: string): string;
  /** Gutter, arrows. */
  faint(text: string): string;
  hint(text: string): string;
  strong(text: string): string;
}

const same = (text: string): string => text;
export const noPaint: Paint = { error: same, warning: same, faint: same, hint: same, strong: same };

const sgr =
  (code: number) =>
  (text: string): string =>
    `\u001b[${code}m${text}\u001b[0m`;
export const ansiPaint: Paint = { error: sgr(31), warning: sgr(33), faint: sgr(2), hint: sgr(36), strong: sgr(1) };

const mostShown = 20;
const widestLine = 160;

/** At most 20 frames, errors before warnings when there are more, and a last line with the counts. */
export function renderDiagnostics(diagnostics: readonly Diagnostic[], paint: Paint = noPaint): string {
  if (diagnostics.length === 0) return "";
  const shown = new Set(mostPressing(diagnostics));
  const frames = diagnostics.filter((d) => shown.has(d)).map((d) => renderFrame(d, paint));
  return `${[...frames, summary(diagnostics, shown.size)].join("\n\n")}\n`;
}

/**
 * ```
 * error[unknown-key]: unknown key `ingset`
 *  --> assets/orders.yaml:3:1
 *   |
 * 3 | ingset:
 *   | ^^^^^^
 * hint: did you mean `ingest`?
 * ```
 */
export function renderFrame(diagnostic: Diagnostic, paint: Paint = noPaint): string {
  const colour = diagnostic.severity === "error" ? paint.error : paint.warning;
  const lines = [`${colour(`${diagnostic.severity}[${diagnostic.code}]`)}: ${paint.strong(plain(diagnostic.message))}`];
  if (diagnostic.at !== null) lines.push(...snippet(diagnostic.at, colour, paint));
  if (diagnostic.hint !== null) lines.push(`${paint.hint("hint")}: ${plain(diagnostic.hint)}`);
  return lines.join("\n");
}

function mostPressing(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const errors = diagnostics.filter((d) => d.severity === "error");
  const warnings = diagnostics.filter((d) => d.severity === "warning");
  return [...errors, ...warnings].slice(0, mostShown);
}

function summary(diagnostics: readonly Diagnostic[], shown: number): string {
  const errors = diagnostics.filter((d) => d.severity === "error").length;
  const counts = [count(errors, "error"), count(diagnostics.length - errors, "warning")].filter((text) => text !== null).join(", ");
  return shown < diagnostics.length ? `${counts} (the first ${shown} shown)` : counts;
}

function count(number: number, noun: string): string | null {
  if (number === 0) return null;
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

type Colour = (text: string) => string;

function snippet(place: Place, colour: Colour, paint: Paint): readonly string[] {
  const { line, column } = positionAt(place.file.text, place.range.start);
  const where = `${plain(place.file.path)}:${line}:${column}`;
  const number = String(line);
  const margin = " ".repeat(number.length);
  if (place.file.text === "") return [`${margin}${paint.faint("-->")} ${plain(place.file.path)}`];
  const { text, carets } = marked(place, column);
  return [
    `${margin}${paint.faint("-->")} ${where}`,
    paint.faint(`${margin} |`),
    `${paint.faint(`${number} |`)} ${text}`.trimEnd(),
    `${paint.faint(`${margin} |`)} ${carets.replace(/\^+/, colour)}`,
  ];
}

/** The line as it will be shown, and the carets below it: both measured in what the terminal shows, not in characters. */
function marked(place: Place, column: number): { readonly text: string; readonly carets: string } {
  const lineStart = place.range.start - (column - 1);
  const lineText = place.file.text.slice(lineStart).split(/\r?\n/, 1)[0] ?? "";
  const from = Math.max(0, column - 1 - (widestLine >> 1));
  const line = lineText.slice(from, from + widestLine);
  const start = column - 1 - from;
  const length = place.range.end - place.range.start;
  const indent = displayWidth(plain(line.slice(0, start)));
  const width = Math.max(1, displayWidth(plain(line.slice(start, start + length).trimEnd())));
  const head = from > 0 ? "…" : "";
  const tail = from + widestLine < lineText.length ? "…" : "";
  return { text: `${head}${plain(line)}${tail}`, carets: " ".repeat(indent + head.length) + "^".repeat(width) };
}
