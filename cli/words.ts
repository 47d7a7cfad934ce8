import { type Command, InvalidArgumentError, Option } from "commander";

/** The end of every `--help`. The tests run each line. */
export function examples(lines: readonly (readonly [command: string, what: string])[]): string {
  const width = Math.max(...lines.map(([command]) => command.length));
  return ["", "Examples:", ...lines.map(([command, what]) => `  $ ${command.padEnd(width)}  # ${what}`)].join("\n");
}

export const selectionWords =
  "assets to take: `a`, `+a` with its inputs, `a+` with its readers, `2+a`, `@a`, `tag:x`, `path:dir`; none means all";

export const assetWords = "name of an asset";

export const fileWords = "path of the file below the asset's landing folder, as it was delivered";

export function excludeOption(): Option {
  return new Option("--exclude <selector>", "leave these out (repeatable)").argParser(collect);
}

/** An option that takes a whole number from 1 up. */
export function countOption(flags: string, what: string, usual: number): Option {
  return new Option(flags, what).argParser(parseCount).default(usual);
}

function parseCount(value: string): number {
  if (!/^[1-9]\d{0,8}$/.test(value)) throw new InvalidArgumentError("It is a whole number from 1 up.");
  return Number(value);
}

export function threadsOption(): Option {
  return new Option("--threads <n>", "DuckDB's threads (default: as flow.yaml says)").argParser(parseThreads);
}

export function jsonOption(what: string): Option {
  return new Option("--json", what);
}

/** Of commands that do as `flow run` does. */
export function eventsOption(): Option {
  return jsonOption("print each event as a line of JSON; the last one carries the report");
}

/** Of commands that publish: without a duration, until the asset is free. */
export function waitOption(): Option {
  return new Option("--wait [duration]", "wait for assets that another run holds; not longer than e.g. `10m` where that is given");
}

/** Of commands that print one value. */
export function reportOption(): Option {
  return jsonOption("print it as JSON (stable; the text is not)");
}

/** Known to every command, before or after its name. */
export function addGlobalOptions(program: Command): Command {
  return program
    .option("--project <dir>", "folder with flow.yaml, or one below it (default: the current one)")
    .option("--profile <name>", "take this profile of flow.yaml")
    .addOption(new Option("--vars <k=v>", "set a variable of flow.yaml (repeatable)").argParser(parseVariable))
    .option("-q, --quiet", "only problems and the summary")
    .option("--no-color", "no colour (NO_COLOR does the same)");
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** `name=value`; the value may be empty and may hold further `=`. */
function parseVariable(value: string, before: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  const equals = value.indexOf("=");
  if (equals < 1) throw new InvalidArgumentError("It is written name=value.");
  return { ...before, [value.slice(0, equals)]: value.slice(equals + 1) };
}

function parseThreads(value: string): number {
  if (!/^[1-9]\d{0,3}$/.test(value)) throw new InvalidArgumentError("It is a whole number from 1 up.");
  return Number(value);
}
