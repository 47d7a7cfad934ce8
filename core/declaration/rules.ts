import { type Diagnostic, error, type Place, warning } from "../diagnostic.js";
import type { Column, ColumnType, PartitionField } from "../model.js";
import { suggestion } from "../suggest.js";
import { integerTypes, timestampTypes } from "./column-type.js";
import type { ColumnDeclaration } from "./declaration.js";
import type { Draft } from "./draft.js";
import { checkIngestTexts } from "./ingest-texts.js";
import { unknownType } from "./resolve-asset.js";
import { below, placeOf, placeOfKey } from "./yaml-source.js";

/** Looks at one asset and tells all it finds. */
export type Rule = (draft: Draft) => readonly Diagnostic[];

/** What a declaration must mean, beyond its shape. */
export const rules: readonly Rule[] = [
  nameIsFolder,
  kindIsClear,
  followingNeedsTime,
  ingestedHasColumns,
  columnNamesAreFree,
  columnNamesDiffer,
  columnSettingsFit,
  referencesAreDeclared,
  upsertHasKey,
  settingsExcludeEachOther,
  settingsTakeEffect,
  logIsNeeded,
  partitionsFitColumns,
  partitionFoldersAreFree,
  eventTimeIsTime,
  latenessHasEventTime,
  checkNamesDiffer,
  ingestTextsAreSound,
];

const provenance: ReadonlySet<string> = new Set(["_delivery", "_file", "_line", "_deleted"]);

function nameIsFolder({ asset, shaped }: Draft): readonly Diagnostic[] {
  if (/^[a-z][a-z0-9_]{0,99}$/.test(asset.name) || shaped.spoilt("/asset")) return [];
  const at = placeOf(shaped.source, "/asset");
  return [
    error(
      "bad-name",
      at,
      `\`${asset.name}\`, the file's name, is not an asset name`,
      "rename the file, or set `asset:` to lower-case letters, digits and `_`",
    ),
  ];
}

/** A snapshot that is taken out brings back the one before it, and only the log knows that. */
function logIsNeeded({ asset, shaped }: Draft): readonly Diagnostic[] {
  if (asset.kind !== "ingested" || asset.retain.rawMs === null) return [];
  const { strategy } = asset.ingest;
  if (strategy === "append" || strategy === "upsert") return [];
  return [
    error(
      "conflicting-keys",
      placeOf(shaped.source, "/retain/raw"),
      `\`strategy: ${strategy}\` reads earlier files again, and \`retain.raw\` takes them away`,
      "keep them: `retain: { raw: forever }`",
    ),
  ];
}

function kindIsClear({ asset, shaped, sql }: Draft): readonly Diagnostic[] {
  const { declaration, source } = shaped;
  const found: Diagnostic[] = [];
  if (asset.kind === "derived" ? declaration.ingest !== undefined : sql !== null) {
    const message =
      sql === null || declaration.sql !== undefined
        ? "an asset has `ingest` or SQL, not both"
        : `an asset ingests or has SQL, and \`${sql.file.path}\` is SQL`;
    found.push(
      error(
        "conflicting-keys",
        placeOfKey(source, declaration.ingest === undefined ? "/type" : "/ingest"),
        message,
        "make two assets: one ingests, the other reads it",
      ),
    );
  }
  if (asset.kind === "derived" && sql === null && !shaped.spoilt("/sql")) {
    found.push(
      error(
        "missing-key",
        placeOfKey(source, "/type"),
        "a derived asset needs its SQL",
        `write \`sql:\`, or put it into \`${asset.name}.sql\` beside the YAML`,
      ),
    );
  }
  for (const key of asset.kind === "derived" ? (["lateness"] as const) : (["incremental"] as const)) {
    if (declaration[key] === undefined) continue;
    const other = asset.kind === "derived" ? "an ingested" : "a derived";
    found.push(
      error("conflicting-keys", placeOfKey(source, below("", key)), `\`${key}\` belongs to ${other} asset`, `take \`${key}\` out`),
    );
  }
  return found;
}

