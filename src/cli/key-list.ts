import { keys } from '../vault.ts';
import { shortId } from './ids.ts';
import { LOCK_OPTIONS, openLocked } from './open.ts';
import { defineCommand } from './spec.ts';
import { formatTime } from './time.ts';

export const command = defineCommand({
  description:
    'Lists the keys of a vault. The one that opened it now has a star; with --json each is a line of type key with ' +
    'current, id, userName, hostName and created.',
  examples: [{ line: 'key list', does: 'see who can open the vault' }],
  options: { ...LOCK_OPTIONS },
  async run(context, _args, options) {
    const { output } = context;
    await using opened = await openLocked(context, { lock: 'shared', ...options });
    const { keys: all, damaged } = await keys.listKeys(opened.vault);
    const columns = [{ title: ' ID' }, { title: 'User' }, { title: 'Host' }, { title: 'Created' }];
    output.table(
      columns,
      all.map(({ id, isCurrent, username, hostname, created }) => {
        return [`${isCurrent ? '*' : ' '}${shortId(id)}`, username, hostname, formatTime(Date.parse(created))];
      }),
    );
    for (const { id, isCurrent, username, hostname, created } of all) {
      output.record('key', { current: isCurrent, id, userName: username, hostName: hostname, created });
    }
    for (const { id, error } of damaged) output.warn(`key ${id}: ${error.message}`, { item: id });
    output.summary({ keys: all.length, damaged: damaged.length });
    return damaged.length > 0 ? 'incomplete' : undefined;
  },
});
