/**
 * Text from files, values and other people's SQL, made safe for a terminal: control characters (escape
 * sequences among them) and the marks that reverse the reading direction are removed.
 */
export function plain(text: string): string {
  return text.replace(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, (mark) => (mark === "\t" ? "  " : ""));
}

/** Several lines of such text; line breaks stay. */
export function plainLines(text: string): string {
  return text.split(/\r?\n/).map(plain).join("\n");
}

/** Columns that text takes on a terminal: wide East Asian characters and emoji two, combining marks none. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

function characterWidth(character: string): number {
  if (/^[\p{Mn}\p{Me}\p{Cf}]$/u.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}

const wide =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]$/u;
