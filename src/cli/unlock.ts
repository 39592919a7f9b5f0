import { repair } from '../vault.ts';
import { shortId } from './ids.ts';
import { openLocked } from './open.ts';
import { flag, text } from './options.ts';
import { defineCommand } from './spec.ts';
import { formatTime } from './time.ts';

type Unlocked = Awaited<ReturnType<typeof repair.unlock>>;

export const command = defineCommand({
  description:
    'Removes locks that nobody can be holding any more: those not renewed for half an hour, and those of processes of ' +
    'this machine that have ended. With --remove-all every lock, which destroys data if one of them is in use.',
  examples: [
    { line: 'unlock', does: 'remove what a crashed run left behind' },
    { line: 'unlock --remove-all', does: 'remove every lock, once you are sure that nothing runs' },
  ],
  options: {
    removeAll: flag('Remove locks that may be in use as well'),
    keyHint: text('id', 'Try this key first'),
  },
  async run(context, _args, { removeAll, keyHint }) {
    const { output } = context;
    await using opened = await openLocked(context, { lock: 'none', keyHint });
    const { removed, kept } = await repair.unlock(opened.vault, { all: removeAll });
    for (const each of removed) {
      output.line(`Removed ${describe(each)}`);
      output.record('lock', { id: each.name, removed: true, ...each.lock });
    }
    for (const each of kept) {
      output.line(`Kept ${describe(each)}`);
      output.record('lock', { id: each.name, removed: false, ...each.lock });
    }
    if (removed.length === 0) output.note('There was nothing to remove.');
    output.summary({ removed: removed.length, kept: kept.length });
    return undefined;
  },
});

function describe({ name, lock }: Unlocked['removed'][number]): string {
  if (lock === undefined) return `lock ${shortId(name)}, which cannot be read`;
  const kind = lock.exclusive ? 'exclusive' : 'shared';
  const since = formatTime(Date.parse(lock.time));
  return `${kind} lock ${shortId(name)} of ${lock.username}@${lock.hostname}, process ${lock.pid}, last renewed ${since}`;
}
