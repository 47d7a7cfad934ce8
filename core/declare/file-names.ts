/** Glob and asset name from the names of sample files. */
export interface FileNames {
  readonly glob: string;
  /** A name that an asset may have; null: the files suggest none. */
  readonly name: string | null;
}

/** @param paths of the samples, with `/` */
export function readFileNames(paths: readonly string[]): FileNames {
  const names = paths.map((path) => path.split("/").at(-1) ?? path);
  const [first = ""] = names;
  const isOne = new Set(names).size === 1;
  const extension = common(names.map((name) => reversed(/(\.[A-Za-z][A-Za-z0-9]*)+$/.exec(name)?.[0] ?? "")));
  const stem = (name: string): string => name.slice(0, name.length - extension.length);
  const prefix = isOne ? stem(first) : common(names.map(stem));
  // What differs begins where the number does, not at its first digit that differs.
  const fixed = /^\d/.test(prefix)
    ? ""
    : prefix.replace(/[\d]*[-_.\dT ]*$/, (end) => (/\d/.test(end) ? (/^[-_. ]+/.exec(end)?.[0] ?? "") : end));
  const start = fixed.replace(/([-_. ])\d.*$/, "$1");
  const middle = isOne && start === prefix ? "" : "*";
  const landing = /(?:^|\/)ingest\/landing\/([a-z][a-z0-9_]*)\//.exec(paths[0] ?? "")?.[1];
  return { glob: `${escaped(start)}${middle}${escaped(reversed(extension))}`, name: landing ?? assetName(start === "" ? prefix : start) };
}

function common(texts: readonly string[]): string {
  const [first = "", ...others] = texts;
  let length = first.length;
  for (const other of others) while (!other.startsWith(first.slice(0, length))) length -= 1;
  return first.slice(0, length);
}

function reversed(text: string): string {
  return [...text].reverse().join("");
}

function escaped(text: string): string {
  return text.replaceAll(/[*?[\]{}()!+@\\]/g, "\\$&");
}

function assetName(text: string): string | null {
  const name = text
    .normalize("NFD")
    .replaceAll(/\p{M}/gu, "")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "_")
    .replaceAll(/^[_\d]+|_+$/g, "");
  return name === "" ? null : name;
}
