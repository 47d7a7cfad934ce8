/**
 * Compares texts as their UTF-8 bytes compare: the order of file names wherever order decides something. It depends on no
 * locale, and differs from `<` on texts only beyond the Basic Multilingual Plane.
 */
export function compareBytes(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = rank(a.charCodeAt(i)) - rank(b.charCodeAt(i));
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** UTF-16 puts surrogates before U+E000…U+FFFF, UTF-8 puts what they stand for after. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
