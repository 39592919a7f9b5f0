import { keys } from '../vault.ts';
import { shortId } from './ids.ts';
import { NEW_KEY_OPTIONS, newPasswordOf } from './new-key.ts';
import { LOCK_OPTIONS, openLocked } from './open.ts';
import { defineCommand } from './spec.ts';

export const command = defineCommand({
  description:
    'Adds a key: from then on its password opens the vault as well. The new password is read from a file or asked for ' +
    'twice, and the key is tried before the command says that it is there.',
  examples: [
    { line: 'key add', does: 'add a key and ask for its password' },
    { line: 'key add --new-password-file /root/second --host node7', does: 'add one for a host' },
  ],
  options: { ...NEW_KEY_OPTIONS, ...LOCK_OPTIONS },
  async run(context, _args, options) {
    await using opened = await openLocked(context, { lock: 'shared', ...options });
    const password = await newPasswordOf(context, options);
    const id = await keys.addKey(opened.vault, { password, username: options.user, hostname: options.host });
    context.output.line(`Added key ${shortId(id)}.`);
    context.output.summary({ id });
    return undefined;
  },
});
