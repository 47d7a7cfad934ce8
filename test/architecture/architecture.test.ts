import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

// The house in words: which room may know which, and which package stands behind which door.

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

interface Source {
  readonly file: string;
  readonly imports: readonly string[];
  readonly text: string;
}

const sources: readonly Source[] = ["cli", "core"].flatMap((room) =>
  readdirSync(join(root, room), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => sourceOf(posix.join(room, name.replaceAll("\\", "/")))),
);

function sourceOf(file: string): Source {
  const text = readFileSync(join(root, file), "utf8");
  const imports = [...text.matchAll(/(?:from|import\()\s*"([^"]+)"/g)].map(([, name = ""]) =>
    name.startsWith(".") ? posix.normalize(posix.join(posix.dirname(file), name)).replace(/\.js$/, ".ts") : name,
  );
  return { file, imports, text };
}

/** `file -> import` of everything in `from` that imports something of `what`. */
function importsOf(from: RegExp, what: RegExp): readonly string[] {
  return sources
    .filter(({ file }) => from.test(file))
    .flatMap(({ file, imports }) => imports.filter((name) => what.test(name)).map((name) => `${file} -> ${name}`));
}

/** Value imports only: types cost nothing and tie nothing at run time. */
function valueImportsOf(from: RegExp, what: RegExp): readonly string[] {
  return sources
    .filter(({ file }) => from.test(file))
    .flatMap(({ file, text }) =>
      [...text.matchAll(/^import (?!type )[^;]*?from "([^"]+)"/gm)]
        .map(([, name = ""]) => posix.normalize(posix.join(posix.dirname(file), name)).replace(/\.js$/, ".ts"))
        .filter((name) => what.test(name))
        .map((name) => `${file} -> ${name}`),
    );
}

test("the sources are found", () => expect(sources.length).toBeGreaterThan(80));

describe("arrows", () => {
  test("core knows no terminal", () => {
    expect(importsOf(/^core\//, /^cli\//)).toEqual([]);
  });

  test("cli knows core by its front door, and by the pure rooms it prints: trouble, text, lineage", () => {
    const open = /^core\/(index|diagnostic|source|model|catalog\/lineage)\.ts$/;
    expect(importsOf(/^cli\//, /^core\//).filter((arrow) => !open.test(arrow.split(" -> ")[1] ?? ""))).toEqual([]);
  });

  test("plan is pure: no disk, no engine, no ledger", () => {
    expect(importsOf(/^core\/plan\//, /^node:|^@duckdb|^libsql/)).toEqual([]);
    expect(valueImportsOf(/^core\/plan\//, /^core\/(store|engine|ledger|run|operators|declaration)\//)).toEqual([]);
  });

  test("store and engine know no asset rules", () => {
    expect(importsOf(/^core\/(store|engine)\//, /^core\/(declaration|catalog|plan|operators|run|report)\//)).toEqual([]);
  });

  test("the ledger stands on the store alone", () => {
    expect(importsOf(/^core\/ledger\//, /^core\/(declaration|catalog|plan|operators|run|engine)\//)).toEqual([]);
  });

  test("operators are carried out by run, and do not know it", () => {
    expect(importsOf(/^core\/operators\//, /^core\/run\//)).toEqual([]);
  });

  test("declarations and catalog run nothing", () => {
    expect(importsOf(/^core\/(declaration|catalog)\//, /^core\/(plan|operators|run|ledger|store)\//)).toEqual([]);
  });
});

describe("doors", () => {
  const doors: readonly (readonly [name: string, what: RegExp, where: RegExp])[] = [
    ["DuckDB", /^@duckdb\//, /^core\/engine\/duckdb\//],
    ["SQLite", /^libsql$/, /^core\/ledger\/driver\.ts$/],
    ["YAML", /^yaml$/, /^core\/declaration\//],
    ["ajv", /^ajv/, /^core\/declaration\//],
    ["commander", /^commander$/, /^cli\//],
    ["ora", /^ora$/, /^cli\//],
    ["the spelling of names", /^fastest-levenshtein$/, /^core\/suggest\.ts$/],
  ];
  test.each(doors)("%s has one", (_name, what, where) => {
    const users = sources.filter(({ imports }) => imports.some((name) => what.test(name))).map(({ file }) => file);
    expect(users.length).toBeGreaterThan(0);
    expect(users.filter((file) => !where.test(file))).toEqual([]);
  });

  test("SQL text is written in the engine alone", () => {
    const sql = /\b(SELECT|CREATE (TEMP|OR REPLACE)|COPY \(|INSERT INTO|FROM read_)\b/;
    const writers = sources
      .filter(({ file, text }) => sql.test(withoutComments(text)) && !/^core\/(engine\/duckdb|ledger)\//.test(file))
      .map(({ file }) => file);
    // These quote the word to a person.
    expect(writers.filter((file) => !/^(core\/(declaration|diagnostic|run\/bind)|cli\/)/.test(file))).toEqual([]);
  });

  test("only store/files.ts changes the disk, and `flow init` writes what it scaffolds", () => {
    const mutators = /\b(writeFile|appendFile|mkdir|rename|unlink|rm|rmdir|symlink|link|copyFile|truncate|utimes|chmod)(Sync)?\b/;
    const users = sources
      .filter(({ text }) =>
        [...text.matchAll(/import \{([^}]*)\} from "node:fs(?:\/promises)?"/g)].some(([, names = ""]) => mutators.test(names)),
      )
      .map(({ file }) => file);
    expect(users.filter((file) => file !== "core/store/files.ts")).toEqual(["cli/scaffold.ts"]);
  });

  test("one file of the command line touches `process`, and the lock, whose owner is one", () => {
    const users = sources.filter(({ text }) => /\bprocess\.|"node:process"/.test(withoutComments(text))).map(({ file }) => file);
    expect(users).toEqual(["cli/bin.ts", "core/store/lock.ts"]);
  });
});

describe("habits", () => {
  test("there is no drawer", () => {
    expect(sources.filter(({ file }) => /\b(utils?|helpers?|common|misc)\b/.test(file))).toEqual([]);
  });

  test("there is no default export, no enum, no `any`, no `!`", () => {
    const offenders = sources.filter(({ text }) =>
      /export default|^\s*(export )?(const )?enum |: any\b|as any\b|<any>|\w!\.|\w!;/m.test(withoutComments(text)),
    );
    expect(offenders.map(({ file }) => file)).toEqual([]);
  });
});

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
}
