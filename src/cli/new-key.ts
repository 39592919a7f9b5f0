/** What commands that make a key ask for. */
import type { Context } from './context.ts';
import { type OptionValues, text } from './options.ts';

export const NEW_KEY_OPTIONS = {
  newPasswordFile: text('file', 'Read the new password from this file'),
  newPasswordCommand: text('command', 'Take the new password from the output of this command'),
  user: text('name', 'User the key is for; this one when not given'),
  host: text('name', 'Host the key is for; this one when not given', { short: 'H' }),
} as const;

/** @throws {AppError} as `Context.newPassword` */
export async function newPasswordOf(context: Context, options: OptionValues<typeof NEW_KEY_OPTIONS>): Promise<string> {
  return await context.newPassword({ file: options.newPasswordFile, command: options.newPasswordCommand });
}
