import { type Diagnostic, warning } from "../diagnostic.js";
import type { InputReach } from "../engine/engine.js";
import type { Ledger } from "../ledger/ledger.js";
import type { Asset, AssetName, DerivedAsset } from "../model.js";
import { makePlan } from "../plan/make-plan.js";
import type { AssetPlan, Plan } from "../plan/plan.js";
import { noRequests, type Requests, type Snapshot } from "../plan/state.js";
import type { Clock } from "../project.js";
import type { Layout } from "../store/layout.js";
import { type HashMemory, type LandedByAsset, landedFiles } from "./landed.js";

/** The state a plan is made from. */
export interface State {
  readonly layout: Layout;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly memory: HashMemory;
  /** What is provable of the inputs of these assets. */
  readonly reach: (assets: readonly DerivedAsset[]) => Promise<ReadonlyMap<AssetName, readonly InputReach[]>>;
  /** Assets whose rows do not tell when. */
  readonly timeless: ReadonlySet<AssetName>;
}

export async function planFor(
  state: State,
  assets: readonly Asset[],
  requests: Requests = noRequests,
): Promise<{ readonly plan: Plan; readonly landed: LandedByAsset }> {
  const landed = await listAll(state, assets);
  const input = {
    requests,
    assets,
    snapshot: snapshotOf(state.ledger),
    landed: new Map([...landed].map(([asset, { ready }]) => [asset, ready])),
    timeless: state.timeless,
    notices: [...landed].flatMap(([asset, files]) => noticesOn(asset, files)),
  };
  // Proofs cost time: they are asked for where they decide something.
  const open = new Set(
    makePlan({ ...input, reach: new Map() })
      .assets.filter(isOpen)
      .map(({ asset }) => asset),
  );
  const reach =
    open.size === 0
      ? new Map()
      : await state.reach(assets.filter((asset) => asset.kind === "derived").filter(({ name }) => open.has(name)));
  return { plan: makePlan({ ...input, reach }), landed };
}

function isOpen({ commands }: AssetPlan): boolean {
  return commands.some((command) => command.kind === "transform" && (command.build.kind === "reached" || command.build.kind === "range"));
}

export async function listAll(state: State, assets: readonly Asset[]): Promise<LandedByAsset> {
  const landed = new Map<AssetName, Awaited<ReturnType<typeof landedFiles>>>();
  for (const asset of assets) {
    if (asset.kind === "ingested") landed.set(asset.name, await landedFiles(state.layout, asset, state.clock, state.memory));
  }
  return landed;
}

export function snapshotOf(ledger: Ledger): Snapshot {
  return {
    current: (asset) => ledger.current(asset),
    lastChange: (asset) => ledger.current(asset)?.lastChange ?? null,
    byName: (asset, file) => ledger.byName(asset, file),
    byContent: (asset, sha256) => ledger.byContent(asset, sha256),
    twins: (asset, sha256, followed) => ledger.twins(asset, sha256, followed),
    held: (asset) => ledger.held(asset),
    copies: (asset, file) => ledger.copies(asset, file),
    copied: (asset) => ledger.deliveries(asset).flatMap(({ state, sha256 }) => (state === "redelivered" ? [sha256] : [])),
    lastSeq: (asset) => ledger.lastSeq(asset),
    hasDeliveries: (asset) => ledger.lastSeq(asset) > 0,
  };
}

function noticesOn(
  asset: AssetName,
  { settling, escaping }: { settling: readonly { file: string }[]; escaping: readonly string[] },
): readonly Diagnostic[] {
  const notices: Diagnostic[] = [];
  if (settling.length > 0) {
    const files = settling.length === 1 ? `\`${settling[0]?.file}\` is` : `${settling.length} files are`;
    notices.push(
      warning(
        "file-settling",
        null,
        `${files} not complete yet, and left in landing of \`${asset}\``,
        "it is taken by a later run, once it holds still or its marker is there",
      ),
    );
  }
  for (const file of escaping) {
    notices.push(
      warning(
        "link-leaves-landing",
        null,
        `\`${file}\` in landing of \`${asset}\` is a link that leads out of it, and was left alone`,
        "put the file itself there",
      ),
    );
  }
  return notices;
}
