import { error, FlowError } from "../diagnostic.js";
import type { Asset, DeliverySeq, VersionId } from "../model.js";
import type { Requests } from "../plan/state.js";
import type { Layout } from "../store/layout.js";
import { chain, type StoredManifest } from "../store/versions.js";
import type { State } from "./state.js";
import { keptVersion } from "./version-meant.js";

/** Which deliveries go and which count again, so that an asset becomes what it was. Throws where it cannot. */
export async function rollbackTo(state: State, asset: Asset, text: string): Promise<NonNullable<Requests["rollback"]>> {
  const { layout, ledger } = state;
  if (asset.kind === "derived") {
    const inputs = asset.inputs.map((input) => `\`${input}\``).join(", ");
    throw refused(`\`${asset.name}\` is derived: it is what its inputs and its SQL make of it`, `roll back ${inputs}, or change the SQL`);
  }
  const { version, declaration } = await keptVersion(state, asset.name, text);
  if (version === ledger.current(asset.name)?.version)
    throw refused(`\`${asset.name}\` is at version \`${version}\``, "name an earlier one");
  if (declaration.fingerprint !== asset.fingerprint) {
    const message = `version \`${version}\` of \`${asset.name}\` was made by another declaration`;
    throw refused(message, "take the declaration back, too: `flow run` then makes the table of it again");
  }
  const then = await countingAt(layout, asset, version);
  const current = ledger.currentDeliveries(asset.name).map(({ seq }) => seq);
  const now = new Set(current);
  return {
    asset: asset.name,
    to: version,
    out: current.filter((seq) => !then.counting.has(seq) && then.known.has(seq)),
    back: [...then.counting].filter((seq) => !now.has(seq)).sort((a, b) => a - b),
  };
}

/** The deliveries that counted in a version, told forward from the first; and all that any version ever knew. */
async function countingAt(
  layout: Layout,
  asset: Asset,
  version: VersionId,
): Promise<{ readonly counting: ReadonlySet<DeliverySeq>; readonly known: ReadonlySet<DeliverySeq> }> {
  const newestFirst: StoredManifest[] = [];
  for await (const stored of chain(layout, asset.name)) newestFirst.push(stored);
  if (newestFirst.at(-1)?.manifest.parent !== null) {
    throw refused(
      `older versions of \`${asset.name}\` are gone, and with them what counted in \`${version}\``,
      "withdraw the deliveries one by one",
    );
  }
  const counting = new Set<DeliverySeq>();
  const known = new Set<DeliverySeq>();
  let passed = false;
  for (const { manifest } of newestFirst.reverse()) {
    const { added, replayed, superseded, withdrawn } = manifest.deliveries;
    for (const { seq } of [...added, ...replayed]) known.add(seq);
    if (passed) continue;
    for (const { seq } of superseded) counting.delete(seq);
    for (const seq of withdrawn) counting.delete(seq);
    for (const { seq } of [...added, ...replayed]) counting.add(seq);
    passed = manifest.version === version;
  }
  return { counting, known };
}

function refused(message: string, hint: string): FlowError {
  return new FlowError([error("bad-option", null, message, hint)]);
}