/** What an author knows of later partitions can be used only where partitions are intervals of time. */
function followingNeedsTime({ asset, shaped }: Draft): readonly Diagnostic[] {
  if (asset.kind === "ingested" || (asset.incremental.kind !== "lookback" && asset.incremental.kind !== "cumulative")) return [];
  const [first] = asset.partitionBy;
  const at = placeOfKey(shaped.source, "/incremental");
  const isTime = first !== undefined && ["year", "month", "day", "hour"].includes(first.transform);
  if (!isTime) {
    return [
      error(
        "conflicting-keys",
        at,
        `\`${asset.incremental.kind}\` needs partitions that follow each other in time`,
        "partition it by `day(…)`, `month(…)` or the like, that term first",
      ),
    ];
  }
  const named =
    typeof shaped.declaration.incremental === "object" && "cumulative" in shaped.declaration.incremental
      ? shaped.declaration.incremental.cumulative
      : first.column;
  return named === first.column
    ? []
    : [
        error(
          "conflicting-keys",
          at,
          `\`cumulative\` names \`${named}\`, and the asset is partitioned by \`${first.column}\``,
          `name \`${first.column}\``,
        ),
      ];
}

function ingestedHasColumns({ asset, shaped }: Draft): readonly Diagnostic[] {
  if (asset.kind === "derived" || asset.columns.length > 0 || shaped.spoilt("/columns") || shaped.spoilt("/sql")) return [];
  return [
    error(
      "missing-key",
      placeOf(shaped.source, "/asset"),
      `\`${asset.name}\` declares no columns`,
      "state the types of the files' columns: `columns: { id: INTEGER }`",
    ),
  ];
}

function columnNamesAreFree({ asset, shaped }: Draft): readonly Diagnostic[] {
  return asset.columns.flatMap(({ name }) => {
    const at = placeOfKey(shaped.source, below("/columns", name));
    if (provenance.has(name.toLowerCase()))
      return [error("bad-column", at, `flow itself writes a column \`${name}\``, "give the column another name, and this one as an alias")];
    if (name.startsWith("_"))
      return [
        error(
          "bad-column",
          at,
          `\`${name}\` begins with \`_\`, which is kept for flow's own columns`,
          "give the column another name, and this one as an alias",
        ),
      ];
    return name.trim() === name && name !== "" && !/\p{Cc}/u.test(name)
      ? []
      : [error("bad-column", at, `\`${name}\` cannot name a column`, "a name has no control characters and no blanks around it")];
  });
}

/** SQL does not tell `Id` from `id`. */
function columnNamesDiffer({ asset, shaped }: Draft): readonly Diagnostic[] {
  const taken = new Map<string, string>();
  const found: Diagnostic[] = [];
  const claim = (name: string, what: string, at: Place): void => {
    const other = taken.get(name.toLowerCase());
    if (other === undefined) taken.set(name.toLowerCase(), what);
    else found.push(error("duplicate-column", at, `${what} has the same name as ${other}`, "upper and lower case do not count"));
  };
  for (const { name } of asset.columns) claim(name, `column \`${name}\``, placeOfKey(shaped.source, below("/columns", name)));
  for (const [column, alias, pointer] of aliasesOf(asset.columns))
    claim(alias, `alias \`${alias}\` of \`${column}\``, placeOf(shaped.source, pointer));
  return found;
}

function aliasesOf(columns: readonly (Column | ColumnType)[]): readonly (readonly [string, string, string])[] {
  return columns.flatMap((column) =>
    "aliases" in column
      ? column.aliases.map((alias, index) => [column.name, alias, `${below("/columns", column.name)}/aliases/${index}`] as const)
      : [],
  );
}

/** Settings that only dates and times know. */
function columnSettingsFit({ asset, shaped }: Draft): readonly Diagnostic[] {
  return asset.columns.flatMap(({ name, type }) => {
    const declared = shaped.declaration.columns?.[name];
    if (declared === undefined || typeof declared === "string") return [];
    const pointer = below("/columns", name);
    return misplaced(declared, type).map((key) => settingTrouble(key, type, placeOfKey(shaped.source, below(pointer, key))));
  });
}

function misplaced(declared: ColumnDeclaration, type: string): readonly ("formats" | "zone")[] {
  if (type === unknownType) return [];
  const timed = timestampTypes.has(type);
  const formats = declared.formats !== undefined && !timed && type !== "DATE" && !type.startsWith("TIME");
  return [...(formats ? (["formats"] as const) : []), ...(declared.zone !== undefined && !timed ? (["zone"] as const) : [])];
}

