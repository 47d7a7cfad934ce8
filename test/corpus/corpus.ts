import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type DeliveryOutcome, openProject } from "../../core/index.js";
import { temporaryFolder } from "../scenarios/world.js";
import { rowsByLine } from "./document.js";
import type { Polluted } from "./polluters.js";
import type { CleanTable } from "./tables.js";

export interface Sample extends Polluted {
  readonly table: CleanTable;
  /** What was done to it. */
  readonly name: string;
}

export interface Verdict {
  readonly sample: Sample;
  /** `wrong` is the outcome that must not be. */
  readonly outcome: "whole" | "part" | "refused" | "wrong";
  /** Of `wrong`: what is; otherwise how much was loaded and why the rest was not. */
  readonly words: string;
  /** Share of the clean rows that is there. */
  readonly loaded: number;
}

/** Every sample is a file of its table's asset, all of them in one run; then each is compared with its clean rows. */
export async function judge(samples: readonly Sample[]): Promise<readonly Verdict[]> {
  const dir = await mkdtemp(join(temporaryFolder(), "flow-corpus-"));
  try {
    return await judgeIn(dir, samples);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function judgeIn(dir: string, samples: readonly Sample[]): Promise<readonly Verdict[]> {
  const tables = [...new Map(samples.map(({ table }) => [table.name, table])).values()];
  await mkdir(join(dir, "assets"), { recursive: true });
  await writeFile(join(dir, "flow.yaml"), "name: corpus\ndefaults: { ingest: { complete: { stable_for: 0s }, on_duplicate: accept } }\n");
  for (const table of tables) await writeFile(join(dir, "assets", `${table.name}.yaml`), declarationOf(table));
  const places = samples.map((sample, at) => ({ sample, file: `${String(at).padStart(4, "0")}.csv` }));
  for (const { sample, file } of places) {
    const landing = join(dir, "data", "ingest", "landing", sample.table.name);
    await mkdir(landing, { recursive: true });
    await writeFile(join(landing, file), sample.bytes);
  }
  await using project = await openProject({ dir, profile: null, vars: {}, env: {}, threads: 2, clock: Date });
  const report = await project.run({ include: [], exclude: [] }, { emit: () => {}, signal: new AbortController().signal });
  const verdicts: Verdict[] = [];
  for (const table of tables) {
    const outcome = report.assets.find(({ asset }) => asset === table.name);
    if (outcome === undefined || outcome.problem !== null) throw new Error(`${table.name}: ${outcome?.problem ?? "was not run"}`);
    const loaded = outcome.version === null ? [] : await loadedRows(project, dir, table);
    for (const { sample, file } of places.filter((place) => place.sample.table.name === table.name)) {
      const delivery = outcome.deliveries.find((other) => other.file === file);
      verdicts.push(
        verdictOn(
          sample,
          delivery,
          loaded.filter((row) => row.file === file),
        ),
      );
    }
  }
  return verdicts;
}

function declarationOf(table: CleanTable): string {
  const columns = Object.entries(table.columns).map(([name, type]) => `  ${JSON.stringify(name)}: { type: "${type}" }`);
  return `ingest: { strategy: append }\ncolumns:\n${columns.join("\n")}\n`;
}

interface Loaded {
  readonly file: string;
  readonly line: number;
  readonly cells: readonly string[];
}

async function loadedRows(project: Awaited<ReturnType<typeof openProject>>, dir: string, table: CleanTable): Promise<readonly Loaded[]> {
  const parts = join(dir, "data", "ready", table.name, "**", "*.parquet");
  const names = Object.entries(table.columns).map(([name, type]) => {
    const column = `"${name}"`;
    return type === "DOUBLE" ? `printf('%.2f', ${column})` : `${column}::VARCHAR`;
  });
  const { rows } = await project.query(`select _file, _line, ${names.join(", ")} from '${parts}' order by _file, _line`);
  return rows.map(([file, line, ...cells]) => ({ file: file ?? "", line: Number(line), cells: cells.map((cell) => cell ?? "") }));
}

function verdictOn(sample: Sample, delivery: DeliveryOutcome | undefined, loaded: readonly Loaded[]): Verdict {
  const wrong = (words: string): Verdict => ({ sample, outcome: "wrong", words, loaded: 0 });
  if (delivery === undefined) return wrong("no word about the file");
  const clean = sample.table.rows;
  const byLine = rowsByLine(sample.document);
  const there = new Set<number>();
  for (const { line, cells } of loaded) {
    const row = byLine.get(line);
    if (row === undefined) return wrong(`line ${line} was loaded as ${JSON.stringify(cells)}, and is no row`);
    if (JSON.stringify(clean[row]) !== JSON.stringify(cells))
      return wrong(`line ${line} was loaded as ${JSON.stringify(cells)}, and is ${JSON.stringify(clean[row])}`);
    if (there.has(row)) return wrong(`line ${line} was loaded twice`);
    there.add(row);
  }
  const present = new Set(byLine.values());
  const share = present.size === 0 ? 1 : there.size / present.size;
  if (delivery.is === "refused") return { sample, outcome: "refused", words: delivery.reason ?? "", loaded: share };
  const words = delivery.refusals.map(({ reason, rows, example }) => `${rows} × ${reason}: ${example}`).join("; ");
  const lost = clean.filter((_, at) => !there.has(at) && present.has(at)).length;
  const refused = delivery.refusals.reduce((sum, { rows }) => sum + rows, 0);
  if (lost > 0 && refused === 0) return wrong(`${lost} rows are missing without a word`);
  if (lost === 0) return { sample, outcome: "whole", words, loaded: 1 };
  return { sample, outcome: "part", words, loaded: share };
}

export function scoreOf(verdicts: readonly Verdict[]): string {
  const count = (outcome: Verdict["outcome"]): number => verdicts.filter((verdict) => verdict.outcome === outcome).length;
  const rows = verdicts.reduce((sum, { loaded }) => sum + loaded, 0) / verdicts.length;
  return `${verdicts.length} polluted files: ${count("whole")} loaded whole, ${count("part")} in part, ${count("refused")} refused, ${count("wrong")} wrong; ${(rows * 100).toFixed(1)} % of their rows`;
}

export function lineOf({ sample, outcome, words }: Verdict): string {
  return `${outcome}  ${sample.table.name}, ${sample.name}: ${words.slice(0, 300)}`;
}
