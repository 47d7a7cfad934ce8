import type { ParameterValue } from "../engine.js";

/** An identifier, quoted. */
export function ident(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A string literal. */
export function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

/** A literal for a parameter. */
export function literal(value: ParameterValue): string {
  if (typeof value === "object") return `TIMESTAMPTZ ${text(value.instant)}`;
  return typeof value === "string" ? text(value) : String(value);
}

export function list(items: readonly string[]): string {
  return `[${items.join(", ")}]`;
}

export function texts(values: readonly string[]): string {
  return list(values.map(text));
}

/** `or` where nothing is given, for the bodies of IN (...) and the like. */
export function joined(items: readonly (string | number)[], or: string): string {
  return items.length === 0 ? or : items.join(", ");
}
