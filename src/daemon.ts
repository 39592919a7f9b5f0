/**
 * Runs plans: one run from hooks to proof (`createRunner`), the daemon that does so on schedule, and how things stand
 * (`collectStatus`). Success is taken down in one place only, after everything the run is for was done and read back.
 */

export type { Finding as ExaminedFinding } from './daemon/doctor/finding.ts';
export { examine } from './daemon/doctor.ts';
export type { RunEvent, Runner, RunRequest, RunWorld } from './daemon/model.ts';
export { imagineYear, retainPoints } from './daemon/outlook.ts';
/** When everything is due, and what makes systemd or cron do it. */
export * as units from './daemon/outside.ts';
export { createRunner } from './daemon/run.ts';
/** The daemon itself. */
export * as service from './daemon/service.ts';
/** Commands at a shelf as runs of the ledger. */
export * as shelfRuns from './daemon/shelf-run.ts';
export { collectStatus, type PlanStatus, type Status, type VaultStatus } from './daemon/status.ts';
export type { ClusterStatus } from './daemon/status-cluster.ts';
export { openRunWorld } from './daemon/world.ts';
