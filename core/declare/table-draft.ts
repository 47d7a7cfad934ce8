import type { Session } from "../engine/engine.js";
import { eventTimeOf, keyCandidates, partitionOf, type Reasoned } from "./choose-table.js";
import type { DraftedColumn } from "./column-drafts.js";

export interface TableDraft {
  readonly key: Reasoned<readonly string[]> | null;
  readonly eventTime: Reasoned<string> | null;
  readonly partitionBy: Reasoned<string> | null;
}

/** What the rows tell that are staged as declared. */
export async function tableDraft(session: Session, columns: readonly DraftedColumn[]): Promise<TableDraft> {
  const profiles = await session.profile({ columns: columns.map(({ name }) => ({ name, readings: [], words: [] })) });
  const eventTime = eventTimeOf(columns);
  const time = profiles.find(({ name }) => name === eventTime?.value);
  const partitionBy = time === undefined ? null : partitionOf(time.name, time);
  for (const key of keyCandidates(columns, profiles, eventTime?.value ?? null)) {
    if (!(await session.areUnique(key))) continue;
    const rows = profiles[0]?.rows ?? 0;
    return {
      key: { value: key, why: `no two of the ${rows} rows of all samples share ${key.length === 1 ? "it" : "them"}` },
      eventTime,
      partitionBy,
    };
  }
  return { key: null, eventTime, partitionBy };
}
