import type { Asset, IngestedAsset, PartitionField, PartitionKey } from "../model.js";
import type { AssetStatus } from "../project.js";
import type { Manifest } from "../store/manifest.js";

/**
 * Provisional until the watermark passes a partition's end and the lateness allowed after it; final from then on. Null where the
 * asset has no event time, no watermark, or is not partitioned by it.
 */
export function finalityOf(asset: Asset, manifest: Manifest): AssetStatus["finality"] {
  if (asset.kind !== "ingested" || manifest.watermark === null) return null;
  const field = timeField(asset);
  if (field === null) return null;
  const column = asset.columns.find(({ name }) => name === asset.eventTime);
  const zone = column === undefined || column.type === "TIMESTAMP WITH TIME ZONE" ? "UTC" : column.zone;
  const passed = Date.parse(manifest.watermark) - (asset.lateness?.allowMs ?? 0);
  const partitions = manifest.partitions.filter(({ parts }) => parts.length > 0).map(({ partition }) => partition);
  // Without a lateness block any row is let in at any age: nothing is ever final.
  const isFinal = (partition: PartitionKey): boolean => {
    const end = endOf(field, partition);
    return asset.lateness?.allowMs != null && end !== null && instantIn(zone, end) <= passed;
  };
  const final = partitions.filter(isFinal).length;
  return { provisional: partitions.length - final, final };
}

function timeField(asset: IngestedAsset): PartitionField | null {
  const grains = ["hour", "identity", "day", "month", "year"];
  const isDate = asset.columns.some(({ name, type }) => name === asset.eventTime && type === "DATE");
  const fields = asset.partitionBy.filter(
    ({ column, transform }) => column === asset.eventTime && grains.includes(transform) && (isDate || transform !== "identity"),
  );
  return fields.sort((a, b) => grains.indexOf(a.transform) - grains.indexOf(b.transform))[0] ?? null;
}

/** Wall-clock time of a zone, given as if it were UTC -> the instant, both in milliseconds. */
function instantIn(zone: string, wallClock: number): number {
  const shown = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "medium" });
  const offsetAt = (instant: number): number => Date.parse(`${shown.format(instant).replace(" ", "T")}Z`) - instant;
  // The offset is that of the instant looked for, which differs from this guess only around a change of the clocks.
  return wallClock - offsetAt(wallClock - offsetAt(wallClock));
}

/** When the interval in the folder's name ends, as wall-clock time in milliseconds; null for the partition of NULLs. */
function endOf(field: PartitionField, partition: PartitionKey): number | null {
  const level = partition.split("/").find((name) => name.startsWith(`${field.name}=`));
  const numbers = /=(\d+)(?:-(\d\d))?(?:-(\d\d))?(?:-(\d\d))?$/.exec(level ?? "");
  if (numbers === null) return null;
  const [, year, month = "01", day = "01", hour = "00"] = numbers.map((text) => text ?? undefined);
  const [y, m, d, h] = [Number(year), Number(month) - 1, Number(day), Number(hour)];
  switch (field.transform) {
    case "year":
      return Date.UTC(y + 1, 0, 1);
    case "month":
      return Date.UTC(y, m + 1, 1);
    case "day":
    case "identity":
      return Date.UTC(y, m, d + 1);
    default:
      return Date.UTC(y, m, d, h + 1);
  }
}
