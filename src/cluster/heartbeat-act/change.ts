/** hb_takeover(1) and hb_standby(1): the two orders that Heartbeat in version 1 mode knows. */

import { CLUSTER_CHANGE_MS_MAX } from '../../base/cluster-limits.ts';
import { AppError, hasCode } from '../../base/errors.ts';
import { type ReadOptions, runTool, type Seat, saidOf, type ToolAnswer } from '../pacemaker/tool.ts';

/** To be given on the node itself: `takeover` to the one that shall have the groups, `standby` to the one that has them. */
export interface HeartbeatChange {
  kind: 'hb-takeover' | 'hb-standby';
  node: string;
  /** `foreign`: groups that prefer another node; `local`: its own (hb_standby(1)). */
  which: 'all' | 'foreign' | 'local';
}

/** Where distributions put them: none is in a PATH. */
const FOLDERS = ['/usr/share/heartbeat', '/usr/lib64/heartbeat', '/usr/lib/heartbeat'] as const;

const PROGRAMS = { 'hb-takeover': 'hb_takeover', 'hb-standby': 'hb_standby' } as const;

export function argvOfHeartbeat({ kind, which }: HeartbeatChange): [string, ...string[]] {
  return [`${FOLDERS[0]}/${PROGRAMS[kind]}`, which];
}

/**
 * Gives the order to the node of `seat`. Heartbeat takes it and says nothing of what comes of it; in the middle of a
 * transition it drops it without a word, so look first.
 * @throws {AppError} `command-missing`, `command-failed`, and what reaching the machine throws
 */
export async function changeHeartbeat(seat: Seat, change: HeartbeatChange, options: ReadOptions): Promise<void> {
  const { signal: _, ...rest } = options;
  const program = PROGRAMS[change.kind];
  const call = { timeLimitMs: CLUSTER_CHANGE_MS_MAX, ...rest };
  const { exitCode, ...answer } = await runInFolders(
    program,
    (path) => runTool(seat, [path, change.which], call),
    seat,
  );
  if (exitCode === 0) return;
  const detail = `${program} ${change.which} on ${seat.name}: ${saidOf({ exitCode, ...answer }) || `exit code ${exitCode}`}`;
  throw new AppError('command-failed', { detail, hint: 'See the log of Heartbeat on both nodes.' });
}

async function runInFolders(
  program: string,
  run: (path: string) => Promise<ToolAnswer>,
  { name }: Seat,
): Promise<ToolAnswer> {
  for (const folder of FOLDERS) {
    try {
      return await run(`${folder}/${program}`);
    } catch (error) {
      if (!hasCode(error, 'command-missing')) throw error;
    }
  }
  throw new AppError('command-missing', {
    detail: `${program} on ${name}: in none of ${FOLDERS.join(', ')}`,
    hint: 'Is Heartbeat installed there?',
  });
}
