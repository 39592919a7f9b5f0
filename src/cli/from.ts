/** The other vault, of commands that take something from one. */

import { resolveOtherVaultUrl } from './address.ts';
import type { Context } from './context.ts';
import { type OpenedVault, openAt, storageOf } from './open.ts';
import { type OptionValues, text } from './options.ts';

export const FROM_OPTIONS = {
  fromVault: text('url', 'The other vault, to take from'),
  fromPasswordFile: text('file', 'Read its password from this file'),
  fromPasswordCommand: text('command', 'Take its password from the output of this command'),
  fromKeyHint: text('id', 'Try this key of it first'),
} as const;

export type FromValues = OptionValues<typeof FROM_OPTIONS>;

/**
 * Opens it with a shared lock. HOLDFAST_FROM_VAULT, HOLDFAST_FROM_PASSWORD_FILE and so on stand in for the options,
 * RESTIC_FROM_REPOSITORY, RESTIC_FROM_PASSWORD_FILE and so on for those.
 * @throws {AppError} as `openAt`; `usage` when it is not said which vault
 */
export async function openFrom(
  context: Context,
  options: FromValues & { retryLock?: string | undefined },
): Promise<OpenedVault> {
  const { fromPasswordFile: file, fromPasswordCommand: command } = options;
  const url = await resolveOtherVaultUrl(options.fromVault, context.environment);
  const storage = await storageOf(context, url);
  const password = await context.otherPassword({ file, command });
  const request = { lock: 'shared', retryLock: options.retryLock, keyHint: options.fromKeyHint } as const;
  return await openAt(context, { storage, password }, request);
}
