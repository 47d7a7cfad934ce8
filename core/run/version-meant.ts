import { error, FlowError } from "../diagnostic.js";
import type { Ledger, VersionRow } from "../ledger/ledger.js";
import type { AssetName } from "../model.js";
import type { Manifest } from "../store/manifest.js";
import { readVersion } from "../store/versions.js";
import type { State } from "./state.js";

/**
 * The version that somebody means: its id or how that begins, `~1` for the one before the current (`~2` …), or a moment: what readers saw
 * then. A day means its end. UTC where no offset is given.
 */
export function versionMeant(ledger: Ledger, asset: AssetName, text: string): VersionRow {
  const versions = ledger.versions(asset);
  const [current] = versions;
  if (current === undefined) {
    throw new FlowError([error("unknown-version", null, `\`${asset}\` has no version yet`, "`flow run` makes one")]);
  }
  const back = /^~(\d+)$/.exec(text);
  if (back !== null) return versions[Number(back[1])] ?? unknown(asset, text, versions);
  const begins = versions.filter(({ version }) => version.startsWith(text));
  if (begins.length === 1 && begins[0] !== undefined) return begins[0];
  const exact = begins.find(({ version }) => version === text);
  if (exact !== undefined) return exact;
  const moment = momentOf(text);
  if (moment !== null) return versions.find(({ publishedAt }) => Date.parse(publishedAt) <= moment) ?? unknown(asset, text, versions);
  if (begins.length > 1) {
    throw new FlowError([
      error(
        "unknown-version",
        null,
        `${begins.length} versions of \`${asset}\` begin with \`${text}\``,
        `write more of it: \`${begins[0]?.version}\``,
      ),
    ]);
  }
  return unknown(asset, text, versions);
}

/** The same, with what it was; throws where `flow gc` has taken its parts away. */
export async function keptVersion({ layout, ledger }: State, asset: AssetName, text: string): Promise<Manifest> {
  const { version } = versionMeant(ledger, asset, text);
  const stored = await readVersion(layout, asset, version);
  if (stored !== null) return stored.manifest;
  throw new FlowError([
    error(
      "unknown-version",
      null,
      `\`flow gc\` took version \`${version}\` of \`${asset}\` away`,
      `\`flow history ${asset}\` says which are kept`,
    ),
  ]);
}

/** Milliseconds; null: no moment. */
function momentOf(text: string): number | null {
  if (/^\d{4}-\d\d-\d\d$/.test(text)) {
    const start = Date.parse(`${text}T00:00:00Z`);
    return Number.isNaN(start) ? null : start + 86_400_000 - 1;
  }
  if (!/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/.test(text)) return null;
  const moment = Date.parse(`${text.replace(" ", "T")}${/(Z|[+-]\d\d:?\d\d)$/.test(text) ? "" : "Z"}`);
  return Number.isNaN(moment) ? null : moment;
}

function unknown(asset: AssetName, text: string, versions: readonly VersionRow[]): never {
  const first = versions.at(-1);
  const since = first === undefined ? "" : `; the oldest was published at ${first.publishedAt}`;
  throw new FlowError([
    error("unknown-version", null, `\`${asset}\` has no version \`${text}\`${since}`, `\`flow history ${asset}\` lists its versions`),
  ]);
}
