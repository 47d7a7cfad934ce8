import { cp, mkdir, readdir, readFile, readlink, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Ajv } from "ajv";
import { describe, expect, test } from "vitest";
import { type FilesOptions, openFiles } from "../../core/store/files.js";
import { type Layout, openLayout } from "../../core/store/layout.js";
import type { Manifest } from "../../core/store/manifest.js";
import type { FilePhase, FilePoint } from "../../core/store/points.js";
import { chain, publish, readManifest, readPointer, type StoredManifest } from "../../core/store/versions.js";
import { freshFolder, manifestNo, orders, runNo, seqNo } from "./sample.js";

/** A candidate as the merge leaves it: one part that says which version it belongs to. */
async function candidate(layout: Layout, n: number): Promise<string> {
  const folder = layout.candidate(orders, runNo(n));
  await mkdir(join(folder, "day=1"), { recursive: true });
  await writeFile(join(folder, "day=1", `part-${n}.parquet`), `rows of ${n}`);
  return folder;
}

async function publishNo(layout: Layout, n: number, options: FilesOptions = {}, changes: Partial<Manifest> = {}): Promise<StoredManifest> {
  const manifest = manifestNo(n, changes);
  return { manifest, sha256: await publish(layout, openFiles(options), await candidate(layout, n), manifest) };
}

async function collect(layout: Layout): Promise<StoredManifest[]> {
  const all: StoredManifest[] = [];
  for await (const stored of chain(layout, orders)) all.push(stored);
  return all;
}

/** What a reader that goes through the pointer finds. */
async function seen(layout: Layout): Promise<readonly [readonly string[], string]> {
  const folder = join(layout.pointer(orders), "day=1");
  const names = await readdir(folder);
  return [names, await readFile(join(folder, names[0] ?? ""), "utf8")];
}

describe("publishing", () => {
  test("an asset that was never published has no version", async () => {
    await using folder = await freshFolder();
    const layout = openLayout(folder.path);
    expect(await readPointer(layout, orders)).toBeNull();
    expect(await collect(layout)).toEqual([]);
  });

  test("makes the candidate the version that readers see, through a relative pointer", async () => {
    await using folder = await freshFolder();
    const layout = openLayout(folder.path);
    const stored = await publishNo(layout, 1);
    expect(await readPointer(layout, orders)).toBe(runNo(1));
    expect(await readlink(layout.pointer(orders))).toBe(`../archive/orders/${runNo(1)}`);
    expect(await readManifest(layout, orders, runNo(1))).toEqual(stored);
    expect(await seen(layout)).toEqual([["part-1.parquet"], "rows of 1"]);
    expect(await readdir(layout.candidateRuns(orders))).toEqual([]);
  });

  test("[A11] two runs leave two versions, each complete", async () => {
    await using folder = await freshFolder();
    const layout = openLayout(folder.path);
    const first = await publishNo(layout, 1);
    await publishNo(layout, 2, {}, { parent: { version: runNo(1), sha256: first.sha256 } });
    expect(await readdir(layout.versions(orders))).toEqual([runNo(1), runNo(2)]);
    expect(await readFile(join(layout.version(orders, runNo(1)), "day=1", "part-1.parquet"), "utf8")).toBe("rows of 1");
    expect(await seen(layout)).toEqual([["part-2.parquet"], "rows of 2"]);
    expect((await collect(layout)).map(({ manifest }) => manifest.version)).toEqual([runNo(2), runNo(1)]);
  });

  test("may be repeated; with another manifest it is refused", async () => {
    await using folder = await freshFolder();
    const layout = openLayout(folder.path);
    const { sha256 } = await publishNo(layout, 1);
    expect((await publishNo(layout, 1)).sha256).toBe(sha256);
    await expect(publishNo(layout, 1, {}, { reason: "another" })).rejects.toMatchObject({ diagnostics: [{ code: "store-damaged" }] });
  });

  test("the same manifest gives the same bytes, whatever the order of its keys", async () => {
    await using one = await freshFolder();
    await using other = await freshFolder();
    const [a, b] = [openLayout(one.path), openLayout(other.path)];
    const reversed = Object.fromEntries(Object.entries(manifestNo(1)).reverse()) as unknown as Manifest;
    await publishNo(a, 1);
    await publish(b, openFiles(), await candidate(b, 1), reversed);
    const text = await readFile(a.manifest(orders, runNo(1)), "utf8");
    expect(await readFile(b.manifest(orders, runNo(1)), "utf8")).toBe(text);
    expect(text.endsWith("}\n")).toBe(true);
  });

  test("a store that was moved or copied whole still has its versions", async () => {
    await using folder = await freshFolder();
    await publishNo(openLayout(join(folder.path, "a")), 1);
    await rename(join(folder.path, "a"), join(folder.path, "b"));
    await cp(join(folder.path, "b"), join(folder.path, "c"), { recursive: true, verbatimSymlinks: true });
    for (const name of ["b", "c"]) expect(await seen(openLayout(join(folder.path, name)))).toEqual([["part-1.parquet"], "rows of 1"]);
  });
});

