/** The commands for clusters. */
import type { CommandEntry } from './table.ts';

const section = 'Failover';

export const HA_COMMANDS: Readonly<Record<string, CommandEntry>> = {
  'ha status': {
    section,
    summary: 'How the cluster stands',
    load: async () => (await import('./ha-status.ts')).command,
  },
  'ha lint': {
    section,
    summary: 'Check a Heartbeat configuration',
    load: async () => (await import('./ha-lint.ts')).command,
  },
  'ha import': {
    section,
    summary: 'Make a configuration for Pacemaker of one for Heartbeat',
    load: async () => (await import('./ha-import.ts')).command,
  },
  'ha simulate': {
    section,
    summary: 'Say what would happen if a node died, a link were cut, or two of these',
    load: async () => (await import('./ha-simulate.ts')).command,
  },
  'ha takeover': {
    section,
    summary: 'Take over what the peer runs',
    load: async () => (await import('./ha-takeover.ts')).command,
  },
  'ha standby': {
    section,
    summary: 'Give up what a node runs',
    load: async () => (await import('./ha-standby.ts')).command,
  },
  'ha unstandby': {
    section,
    summary: 'Let a node run things again',
    load: async () => (await import('./ha-unstandby.ts')).command,
  },
  'ha move': {
    section,
    summary: 'Move a resource to a node',
    load: async () => (await import('./ha-move.ts')).command,
  },
  'ha clear': {
    section,
    summary: 'Remove what a move left',
    load: async () => (await import('./ha-clear.ts')).command,
  },
  'ha failback': {
    section,
    summary: 'Move everything back to where it prefers to be',
    load: async () => (await import('./ha-failback.ts')).command,
  },
  'ha cleanup': {
    section,
    summary: 'Forget failures, so that it is tried again',
    load: async () => (await import('./ha-cleanup.ts')).command,
  },
  'ha apply': {
    section,
    summary: 'Make a file the configuration of the cluster',
    load: async () => (await import('./ha-apply.ts')).command,
  },
  'ha rollback': {
    section,
    summary: 'Make an earlier configuration the one of the cluster',
    load: async () => (await import('./ha-rollback.ts')).command,
  },
  'ha restore': {
    section,
    summary: 'Bring a rebuilt node back into its cluster',
    load: async () => (await import('./ha-restore.ts')).command,
  },
  'ha fence list': {
    section,
    summary: 'Show how nodes are fenced, and whether that is paused',
    load: async () => (await import('./ha-fence-list.ts')).command,
  },
  'ha fence describe': {
    section,
    summary: 'Show a fence device and what its agent takes',
    load: async () => (await import('./ha-fence-describe.ts')).command,
  },
  'ha fence test': {
    section,
    summary: 'Ask every fencing path, without shooting',
    load: async () => (await import('./ha-fence-test.ts')).command,
  },
  'ha fence history': {
    section,
    summary: 'Show who was fenced, when and by whom',
    load: async () => (await import('./ha-fence-history.ts')).command,
  },
  'ha fence pause': {
    section,
    summary: 'Pause fencing until a time that the cluster itself keeps',
    load: async () => (await import('./ha-fence-pause.ts')).command,
  },
  'ha fence resume': {
    section,
    summary: 'End a pause of fencing',
    load: async () => (await import('./ha-fence-resume.ts')).command,
  },
  'ha fence confirm': {
    section,
    summary: 'Confirm that a node is off, after having seen it',
    load: async () => (await import('./ha-fence-confirm.ts')).command,
  },
  'ha bundle': {
    section,
    summary: 'Gather what a support case needs from all nodes',
    load: async () => (await import('./ha-bundle.ts')).command,
  },
  'ha mmp show': {
    section,
    summary: 'Show the multiple-mount protection of devices',
    load: async () => (await import('./ha-mmp-show.ts')).command,
  },
  'ha mmp watch': {
    section,
    summary: 'Tell whether somebody has a device mounted now',
    load: async () => (await import('./ha-mmp-watch.ts')).command,
  },
  'ha mmp enable': {
    section,
    summary: 'Turn multiple-mount protection on',
    load: async () => (await import('./ha-mmp-enable.ts')).command,
  },
  'ha mmp disable': {
    section,
    summary: 'Turn multiple-mount protection off',
    load: async () => (await import('./ha-mmp-disable.ts')).command,
  },
  'ha mmp clear': {
    section,
    summary: 'Clear a mark that a crash left',
    load: async () => (await import('./ha-mmp-clear.ts')).command,
  },
};
