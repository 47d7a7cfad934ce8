/** Every place where the ledger is changed, as in `store/points.ts`. */
export const ledgerPoints = {
  "ledger:create": "makes the ledger's tables",
  "ledger:record": "indexes one asset's part of a run",
  "ledger:resolve": "says that something no longer waits in quarantine",
  "ledger:report": "keeps a run's report",
} as const;

export type LedgerPoint = keyof typeof ledgerPoints;

/** `within`: after the last statement, before the transaction commits. */
export type LedgerPhase = "before" | "within" | "after";

/** Called around every change; what it throws, the change throws. Synchronous, as the ledger is. */
export type OnLedgerPoint = (point: LedgerPoint, phase: LedgerPhase) => void;