/** Passes of a whole publish, in order. */
async function passes(): Promise<readonly (readonly [FilePoint, FilePhase])[]> {
  await using folder = await freshFolder();
  const layout = openLayout(folder.path);
  await publishNo(layout, 1);
  const all: [FilePoint, FilePhase][] = [];
  await publishNo(layout, 2, { onPoint: (point, phase) => void all.push([point, phase]) });
  return all;
}

describe("[F01] a publish killed at any point leaves the old version or the new one", async () => {
  const all = await passes();
  const commit = all.findIndex(([point, phase]) => point === "publish:pointer" && phase === "after");

  test("(its points are those of the table)", () => {
    const points = [...new Set(all.map(([point]) => point))];
    expect(points.sort()).toEqual([
      "publish:make",
      "publish:manifest",
      "publish:pointer",
      "publish:sync-archive",
      "publish:sync-parts",
      "publish:sync-ready",
      "publish:version",
    ]);
  });

  test.each(all.map(([point, phase], at) => [phase, point, at] as const))("%s %s (%i)", async (_phase, _point, at) => {
    await using folder = await freshFolder();
    const layout = openLayout(folder.path);
    const first = await publishNo(layout, 1);
    const changes = { parent: { version: runNo(1), sha256: first.sha256 } };
    let passed = 0;
    const onPoint = (): void => {
      if (passed++ === at) throw new Error("killed");
    };
    await expect(publishNo(layout, 2, { onPoint }, changes)).rejects.toThrow("killed");
    const n = at < commit ? 1 : 2;
    expect(await readPointer(layout, orders)).toBe(runNo(n));
    expect(await seen(layout)).toEqual([[`part-${n}.parquet`], `rows of ${n}`]);
    expect(await collect(layout)).toHaveLength(n);
    // And done again, it is the new one and nothing else.
    await publish(layout, openFiles(), layout.candidate(orders, runNo(2)), manifestNo(2, changes));
    expect(await seen(layout)).toEqual([["part-2.parquet"], "rows of 2"]);
    expect(await readdir(layout.pointers())).toEqual(["orders"]);
    expect(await readdir(layout.candidateRuns(orders))).toEqual([]);
    expect((await readdir(layout.version(orders, runNo(2)))).sort()).toEqual(["day=1", "manifest.json"]);
  });
});

describe("[F04] readers", () => {
  test("find one whole version at every moment of many publishes", async () => {
    await using folder = await freshFolder();
    const layout = openLayout(folder.path);
    await publishNo(layout, 1);
    let done = false;
    const looks = (async () => {
      let count = 0;
      for (; !done; count++) {
        const version = await readPointer(layout, orders);
        if (version === null) throw new Error("no version");
        const names = await readdir(join(layout.version(orders, version), "day=1"));
        expect(names).toEqual([`part-${Number(version.slice(9, 18))}.parquet`]);
      }
      return count;
    })();
    for (let n = 2; n <= 100; n++) await publishNo(layout, n);
    done = true;
    expect(await looks).toBeGreaterThan(20);
  });
});

