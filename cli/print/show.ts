import type { ShowReport } from "../../core/index.js";
import { renderTable } from "./align.js";
import { instant, thousands } from "./amount.js";
import { renderDeclaration } from "./declaration.js";
import { plain, plainLines } from "./plain.js";

/** How many versions a person wants to see; `--json` has all. */
const mostVersions = 20;

/** One asset: where it is declared, what it reads and who reads it, the declaration, the SQL, the versions. */
export function renderShow(report: ShowReport): string {
  return [header(report), declaration(report), sql(report), dialects(report), versions(report)].filter((part) => part !== "").join("\n");
}

function header({ asset, inputs, readBy }: ShowReport): string {
  const lines = [
    `${asset.name}  ${asset.kind}, declared in ${plain(asset.origin.file)}:${asset.origin.line}`,
    ...(asset.description === null ? [] : [plainLines(asset.description).trimEnd()]),
    "",
    `inputs   ${inputs.join(", ") || (asset.kind === "ingested" ? `files in ingest/landing/${asset.name}` : "none")}`,
    `read by  ${readBy.join(", ") || "nothing"}`,
  ];
  return `${lines.join("\n")}\n`;
}

function declaration({ asset }: ShowReport): string {
  return section("declaration, with every default", renderDeclaration(asset));
}

function sql({ asset }: ShowReport): string {
  if (asset.kind === "ingested") return "";
  return section(`SQL, in ${plain(asset.sqlOrigin.file)}:${asset.sqlOrigin.line}`, `${plainLines(asset.sql).trim()}\n`);
}

/** How its CSV files are written, as far as that was found out. */
function dialects({ asset, dialects }: ShowReport): string {
  if (asset.kind === "derived" || dialects.length === 0) return "";
  const rows = dialects.map(({ dialect: { delimiter, quote, escape, encoding, header_line }, files, last }) => [
    thousands(files),
    visible(delimiter),
    visible(quote),
    escape === quote ? "" : visible(escape),
    encoding,
    header_line === null ? "none" : thousands(header_line),
    plain(last),
  ]);
  return section("CSV files that count, as they were read", renderTable(dialectColumns, rows));
}

/** A tab or a blank as a person can see it. */
function visible(sign: string): string {
  if (sign === "") return "none";
  return /^[!-~\u00a1-\uffff]+$/.test(sign) ? sign : JSON.stringify(sign);
}

const dialectColumns = [
  { head: "files", side: "right" },
  { head: "delimiter", side: "left" },
  { head: "quote", side: "left" },
  { head: "escape", side: "left" },
  { head: "encoding", side: "left" },
  { head: "header line", side: "right" },
  { head: "for example", side: "left" },
] as const;

function versions({ versions }: ShowReport): string {
  if (versions.length === 0) return section("versions", "none yet\n");
  const rows = versions
    .slice(0, mostVersions)
    .map((version) => [
      version.version,
      instant(version.published_at),
      thousands(version.rows),
      thousands(version.partitions),
      plain(version.reason),
    ]);
  const more = versions.length > mostVersions ? `and ${thousands(versions.length - mostVersions)} older ones\n` : "";
  return section("versions", renderTable(versionColumns, rows) + more);
}

const versionColumns = [
  { head: "version", side: "left" },
  { head: "published", side: "left" },
  { head: "rows", side: "right" },
  { head: "partitions", side: "right" },
  { head: "why", side: "left" },
] as const;

function section(title: string, text: string): string {
  return `${title}\n${text.replace(/^(?=.)/gm, "  ")}`;
}
