/** What follows after so many lines, however they end. */
export async function* skipLines(texts: AsyncIterable<string>, lines: number): AsyncGenerator<string> {
  let left = lines;
  let afterReturn = false;
  for await (const text of texts) {
    let at = 0;
    for (; at < text.length && (left > 0 || afterReturn); at++) {
      const character = text[at];
      if (afterReturn && character === "\n") {
        afterReturn = false;
        continue;
      }
      afterReturn = false;
      if (left === 0) break;
      if (character === "\n" || character === "\r") left -= 1;
      afterReturn = character === "\r";
    }
    if (at < text.length) yield at === 0 ? text : text.slice(at);
  }
}

/** Of a text that is all there. */
export function withoutLines(text: string, lines: number): string {
  let rest = text;
  for (let line = 0; line < lines; line++) {
    const end = rest.search(/\r\n|\n|\r/);
    rest = end < 0 ? "" : rest.slice(end).replace(/^(\r\n|\n|\r)/, "");
  }
  return rest;
}
