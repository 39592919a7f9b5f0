/** Which filesystems the groups of a Heartbeat pair mount, by its haresources. */
import { AppError } from '../../base/errors.ts';
import { parseHaresources } from '../heartbeat/haresources.ts';
import type { Haresources } from '../heartbeat/model.ts';
import { type ReadOptions, runTool, type Seat, saidOf } from '../pacemaker/tool.ts';
import type { SharedFilesystem } from '../state.ts';

const FILE = '/etc/ha.d/haresources';

/** @throws {AppError} `cluster-unclear` when the file cannot be read there, and what running a program there throws */
export async function readHaresources(seat: Seat, options: ReadOptions): Promise<Haresources> {
  const answer = await runTool(seat, ['cat', '--', FILE], options);
  if (answer.exitCode === 0) return parseHaresources(answer.text, `${seat.name}:${FILE}`);
  throw new AppError('cluster-unclear', { detail: `${FILE} on ${seat.name}: ${saidOf(answer)}` });
}

/** Named after the groups as the state names them: those of a node go together. */
export function heartbeatFilesystems({ groups }: Haresources): SharedFilesystem[] {
  return groups.flatMap(({ node, resources }) =>
    resources
      .filter(({ script, params }) => script === 'Filesystem' && params.length > 0)
      .map(({ params: [device = '', mountpoint, kind] }) => ({
        resource: `groups of ${node}`,
        device,
        mountpoint,
        kind,
      })),
  );
}
