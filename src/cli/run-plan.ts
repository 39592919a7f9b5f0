/** What a run would do, without doing it. */
import type { RunWorld } from '../daemon.ts';
import type { Context } from './context.ts';
import { formatDuration } from './time.ts';

/** Prints the steps of a run in their order. Nothing is opened, read or written. */
export function showPlannedRun({ output }: Context, world: RunWorld, work: { kind: string; subject: string }): void {
  const steps = stepsOf(world, work);
  output.line(`${work.kind} ${work.subject}`);
  for (const [number, step] of steps.entries()) {
    output.line(`  ${number + 1}. ${step}`);
    output.record('step', { kind: work.kind, subject: work.subject, number: number + 1, step });
  }
}

function stepsOf(world: RunWorld, work: { kind: string; subject: string }): string[] {
  if (work.kind === 'backup') return backupSteps(world, work.subject);
  return work.kind === 'fencing' ? clusterSteps(world, work.subject) : vaultSteps(world, work);
}

function backupSteps({ config, identity }: RunWorld, name: string): string[] {
  const plan = config.plans[name]!;
  const hooks = (moment: keyof typeof plan.hooks): string[] =>
    plan.hooks[moment].map(
      ({ command, host, timeLimit }) =>
        `hook ${moment}: ${command.join(' ')}${on(host)}, at most ${formatDuration(timeLimit)}`,
    );
  return [
    ...hooks('before'),
    `open vault ${plan.vault} at ${config.vaults[plan.vault]!.url}, with a shared lock`,
    ...plan.sources.map((source) => {
      if ('files' in source) return `back up ${source.files.join(', ')} as of ${plan.hostname ?? identity.hostname}`;
      if ('command' in source)
        return `back up the output of ${source.command[0]}${on(source.host)} as /${source.as}, at least ${source.minSize} bytes`;
      const nodes = config.clusters[source.cluster]!.nodes.join(', ');
      return `back up the configuration of the cluster ${source.cluster} on ${nodes} as /${source.cluster}`;
    }),
    plan.readBack ? 'read back and compare what was stored' : 'not read back: the point stays unproven',
    ...(plan.retention === undefined ? ['keep all points'] : ['forget the points that nothing in retention wants']),
    ...hooks('after'),
  ];
}

function vaultSteps({ config }: RunWorld, { kind, subject }: { kind: string; subject: string }): string[] {
  const { url, verify } = config.vaults[subject]!;
  if (kind === 'verify') {
    const share = `${(verify.share * 100).toFixed(1)} %`;
    return [
      `open vault ${subject} at ${url}, with a shared lock`,
      `read back ${share} of it, what was unread for longest`,
    ];
  }
  return [`open vault ${subject} at ${url}, alone`, 'remove what no snapshot needs', 'read back what was rewritten'];
}

function clusterSteps({ config }: RunWorld, name: string): string[] {
  const { nodes, fencing } = config.clusters[name]!;
  return [
    `ask the first of ${nodes.join(', ')} that answers for the cluster and its fence devices`,
    'from each node that may use a device: whether its fencer knows it, whether it answers, whether it tells of each target',
    `take down what each path proved; nobody is shot; at most ${formatDuration(fencing.timeLimit)}`,
  ];
}

function on(host: string): string {
  return host === 'local' ? '' : ` on ${host}`;
}
