import { AppError } from '../base/errors.ts';
import { readSettingFile } from './text-file.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where the vault is: `--vault`, else HOLDFAST_VAULT, else as restic says it (RESTIC_REPOSITORY, RESTIC_REPOSITORY_FILE).
 * @throws {AppError} `usage` when nothing says it, or restic's two variables both do.
 */
export async function resolveVaultUrl(given: string | undefined, environment: Environment): Promise<string> {
  const own = given || environment['HOLDFAST_VAULT'];
  if (own) return own;
  const direct = environment['RESTIC_REPOSITORY'];
  const file = environment['RESTIC_REPOSITORY_FILE'];
  if (direct && file)
    throw new AppError('usage', {
      detail: 'RESTIC_REPOSITORY and RESTIC_REPOSITORY_FILE are both set',
      hint: 'Unset one of them, or use --vault.',
    });
  if (direct) return direct;
  if (file) return await readUrl(file);
  throw new AppError('usage', { detail: 'no vault given', hint: 'Use --vault URL, or set HOLDFAST_VAULT.' });
}

/**
 * Where the other vault is that a command takes from: `--from-vault`, else HOLDFAST_FROM_VAULT, RESTIC_FROM_REPOSITORY or
 * RESTIC_FROM_REPOSITORY_FILE. @throws {AppError} `usage` when nothing says it
 */
export async function resolveOtherVaultUrl(given: string | undefined, environment: Environment): Promise<string> {
  const url = given || environment['HOLDFAST_FROM_VAULT'] || environment['RESTIC_FROM_REPOSITORY'];
  if (url) return url;
  const file = environment['RESTIC_FROM_REPOSITORY_FILE'];
  if (file) return await readUrl(file, 'RESTIC_FROM_REPOSITORY_FILE');
  throw new AppError('usage', { detail: 'it is not said which vault to take from', hint: 'Use --from-vault URL.' });
}

async function readUrl(path: string, what = 'RESTIC_REPOSITORY_FILE'): Promise<string> {
  const url = await readSettingFile(path, { what, code: 'usage' });
  if (url !== '') return url;
  throw new AppError('usage', { detail: `${what} ${path} holds no address`, hint: '' });
}
