/**
 * The ledger: what ran, what came of it, and what is proven. Success, overdue and "proven" are read from here and from
 * nothing else. SQLite in WAL mode; every call is one transaction that is durable when it returns, so that after kill -9
 * or a power cut the ledger says what had been said. Several processes (the daemon, `run`, `status`) share one ledger.
 * Times are milliseconds since 1970, UTC.
 */

export type {
  Hold,
  Ledger,
  NewAction,
  NewRun,
  OperatorAction,
  Run,
  RunFigures,
  RunKind,
  RunOutcome,
  RunQuery,
  RunStatus,
  RunTrigger,
} from './ledger/model.ts';
export { openLedger } from './ledger/open.ts';
export { expectKnown } from './ledger/schema.ts';
