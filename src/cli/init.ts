import { AppError } from '../base/errors.ts';
import { systemClock, systemIdentity, systemRandom } from '../host.ts';
import { initVault } from '../vault.ts';
import type { Context } from './context.ts';
import { FROM_OPTIONS, type FromValues, openFrom } from './from.ts';
import { storageOf } from './open.ts';
import { choice, flag } from './options.ts';
import { defineCommand } from './spec.ts';

const VERSIONS = ['2', '1'] as const;

export const command = defineCommand({
  description:
    'Creates an empty vault. The vault is a restic repository of format version 2. ' +
    'Whoever loses the password loses the vault: nothing but the password opens it.',
  examples: [
    { line: '-r /srv/vault init', does: 'create a vault in a local directory and ask for its password' },
    {
      line: '-r /srv/second init --copy-chunker-params --from-vault /srv/vault',
      does: 'create one to copy into',
    },
    { line: '-r /srv/vault -p /root/vault-password init', does: 'create one with the password in that file' },
  ],
  options: {
    copyChunkerParams: flag('Cut files where the other vault cuts them, so that copies between the two share data'),
    ...FROM_OPTIONS,
    vaultVersion: choice(VERSIONS, 'Version of the format; 1 is for programs that know no compression', {
      fallback: '2',
      placeholder: 'version',
    }),
  },
  async run(context, _args, options) {
    const { output } = context;
    const polynomial = await polynomialOf(context, options);
    const storage = await storageOf(context);
    const password = await context.password({ confirm: true });
    const surroundings = { clock: systemClock, identity: systemIdentity(), random: systemRandom };
    await using vault = await initVault(storage, {
      password,
      polynomial,
      version: options.vaultVersion === '1' ? 1 : 2,
      ...surroundings,
    });
    output.line(`Created vault ${vault.config.id.slice(0, 10)} at ${vault.url}`);
    output.note('Keep the password in a second place: without it the vault is lost.');
    output.summary({ id: vault.config.id, vault: vault.url, version: vault.config.version });
    return undefined;
  },
});

/** The parameter by which the other vault cuts files. @throws {AppError} `usage` when only one of the two is asked for */
async function polynomialOf(
  context: Context,
  options: FromValues & { copyChunkerParams: boolean },
): Promise<string | undefined> {
  if (options.copyChunkerParams) {
    await using other = await openFrom(context, options);
    return other.vault.config.chunkerPolynomial;
  }
  if (options.fromVault === undefined) return undefined;
  throw new AppError('usage', { detail: '--from-vault without --copy-chunker-params', hint: 'Give both, or none.' });
}
