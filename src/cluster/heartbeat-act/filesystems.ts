/** Which filesystems the groups of a Heartbeat pair mount, by its haresources. */
import type { Haresources } from '../heartbeat/model.ts';
import type { SharedFilesystem } from '../state.ts';

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
