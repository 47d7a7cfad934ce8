import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { renderDiagnostics } from "../../cli/print/frame.js";
import type { Engine } from "../../core/engine/engine.js";
import { inCopy, inProject, load, openParser } from "./load-fixture.js";

/**
 * Each `<name>.yaml` is tried as `assets/orders.yaml`, each folder as a whole project; what a person sees lies beside it
 * as `<name>.txt`. `npx vitest run -u` writes those anew: read the difference before you commit it.
 */
const folder = new URL("../../fixtures/declarations/invalid", import.meta.url).pathname;

const conformance: Readonly<Record<string, string>> = {
  "unknown-key": "[G01] ",
  "wrong-type": "[G01] ",
  "duplicate-key": "[G01] ",
  "tab-indent": "[G01] ",
  "bad-glob": "[G01] ",
  "unknown-check": "[G01] ",
  "bad-duration": "[G01] ",
  "undeclared-columns": "[G01] ",
  "asset-name-path": "[G01] ",
  "asset-name-capital": "[G01] ",
  "asset-name-blank": "[G01] ",
  "two-assets-of-one-name": "[G01] ",
  "every-trouble-in-one-pass": "[G01] ",
  "unknown-tables": "[D05] ",
  cycle: "[D05] ",
};

describe("invalid declarations are told with their place", () => {
  let parser: Engine;
  beforeAll(async () => {
    parser = await openParser();
  });
  afterAll(() => parser[Symbol.asyncDispose]());

  const names = readdirSync(folder)
    .filter((name) => !name.endsWith(".txt"))
    .sort();

  test("the fixtures are there", () => {
    expect(names.length).toBeGreaterThanOrEqual(60);
  });

  test.each(names.map((name) => [titleOf(name), name] as const))("%s", async (_title, name) => {
    await expect(await tell(name, parser)).toMatchFileSnapshot(join(folder, `${name.replace(".yaml", "")}.txt`));
  });
});

function titleOf(file: string): string {
  const name = file.replace(".yaml", "");
  return `${conformance[name] ?? ""}${name.replaceAll("-", " ")}`;
}

async function tell(name: string, parser: Engine): Promise<string> {
  const path = join(folder, name);
  const read = async (dir: string): Promise<string> => {
    const { diagnostics, catalog } = await load(dir, parser);
    expect(catalog === null).toBe(diagnostics.some((d) => d.severity === "error"));
    return renderDiagnostics(diagnostics);
  };
  return name.endsWith(".yaml") ? inProject({ "assets/orders.yaml": readFileSync(path, "utf8") }, read) : inCopy(path, read);
}
