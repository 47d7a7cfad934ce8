import { type Diagnostic, FlowError } from "../diagnostic.js";
import type { Asset } from "../model.js";
import type { Finding, FsckOptions, FsckReport, GcReport } from "../project.js";
import { nextRunId } from "../run-id.js";
import { checkStore } from "./fsck.js";
import { collect } from "./gc.js";
import { lockAll } from "./locks.js";
import { type Opened, withState } from "./opened.js";

/** Takes away what need not be kept, asset by asset, each under its lock. */
export async function collectGarbage(opened: Opened, assets: readonly Asset[], dryRun: boolean): Promise<GcReport> {
  const { catalog, layout, options, ports } = opened;
  return withState(opened, dryRun ? "read" : "write", async (state) => {
    const work = { state, files: ports.files, clock: options.clock, catalog, dryRun };
    const done: GcReport["assets"][number][] = [];
    const id = nextRunId(options.clock.now(), state.ledger.lastRun());
    for (const asset of assets) {
      if (dryRun) done.push(await collect(work, asset));
      else {
        await using _locks = await lockAll({ files: ports.files, layout, run: id }, [asset.name]);
        done.push(await collect(work, asset));
      }
    }
    return { gc: 1, dry_run: dryRun, assets: done };
  });
}

/** Looks through the whole store; made anew where that is asked for, the ledger is what the store says. */
export async function checkWhole(opened: Opened, { quick, rebuild }: FsckOptions): Promise<FsckReport> {
  const { catalog } = opened;
  if (rebuild) await removeLedger(opened);
  try {
    return await withState(opened, rebuild ? "write" : "read", async ({ layout, ledger }) => ({
      ...(await checkStore(layout, ledger, catalog.assets, quick)),
      rebuilt: rebuild,
    }));
  } catch (trouble) {
    if (!(trouble instanceof FlowError)) throw trouble;
    return { fsck: 1, rebuilt: false, assets: [], findings: trouble.diagnostics.map((diagnostic) => unusable(opened, diagnostic)) };
  }
}

async function removeLedger({ catalog, layout, options, ports }: Opened): Promise<void> {
  await ports.files.makeDir("store:make", layout.locks());
  const id = nextRunId(options.clock.now(), null);
  await using _locks = await lockAll(
    { files: ports.files, layout, run: id },
    catalog.assets.map(({ name }) => name),
  );
  for (const end of ["", "-wal", "-shm"]) await ports.files.removeFile("ledger:remove", `${layout.ledger()}${end}`);
}

/** Something that no command can work with: it ends the look before it begins. */
function unusable({ catalog, layout }: Opened, { code, message, hint }: Diagnostic): Finding {
  const isLedger = code.startsWith("ledger") || code === "store-newer";
  const [first] = catalog.assets;
  if (first === undefined) throw new Error("a project without assets has nothing to look at");
  return {
    asset: first.name,
    severity: "damage",
    what: isLedger ? "ledger" : "manifest",
    path: layout.belowStore(isLedger ? layout.ledger() : layout.root),
    message,
    hint: isLedger ? "`flow fsck --rebuild` makes it again from the store" : hint,
  };
}
