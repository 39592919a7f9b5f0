/** Commands that change a Pacemaker cluster, as argument arrays: crm_resource(8), crm_standby(8). */
import { assert } from '../../base/assert.ts';
import { CLUSTER_CHANGE_MS_MAX } from '../../base/cluster-limits.ts';
import { AppError, type ErrorCode } from '../../base/errors.ts';
import { statusError } from '../pacemaker/crm-mon.ts';
import { type ReadOptions, runTool, type Seat, saidOf } from '../pacemaker/tool.ts';

export type PacemakerChange =
  /** Leaves `cli-prefer-RESOURCE`; one of before is replaced. */
  | { kind: 'move'; resource: string; node: string }
  /** Removes everything that moves and bans of this resource left. */
  | { kind: 'clear'; resource: string }
  | { kind: 'standby' | 'unstandby'; node: string }
  /** Forgets failures; of all resources where none is named, on all nodes where none is. */
  | { kind: 'cleanup'; resource: string | undefined; node: string | undefined };

/** Exit codes of Pacemaker 2 (crm_error(8)) that say more than "failed". */
const EXIT = { noSuchObject: 105, exists: 108, old: 103, noQuorum: 110, timeout: 124 } as const;

/** The program and its arguments, for a plan and for running it. */
export function argvOf(change: PacemakerChange): [string, ...string[]] {
  switch (change.kind) {
    case 'move':
      return ['crm_resource', '--move', '--resource', change.resource, '--node', change.node];
    case 'clear':
      return ['crm_resource', '--clear', '--resource', change.resource];
    case 'standby':
      return ['crm_standby', '--node', change.node, '--update', 'on'];
    case 'unstandby':
      return ['crm_standby', '--node', change.node, '--update', 'off'];
    case 'cleanup':
      return [
        'crm_resource',
        '--cleanup',
        ...(change.resource === undefined ? [] : ['--resource', change.resource]),
        ...(change.node === undefined ? [] : ['--node', change.node]),
      ];
  }
}

/**
 * Asks the cluster of `seat` for a change; that it was accepted says nothing of what comes of it. Not to be interrupted:
 * a command that was stopped may have reached the cluster or not.
 * @throws {AppError} `refused` when the cluster does not take it, naming the program's reason; `cluster-down`,
 * `cluster-denied`, `command-failed`, `command-missing`, `command-timeout`, and what reaching the machine throws
 */
export async function changePacemaker(seat: Seat, change: PacemakerChange, options: ReadOptions): Promise<void> {
  const argv = argvOf(change);
  for (const word of argv.slice(1)) assert(word !== '', 'a command with an empty argument');
  const { signal: _, ...rest } = options;
  const answer = await runTool(seat, argv, { timeLimitMs: CLUSTER_CHANGE_MS_MAX, ...rest });
  if (answer.exitCode === 0) return;
  // Where it is already, as far as the cluster is concerned.
  if (change.kind === 'move' && answer.exitCode === EXIT.exists) return;
  throw failureOf(`${argv[0]} ${argv[1]} on ${seat.name}`, answer.exitCode, saidOf(answer));
}

/** What a program of Pacemaker that changes something failed with. */
export function failureOf(program: string, exitCode: number, said: string): AppError {
  // Of a cluster that cannot be reached some programs say with the same exit code that there is no such thing.
  if (/could not connect/i.test(said)) return new AppError('cluster-down', { detail: `${program}: ${said}` });
  const code: ErrorCode | undefined =
    exitCode === EXIT.noSuchObject || exitCode === EXIT.noQuorum || exitCode === EXIT.old ? 'refused' : undefined;
  if (code !== undefined) return new AppError(code, { detail: `${program}: ${said || `exit code ${exitCode}`}` });
  const error = statusError(program, { code: exitCode, message: said, errors: [] });
  if (error.code !== 'cluster-unclear') return error;
  return new AppError('command-failed', {
    detail: `${program}: ${said || `exit code ${exitCode}`}`,
    hint: 'See: holdfast ha status',
  });
}

export const OLD_CIB = EXIT.old;
export const WAIT_OVER = EXIT.timeout;
