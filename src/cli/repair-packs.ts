import { AppError } from '../base/errors.ts';
import { fileId, isId, type PackId } from '../base/ids.ts';
import { PACK_BYTES_TARGET } from '../base/limits.ts';
import { repair } from '../vault.ts';
import { LOCK_OPTIONS, openLocked } from './open.ts';
import { flag } from './options.ts';
import { defineCommand } from './spec.ts';
import { counted, formatCount } from './text.ts';
import { withdrawProofs } from './withdraw-proofs.ts';

export const command = defineCommand({
  description:
    'Copies the good blobs of damaged packs into new packs, takes the damaged ones out of the index and removes them. ' +
    'Which packs are damaged is told by check --read-data. Ends with exit code 3 when blobs were lost: then repair the ' +
    'snapshots next, or back up the same files again first, which may bring the blobs back.',
  examples: [{ line: 'repair packs 5f0c…', does: 'save what is good in the pack of this name (64 digits)' }],
  arguments: [{ usage: '<pack...>', description: 'Names of packs, 64 digits each' }],
  options: { dryRun: flag('Show what can be saved and do nothing', { short: 'n' }), ...LOCK_OPTIONS },
  async run(context, args, { dryRun, ...options }) {
    const { output } = context;
    const names = args.map(packName);
    await using opened = await openLocked(context, { fresh: true, lock: dryRun ? 'shared' : 'exclusive', ...options });
    const { vault, signal } = opened;
    const plan = await repair.planRepairPacks(vault, { names, signal });
    let lost = 0;
    for (const { name, good, bad } of plan.packs) {
      lost += bad.length;
      output.line(`pack ${name}: ${counted(good.length, 'blob')} can be saved, ${formatCount(bad.length)} lost`);
      output.record('pack', { id: name, good: good.length, bad: bad.length });
    }
    if (dryRun) output.line('Dry run: nothing was changed.');
    else {
      const write = { threads: 0, compression: 'auto', packBytesTarget: PACK_BYTES_TARGET, signal } as const;
      await withdrawProofs(context, vault.config.id, 'all');
      await repair.executeRepairPacks(vault, plan, write);
      output.line(lost === 0 ? 'Done: nothing was lost.' : 'Done. Next: holdfast repair snapshots --forget');
    }
    output.summary({ packs: plan.packs.length, lost });
    if (lost > 0 && !dryRun) output.warn(`${counted(lost, 'blob')} lost`);
    return lost > 0 && !dryRun ? 'incomplete' : undefined;
  },
});

/** @throws {AppError} `usage` */
function packName(text: string): PackId {
  if (isId(text)) return fileId(text);
  throw new AppError('usage', { detail: `not the name of a pack: ${text}`, hint: 'Give all 64 digits.' });
}