function settingTrouble(key: "formats" | "zone", type: string, at: Place): Diagnostic {
  const fits = key === "zone" ? "TIMESTAMP" : "DATE, TIME and TIMESTAMP";
  return error("bad-column", at, `\`${key}\` means nothing for ${type}`, `it is for columns of type ${fits}`);
}

function referencesAreDeclared({ asset, shaped, references }: Draft): readonly Diagnostic[] {
  // Without a contract a derived asset's columns are known to the engine alone.
  if (asset.columns.length === 0) return [];
  const names = asset.columns.map((column) => column.name);
  return references
    .filter(({ column }) => !names.includes(column) && column !== "" && !shaped.spoilt(below("/columns", column)))
    .map(({ column, pointer }) =>
      error(
        "undeclared-column",
        placeOf(shaped.source, pointer),
        `\`${asset.name}\` declares no column \`${column}\``,
        suggestion(column, names, "it declares"),
      ),
    );
}

function upsertHasKey({ asset, shaped }: Draft): readonly Diagnostic[] {
  if (asset.kind === "derived" || asset.ingest.strategy !== "upsert" || asset.key.length > 0 || shaped.spoilt("/key")) return [];
  return [
    error(
      "missing-key",
      placeOf(shaped.source, "/ingest/strategy"),
      "`upsert` needs a `key`",
      "declare the columns that identify a row: `key: id`",
    ),
  ];
}

function settingsExcludeEachOther({ asset, shaped }: Draft): readonly Diagnostic[] {
  if (asset.kind === "derived") return [];
  const { ingest } = asset;
  const own = shaped.declaration.ingest ?? {};
  const tell = (key: string, message: string, hint: string): Diagnostic =>
    error("conflicting-keys", placeOfKey(shaped.source, `/ingest/${key}`), message, hint);
  const found: Diagnostic[] = [];
  if (own.delete_when !== undefined && ingest.strategy !== "upsert") {
    found.push(
      tell("delete_when", `\`delete_when\` deletes a key, and \`${ingest.strategy}\` does not go by keys`, "set `strategy: upsert`"),
    );
  }
  if (own.set !== undefined && (ingest.strategy === "append" || ingest.strategy === "upsert")) {
    found.push(
      tell(
        "set",
        `\`set\` makes files one snapshot, and \`${ingest.strategy}\` takes none`,
        "set `strategy: replace` or `replace_partitions`",
      ),
    );
  }
  if (ingest.strategy === "replace_partitions" && asset.partitionBy.length === 0 && !shaped.spoilt("/partition_by")) {
    found.push(tell("strategy", "`replace_partitions` needs `partition_by`", "declare the partitions, or set `strategy: replace`"));
  }
  return found;
}

function settingsTakeEffect({ asset, shaped }: Draft): readonly Diagnostic[] {
  if (asset.kind === "derived") return [];
  const { ingest: own = {}, lateness, key } = shaped.declaration;
  const { strategy, format } = asset.ingest;
  const tell = (pointer: string, message: string): Diagnostic =>
    warning("no-effect", placeOfKey(shaped.source, pointer), message, "take it out");
  const found: Diagnostic[] = [];
  if (strategy === "append" && key !== undefined) found.push(tell("/key", "`append` takes every row, so `key` has no effect"));
  if (own.order_by !== undefined && asset.key.length === 0)
    found.push(tell("/ingest/order_by", "without a `key` no two rows compete, so `order_by` has no effect"));
  if (own.allow_empty !== undefined && strategy !== "replace")
    found.push(tell("/ingest/allow_empty", `\`allow_empty\` is for \`replace\`, not \`${strategy}\``));
  if (own.csv !== undefined && format !== null && format !== "csv")
    found.push(tell("/ingest/csv", `the files are ${format}, so \`csv\` has no effect`));
  if (lateness?.too_late !== undefined && lateness.allow === undefined && !shaped.spoilt("/lateness/allow")) {
    found.push(tell("/lateness/too_late", "without `allow` no row is ever too late"));
  }
  return found;
}

