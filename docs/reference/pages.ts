import { diagnosticCodes } from "../../core/diagnostic.js";

/** A JSON Schema as far as the pages need it. */
export interface Schema {
  readonly title?: string;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly oneOf?: readonly Schema[];
  readonly definitions?: Readonly<Record<string, Schema>>;
  readonly $ref?: string;
}

/** The schemas by file name, as a `$ref` names them. */
export type Schemas = Readonly<Record<string, Schema>>;

const generated = "<!-- Made by `npm run docs`; a test compares. -->\n";

/** The generated pages of docs/reference, by file name. */
export function referencePages(schemas: Schemas): Readonly<Record<string, string>> {
  return { "declarations.md": declarationsPage(schemas), "errors.md": errorsPage() };
}

function errorsPage(): string {
  const rows = Object.entries(diagnosticCodes).map(([code, meaning]) => [`\`${code}\``, meaning]);
  return `${generated}
# Trouble, by its code

Every message begins with its code: \`error[unknown-key]: …\`, or \`warning[…]\`. Errors of declarations stop the command before anything is
done (exit code 2); trouble with one asset leaves its tables as they were (exit code 1).

${table(["code", "meaning"], rows)}`;
}

function declarationsPage(schemas: Schemas): string {
  const asset = sections(schemas, "asset.schema.json", "assets/*.yaml", 2, "");
  const flow = sections(schemas, "flow.schema.json", "flow.yaml", 2, "");
  return `${generated}
# Declarations, key by key

YAML 1.2. Unknown keys are refused with a suggestion. An editor that knows the YAML language server completes and checks with
\`# yaml-language-server: $schema=…/schemas/asset.schema.json\` in a file's first line; \`flow init\` writes it.
\`flow show <asset>\` prints a declaration with every default.

${asset.join("\n")}
${flow.join("\n")}`;
}

/** One heading and table for a mapping, then the same for each mapping in it. */
function sections(schemas: Schemas, file: string, name: string, depth: number, ref: string): readonly string[] {
  const found = follow(schemas, file, { $ref: `${file}#${ref}` });
  const properties = Object.entries(found.schema.properties ?? {});
  const rows = properties.map(([key, child]) => keyRow(key, follow(schemas, found.file, child).schema, found.schema.required ?? []));
  const own = [
    `${"#".repeat(depth)} ${depth === 2 ? name : `\`${name}\``}`,
    "",
    found.schema.description ?? "",
    "",
    table(["key", "value", "default", "meaning", "for example"], rows),
  ];
  const nested = properties.flatMap(([key, child]) =>
    nestedSections(schemas, found.file, ref, key, child, depth === 2 ? key : `${name}.${key}`),
  );
  return [...own, ...nested];
}

function nestedSections(schemas: Schemas, file: string, ref: string, key: string, child: Schema, name: string): readonly string[] {
  if (child.$ref !== undefined && !child.$ref.startsWith("#")) return [];
  const at = child.$ref?.slice(1) ?? `${ref}/properties/${key}`;
  const { schema } = follow(schemas, file, { $ref: `${file}#${at}` });
  const forms = (schema.oneOf ?? []).map((form, place) => ({ keys: Object.keys(form.properties ?? {}), at: `${at}/oneOf/${place}` }));
  if (forms.length > 0) {
    return forms.flatMap((form) => (form.keys.length > 0 ? sections(schemas, file, `${name}: ${form.keys.join(", ")}`, 3, form.at) : []));
  }
  const [inner, step, label] = innerOf(schema, at, name);
  const target = follow(schemas, file, inner);
  if (target.schema.properties === undefined || target.file !== file) return [];
  return sections(schemas, file, label, 3, inner.$ref?.slice(1) ?? step);
}

/** What a list holds, or what the names of a mapping stand for (of what may be either, the list); otherwise the thing itself. */
function innerOf(schema: Schema, at: string, name: string): readonly [inner: Schema, at: string, name: string] {
  if (schema.items?.$ref !== undefined) return [schema.items, `${at}/items`, `${name}[]`];
  if (typeof schema.additionalProperties === "object" && schema.properties === undefined) {
    return [schema.additionalProperties, `${at}/additionalProperties`, `${name}.<name>`];
  }
  return [schema, at, name];
}

function follow(schemas: Schemas, file: string, schema: Schema): { readonly file: string; readonly schema: Schema } {
  if (schema.$ref === undefined) return { file, schema };
  const [target = "", path = ""] = schema.$ref.split("#");
  const inFile = target === "" ? file : target;
  let found: unknown = schemas[inFile];
  for (const step of path.split("/").slice(1)) found = isMapping(found) ? found[step] : undefined;
  if (!isMapping(found)) throw new Error(`${schema.$ref} leads nowhere`);
  return follow(schemas, inFile, found);
}

function isMapping(value: unknown): value is Schema & Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function keyRow(key: string, schema: Schema, required: readonly string[]): readonly string[] {
  const example = schema.examples?.[0];
  return [
    `\`${key}\``,
    valueWords(schema),
    required.includes(key) ? "required" : (schema.default ?? null) === null ? "-" : code(schema.default),
    schema.description ?? "",
    example === undefined ? "" : code(example),
  ];
}

function valueWords(schema: Schema): string {
  if (schema.oneOf !== undefined) return schema.oneOf.map(choiceWords).join(", or ");
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${String(value)}\``).join(", ");
  const words: Readonly<Record<string, string>> = {
    object: "mapping",
    array: "list",
    string: "text",
    integer: "whole number",
    number: "number",
    boolean: "true or false",
  };
  return [schema.type ?? []]
    .flat()
    .map((type) => words[type] ?? type)
    .join(" or ");
}

/** One of several forms of a value: a mapping is told by its keys. */
function choiceWords(schema: Schema): string {
  const keys = Object.keys(schema.properties ?? {});
  return keys.length > 0 ? `\`{ ${keys.map((key) => `${key}: …`).join(", ")} }\`` : valueWords(schema);
}

/** As one would write it in YAML's flow style. */
function code(value: unknown): string {
  return `\`${flowStyle(value)}\``;
}

function flowStyle(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flowStyle).join(", ")}]`;
  if (isMapping(value)) {
    const entries = Object.entries(value).map(([key, child]) => `${key}: ${flowStyle(child)}`);
    return entries.length === 0 ? "{}" : `{ ${entries.join(", ")} }`;
  }
  const text = String(value);
  return typeof value === "string" && !/^[\w./][\w./ @()<>=|^+$\\*-]*$/.test(text) ? JSON.stringify(text) : text;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return `${[line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n")}\n`;
}
