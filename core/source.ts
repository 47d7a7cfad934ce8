/** Text that a user wrote, with the places in it. */
export interface SourceFile {
  /** Project-relative, with `/`. */
  readonly path: string;
  readonly text: string;
}

/** A stretch of a source file: character offsets, end exclusive. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** 1-based line and column (in characters) of an offset. */
export function positionAt(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset);
  const line = before.split("\n").length;
  return { line, column: offset - (before.lastIndexOf("\n") + 1) + 1 };
}
