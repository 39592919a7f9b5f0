import { LOCK_OPTIONS, openLocked } from './open.ts';
import { flag } from './options.ts';
import { PRUNE_OPTIONS, prunePolicy, pruneVault } from './pruning.ts';
import { defineCommand } from './spec.ts';

export const command = defineCommand({
  description:
    'Removes what no snapshot needs: whole packs where it can, and by writing the rest of a pack anew where enough of ' +
    'it is wasted. The vault is whole at every moment; an interrupted run is finished by the next one. Nobody else may ' +
    'use the vault meanwhile.',
  examples: [
    { line: 'prune --dry-run', does: 'show what would be removed' },
    { line: 'prune', does: 'remove it' },
    { line: 'prune --max-unused unlimited', does: 'rewrite as little as possible' },
    { line: 'prune --max-repack-size 20G', does: 'bound what one run rewrites' },
  ],
  options: { dryRun: flag('Show the plan and do nothing', { short: 'n' }), ...PRUNE_OPTIONS, ...LOCK_OPTIONS },
  async run(context, _args, options) {
    prunePolicy(options);
    await using opened = await openLocked(context, {
      fresh: true,
      lock: options.dryRun ? 'shared' : 'exclusive',
      ...options,
    });
    context.output.summary(await pruneVault(context, opened, { options, dryRun: options.dryRun }));
    return undefined;
  },
});
