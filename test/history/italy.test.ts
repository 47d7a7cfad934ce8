import { existsSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type FlowProject, openProject } from "../../core/index.js";
import { untar } from "./tar.js";

// The real history: 2,616 deliveries of 1,782 files, 833 of them revisions, one withdrawal. It lies beside the repository.
const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const packed = join(root, "..", "shared", "data", "italy-regions.tar.gz");
const isThere = existsSync(packed);
if (!isThere) console.warn("skipped: the Italian history (../shared/data/italy-regions.tar.gz) is not there");

interface Delivery {
  readonly at: string;
  readonly file: string;
  readonly event: string;
  readonly bytes: Buffer;
}

let history: readonly Delivery[] = [];
let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flow-italy-"));
  if (!isThere) return;
  const files = untar(await readFile(packed));
  const lines = (files.get("italy-regions/deliveries.csv")?.toString("utf8") ?? "").trimEnd().split("\n").slice(1);
  history = lines.map((line) => {
    const [, at = "", file = "", event = "", sha256 = ""] = line.split(",");
    return { at, file, event, bytes: files.get(`italy-regions/blobs/${sha256}.csv`) ?? Buffer.alloc(0) };
  });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe.skipIf(!isThere)("[B12] the real history gives the rows of the last revision of each file", () => {
  test("in the order in which it came, a run for each moment", async () => {
    await expectLastRevisions(
      "in order",
      batchesOf(history, (a, b) => a.at === b.at),
    );
  });

  const groupings = Number(process.env["FLOW_GROUPINGS"] ?? 10);
  test.each(Array.from({ length: groupings }, (_, at) => at + 1))("in random groups, seed %i", async (seed) => {
    const random = generator(seed);
    let room = 0;
    const batches = batchesOf(history, () => {
      if (room === 0) room = Math.ceil(random() * 120);
      room -= 1;
      return room > 0;
    });
    await expectLastRevisions(`seed ${seed}`, batches);
  });
});

/** Neighbours go together while `together` says so; a file comes at most once in a batch, a withdrawal comes alone. */
function batchesOf(deliveries: readonly Delivery[], together: (a: Delivery, b: Delivery) => boolean): readonly (readonly Delivery[])[] {
  const batches: Delivery[][] = [];
  for (const delivery of deliveries) {
    const batch = batches.at(-1);
    const last = batch?.at(-1);
    const fits =
      batch !== undefined &&
      last !== undefined &&
      together(last, delivery) &&
      last.event !== "withdrawn" &&
      delivery.event !== "withdrawn" &&
      !batch.some(({ file }) => file === delivery.file);
    if (fits) batch.push(delivery);
    else batches.push([delivery]);
  }
  return batches;
}

async function expectLastRevisions(name: string, batches: readonly (readonly Delivery[])[]): Promise<void> {
  const dir = join(folder, name.replace(" ", "-"));
  await using project = await openItaly(dir);
  for (const batch of batches) await deliver(project, dir, batch);
  const table = await project.query(
    "select data::varchar as data, codice_regione, denominazione_regione, totale_casi, tamponi, deceduti from regions",
  );
  expect(table.rows.map((row) => row.join("|")).sort()).toEqual(expectedRows());
  const { items } = await project.quarantined("regions");
  expect(items.filter(({ rows }) => rows !== null).map(({ rows }) => rows)).toEqual([]);
  const { assets } = await project.verify({ include: [], exclude: [] }, { ideal: false, signal: new AbortController().signal });
  expect(assets.flatMap(({ differences }) => differences)).toEqual([]);
}

async function openItaly(dir: string): Promise<FlowProject> {
  await mkdir(join(dir, "assets"), { recursive: true });
  await writeFile(join(dir, "flow.yaml"), "name: italy\nstore: data\n");
  await copyFile(join(root, "assets", "regions.yaml"), join(dir, "assets", "regions.yaml"));
  return openProject({ dir, profile: null, vars: {}, env: {}, threads: null, clock: Date });
}

async function deliver(project: FlowProject, dir: string, batch: readonly Delivery[]): Promise<void> {
  const options = { emit: () => {}, signal: new AbortController().signal };
  const [first] = batch;
  if (first?.event === "withdrawn") {
    await project.withdraw("regions", first.file, options);
    return;
  }
  const landing = join(dir, "data", "ingest", "landing", "regions");
  await mkdir(landing, { recursive: true });
  for (const { file, bytes } of batch) {
    await writeFile(join(landing, `.${file}`), bytes);
    await rename(join(landing, `.${file}`), join(landing, file));
  }
  const { assets } = await project.run({ include: [], exclude: [] }, options);
  expect(assets.filter(({ status }) => status === "failed")).toEqual([]);
}

/** Read by hand, without flow: the last bytes under each name that was not withdrawn. */
function expectedRows(): readonly string[] {
  const last = new Map<string, Delivery>();
  for (const delivery of history) {
    if (delivery.event === "withdrawn") last.delete(delivery.file);
    else last.set(delivery.file, delivery);
  }
  // Two of these files end in a line that holds nothing: no region, no day.
  return [...last.values()]
    .flatMap(rowsOf)
    .filter((row) => row !== "|||||")
    .sort();
}

function rowsOf({ bytes }: Delivery): readonly string[] {
  const [header = "", ...lines] = bytes
    .toString("utf8")
    .replace(/^\ufeff/, "")
    .split(/\r\n|\n/);
  const delimiter = header.includes(";") ? ";" : ",";
  const names = header.split(delimiter);
  const at = (name: string): number => names.indexOf(name);
  return lines
    .filter((line) => line !== "")
    .map((line) => {
      const cells = cellsOf(line, delimiter);
      const cell = (name: string): string => cells[at(name)] ?? "";
      return [
        moment(cell("data")),
        ...["codice_regione", "denominazione_regione", "totale_casi", "tamponi", "deceduti"].map((name) => number(cell(name).trim())),
      ].join("|");
    });
}

function cellsOf(line: string, delimiter: string): readonly string[] {
  const cells = line.match(delimiter === "," ? /("([^"]|"")*"|[^,]*)(,|$)/g : /("([^"]|"")*"|[^;]*)(;|$)/g) ?? [];
  return cells.map((cell) => cell.replace(/[,;]$/, "").replace(/^"|"$/g, ""));
}

/** `2020-02-24T18:00:00`, `2020-02-24 18:00:00` or `24/02/2020 18:00` */
function moment(text: string): string {
  const [, day, month, year, time] = /^(\d\d)\/(\d\d)\/(\d{4}) (\d\d:\d\d)$/.exec(text) ?? [];
  return year === undefined ? text.replace("T", " ") : `${year}-${month}-${day} ${time}:00`;
}

/** `007` and `7` are one number; `7.0`, too. */
function number(text: string): string {
  return /^\d+(\.0+)?$/.test(text) ? String(Number(text)) : text;
}

/** Mulberry32: the same numbers for the same seed, on every machine. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
