import { repair } from '../vault.ts';
import { LOCK_OPTIONS, openLocked } from './open.ts';
import { flag } from './options.ts';
import { defineCommand } from './spec.ts';
import { counted } from './text.ts';
import { withdrawProofs } from './withdraw-proofs.ts';

export const command = defineCommand({
  description:
    'Makes the index say what the packs hold. Reads the headers of packs that no index names or that do not fit what the ' +
    'index says, leaves out packs that are gone, and removes index files that cannot be read. Ends with exit code 3 when ' +
    'there are packs whose header cannot be read; what the index said of them stays.',
  examples: [
    { line: 'repair index --dry-run', does: 'show what would be done' },
    { line: 'repair index', does: 'repair it' },
    { line: 'repair index --read-all-packs', does: 'trust no index file and read the headers of all packs' },
  ],
  options: {
    readAllPacks: flag('Read the headers of all packs'),
    dryRun: flag('Show the plan and do nothing', { short: 'n' }),
    ...LOCK_OPTIONS,
  },
  async run(context, _args, { readAllPacks, dryRun, ...options }) {
    const { output } = context;
    await using opened = await openLocked(context, { fresh: true, lock: dryRun ? 'shared' : 'exclusive', ...options });
    const { vault, signal } = opened;
    const plan = await repair.planRepairIndex(vault, { readAllPacks, signal });
    for (const name of plan.damaged) output.line(`index file ${name} cannot be read and will be removed`);
    for (const name of plan.missing) output.line(`pack ${name} is gone and will leave the index`);
    output.line(`${counted(plan.read.length, 'pack')} to read the header of`);
    const counts = { damaged: plan.damaged.length, missing: plan.missing.length, read: plan.read.length };
    if (dryRun) {
      output.line('Dry run: nothing was changed.');
      output.summary(counts);
      return undefined;
    }
    await withdrawProofs(context, vault.config.id, 'all');
    using progress = output.progress();
    const onPack = (done: number): void =>
      progress.update({ filesDone: done, filesTotal: plan.read.length, bytesDone: 0 });
    const { packsIndexed, unreadable } = await repair.executeRepairIndex(vault, plan, { signal, onPack });
    progress.end();
    for (const { name, error } of unreadable)
      output.warn(`${error.message}. Save what is good in it with: holdfast repair packs ${name}`, { id: name });
    output.line(`Done: ${counted(packsIndexed, 'pack')} indexed. Next: holdfast check`);
    output.summary({ ...counts, indexed: packsIndexed, unreadable: unreadable.length });
    return unreadable.length > 0 ? 'incomplete' : undefined;
  },
});
