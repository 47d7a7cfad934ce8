import type { Reporter, TestCase, TestModule } from "vitest/node";
import { cases, idsIn } from "./cases.js";

/**
 * Says at the end which conformance cases ran: a suite that is never collected must not look like one that passed. A case counts
 * when every test that names it passed; one that is known to fail does not.
 */
export class ConformanceCount implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const passed = new Set<string>();
    const broken = new Set<string>();
    for (const module of modules) for (const test of module.children.allTests()) judge(test, passed, broken);
    console.info(conformanceLine(passed, broken));
  }
}

/** `conformance: 31 of 53 cases ran: A01 A02 …; not yet: …` */
export function conformanceLine(passed: ReadonlySet<string>, broken: ReadonlySet<string>): string {
  const ran = cases.filter((id) => passed.has(id) && !broken.has(id));
  const failed = cases.filter((id) => broken.has(id));
  const missing = cases.filter((id) => !passed.has(id) && !broken.has(id));
  const parts = [`conformance: ${ran.length} of ${cases.length} cases ran: ${ran.join(" ")}`];
  if (failed.length > 0) parts.push(`failing: ${failed.join(" ")}`);
  if (missing.length > 0) parts.push(`not yet: ${missing.join(" ")}`);
  return parts.join("; ");
}

function judge(test: TestCase, passed: Set<string>, broken: Set<string>): void {
  const { state } = test.result();
  if (state === "skipped" || state === "pending") return;
  const isOk = state === "passed" && test.options.fails !== true;
  for (const id of idsIn(test.fullName)) (isOk ? passed : broken).add(id);
}
