import stringWidth from "string-width";

export type Side = "left" | "right";

export interface AlignedColumn {
  readonly head: string;
  readonly side: Side;
}

/** A table with a head and a rule below it: columns two blanks apart, lines without blanks at their end. */
export function renderTable(columns: readonly AlignedColumn[], rows: readonly (readonly string[])[]): string {
  const heads = columns.map((column) => column.head);
  const widths = columnWidths([heads, ...rows]);
  const rule = widths.map((width) => "-".repeat(width));
  const sides = columns.map((column) => column.side);
  return [heads, rule, ...rows].map((row) => `${alignRow(row, widths, sides)}\n`).join("");
}

/** Lines whose cells stand below each other; all to the left. */
export function renderLines(rows: readonly (readonly string[])[]): string {
  const widths = columnWidths(rows);
  return rows.map((row) => `${alignRow(row, widths, [])}\n`).join("");
}

function columnWidths(rows: readonly (readonly string[])[]): readonly number[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cellWidth(cell));
  }
  return widths;
}

function alignRow(row: readonly string[], widths: readonly number[], sides: readonly Side[]): string {
  return row
    .map((cell, i) => pad(cell, widths[i] ?? 0, sides[i] ?? "left"))
    .join("  ")
    .trimEnd();
}

function pad(cell: string, width: number, side: Side): string {
  const blanks = " ".repeat(Math.max(0, width - cellWidth(cell)));
  return side === "left" ? cell + blanks : blanks + cell;
}

/** string-width is exact and slow; most cells need neither. */
function cellWidth(cell: string): number {
  return /^[\u0020-\u007e]*$/.test(cell) ? cell.length : stringWidth(cell);
}