function partitionsFitColumns({ asset, shaped, partitionPointers }: Draft): readonly Diagnostic[] {
  return asset.partitionBy.flatMap((field, index) => {
    const type = asset.columns.find((column) => column.name === field.column)?.type ?? unknownType;
    const at = placeOf(shaped.source, partitionPointers[index] ?? "/partition_by");
    if (!/^[\p{L}\p{N}][\p{L}\p{N}_ .-]*$/u.test(field.column))
      return [error("bad-partition", at, `\`${field.column}\` cannot name a folder`, "partition by a column of letters, digits and `_`")];
    return type === unknownType || fits(field, type)
      ? []
      : [
          error(
            "bad-partition",
            at,
            `${field.transform === "identity" ? "a bare column" : `\`${field.transform}\``} cannot split ${type}`,
            fitting(field),
          ),
        ];
  });
}

const timeGrains: ReadonlySet<string> = new Set(["year", "month", "day"]);

function fits({ transform }: PartitionField, type: string): boolean {
  if (transform === "hour") return timestampTypes.has(type);
  if (timeGrains.has(transform)) return timestampTypes.has(type) || type === "DATE";
  const plain = type === "VARCHAR" || integerTypes.has(type);
  if (transform === "truncate") return plain;
  if (transform === "identity") return plain || type === "BOOLEAN" || type === "DATE";
  return plain || type === "DATE" || type === "UUID" || type.startsWith("DECIMAL") || timestampTypes.has(type);
}

function fitting({ transform, column }: PartitionField): string {
  if (transform === "hour") return "it takes a TIMESTAMP";
  if (timeGrains.has(transform)) return "it takes a DATE or a TIMESTAMP";
  if (transform === "truncate") return "it takes a VARCHAR or an integer";
  if (transform === "identity")
    return `a bare column is a VARCHAR, integer, BOOLEAN or DATE; write \`bucket(16, ${column})\` or \`month(${column})\``;
  return "it takes a VARCHAR, integer, DECIMAL, UUID, DATE or TIMESTAMP";
}

/** A folder level is a column to whoever reads the Parquet files. */
function partitionFoldersAreFree({ asset, shaped }: Draft): readonly Diagnostic[] {
  const at = placeOf(shaped.source, "/partition_by");
  const columns = new Set(asset.columns.map((column) => column.name.toLowerCase()));
  const clashing = asset.partitionBy.filter((field) => field.transform !== "identity" && columns.has(field.name.toLowerCase()));
  const repeated = asset.partitionBy.filter((field, index) => asset.partitionBy.findIndex((other) => other.name === field.name) < index);
  return [
    ...clashing.map((field) =>
      error("bad-partition", at, `the partition folder \`${field.name}\` has the name of a column`, "give the column another name"),
    ),
    ...repeated.map((field) => error("bad-partition", at, `two partition terms make the folder \`${field.name}\``, "keep one of them")),
  ];
}

function eventTimeIsTime({ asset, shaped }: Draft): readonly Diagnostic[] {
  const type = asset.columns.find((column) => column.name === asset.eventTime)?.type ?? unknownType;
  if (type === unknownType || type === "DATE" || timestampTypes.has(type)) return [];
  return [
    error("bad-column", placeOf(shaped.source, "/event_time"), `\`event_time\` cannot be ${type}`, "it takes a DATE or a TIMESTAMP column"),
  ];
}

function latenessHasEventTime({ asset, shaped }: Draft): readonly Diagnostic[] {
  if (asset.kind === "derived" || asset.lateness === null || asset.eventTime !== null || shaped.spoilt("/event_time")) return [];
  return [
    error(
      "missing-key",
      placeOfKey(shaped.source, "/lateness"),
      "`lateness` needs `event_time`",
      "name the column that says when a row's event happened",
    ),
  ];
}

function checkNamesDiffer({ asset, shaped }: Draft): readonly Diagnostic[] {
  const names = (shaped.declaration.checks ?? []).map((check) => check.name);
  return names.flatMap((name, index) => {
    if (name === undefined || names.indexOf(name) === index) return [];
    return [
      error(
        "duplicate-check",
        placeOf(shaped.source, `/checks/${index}/name`),
        `\`${asset.name}\` already has a check \`${name}\``,
        "give it another name",
      ),
    ];
  });
}

function ingestTextsAreSound({ shaped }: Draft): readonly Diagnostic[] {
  return checkIngestTexts(shaped.declaration.ingest ?? {}, "/ingest", shaped.source);
}
