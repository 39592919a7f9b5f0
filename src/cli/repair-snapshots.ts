import { repair } from '../vault.ts';
import { chooseSnapshots, SNAPSHOT_ARGUMENT } from './choose.ts';
import { shortId } from './ids.ts';
import { FILTER_OPTIONS, LOCK_OPTIONS, openLocked } from './open.ts';
import { flag } from './options.ts';
import type { Output } from './output.ts';
import { defineCommand } from './spec.ts';
import { counted, formatCount, printable } from './text.ts';
import { withdrawProofs } from './withdraw-proofs.ts';

export const command = defineCommand({
  description:
    'Makes snapshots that can be restored out of those that need something lost: files keep the parts that are there, ' +
    'directories that cannot be read become empty. The new snapshots have the tag repaired and name the old ones as ' +
    'their origin. Repair the index and the packs first, so that no more is left out than must be.',
  examples: [
    { line: 'repair snapshots --dry-run', does: 'show what would be left out' },
    { line: 'repair snapshots --forget', does: 'repair, and remove the damaged snapshots' },
  ],
  arguments: [{ usage: '[snapshot...]', description: SNAPSHOT_ARGUMENT }],
  options: {
    ...FILTER_OPTIONS,
    forget: flag('Remove the snapshots that were repaired or of which nothing is left'),
    dryRun: flag('Show the plan and do nothing', { short: 'n' }),
    ...LOCK_OPTIONS,
  },
  async run(context, args, { forget, dryRun, ...options }) {
    const { output } = context;
    await using opened = await openLocked(context, { fresh: true, lock: dryRun ? 'shared' : 'exclusive', ...options });
    const { vault, signal } = opened;
    const isLimited = args.length + options.host.length + options.tag.length + options.path.length > 0;
    const ids = isLimited
      ? new Set(chooseSnapshots(await vault.listSnapshots(signal), args, options).map(({ id }) => id))
      : undefined;
    const plan = await repair.planRepairSnapshots(vault, { ids, signal });
    showPlan(output, plan, forget);
    const counts = { intact: plan.intact, damaged: plan.repairs.length, unreadable: plan.damaged.length };
    if (dryRun) {
      output.line('Dry run: nothing was changed.');
      output.summary(counts);
      return undefined;
    }
    await withdrawProofs(context, vault.config.id, forget ? goneOf(plan) : []);
    const made = await repair.executeRepairSnapshots(vault, plan, { forget, signal });
    output.line(`Done: ${counted(made.length, 'snapshot')} made anew, ${formatCount(plan.intact)} intact.`);
    output.summary({ ...counts, made });
    return undefined;
  },
});

function goneOf({ repairs, damaged }: repair.RepairSnapshotsPlan): string[] {
  return [...repairs.map(({ snapshot }) => snapshot.id), ...damaged.map(({ id }) => id)];
}

function showPlan(output: Output, plan: repair.RepairSnapshotsPlan, forget: boolean): void {
  const end = forget ? 'will be removed' : 'stays as it is; with --forget it is removed';
  for (const { snapshot, tree, losses } of plan.repairs) {
    const verdict = tree === undefined ? `nothing of it can be read; it ${end}` : 'will be made anew without:';
    output.line(`snapshot ${shortId(snapshot.id)} of ${snapshot.time}: ${verdict}`);
    for (const loss of losses) output.line(`  ${printable(loss)}`);
    output.record('snapshot', { id: snapshot.id, lost: tree === undefined, losses });
  }
  for (const { id } of plan.damaged) {
    output.line(`snapshot file ${id} cannot be read; it ${end}`);
    output.record('snapshot', { id, lost: true, losses: [] });
  }
}
