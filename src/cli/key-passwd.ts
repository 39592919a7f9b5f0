import { keys } from '../vault.ts';
import { shortId } from './ids.ts';
import { NEW_KEY_OPTIONS, newPasswordOf } from './new-key.ts';
import { LOCK_OPTIONS, openLocked } from './open.ts';
import { defineCommand } from './spec.ts';

export const command = defineCommand({
  description:
    'Changes the password that opened the vault: adds a key with the new password, tries it, and only then removes the ' +
    'old key. Other keys stay. Who has a copy of the old key file can still open copies of the vault with the old password.',
  examples: [
    { line: 'key passwd', does: 'change the password and ask for the new one' },
    { line: 'key passwd --new-password-file /root/new', does: 'take the new one from a file' },
  ],
  options: { ...NEW_KEY_OPTIONS, ...LOCK_OPTIONS },
  async run(context, _args, options) {
    await using opened = await openLocked(context, { lock: 'exclusive', ...options });
    const password = await newPasswordOf(context, options);
    const request = { password, username: options.user, hostname: options.host };
    const { added, removed } = await keys.changePassword(opened.vault, request);
    context.output.line(`Changed the password: key ${shortId(added)} is in the place of ${shortId(removed)}.`);
    context.output.summary({ id: added, removed });
    return undefined;
  },
});
