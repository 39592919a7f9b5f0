/** The port to a cluster that is acted on. Adapters: a live Pacemaker, a copy of its CIB, a live Heartbeat; a made-up one. */
import type { pacemakerAct } from '../../cluster.ts';
import type { Change, Outcome, Situation } from './model.ts';

export interface ActingCluster {
  /** @throws {AppError} as `readPacemaker` and `readHeartbeat` */
  read(signal?: AbortSignal): Promise<Situation>;
  /**
   * Gives the order; that it returns says that it was taken, and nothing of what came of it. Not to be interrupted.
   * @throws {AppError} `refused` when it was not taken; others when that is not known
   */
  change(change: Change): Promise<void>;
  /** Waits for up to `limitMs`. @returns whether the cluster itself says that it has nothing more to do */
  wait(limitMs: number, signal?: AbortSignal): Promise<boolean>;
  /** What a node has mounted. @throws {AppError} when it cannot be asked */
  mounts(node: string, devices: readonly string[], signal?: AbortSignal): Promise<pacemakerAct.NodeMounts>;
  /** Whether the live configuration says what was to be applied. */
  judgeConfiguration(signal?: AbortSignal): Promise<Omit<Outcome, 'expectation'>>;
}
