import { systemClock, systemIdentity, systemRandom } from '../host.ts';
import { initVault } from '../vault.ts';
import { storageOf } from './open.ts';
import { defineCommand } from './spec.ts';

export const command = defineCommand({
  description:
    'Creates an empty vault. The vault is a restic repository of format version 2. ' +
    'Whoever loses the password loses the vault: nothing but the password opens it.',
  examples: [
    { line: '-r /srv/vault init', does: 'create a vault in a local directory and ask for its password' },
    { line: '-r /srv/vault -p /root/vault-password init', does: 'create one with the password in that file' },
  ],
  async run(context) {
    const { output } = context;
    const storage = await storageOf(context);
    const password = await context.password({ confirm: true });
    const surroundings = { clock: systemClock, identity: systemIdentity(), random: systemRandom };
    await using vault = await initVault(storage, { password, ...surroundings });
    output.line(`Created vault ${vault.config.id.slice(0, 10)} at ${vault.url}`);
    output.note('Keep the password where this machine cannot take it down with it: without it the vault is lost.');
    output.summary({ id: vault.config.id, vault: vault.url });
    return undefined;
  },
});
