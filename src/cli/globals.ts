/** Options that every command takes, before or after its name. */
import { counter, flag, type OptionValues, text } from './options.ts';

export const GLOBAL_OPTIONS = {
  vault: text('url', 'The vault: a path, a name of the configuration, or sftp:, s3:, rest: URL', { short: 'r' }),
  passwordFile: text('file', "Read the vault's password from this file", { short: 'p' }),
  passwordCommand: text('command', "Take the vault's password from the output of this command"),
  config: text('file', 'Configuration file', { short: 'c' }),
  json: flag('Print one JSON object per line'),
  quiet: flag('Print results and problems only', { short: 'q' }),
  verbose: counter('Print more; twice for even more', { short: 'v' }),
  noProgress: flag('Show no progress'),
  noCache: flag('Keep nothing of the vault on this machine between runs'),
  noLock: flag('Do not lock the vault; only for reading from a vault that cannot be written'),
} as const;

export type GlobalValues = OptionValues<typeof GLOBAL_OPTIONS>;

/** Environment variables, for help and the reference page: ours, and those of restic that stand in for them. */
export const ENVIRONMENT: readonly { name: string; insteadOf: string; fallback: string }[] = [
  { name: 'HOLDFAST_VAULT', insteadOf: '--vault', fallback: 'RESTIC_REPOSITORY, RESTIC_REPOSITORY_FILE' },
  { name: 'HOLDFAST_PASSWORD_FILE', insteadOf: '--password-file', fallback: 'RESTIC_PASSWORD_FILE' },
  { name: 'HOLDFAST_PASSWORD_COMMAND', insteadOf: '--password-command', fallback: 'RESTIC_PASSWORD_COMMAND' },
  { name: 'HOLDFAST_PASSWORD', insteadOf: 'a prompt', fallback: 'RESTIC_PASSWORD' },
  { name: 'HOLDFAST_CONFIG', insteadOf: '--config', fallback: '' },
  { name: 'NO_COLOR', insteadOf: 'colours', fallback: '' },
];

export const EXIT_CODES: readonly { code: number; meaning: string }[] = [
  { code: 0, meaning: 'all done' },
  { code: 1, meaning: 'failed' },
  { code: 2, meaning: 'wrong usage or configuration' },
  { code: 3, meaning: 'finished, but not everything could be done' },
  { code: 10, meaning: 'no vault there' },
  { code: 11, meaning: 'the vault is locked' },
  { code: 12, meaning: 'wrong password' },
  { code: 20, meaning: 'refused by a gate or safety rule' },
  { code: 130, meaning: 'interrupted' },
];
