import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../cli/package.js";
import { referencePages, type Schema } from "./pages.js";

/** `npm run docs`: writes the pages that are made from the schemas and from the table of trouble. */
const root = packageRoot();
const read = (file: string): Schema => JSON.parse(readFileSync(join(root, "schemas", file), "utf8")) as Schema;
const pages = referencePages({ "asset.schema.json": read("asset.schema.json"), "flow.schema.json": read("flow.schema.json") });
for (const [file, text] of Object.entries(pages)) writeFileSync(join(root, "docs", "reference", file), text);
