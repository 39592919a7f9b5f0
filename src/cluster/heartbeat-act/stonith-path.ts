/** Whether the STONITH devices of a Heartbeat node answer, without shooting: stonith(8). */

import { FENCING_ASK_MS_MAX } from '../../base/cluster-limits.ts';
import type { StonithLine } from '../heartbeat/model.ts';
import { settingsOf } from '../heartbeat/settings.ts';
import { type ReadOptions, runTool, type Seat } from '../pacemaker/tool.ts';
import { feeding } from '../pacemaker-act/feed.ts';
import { readHaCf } from './files.ts';

export interface StonithPath {
  plugin: string;
  /** Hosts that it can shoot, by its own word. */
  hosts: readonly string[];
  isAnswering: boolean;
  why: string;
}

/** $1 the plugin, $2 a file of parameters; without one they come by standard input, as arguments are seen by all users. */
const SCRIPT = `
umask 077
made=$(mktemp) || exit 81
trap 'rm -f "$made"' EXIT
cat >"$made"
file=\${2:-$made}
stonith -t "$1" -F "$file" -l || exit 82
echo
stonith -t "$1" -F "$file" -S >&2 || exit 83
`;

/**
 * The device that `node`, whose machine is `seat`, would use, asked from there; none where it has none. Of several lines
 * that it may use Heartbeat keeps the last (3.0.6: one pointer, set anew by each), so the others shoot nobody.
 * @throws {AppError} `cluster-unclear` when ha.cf cannot be read there; `command-…`; what reaching the machine throws
 */
export async function askStonithPaths(seat: Seat, node: string, options: ReadOptions): Promise<StonithPath[]> {
  const { stonith } = settingsOf(await readHaCf(seat, options));
  const own = stonith.filter(({ from }) => from === '*' || from === node);
  return await Promise.all(own.slice(-1).map((line) => askOne(seat, line, options)));
}

async function askOne(
  seat: Seat,
  { plugin, params, configFile }: StonithLine,
  options: ReadOptions,
): Promise<StonithPath> {
  const argv = ['sh', '-c', SCRIPT, 'holdfast-stonith', plugin, configFile ?? ''] as const;
  const fed = feeding(seat, Buffer.from(`${params.join(' ')}\n`));
  const answer = await runTool(fed, argv, { ...options, timeLimitMs: 2 * FENCING_ASK_MS_MAX });
  const hosts = answer.text.split('\n').map((line) => line.trim());
  const isAnswering = answer.exitCode === 0;
  // What it says may hold what it was given: only how it ended is told.
  const why = isAnswering
    ? ''
    : `stonith ${answer.exitCode === 82 ? 'cannot list its hosts' : 'says that it is not OK'}`;
  return { plugin, hosts: hosts.filter((host) => host !== ''), isAnswering, why };
}
