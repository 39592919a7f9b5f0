/** Secrets, read at the moment they are used. Messages name where one should have come from and nothing of it. */
import { isAbsolute, join, resolve } from 'node:path';
import { AppError, errnoOf, hasCode } from '../base/errors.ts';
import { SECRET_BYTES_MAX } from '../base/limits.ts';
import type { Processes } from '../host.ts';
import { type ConfigFiles, systemFiles } from './files.ts';
import type { Secret } from './parts.ts';
import type { Environment } from './substitute.ts';

export interface SecretWorld {
  /** For CREDENTIALS_DIRECTORY (systemd.exec(5)). */
  environment: Environment;
  processes: Processes;
  signal: AbortSignal;
  /** Relative paths start here; those of a loaded configuration are absolute. */
  baseDirectory?: string;
  /** Those of this machine when absent. */
  files?: ConfigFiles;
}

/**
 * The secret, without the one newline that a file or the output of a command may end with.
 * @throws {AppError} `secret-missing`, which names the file, credential or program and nothing else; the signal's reason
 */
export async function readSecret(secret: Secret, world: SecretWorld): Promise<string> {
  if ('value' in secret) return filled(secret.value, 'the value in the configuration');
  if ('command' in secret) return fromCommand(secret, world);
  if ('file' in secret) {
    const path = resolve(world.baseDirectory ?? '/', secret.file);
    return fromFile(path, `the secret file ${path}`, world);
  }
  const directory = world.environment['CREDENTIALS_DIRECTORY'];
  const { credential } = secret;
  if (credential.includes('/') || credential === '..' || credential === '.')
    throw missing(`${credential} is no name of a credential`, 'A credential is a name without slashes.');
  if (directory === undefined || !isAbsolute(directory))
    throw missing(
      `there are no credentials here, so not ${credential}`,
      'systemd hands them over to its services; add LoadCredential= to the unit, or use a file.',
    );
  return fromFile(join(directory, credential), `the credential ${credential}`, world);
}

async function fromFile(path: string, what: string, { files = systemFiles }: SecretWorld): Promise<string> {
  const bytes = await files.read(path, SECRET_BYTES_MAX).catch((cause: unknown) => {
    const errno = errnoOf(cause);
    if (errno === undefined) throw cause;
    throw missing(`cannot read ${what} (${errno})`);
  });
  if (bytes === undefined) throw missing(`${what} is larger than ${SECRET_BYTES_MAX} bytes`);
  return filled(textOf(bytes, what), what);
}

async function fromCommand(
  { command, timeLimit }: Extract<Secret, { command: string[] }>,
  { processes, signal }: SecretWorld,
): Promise<string> {
  const [program, ...args] = command;
  const what = `the output of the secret command ${program}`;
  const options = { timeLimitMs: timeLimit, signal, outputBytesMax: SECRET_BYTES_MAX };
  const result = await processes.run(program!, args, options).catch((error: unknown) => {
    if (!hasCode(error, 'command-missing', 'command-failed', 'command-timeout')) throw error;
    throw missing(`the secret command ${program} gave nothing: ${new AppError(error.code).message}`);
  });
  // Standard error may repeat what it was asked for, so it stays out.
  if (result.exitCode !== 0) throw missing(`the secret command ${program} ended with exit code ${result.exitCode}`);
  return filled(textOf(result.output, what), what);
}

function textOf(bytes: Uint8Array, what: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes).replace(/\r?\n$/, '');
  } catch (error) {
    if (error instanceof TypeError) throw missing(`${what} is not text in UTF-8`);
    throw error;
  }
}

function filled(text: string, what: string): string {
  if (text === '') throw missing(`${what} is empty`);
  return text;
}

/** Without a cause: it could hold what must not be seen. */
function missing(detail: string, hint?: string): AppError {
  return new AppError('secret-missing', { detail, ...(hint === undefined ? {} : { hint }) });
}
