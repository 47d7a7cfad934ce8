import picomatch from "picomatch";
import { type Diagnostic, error } from "../diagnostic.js";
import type { IngestDeclaration } from "./declaration.js";
import { below, placeOf, type YamlSource } from "./yaml-source.js";

/** The little languages inside `ingest`: globs and regular expressions. Also for the project's defaults. */
export function checkIngestTexts(ingest: IngestDeclaration, pointer: string, source: YamlSource): readonly Diagnostic[] {
  return [
    ...trouble(ingest.files, globTrouble, "bad-glob", below(pointer, "files"), source),
    ...trouble(ingest.set, regexTrouble, "bad-regex", below(pointer, "set"), source),
  ];
}

interface Finding {
  readonly message: string;
  readonly hint: string;
}

function trouble(
  text: string | undefined,
  find: (text: string) => Finding | null,
  code: "bad-glob" | "bad-regex",
  pointer: string,
  source: YamlSource,
): readonly Diagnostic[] {
  const found = text === undefined ? null : find(text);
  return found === null ? [] : [error(code, placeOf(source, pointer), found.message, found.hint)];
}

function globTrouble(glob: string): Finding | null {
  if (/^[/\\]|^[A-Za-z]:/.test(glob) || glob.split(/[/\\]/).includes("..")) {
    return { message: `\`${glob}\` leaves the asset's landing folder`, hint: "a pattern is relative to `ingest/landing/<asset>`" };
  }
  try {
    picomatch.makeRe(glob, { strictBrackets: true });
    return null;
  } catch (failure) {
    return {
      message: `\`${glob}\` is not a file pattern: ${messageOf(failure).replace(/ - use .*/, "")}`,
      hint: "close the bracket, or write `\\[` for the character itself",
    };
  }
}

function regexTrouble(pattern: string): Finding | null {
  try {
    new RegExp(pattern, "u");
    return null;
  } catch (failure) {
    const reason = messageOf(failure)
      .replace(/^invalid regular expression: .*: /, "")
      .toLowerCase();
    return {
      message: `\`${pattern}\` is not a regular expression: ${reason}`,
      hint: "a backslash before a special character makes it plain",
    };
  }
}

function messageOf(failure: unknown): string {
  const text = failure instanceof Error ? failure.message : String(failure);
  return text.charAt(0).toLowerCase() + text.slice(1);
}
