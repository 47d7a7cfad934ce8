/**
 * Scenarios are text in the manner of sqllogictest. A block is a command line, and below a line `----` what goes in or must come
 * out. It ends before a blank line that is followed by another command, a comment, or the end of the file:
 *
 *     # The first comment line is the scenario's name.
 *     asset orders            assets/orders.yaml; also: flow.yaml, sql <asset>, write <path>
 *     land <file> [for <asset>]        into landing of the first asset; also: land-gz, land-bytes (lines of JSON strings, Latin-1)
 *     remove <path>           a file or folder, relative to the project
 *     crash <point> [before|within|after] [<nth>]      kills the next command there
 *     plan | status | query <sql> | flow <words>       stdout must be as told, where it is told
 *     interrupt <point> …     Ctrl-C there
 *     later <duration>        the clock goes on by so much
 *     damage <glob>           flips a byte of a file below the store
 *     run [words]             the same for its lines about assets; `account` below it has the numbers, too
 *     stderr                  of the last command
 *     exit <code>             of the last command; 0 where nothing is said
 *     unchanged               the last command changed no pointer, version, part or byte of them
 *     kept <glob>             part files `<asset>/<partition>/*` of the version before that the last command took over as they were
 *     files <glob>            below the store
 *     cat <path>              a file below the store
 *
 * Names with blanks are JSON strings.
 */
export interface Scenario {
  readonly name: string;
  readonly steps: readonly Step[];
}

export interface Step {
  /** 1-based line of the command. */
  readonly line: number;
  readonly command: string;
  /** The command line after the command's name. */
  readonly rest: string;
  /** Null: there is no `----`. */
  readonly body: string | null;
  /** Lines of the body: from (0-based) up to, not including. */
  readonly range: readonly [number, number];
}

const commands = new Set([
  ..."flow.yaml later asset sql write land land-gz land-bytes link remove damage crash interrupt".split(" "),
  ..."run plan status query flow account stderr exit unchanged kept files cat".split(" "),
]);

export function parseScenario(path: string, text: string): Scenario {
  const lines = text.split("\n");
  const name = lines[0]?.startsWith("# ") ? lines[0].slice(2).trim() : "";
  if (name === "") throw new Error(`${path}:1: a scenario begins with \`# its name\``);
  const steps: Step[] = [];
  for (let at = 0; at < lines.length; ) {
    const line = lines[at] ?? "";
    if (line.trim() === "" || line.startsWith("#")) {
      at += 1;
      continue;
    }
    const [command = "", rest = ""] = splitOnce(line.trim());
    if (!commands.has(command)) throw new Error(`${path}:${at + 1}: unknown command \`${command}\``);
    const hasBody = lines[at + 1] === "----";
    const from = at + 2;
    const to = hasBody ? endOfBody(lines, from) : from;
    const body = hasBody
      ? lines
          .slice(from, to)
          .map((entry) => `${entry}\n`)
          .join("")
      : null;
    steps.push({ line: at + 1, command, rest, body, range: [from, to] });
    at = hasBody ? to : at + 1;
  }
  return { name, steps };
}

/** The same text with other bodies. */
export function withBodies(text: string, bodies: ReadonlyMap<Step, string>): string {
  const lines = text.split("\n");
  for (const [{ range }, body] of [...bodies].reverse())
    lines.splice(
      range[0],
      range[1] - range[0],
      ...body
        .replace(/\n$/, "")
        .split("\n")
        .filter((line, _, all) => all.length > 1 || line !== ""),
    );
  return lines.join("\n");
}

function endOfBody(lines: readonly string[], from: number): number {
  for (let at = from; at < lines.length; at++) {
    if (lines[at] !== "") continue;
    const next = lines.slice(at).find((line) => line !== "");
    if (next === undefined || next.startsWith("# ") || commands.has(splitOnce(next)[0] ?? "")) return at;
  }
  return lines.length;
}

function splitOnce(line: string): readonly [string, string] {
  const at = line.indexOf(" ");
  return at < 0 ? [line, ""] : [line.slice(0, at), line.slice(at + 1).trim()];
}

/** Words of a command line: bare, 'single quoted', or JSON strings. */
export function wordsOf(rest: string): readonly string[] {
  const words = rest.match(/"(?:[^"\\]|\\.)*"|'[^']*'|[^\s"']+/g) ?? [];
  return words.map((word) => (word.startsWith('"') ? (JSON.parse(word) as string) : word.startsWith("'") ? word.slice(1, -1) : word));
}
