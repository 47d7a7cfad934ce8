import { link, lstat, mkdir, readdir, readFile, readlink, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openFiles } from "../../core/store/files.js";
import { sha256Of } from "../../core/store/hash-file.js";
import type { FilePhase, FilePoint } from "../../core/store/points.js";
import { filePoints, pointNames } from "../../core/store/points.js";
import { freshFolder } from "./sample.js";

/** Another file system, where this machine has one. */
const elsewhere = "/dev/shm";
const devices = await Promise.all([stat("/tmp"), stat(elsewhere).catch(() => null)]);
const hasElsewhere = devices[1] !== null && devices[0].dev !== devices[1].dev;

describe("points", () => {
  test("every one has a meaning, and its operation's name", () => {
    expect(pointNames).toHaveLength(Object.keys(filePoints).length);
    for (const name of pointNames) expect(name).toMatch(/^[a-z]+:[a-z-]+$/);
  });

  test("are passed before, between the steps of, and after an operation", async () => {
    await using folder = await freshFolder();
    const passed: [FilePoint, FilePhase, boolean][] = [];
    const path = join(folder.path, "a.json");
    const onPoint = async (point: FilePoint, phase: FilePhase): Promise<void> => {
      passed.push([point, phase, (await readdir(folder.path)).includes("a.json")]);
    };
    await openFiles({ onPoint }).writeDurable("publish:manifest", path, "{}");
    expect(passed).toEqual([
      ["publish:manifest", "before", false],
      ["publish:manifest", "within", false],
      ["publish:manifest", "within", true],
      ["publish:manifest", "after", true],
    ]);
  });

  test("[F02] an error at a point is the operation's error, and nothing is done", async () => {
    await using folder = await freshFolder();
    const full = Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
    const files = openFiles({
      onPoint: () => {
        throw full;
      },
    });
    await expect(files.writeDurable("publish:manifest", join(folder.path, "a"), "x")).rejects.toBe(full);
    expect(await readdir(folder.path)).toEqual([]);
  });
});

describe("writing a whole file", () => {
  test("replaces the old one, gives the hash of what it wrote, and leaves nothing beside it", async () => {
    await using folder = await freshFolder();
    const path = join(folder.path, "a.json");
    await writeFile(path, "old");
    expect(await openFiles().writeDurable("publish:manifest", path, "new")).toBe(sha256Of("new"));
    expect(await readFile(path, "utf8")).toBe("new");
    expect(await readdir(folder.path)).toEqual(["a.json"]);
  });
});

describe("moving a file", () => {
  test("never overwrites: both files are as they were", async () => {
    await using folder = await freshFolder();
    const [from, to] = [join(folder.path, "from"), join(folder.path, "to")];
    await writeFile(from, "1");
    await writeFile(to, "2");
    await expect(openFiles().moveNoClobber("pickup:move", from, to)).rejects.toMatchObject({ code: "EEXIST" });
    expect([await readFile(from, "utf8"), await readFile(to, "utf8")]).toEqual(["1", "2"]);
  });

  test("killed while it has both names, it is finished by moving again", async () => {
    await using folder = await freshFolder();
    const [from, to] = [join(folder.path, "from"), join(folder.path, "to")];
    await writeFile(from, "1");
    await link(from, to);
    await openFiles().moveNoClobber("pickup:move", from, to);
    expect(await readdir(folder.path)).toEqual(["to"]);
  });

  test("keeps the inode", async () => {
    await using folder = await freshFolder();
    const [from, to] = [join(folder.path, "from"), join(folder.path, "to")];
    await writeFile(from, "1");
    const { ino } = await stat(from);
    await openFiles().moveNoClobber("pickup:move", from, to);
    expect((await stat(to)).ino).toBe(ino);
  });
});