describe("the chain", () => {
  test("ends where older versions were removed", async () => {
    await using folder = await freshFolder();
    const layout = openLayout(folder.path);
    const first = await publishNo(layout, 1);
    await publishNo(layout, 2, {}, { parent: { version: runNo(1), sha256: first.sha256 } });
    await rm(layout.version(orders, runNo(1)), { recursive: true });
    expect((await collect(layout)).map(({ manifest }) => manifest.version)).toEqual([runNo(2)]);
  });

  test("shows a manifest that was changed by hand", async () => {
    await using folder = await freshFolder();
    const layout = openLayout(folder.path);
    const first = await publishNo(layout, 1);
    await publishNo(layout, 2, {}, { parent: { version: runNo(1), sha256: first.sha256 } });
    const path = layout.manifest(orders, runNo(1));
    await writeFile(path, (await readFile(path, "utf8")).replace("1 new delivery", "2 new delivery"));
    await expect(collect(layout)).rejects.toMatchObject({ diagnostics: [{ code: "store-damaged" }] });
  });
});

describe("damage is named", () => {
  test.each([
    ["a manifest that is no JSON", "{", "store-damaged"],
    ["a manifest of another version", JSON.stringify(manifestNo(7)), "store-damaged"],
    ["a manifest of a newer release", JSON.stringify({ manifest: 2 }), "store-newer"],
  ])("%s", async (_what, text, code) => {
    await using folder = await freshFolder();
    const layout = openLayout(folder.path);
    await publishNo(layout, 1);
    await writeFile(layout.manifest(orders, runNo(1)), text);
    await expect(readManifest(layout, orders, runNo(1))).rejects.toMatchObject({ diagnostics: [{ code }] });
  });

  test("a pointer that is a folder", async () => {
    await using folder = await freshFolder();
    const layout = openLayout(folder.path);
    await mkdir(layout.pointer(orders), { recursive: true });
    await expect(readPointer(layout, orders)).rejects.toMatchObject({ diagnostics: [{ code: "store-damaged" }] });
  });
});

describe("the schema of manifests", async () => {
  const schema: unknown = JSON.parse(await readFile(new URL("../../schemas/manifest.schema.json", import.meta.url), "utf8"));
  const validate = new Ajv({ allErrors: true, strict: true }).compile(schema as object);

  test("fits a manifest that was written", async () => {
    await using folder = await freshFolder();
    const layout = openLayout(folder.path);
    const first = await publishNo(layout, 1);
    const deliveries = { ...manifestNo(2).deliveries, superseded: [{ seq: seqNo(1), by: seqNo(2) }], withdrawn: [seqNo(1)] };
    const parent = { version: runNo(1), sha256: first.sha256 };
    await publishNo(layout, 2, {}, { parent, watermark: "2026-01-01T00:00:00.000000Z", deliveries });
    for (const n of [1, 2]) {
      validate(JSON.parse(await readFile(layout.manifest(orders, runNo(n)), "utf8")));
      expect(validate.errors).toBeNull();
    }
  });

  test("refuses unknown and missing keys", () => {
    const { asset: _asset, ...rest } = manifestNo(1);
    expect(validate({ ...rest, extra: 1 })).toBe(false);
    expect(validate.errors?.map(({ keyword }) => keyword).sort()).toEqual(["additionalProperties", "required"]);
  });

  test("describes every key", () => {
    expect(undescribed(schema, "")).toEqual([]);
  });
});

/** Paths of properties without a description. */
function undescribed(node: unknown, path: string): string[] {
  if (typeof node !== "object" || node === null) return [];
  const properties = "properties" in node ? Object.entries(node.properties as Record<string, object>) : [];
  const bare = properties.filter(([, value]) => !("description" in value)).map(([name]) => `${path}/${name}`);
  return [...bare, ...Object.entries(node).flatMap(([name, value]) => undescribed(value, `${path}/${name}`))];
}
