import { type Diagnostic, error } from "../diagnostic.js";
import type { AssetName, AssetTest, TestContent, TestRow, TestRun, TestValue } from "../model.js";
import { positionAt } from "../source.js";
import { suggestion } from "../suggest.js";
import type { AssetDeclaration, TestContentDeclaration, TestDeclaration, TestRowDeclaration, TestRunDeclaration } from "./declaration.js";
import type { Shaped } from "./shapes.js";
import { below, placeOf, placeOfKey, type YamlSource } from "./yaml-source.js";

export interface ResolvedTests {
  readonly tests: readonly AssetTest[];
  readonly diagnostics: readonly Diagnostic[];
}

/** What a test says without a look at any column: those are known when all SQL is. */
export function resolveTests(shaped: Shaped<AssetDeclaration>, isDerived: boolean): ResolvedTests {
  const declared = shaped.declaration.tests ?? [];
  const diagnostics = declared.flatMap((test, index) => testTrouble(shaped, test, below("/tests", index), isDerived));
  return {
    tests: declared.map((test, index) => testOf(shaped.source, test, below("/tests", index))),
    diagnostics: [...diagnostics, ...sameNames(shaped, declared)],
  };
}

function testOf(source: YamlSource, test: TestDeclaration, pointer: string): AssetTest {
  const { file, range } = placeOf(source, `${pointer}/name`);
  return {
    name: test.name ?? "",
    at: instantOf(test.at),
    given: givenOf(source, test.given ?? [], `${pointer}/given`),
    expect: rowsOf(source, test.expect ?? [], `${pointer}/expect`),
    origin: { file: file.path, ...positionAt(file.text, range.start) },
  };
}

function givenOf(source: YamlSource, given: NonNullable<TestDeclaration["given"]>, pointer: string): AssetTest["given"] {
  if (isList(given)) return { kind: "runs", runs: given.map((run, at) => runOf(source, run, below(pointer, at))) };
  const inputs = Object.entries(given).map(([name, content]) => ({
    asset: name as AssetName,
    content: contentOf(source, content, below(pointer, name)),
  }));
  return { kind: "inputs", inputs };
}

function runOf(source: YamlSource, run: TestRunDeclaration, pointer: string): TestRun {
  const files = Object.entries(run.land ?? {});
  return {
    at: instantOf(run.at),
    withdraw: run.withdraw ?? null,
    files: files.map(([file, content]) => ({ file, content: contentOf(source, content, below(`${pointer}/land`, file)) })),
  };
}

function contentOf(source: YamlSource, content: TestContentDeclaration, pointer: string): TestContent {
  return typeof content === "string" ? { kind: "text", text: content } : { kind: "rows", rows: rowsOf(source, content, pointer) };
}

function rowsOf(source: YamlSource, rows: readonly TestRowDeclaration[], pointer: string): readonly TestRow[] {
  return rows.map((row, at) =>
    Object.fromEntries(Object.entries(row).map(([column, value]) => [column, valueOf(source, value, below(below(pointer, at), column))])),
  );
}

function valueOf(source: YamlSource, value: unknown, pointer: string): TestValue {
  if (value === null || value === undefined) return null;
  if (typeof value === "object") return { json: JSON.stringify(value) };
  // As it was written: `007`, `1.10` and numbers of twenty digits are not what JavaScript makes of them.
  const spot = source.spots.get(pointer);
  return typeof value === "number" && spot?.style === "plain" ? source.file.text.slice(spot.value.start, spot.value.end) : String(value);
}

/** ISO, in UTC; null where there is none, or none that exists. */
function instantOf(text: string | undefined): string | null {
  const time = Date.parse(text ?? "");
  return Number.isNaN(time) ? null : new Date(time).toISOString();
}

