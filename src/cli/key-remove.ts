import { keys } from '../vault.ts';
import { shortId } from './ids.ts';
import { LOCK_OPTIONS, openLocked } from './open.ts';
import { defineCommand } from './spec.ts';

export const command = defineCommand({
  description:
    'Removes a key, so that its password no longer opens the vault. The last key, and the one that opened the vault just ' +
    'now, are not removed (exit code 20).',
  examples: [{ line: 'key remove 1a2b3c4d', does: 'remove one of the keys that key list shows' }],
  arguments: [{ usage: '<id>', description: 'Id of the key, or its first digits' }],
  options: { ...LOCK_OPTIONS },
  async run(context, [start], options) {
    await using opened = await openLocked(context, { lock: 'exclusive', ...options });
    const id = await keys.removeKey(opened.vault, start!);
    context.output.line(`Removed key ${shortId(id)}.`);
    context.output.summary({ id });
    return undefined;
  },
});
