import { spawnSync } from "node:child_process";
import { appendFile, mkdir, rename, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { compareBytes } from "../../core/byte-order.js";
import type { Completeness } from "../../core/model.js";
import { hashFile, sha256Of } from "../../core/store/hash-file.js";
import { type LandingEntry, type LandingRules, listLanding } from "../../core/store/landing.js";
import { openLayout } from "../../core/store/layout.js";
import { freshFolder, orders, runNo } from "./sample.js";

const stable: Completeness = { kind: "stable", stableForMs: 2_000 };
const later = (): number => Date.now() + 60_000;

/** A store with a landing folder, and words to fill and list it. */
async function freshLanding() {
  const folder = await freshFolder();
  const layout = openLayout(folder.path);
  const landing = layout.landing(orders);
  await mkdir(landing, { recursive: true });
  const put = async (file: string, text = "1\n"): Promise<string> => {
    const path = join(landing, file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
    return path;
  };
  const list = (rules: Partial<LandingRules> = {}): Promise<readonly LandingEntry[]> =>
    listLanding(layout, orders, { glob: "**/*", complete: stable, now: later(), ...rules });
  return { layout, landing, put, list, root: folder.path, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

/** File → state, or why it is left alone. */
function states(entries: readonly LandingEntry[]): Record<string, string> {
  return Object.fromEntries(entries.map((entry) => [entry.file, entry.state === "ignored" ? entry.why : entry.state]));
}

test("no landing folder is an empty one", async () => {
  await using folder = await freshFolder();
  expect(await listLanding(openLayout(folder.path), orders, { glob: "**/*", complete: stable, now: 0 })).toEqual([]);
});

test("a file is described so that it can be known again", async () => {
  await using store = await freshLanding();
  const path = await store.put("2026/x.csv", "1,2\n");
  await utimes(path, 1_700_000_000, 1_700_000_000.5);
  const { ino } = await stat(path);
  expect(await store.list()).toEqual([
    {
      file: "2026/x.csv",
      path: "ingest/landing/orders/2026/x.csv",
      bytes: 4,
      modifiedAt: "2023-11-14T22:13:20.500Z",
      mtimeNs: "1700000000500000000",
      ctimeNs: expect.stringMatching(/^\d{19}$/),
      ino: String(ino),
      marker: null,
      state: "ready",
    },
  ]);
});

describe("what is left alone", () => {
  test("[A07] half-written and hidden files, folders, symlinks; one that leaves landing is named as such", async () => {
    await using store = await freshLanding();
    for (const file of ["x.csv.part", "x.tmp", ".x.csv", "x.crdownload", "X.PART", ".git/x.csv", "x.csv"]) await store.put(file);
    await mkdir(join(store.landing, "folder.csv"));
    await writeFile(join(store.root, "secret"), "1");
    await symlink("../../../secret", join(store.landing, "escape.csv"));
    await symlink("/etc", join(store.landing, "etc.csv"));
    await symlink("x.csv", join(store.landing, "inside.csv"));
    await symlink("nowhere", join(store.landing, "broken.csv"));
    spawnSync("mkfifo", [join(store.landing, "pipe.csv")]);
    expect(states(await store.list())).toEqual({
      ".git": "hidden",
      ".x.csv": "hidden",
      "X.PART": "temporary",
      "broken.csv": "symlink",
      "escape.csv": "symlink-leaves-landing",
      "etc.csv": "symlink-leaves-landing",
      "inside.csv": "symlink",
      "pipe.csv": "not-a-file",
      "x.crdownload": "temporary",
      "x.csv": "ready",
      "x.csv.part": "temporary",
      "x.tmp": "temporary",
    });
  });

  test("files that the glob does not match", async () => {
    await using store = await freshLanding();
    for (const file of ["orders-1.csv", "notes.txt", "deep/orders-2.csv"]) await store.put(file);
    expect(states(await store.list({ glob: "orders-*.csv" }))).toEqual({
      "deep/orders-2.csv": "no-match",
      "notes.txt": "no-match",
      "orders-1.csv": "ready",
    });
  });

  test("a name that is not UTF-8, and it is said", async () => {
    await using store = await freshLanding();
    await writeFile(Buffer.concat([Buffer.from(`${store.landing}/`), Buffer.from([0x61, 0xff, 0x2e, 0x63, 0x73, 0x76])]), "1");
    expect(Object.values(states(await store.list()))).toEqual(["name-not-utf-8"]);
  });
});

test("[A09] names with spaces, quotes, unicode, glob signs, percent, a leading dash are taken like any other, in byte order", async () => {
  await using store = await freshLanding();
  const names = [
    "a b.csv",
    'it\'s "it".csv',
    "ü.csv",
    "日本.csv",
    "*.csv",
    "[a].csv",
    "100%.csv",
    "-rf.csv",
    "{x}.csv",
    "a\\b.csv",
    "\ue000.csv",
    "😀.csv",
    "new\nline.csv",
  ];
  for (const name of names) await store.put(name);
  const entries = await store.list();
  expect(entries.every(({ state }) => state === "ready")).toBe(true);
  const inBytes = names
    .map((name) => Buffer.from(name))
    .sort(Buffer.compare)
    .map(String);
  expect(entries.map(({ file }) => file)).toEqual(inBytes);
  expect(compareBytes("\ue000", "😀")).toBeLessThan(0);
});

describe("[A08] a file that may still be changing", () => {
  test("is ready when it held still for the whole window, not before", async () => {
    await using store = await freshLanding();
    const path = await store.put("x.csv");
    const { ctimeMs } = await stat(path);
    expect(await store.list({ now: ctimeMs + 500 })).toMatchObject([{ state: "settling", readyInMs: expect.closeTo(1_500, -1) }]);
    expect(await store.list({ now: ctimeMs + 1_999 })).toMatchObject([{ state: "settling" }]);
    expect(await store.list({ now: ctimeMs + 2_001 })).toMatchObject([{ state: "ready" }]);
  });

  test("is not ready though its mtime was set back after it grew", async () => {
    await using store = await freshLanding();
    const path = await store.put("x.csv");
    await appendFile(path, "2\n");
    await utimes(path, 1_000, 1_000);
    const { ctimeMs } = await stat(path);
    expect(await store.list({ now: ctimeMs + 100 })).toMatchObject([{ state: "settling", readyInMs: expect.closeTo(1_900, -1) }]);
  });

  test("waits the full window after a change that the clock puts into the future", async () => {
    await using store = await freshLanding();
    await store.put("x.csv");
    expect(await store.list({ now: Date.now() - 3_600_000 })).toMatchObject([{ state: "settling", readyInMs: 2_000 }]);
  });

  test("is not held back for ever by an mtime in the future", async () => {
    await using store = await freshLanding();
    const path = await store.put("x.csv");
    await utimes(path, 4_000_000_000, 4_000_000_000);
    const { ctimeMs } = await stat(path);
    expect(await store.list({ now: ctimeMs + 1_000 })).toMatchObject([{ state: "settling" }]);
    expect(await store.list({ now: ctimeMs + 2_001 })).toMatchObject([{ state: "ready" }]);
  });

  test("without a window it is ready at once, whatever the clock says", async () => {
    await using store = await freshLanding();
    await store.put("x.csv");
    expect(await store.list({ now: 0, complete: { kind: "stable", stableForMs: 0 } })).toMatchObject([{ state: "ready" }]);
  });
});

describe("files with markers", () => {
  const complete: Completeness = { kind: "marker", marker: "{name}.done" };

  test("are ready when their marker lies beside them, and name it; the marker is no delivery", async () => {
    await using store = await freshLanding();
    for (const file of ["a.csv", "a.csv.done", "deep/b.csv", "deep/b.csv.done", "c.csv", "$&.csv", "$&.csv.done"]) await store.put(file);
    const entries = await store.list({ complete });
    expect(states(entries)).toEqual({
      "$&.csv": "ready",
      "$&.csv.done": "marker",
      "a.csv": "ready",
      "a.csv.done": "marker",
      "c.csv": "settling",
      "deep/b.csv": "ready",
      "deep/b.csv.done": "marker",
    });
    expect(entries.find(({ file }) => file === "deep/b.csv")?.marker).toBe("ingest/landing/orders/deep/b.csv.done");
    expect(entries.find(({ file }) => file === "c.csv")).toMatchObject({ readyInMs: null });
  });
});

describe("files that a dead run had taken and could not give back", () => {
  test("come first under their name, oldest run first; the others wait", async () => {
    await using store = await freshLanding();
    await store.put("x.csv");
    await store.put("y.csv");
    for (const run of [runNo(2), runNo(1)]) {
      const taken = store.layout.pickedUp(orders, run);
      await mkdir(taken, { recursive: true });
      await writeFile(join(taken, "x.csv"), run);
      await writeFile(store.layout.runRecord(taken), "{}");
    }
    const entries = await store.list({ now: 0 });
    expect(entries.map(({ path, state }) => [path, state])).toEqual([
      [`staging/pickedup/orders/${runNo(1)}/x.csv`, "ready"],
      [`staging/pickedup/orders/${runNo(2)}/x.csv`, "waits"],
      ["ingest/landing/orders/x.csv", "waits"],
      ["ingest/landing/orders/y.csv", "settling"],
    ]);
  });

  test("are not those of the run at work", async () => {
    await using store = await freshLanding();
    const taken = store.layout.pickedUp(orders, runNo(1));
    await mkdir(dirname(taken), { recursive: true });
    await store.put("x.csv");
    await rename(store.landing, taken);
    expect(await store.list({ heldBy: runNo(1) })).toEqual([]);
    expect(await store.list()).toHaveLength(1);
  });
});

describe("the hash of a file", () => {
  test.each([0, 1, 1_000, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3 << 20, 5_000_000])(
    "of %i bytes is that of its bytes, with its newlines",
    async (size) => {
      await using folder = await freshFolder();
      const bytes = Buffer.alloc(size);
      for (let i = 0; i < size; i++) bytes[i] = (i * 31) % 251;
      const path = join(folder.path, "x");
      await writeFile(path, bytes);
      expect(await hashFile(path)).toEqual({ sha256: sha256Of(bytes), bytes: size, newlines: bytes.filter((byte) => byte === 10).length });
    },
  );
});