function testTrouble(shaped: Shaped<AssetDeclaration>, test: TestDeclaration, pointer: string, isDerived: boolean): readonly Diagnostic[] {
  const { source } = shaped;
  const { given } = test;
  const at = badInstant(source, test.at, `${pointer}/at`);
  if (given === undefined) return at;
  const place = placeOfKey(source, `${pointer}/given`);
  if (isDerived && isList(given))
    return [
      ...at,
      error("bad-test", place, "a derived asset is given rows of its inputs", "write `given: { <input>: [{ <column>: … }] }`"),
    ];
  if (!isDerived && !isList(given))
    return [...at, error("bad-test", place, "an ingested asset is given runs", "write `given: [{ land: { <file>: <text or rows> } }]`")];
  return isList(given) ? [...at, ...runsTrouble(shaped, given, `${pointer}/given`, instantOf(test.at))] : at;
}

function badInstant(source: YamlSource, text: string | undefined, pointer: string): readonly Diagnostic[] {
  return text === undefined || instantOf(text) !== null ? [] : [error("bad-value", placeOf(source, pointer), `there is no \`${text}\``)];
}

const minute = 60_000;

function runsTrouble(
  shaped: Shaped<AssetDeclaration>,
  runs: readonly TestRunDeclaration[],
  pointer: string,
  start: string | null,
): readonly Diagnostic[] {
  const { source } = shaped;
  const landed = new Set<string>();
  // Where nothing is said a run comes a minute after the one before it, and the first one now.
  let now = start === null ? null : Date.parse(start);
  return runs.flatMap((run, index) => {
    const here = below(pointer, index);
    const instant = instantOf(run.at);
    const found = [...badInstant(source, run.at, `${here}/at`)];
    const next = now === null ? null : now + (index === 0 ? 0 : minute);
    if (instant !== null && index > 0 && now === null)
      found.push(error("bad-test", placeOf(source, `${here}/at`), "the runs before this one are now", "give the test an `at`, too"));
    else if (instant !== null && now !== null && Date.parse(instant) < now + Math.min(index, 1))
      found.push(
        error("bad-test", placeOf(source, `${here}/at`), `\`${run.at}\` is not after the run before`, "time goes on from run to run"),
      );
    now = instant === null ? next : Date.parse(instant);
    if (!shaped.spoilt(here)) found.push(...withdrawalTrouble(source, run, here, landed));
    for (const name of Object.keys(run.land ?? {})) {
      found.push(...fileNameTrouble(source, name, below(`${here}/land`, name)));
      landed.add(name);
    }
    return found;
  });
}

function withdrawalTrouble(
  source: YamlSource,
  { land, withdraw: file }: TestRunDeclaration,
  pointer: string,
  landed: ReadonlySet<string>,
): readonly Diagnostic[] {
  if (file === undefined && land === undefined)
    return [error("bad-test", placeOf(source, pointer), "nothing happens in this run", "say what lands: `land: { a.csv: … }`")];
  if (file === undefined) return [];
  const at = placeOf(source, `${pointer}/withdraw`);
  if (land !== undefined) return [error("bad-test", at, "a withdrawal is a run of its own", "make two list items of it")];
  return landed.has(file) ? [] : [error("bad-test", at, `no \`${file}\` has landed before`, suggestion(file, landed, "there are"))];
}

function fileNameTrouble(source: YamlSource, name: string, pointer: string): readonly Diagnostic[] {
  const leaves = name.includes("\\") || name.split("/").some((step) => step === "" || step === "." || step === "..");
  return leaves ? [error("bad-test", placeOfKey(source, pointer), `\`${name}\` does not stay in landing`, "write a path below it")] : [];
}

function sameNames(shaped: Shaped<AssetDeclaration>, declared: readonly TestDeclaration[]): readonly Diagnostic[] {
  const names = declared.map(({ name }) => name);
  return names.flatMap((name, index) => {
    if (name === undefined || names.indexOf(name) === index) return [];
    const at = placeOf(shaped.source, `/tests/${index}/name`);
    return [error("duplicate-test", at, `there is a test \`${name}\` already`, "give it another name")];
  });
}

function isList(given: NonNullable<TestDeclaration["given"]>): given is readonly TestRunDeclaration[] {
  return Array.isArray(given);
}
