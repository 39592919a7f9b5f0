import { AppError } from '../base/errors.ts';
import type { live } from '../cluster.ts';
import { restore } from '../failover.ts';
import { systemIdentity } from '../host.ts';
import type { Context } from './context.ts';
import { reasonOf } from './ha-fence-call.ts';
import { LOCAL, openHosts } from './ha-mmp-devices.ts';
import { recorded } from './ha-record.ts';
import { showRestoreEvent, showRestorePlan } from './ha-restore-show.ts';
import { readStored } from './ha-restore-source.ts';
import { flag, list, text } from './options.ts';
import { defineCommand } from './spec.ts';
import { printable } from './text.ts';

export const command = defineCommand({
  description:
    "Brings a rebuilt node back into its cluster from what a plan's source of a cluster has kept. It looks at the peers " +
    'first. Where one lives, it knows better: its corosync.conf and its key are taken where they differ from the backup, the ' +
    'CIB comes from it and is never replaced, and resources stay where they are. Where none lives, the files come from the ' +
    'backup and so does the CIB, but only into a cluster that has no configuration; over one that is there, or beside a peer ' +
    'that is only stopped, only with --override. A peer that does not answer is not a peer that is off: refused with exit code ' +
    '20 until it answers, or until somebody says how it was verified. What was on the node before is kept there in ' +
    '/var/lib/holdfast/replaced. A run that was cut short is completed by another.',
  examples: [
    { line: 'ha restore oss2 --from /root/restored -n', does: 'see what would be done' },
    { line: 'ha restore oss2 -r /srv/vault --snapshot latest', does: 'take it from the vault itself' },
    {
      line: 'ha restore oss1 --from /root/restored --verified-off "oss2=both power cables pulled at 14:05, J. Doe"',
      does: 'when the peer is gone as well',
    },
  ],
  arguments: [{ usage: '<node>', description: 'Name of the node in the backup; reached as the host of that name' }],
  options: {
    from: text('folder', 'Folder that was restored from a snapshot, with holdfast or restic'),
    snapshot: text('id', 'Take it from this snapshot of the vault'),
    cluster: text('name', 'Which cluster, where the backup holds several'),
    verifiedOff: list('node=how', 'A peer that does not answer is off; how it was verified, by whom and when'),
    override: text('reason', 'Put the configuration of the backup in place of another that is there; recorded'),
    dryRun: flag('Print the runbook, and do nothing', { short: 'n' }),
  },
  async run(context, [node], { from, snapshot, cluster, verifiedOff, override: given, dryRun }) {
    const { output } = context;
    const override = reasonOf(given);
    const confirmations = verifiedOff.map(readConfirmation);
    const stored = await readStored(context, { node: node!, from, snapshot, cluster });
    const seatOf = await seatsOf(context);
    const { plan, peers } = await planNow(context, { stored, confirmations, seatOf });
    showRestorePlan(output, plan);
    const { cluster: name, mode, peer } = plan;
    const summary = { node: plan.node, cluster: name, mode, peer: peer ?? null, steps: plan.steps.length };
    if (dryRun) {
      output.summary({ ...summary, dry_run: true, done: false, allowed: plan.gates.every(({ isMet }) => isMet) });
      return undefined;
    }
    const { tookMs, reason } = await carryOut(context, { plan, peers, seatOf, confirmations, override });
    const isChanged = plan.files.some(({ now }) => now !== 'same');
    const kept = `What was there before, if anything, is kept on ${plan.node} in ${restore.keptIn(plan.plannedMs)}.`;
    if (isChanged) output.note(printable(kept));
    output.line(printable(`${plan.node} is restored, and verified, after ${(tookMs / 1000).toFixed(1)} s.`));
    output.summary({ ...summary, dry_run: false, done: true, took_s: tookMs / 1000, override: reason ?? null });
    return undefined;
  },
});

interface Granted {
  plan: restore.RestorePlan;
  peers: readonly restore.NodeLook[];
  seatOf: SeatOf;
  confirmations: readonly restore.Confirmation[];
  override: string | undefined;
}

async function carryOut(
  context: Context,
  { plan, peers, seatOf, confirmations, override }: Granted,
): Promise<{ tookMs: number; reason: string | undefined }> {
  const { clock, signal, output } = context;
  // A reason that nothing had to be overridden with is none.
  const reason = plan.gates.every(({ isMet }) => isMet) ? undefined : override;
  const words = [
    ...confirmations.map(({ node, how }) => `${node} is off: ${how}`),
    ...(reason === undefined ? [] : [reason]),
  ];
  const action = {
    command: 'ha restore',
    target: plan.node,
    verdict: plan.gates.map(({ isMet, text: told }) => `${isMet ? 'good' : 'bad'}: ${told}`),
    override: words.length === 0 ? undefined : words.join('; '),
  };
  const onEvent = (event: restore.RestoreEvent): void => showRestoreEvent(output, event);
  const execution = { seatOf, peers, clock, signal, override, onEvent };
  const { tookMs } = await recorded(context, action, () => restore.executeRestore(plan, execution));
  return { tookMs, reason };
}

type SeatOf = (node: string) => live.Seat;

/** The node and its peers are looked at side by side. */
async function planNow(
  { clock, signal }: Context,
  {
    stored,
    confirmations,
    seatOf,
  }: { stored: restore.StoredConfiguration; confirmations: restore.Confirmation[]; seatOf: SeatOf },
): Promise<{ plan: restore.RestorePlan; peers: restore.NodeLook[] }> {
  const others = stored.record.nodes.map(({ name }) => name).filter((name) => name !== stored.node.name);
  const stranger = confirmations.find(({ node }) => !others.includes(node));
  if (stranger !== undefined)
    throw new AppError('usage', {
      detail: `--verified-off names ${stranger.node}, which is no peer of ${stored.node.name}`,
      hint: `Its peers are: ${others.join(', ') || 'none'}.`,
    });
  const more = stored.files.map(({ path }) => path);
  const [target, ...peers] = await Promise.all(
    [stored.node.name, ...others].map((name) => restore.lookAt(seatOf(name), { clock, signal, more })),
  );
  return { plan: restore.planRestore({ stored, target: target!, peers, confirmations, nowMs: clock.nowMs() }), peers };
}

/** A node is this machine when it is called as this machine is. */
async function seatsOf(context: Context): Promise<SeatOf> {
  const find = await openHosts(context);
  const { hostname } = systemIdentity();
  return (node) => (node === hostname ? { name: node, processes: find(LOCAL).processes } : find(node));
}

function readConfirmation(given: string): restore.Confirmation {
  const at = given.indexOf('=');
  const node = given.slice(0, at);
  const how = given.slice(at + 1).trim();
  if (at > 0 && how.length >= restore.VERIFIED_MIN) return { node, how };
  throw new AppError('usage', {
    detail: `--verified-off ${given}: it is not said how it was verified`,
    hint: 'Give, for example: --verified-off "oss2=both power cables pulled at 14:05, J. Doe"',
  });
}
