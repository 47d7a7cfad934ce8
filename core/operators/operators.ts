import type { Command, CommandKind } from "../plan/plan.js";
import { archive } from "./archive.js";
import { check } from "./check.js";
import { merge } from "./merge.js";
import { pickup } from "./pickup.js";
import { publish } from "./publish.js";
import { stage } from "./stage.js";
import { transform } from "./transform.js";
import type { DeriveWork, IngestWork, Work } from "./work.js";

/** The generic code behind one kind of command. */
interface Operator<Kind extends CommandKind> {
  /** The command in words, for plan and progress. */
  readonly describe: (command: Extract<Command, { kind: Kind }>) => string;
  readonly perform: (command: Extract<Command, { kind: Kind }>, work: Work) => Promise<void>;
}

/** One for each kind: leaving one out does not compile. */
const operators: { readonly [Kind in CommandKind]: Operator<Kind> } = {
  pickup: {
    describe: ({ deliveries }) => `take ${filesIn(deliveries.length)}`,
    perform: ({ deliveries }, work) => pickup(ingesting(work), deliveries),
  },
  stage: {
    describe: ({ deliveries, again, anewWithout }) =>
      anewWithout !== null ? "read the whole log" : `read ${filesIn(deliveries.length + again.length)}`,
    perform: (command, work) => stage(ingesting(work), command),
  },
  merge: {
    describe: ({ withdraw }) => (withdraw.length === 0 ? "merge" : `take out ${filesIn(withdraw.length)}`),
    perform: (command, work) => merge(ingesting(work), command),
  },
  transform: { describe: () => "build", perform: ({ build }, work) => transform(deriving(work), build) },
  check: { describe: ({ checks }) => `${checks} ${checks === 1 ? "check" : "checks"}`, perform: (_, work) => check(work) },
  publish: { describe: () => "publish", perform: (_, work) => publish(work) },
  archive: { describe: () => "archive", perform: (_, work) => archive(ingesting(work)) },
};

export function describeCommand(command: Command): string {
  return operatorOf(command.kind).describe(command);
}

export async function performCommand(command: Command, work: Work): Promise<void> {
  await operatorOf(command.kind).perform(command, work);
}

/** The table's own type ties each operator to its command; looked up by a union, that tie has to be said again. */
function operatorOf(kind: CommandKind): Operator<CommandKind> {
  return operators[kind] as Operator<CommandKind>;
}

function filesIn(count: number): string {
  return count === 1 ? "1 file" : `${count} files`;
}

function ingesting(work: Work): IngestWork {
  if (work.asset.kind !== "ingested") throw new Error(`${work.asset.name} is not ingested`);
  return work as IngestWork;
}

function deriving(work: Work): DeriveWork {
  if (work.asset.kind !== "derived") throw new Error(`${work.asset.name} is not derived`);
  return work as DeriveWork;
}
