/**
 * Failover: what is wrong with a cluster's configuration, what it would become elsewhere, what would happen if, whether it
 * is safe to act now, and acting. Every action is a plan first; a verdict is green only when everything it rests on was
 * examined; success is what was seen afterwards, not what a command answered.
 */

export * as act from './failover/act.ts';
export * as bundle from './failover/bundle.ts';
export * as capture from './failover/capture.ts';
export * as equivalence from './failover/equivalence.ts';
export * as fence from './failover/fence.ts';
export * as imports from './failover/import.ts';
export * as lint from './failover/lint.ts';
export * as lustre from './failover/lustre.ts';
export * as restore from './failover/restore.ts';
export * as simulate from './failover/simulate.ts';
export * as verdict from './failover/verdict.ts';
