/**
 * Restoring: select → plan → write → verify. The plan reads the vault alone and holds everything that is to be made;
 * carrying it out reads each pack once from front to back, in parts that threads open and write to all places they
 * belong to. Nothing is ever reached by a path: every name is one name in an open directory below the target.
 */
export {
  OVERWRITE_POLICIES,
  type Problem,
  type RestoreEvent,
  type RestoreOptions,
  type RestoreResult,
} from './restore/options.ts';
export { planRestore, type RestorePlan } from './restore/plan.ts';
export { entriesOf, findUnexpected } from './restore/preview.ts';
export { executeRestore } from './restore/run.ts';
