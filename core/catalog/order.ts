/** Something with a name that reads others. */
export interface Reader {
  readonly name: string;
  readonly inputs: readonly string[];
}

export interface Order {
  /** Inputs first; those at equal depth by name. Members of a cycle, and what reads them, are left out. */
  readonly names: readonly string[];
  /** Each as the names along it, the first one again at the end. */
  readonly cycles: readonly (readonly string[])[];
}

/** Inputs that are not among the readers do not count. */
export function inputsFirst(readers: readonly Reader[]): Order {
  const byName = new Map(readers.map((reader) => [reader.name, reader]));
  const depths = depthsOf(byName);
  const names = [...depths.keys()].sort((a, b) => (depths.get(a) ?? 0) - (depths.get(b) ?? 0) || compare(a, b));
  return { names, cycles: cyclesAmong([...byName.values()].filter((reader) => !depths.has(reader.name))) };
}

/** Depth of each node that no cycle feeds; sources are 0 (Kahn's algorithm). */
function depthsOf(byName: ReadonlyMap<string, Reader>): Map<string, number> {
  const readBy = new Map<string, string[]>();
  const waiting = new Map<string, number>();
  for (const { name, inputs } of byName.values()) {
    const known = inputs.filter((input) => byName.has(input));
    waiting.set(name, known.length);
    for (const input of known) readBy.set(input, [...(readBy.get(input) ?? []), name]);
  }
  const depths = new Map<string, number>();
  let ready = [...byName.keys()].filter((name) => waiting.get(name) === 0);
  for (let depth = 0; ready.length > 0; depth++) {
    for (const name of ready) depths.set(name, depth);
    ready = ready.flatMap((name) => (readBy.get(name) ?? []).filter((reader) => countDown(waiting, reader) === 0));
  }
  return depths;
}

function countDown(waiting: Map<string, number>, name: string): number {
  const left = (waiting.get(name) ?? 0) - 1;
  waiting.set(name, left);
  return left;
}

/** At least one cycle of every knot, found by walking until a name comes again. */
function cyclesAmong(readers: readonly Reader[]): readonly (readonly string[])[] {
  const byName = new Map(readers.map((reader) => [reader.name, reader]));
  const done = new Set<string>();
  const cycles: string[][] = [];
  for (const start of [...byName.keys()].sort(compare)) walk(start, [], byName, done, cycles);
  return cycles;
}

function walk(name: string, path: string[], byName: ReadonlyMap<string, Reader>, done: Set<string>, cycles: string[][]): void {
  const reader = byName.get(name);
  if (reader === undefined || done.has(name)) return;
  const seenAt = path.indexOf(name);
  if (seenAt >= 0) {
    cycles.push([...path.slice(seenAt), name]);
    return;
  }
  path.push(name);
  for (const input of [...reader.inputs].sort(compare)) walk(input, path, byName, done, cycles);
  path.pop();
  done.add(name);
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
