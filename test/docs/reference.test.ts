import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { referencePages, type Schema } from "../../docs/reference/pages.js";

const at = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const read = (file: string): Schema => JSON.parse(at(`schemas/${file}`)) as Schema;
const pages = referencePages({ "asset.schema.json": read("asset.schema.json"), "flow.schema.json": read("flow.schema.json") });

test.each(Object.entries(pages))("docs/reference/%s is what `npm run docs` writes", (file, text) => {
  expect(at(`docs/reference/${file}`)).toBe(text);
});
