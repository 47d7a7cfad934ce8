import { mkdtemp, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { main } from "../../cli/main.js";
import { renderDeclaration } from "../../cli/print/declaration.js";
import { loadProject } from "../../core/declaration/load.js";
import type { Asset } from "../../core/model.js";
import { fakeIo, flow, Sink } from "./harness.js";

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), "flow-init-"));
});

const init = (...words: readonly string[]): ReturnType<typeof flow> => flow(["init", ...words], {}, { cwd });

test("init writes the project and says what to do next", async () => {
  const { code, stdout, stderr } = await init("shop");
  expect(code).toBe(0);
  expect(stdout).toBe('The project is ready. Next:\n  cd shop\n  flow run\n  flow query "from customer_totals"\n');
  expect(stderr).toMatchInlineSnapshot(`
    "  .gitignore
      .schemas/asset.schema.json
      .schemas/flow.schema.json
      README.md
      assets/customer_totals.yaml
      assets/orders.yaml
      data/ingest/landing/orders/orders_2026-01.csv
      data/ingest/landing/orders/orders_2026-02.csv
      flow.yaml
    "
  `);
  for (const file of stderr.trim().split(/\s+/)) expect((await stat(join(cwd, "shop", file))).isFile(), file).toBe(true);
});

test("in the current folder nobody has to change folders", async () => {
  expect((await init()).stdout).not.toContain("cd ");
});

test("the folders of the store are there, each asset's landing with its samples", async () => {
  await init();
  expect(await readdir(join(cwd, "data"))).toEqual(["archive", "ingest", "ready", "staging"]);
  expect(await readdir(join(cwd, "data/ingest/landing/orders"))).toEqual(["orders_2026-01.csv", "orders_2026-02.csv"]);
});

test("every declaration names a schema that is there", async () => {
  await init();
  for (const file of ["flow.yaml", "assets/orders.yaml", "assets/customer_totals.yaml"]) {
    const schema = /^# yaml-language-server: \$schema=(\S+)$/m.exec(await readFile(join(cwd, file), "utf8"))?.[1] ?? "none";
    const content: unknown = JSON.parse(await readFile(join(cwd, file, "..", schema), "utf8"));
    expect(content).toHaveProperty("properties");
  }
});

test("nothing is overwritten, and nothing is written beside it", async () => {
  await writeFile(join(cwd, "flow.yaml"), "name: mine\n");
  const { code, stdout, stderr } = await init();
  expect(code).toBe(2);
  expect(stdout).toBe("");
  expect(stderr).toContain("nothing was written");
  expect(stderr).toContain("  flow.yaml\n");
  expect(await readdir(cwd)).toEqual(["flow.yaml"]);
  expect(await readFile(join(cwd, "flow.yaml"), "utf8")).toBe("name: mine\n");
});

test("a second init lists everything it would overwrite", async () => {
  const first = await init();
  const second = await init();
  expect(second.code).toBe(2);
  for (const file of first.stderr.trim().split(/\s+/)) expect(second.stderr).toContain(`  ${file}\n`);
});

const load = (): ReturnType<typeof loadProject> =>
  loadProject({ dir: cwd, profile: null, vars: {}, env: {}, threads: null, clock: fakeIo().clock });

test("the declarations of the new project are right", async () => {
  await init();
  const { project, drafts, diagnostics } = await load();
  expect(diagnostics).toEqual([]);
  expect(project?.store).toBe(join(cwd, "data"));
  expect(drafts.map((draft) => draft.asset?.name)).toEqual(["customer_totals", "orders"]);
});

test("what show prints of an asset can stand in the place of its declaration", async () => {
  await init();
  const orders = await ordersOf(await load());
  await writeFile(join(cwd, "assets/orders.yaml"), renderDeclaration(orders));
  const again = await load();
  expect(again.diagnostics).toEqual([]);
  expect(withoutPlaces(await ordersOf(again))).toEqual(withoutPlaces(orders));
});

function withoutPlaces({ origin: _origin, tests, ...asset }: Asset): unknown {
  return { ...asset, tests: tests.map(({ origin: _place, ...test }) => test) };
}

async function ordersOf({ drafts }: Awaited<ReturnType<typeof load>>): Promise<Asset> {
  const asset = drafts.find((draft) => draft.asset?.name === "orders")?.asset;
  expect(asset?.kind).toBe("ingested");
  return asset as Asset;
}

test("the new project runs as it is, and a second run has nothing to do", async () => {
  await init();
  const real = async (...argv: readonly string[]): Promise<{ code: number; text: string }> => {
    const io = { ...fakeIo(), cwd, stdout: new Sink(), clock: { now: () => Date.now() } };
    return { code: await main(argv, io), text: io.stdout.text };
  };
  expect(await real("run")).toMatchObject({ code: 0, text: expect.stringContaining("+ orders           2 deliveries, +6 rows\n") });
  expect(await real("run")).toEqual({ code: 0, text: expect.stringContaining("nothing to do: 2 assets are up to date.\n") });
  expect(await real("test")).toMatchObject({ code: 0, text: expect.stringMatching(/^3 tests passed in /m) });
  expect(await real("query", "from customer_totals", "--format", "csv")).toEqual({
    code: 0,
    text: "customer,orders,total\nAda,2,40.00\nBarbara,1,60.00\nEdsger,1,99.90\nGrace,2,47.75\n",
  });
});
