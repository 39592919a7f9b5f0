/** What asking a machine of a cluster may fail with. Anything else is a bug, a wrong configuration or an interruption. */
import type { ErrorCode } from '../base/errors.ts';

/** A program could not be run there, or did not come to its end. */
export const UNREACHED = [
  'host-unreachable',
  'host-refused',
  'command-timeout',
  'command-missing',
  'command-failed',
] as const satisfies readonly ErrorCode[];

/** Or it ran, and its cluster said nothing that can be used. */
export const UNANSWERED = [
  ...UNREACHED,
  'cluster-down',
  'cluster-denied',
  'cluster-unclear',
] as const satisfies readonly ErrorCode[];
