/** Waiting until a cluster has nothing more to do, by its own word. */
import { AppError } from '../../base/errors.ts';
import { type ReadOptions, runTool, type Seat, saidOf } from '../pacemaker/tool.ts';
import { failureOf, WAIT_OVER } from './change.ts';

/** How much longer than its own limit crm_resource is waited for: it sleeps two seconds between two looks. */
const SLACK_MS = 10_000;

/**
 * `crm_resource --wait` computes on the live CIB what would be done next, so that a change that the DC has not noticed
 * yet counts as pending.
 * @returns false when something was still to be done after `limitMs`, of which a second is the least
 * @throws {AppError} as `readPacemaker`
 */
export async function waitPacemaker(
  seat: Seat,
  { limitMs, ...options }: Omit<ReadOptions, 'timeLimitMs'> & { limitMs: number },
): Promise<boolean> {
  const seconds = Math.max(1, Math.ceil(limitMs / 1000));
  const argv = ['crm_resource', '--wait', `--timeout=${seconds}s`] as const;
  const answer = await runTool(seat, argv, { ...options, timeLimitMs: seconds * 1000 + SLACK_MS });
  if (answer.exitCode === 0) return true;
  // Pacemaker 1.1 ends with errno's ETIME.
  if (answer.exitCode === WAIT_OVER || answer.exitCode === 62) return false;
  const error = failureOf(`crm_resource --wait on ${seat.name}`, answer.exitCode, saidOf(answer));
  if (error.code !== 'command-failed') throw error;
  throw new AppError('cluster-unclear', { detail: error.message, cause: error });
}
