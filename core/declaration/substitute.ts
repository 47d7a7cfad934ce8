import { type Diagnostic, error, type Place } from "../diagnostic.js";
import { suggestion } from "../suggest.js";

export type Variable = string | number | boolean;
export type Variables = Readonly<Record<string, Variable>>;

/** What `${name}` and `${env:NAME}` stand for. */
export interface Scope {
  /** null: leave `${name}` as it is and say nothing (flow.yaml was not readable, so its variables are unknown). */
  readonly vars: Variables | null;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether the text at this pointer is left as it is. */
  readonly verbatim: (pointer: string) => boolean;
}

/**
 * Replaces `${name}` and `${env:NAME}`; `$${` is a literal `${`. A text that is nothing but one variable takes
 * the variable's own type, so that `threads: ${threads}` is a number.
 */
export function substitute(
  text: string,
  pointer: string,
  at: Place,
  scope: Scope,
): { readonly value: Variable; readonly diagnostics: readonly Diagnostic[] } {
  if (!text.includes("${") || scope.verbatim(pointer)) return { value: text, diagnostics: [] };
  const diagnostics: Diagnostic[] = [];
  const lookup = (written: string, name: string): Variable => {
    const value = variable(name, scope);
    if (value === undefined) diagnostics.push(unknownVariable(written, name, at, scope));
    return value ?? written;
  };
  const whole = /^\$\{([^}]*)\}$/.exec(text);
  const value = whole !== null ? lookup(text, whole[1] ?? "") : replaceEach(text, lookup);
  return { value, diagnostics };
}

function replaceEach(text: string, lookup: (written: string, name: string) => Variable): string {
  return text.replace(/\$\$\{|\$\{([^}]*)\}/g, (written, name: string | undefined) =>
    name === undefined ? "${" : String(lookup(written, name)),
  );
}

function variable(name: string, scope: Scope): Variable | undefined {
  if (name.startsWith("env:")) return scope.env[name.slice("env:".length)];
  if (scope.vars === null) return `\${${name}}`;
  return Object.hasOwn(scope.vars, name) ? scope.vars[name] : undefined;
}

function unknownVariable(written: string, name: string, at: Place, scope: Scope): Diagnostic {
  const offset = at.file.text.slice(at.range.start, at.range.end).indexOf(written);
  const start = at.range.start + Math.max(0, offset);
  const place = offset < 0 ? at : { file: at.file, range: { start, end: start + written.length } };
  if (name.startsWith("env:")) return error("unknown-variable", place, `the environment does not set \`${name.slice("env:".length)}\``);
  const hint = suggestion(name, Object.keys(scope.vars ?? {}), "flow.yaml sets") ?? "set it under `vars` in flow.yaml";
  return error("unknown-variable", place, `unknown variable \`${name}\``, hint);
}
