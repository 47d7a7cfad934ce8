import { type Diagnostic, error } from "../diagnostic.js";
import type { Check, Limit } from "../model.js";
import { quoteAll } from "../suggest.js";
import type { AssetDeclaration, CheckDeclaration } from "./declaration.js";
import type { Shaped } from "./shapes.js";
import { below, placeOf } from "./yaml-source.js";

const anyRow: Limit = { operator: ">", value: 0, unit: "rows" };

/** What fails is judged row by row, so that a share of the rows means something. */
const sharable = ["not_null", "accepted_values", "range", "matches", "relationships", "expression"] as const;

/** As dbt has it: an `error` check fails beyond `error_if` and warns beyond `warn_if`, a `warn` check never fails. */
export function limitsOf(check: CheckDeclaration): Pick<Check, "errorIf" | "warnIf"> {
  const [warnIf, errorIf] = [readLimit(check.warn_if), readLimit(check.error_if)];
  if (check.severity === "warn") return { errorIf: null, warnIf: warnIf ?? anyRow };
  return { errorIf: errorIf ?? anyRow, warnIf: errorIf === null ? null : (warnIf ?? anyRow) };
}

/** `> 10`, `>= 10`, `> 1%`; null for anything else. */
export function readLimit(text: string | undefined): Limit | null {
  const [, operator, number, percent] = /^(>=?) ?([0-9.]+) ?(%?)$/.exec(text ?? "") ?? [];
  if (operator === undefined || number === undefined) return null;
  return { operator: operator === ">" ? ">" : ">=", value: Number(number), unit: percent === "%" ? "percent" : "rows" };
}

/** Limits that contradict each other or the severity, so that one of them would never count. */
export function limitTrouble(shaped: Shaped<AssetDeclaration>, check: CheckDeclaration, pointer: string): readonly Diagnostic[] {
  const at = (key: "warn_if" | "error_if"): Diagnostic["at"] => placeOf(shaped.source, below(pointer, key));
  const [warnIf, errorIf] = [readLimit(check.warn_if), readLimit(check.error_if)];
  const found: Diagnostic[] = [];
  if (check.severity === "warn" && errorIf !== null)
    found.push(error("bad-check", at("error_if"), "a `warn` check never fails, so `error_if` has no effect", "take `severity: warn` out"));
  else if (check.severity !== "warn" && warnIf !== null && errorIf === null)
    found.push(
      error(
        "bad-check",
        at("warn_if"),
        "any failing row is an error, so `warn_if` has no effect",
        "say with `error_if` from where on it fails, or set `severity: warn`",
      ),
    );
  else if (warnIf !== null && errorIf !== null && warnIf.unit === errorIf.unit && rank(warnIf) >= rank(errorIf))
    found.push(
      error(
        "bad-check",
        at("warn_if"),
        `\`warn_if: ${check.warn_if}\` is reached only where \`error_if: ${check.error_if}\` is`,
        "let it warn earlier than it fails",
      ),
    );
  return [...found, ...unitTrouble(shaped, check, pointer)];
}

/** `>= 5` comes before `> 5`. */
function rank({ operator, value }: Limit): number {
  return operator === ">" ? value + 0.5 : value;
}

function unitTrouble(shaped: Shaped<AssetDeclaration>, check: CheckDeclaration, pointer: string): readonly Diagnostic[] {
  return (["warn_if", "error_if"] as const).flatMap((key) => {
    const limit = readLimit(check[key]);
    if (limit === null) return [];
    const at = placeOf(shaped.source, below(pointer, key));
    if (limit.unit === "percent" && limit.value > 100) return [error("bad-check", at, "no share is greater than 100%")];
    return limit.unit === "rows" || sharable.some((rule) => check[rule] !== undefined)
      ? []
      : [
          error(
            "bad-check",
            at,
            "this check does not judge row by row, so there is no share of rows",
            `a share is for ${quoteAll(sharable)}`,
          ),
        ];
  });
}
