/** JSON that a terminal cannot be harmed by: it leaves DEL and the C1 controls as they are, so they are escaped here. */

/** Stable, versioned and complete, for programs; the human text is neither. */
export function toJson(value: unknown): string {
  return `${escapeControls(JSON.stringify(value, null, 2))}\n`;
}

/** One event per line. */
export function toJsonLine(value: unknown): string {
  return `${escapeControls(JSON.stringify(value))}\n`;
}

/** A text with its quotes. */
export function toJsonText(text: string): string {
  return escapeControls(JSON.stringify(text));
}

function escapeControls(json: string): string {
  return json.replace(/[\u007f-\u009f]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