describe.runIf(hasElsewhere)("[A12] moving a file to another file system", () => {
  test("gives the same bytes and time under the new name, and nothing under the old", async () => {
    await using source = await freshFolder(elsewhere);
    await using target = await freshFolder();
    const [from, to] = [join(source.path, "x.csv"), join(target.path, "x.csv")];
    await writeFile(from, "1,2\n");
    await utimes(from, 1_000_000, 1_000_000);
    await openFiles().moveNoClobber("pickup:move", from, to);
    expect(await readFile(to, "utf8")).toBe("1,2\n");
    expect((await stat(to)).mtimeMs).toBe(1_000_000_000);
    expect([await readdir(source.path), await readdir(target.path)]).toEqual([[], ["x.csv"]]);
  });

  test("never overwrites", async () => {
    await using source = await freshFolder(elsewhere);
    await using target = await freshFolder();
    const [from, to] = [join(source.path, "x.csv"), join(target.path, "x.csv")];
    await writeFile(from, "1");
    await writeFile(to, "2");
    await expect(openFiles().moveNoClobber("pickup:move", from, to)).rejects.toMatchObject({ code: "EEXIST" });
    expect([await readFile(from, "utf8"), await readFile(to, "utf8")]).toEqual(["1", "2"]);
  });

  test.each([1, 2, 3, 4])("killed at step %i and moved again, the file is there once", async (step) => {
    await using source = await freshFolder(elsewhere);
    await using target = await freshFolder();
    const [from, to] = [join(source.path, "x.csv"), join(target.path, "x.csv")];
    await writeFile(from, "1,2\n");
    let passed = 0;
    const onPoint = (): void => {
      if (++passed === step) throw new Error("killed");
    };
    await expect(openFiles({ onPoint }).moveNoClobber("pickup:move", from, to)).rejects.toThrow("killed");
    if ((await readdir(source.path)).length > 0) await openFiles().moveNoClobber("pickup:move", from, to);
    expect(await readFile(to, "utf8")).toBe("1,2\n");
    expect([await readdir(source.path), await readdir(target.path)]).toEqual([[], ["x.csv"]]);
  });
});

describe("linking a part", () => {
  test("shares the bytes, and may be repeated", async () => {
    await using folder = await freshFolder();
    const [from, to] = [join(folder.path, "from"), join(folder.path, "to")];
    await writeFile(from, "1");
    await openFiles().linkAll("merge:link", [{ from, to }]);
    await openFiles().linkAll("merge:link", [{ from, to }]);
    expect((await stat(to)).ino).toBe((await stat(from)).ino);
  });

  test.runIf(hasElsewhere)("copies where no link is possible", async () => {
    await using source = await freshFolder(elsewhere);
    await using target = await freshFolder();
    await writeFile(join(source.path, "a"), "1");
    await openFiles().linkAll("merge:link", [{ from: join(source.path, "a"), to: join(target.path, "a") }]);
    expect(await readFile(join(target.path, "a"), "utf8")).toBe("1");
  });
});

describe("swapping a symlink", () => {
  test("replaces the old one, over the rest of a killed swap too", async () => {
    await using folder = await freshFolder();
    const path = join(folder.path, "orders");
    await symlink("../archive/old", path);
    await symlink("../archive/half", join(folder.path, ".orders.next"));
    await openFiles().swapSymlink("publish:pointer", "../archive/new", path);
    expect(await readlink(path)).toBe("../archive/new");
    expect(await readdir(folder.path)).toEqual(["orders"]);
  });
});

describe("removing", () => {
  test("what is gone is no trouble; a symlink is removed and not what it leads to", async () => {
    await using folder = await freshFolder();
    const files = openFiles();
    await mkdir(join(folder.path, "kept"));
    await writeFile(join(folder.path, "kept", "a"), "1");
    await mkdir(join(folder.path, "tree"));
    await symlink(join(folder.path, "kept"), join(folder.path, "tree", "link"));
    await files.removeTree("tidy:remove", join(folder.path, "tree"));
    await files.removeTree("tidy:remove", join(folder.path, "tree"));
    await files.removeFile("tidy:remove", join(folder.path, "gone"));
    await files.removeEmptyDir("tidy:remove", join(folder.path, "kept"));
    expect((await lstat(join(folder.path, "kept", "a"))).isFile()).toBe(true);
    expect(await readdir(folder.path)).toEqual(["kept"]);
  });
});
