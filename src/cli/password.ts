/**
 * Where a vault's password comes from. Never from an argument: those are visible to every user of the machine.
 * Files and commands are read as restic reads them, so that both open the same vault with the same settings.
 */
import { spawn } from 'node:child_process';
import { AppError, errnoOf } from '../base/errors.ts';
import { askSecret, type Terminal } from './prompt.ts';
import { readSettingFile, trimSpace } from './text-file.ts';
import { splitWords } from './words.ts';

/** One way to a password; at most one of the three is set. */
export interface PasswordSource {
  file?: string | undefined;
  command?: string | undefined;
  text?: string | undefined;
}

export interface PasswordRequest {
  /** Asked on the terminal when no source has one; undefined where there is no terminal. */
  terminal: Terminal | undefined;
  question: string;
  /** Ask twice and compare, for a password that is new. */
  confirm?: boolean;
  signal: AbortSignal;
}

const PASSWORD_LENGTH_MAX = 64 * 1024;

/**
 * The password of the first source that is set, else from the terminal.
 * @throws {AppError} `password-missing`, `password-wrong` (two different ones typed), `interrupted`
 */
export async function resolvePassword(sources: readonly PasswordSource[], request: PasswordRequest): Promise<string> {
  const source = sources.find(isSet);
  const password = source === undefined ? await ask(request) : await read(source, request.signal);
  if (password === '') throw new AppError('password-missing', { detail: `${originOf(source)} is empty` });
  return password;
}

/** Ours, then restic's, with `infix` in the names of the variables of another vault; of each, the file counts before the command and the command before the text. */
export function passwordSources(
  given: PasswordSource,
  environment: Readonly<Record<string, string | undefined>>,
  { infix = '', option = '--password' }: { infix?: string; option?: string } = {},
): PasswordSource[] {
  if (given.file !== undefined && given.command !== undefined)
    throw new AppError('usage', { detail: `${option}-file and ${option}-command exclude each other` });
  const fromEnvironment = ['HOLDFAST', 'RESTIC'].flatMap((program) => [
    { file: environment[`${program}_${infix}PASSWORD_FILE`] },
    { command: environment[`${program}_${infix}PASSWORD_COMMAND`] },
    { text: environment[`${program}_${infix}PASSWORD`] },
  ]);
  return [{ file: given.file }, { command: given.command }, ...fromEnvironment];
}

export function isSet({ file, command, text }: PasswordSource): boolean {
  return Boolean(file || command || text);
}

function originOf(source: PasswordSource | undefined): string {
  if (source?.file) return `the password file ${source.file}`;
  return source?.command ? 'the output of the password command' : 'the password';
}

async function read({ file, command, text }: PasswordSource, signal: AbortSignal): Promise<string> {
  if (file) return readSettingFile(file, { what: 'the password file', code: 'password-missing' });
  if (command) return trimSpace(await outputOf(command, signal));
  return text ?? '';
}

/**
 * Standard output of the command, run without a shell. It shares our terminal and standard error, as it may have to ask
 * for a PIN, but not standard input, which can be what is being backed up.
 */
function outputOf(command: string, signal: AbortSignal): Promise<string> {
  const [program, ...args] = splitWords(command);
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const child = spawn(program!, args, { stdio: ['ignore', 'pipe', 'inherit'], signal });
  const chunks: Buffer[] = [];
  let length = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length <= PASSWORD_LENGTH_MAX) chunks.push(chunk);
  });
  child.on('error', (cause) => reject(errnoOf(cause) === undefined ? cause : failedCommand(program!, errnoOf(cause)!)));
  child.on('close', (code, killedBy) => {
    if (code !== 0) return reject(failedCommand(program!, killedBy ?? `exit code ${code}`));
    if (length > PASSWORD_LENGTH_MAX) return reject(failedCommand(program!, 'too much output'));
    resolve(Buffer.concat(chunks).toString('utf8'));
  });
  return promise;
}

/** Names the program only: its arguments may hold a secret. */
function failedCommand(program: string, reason: string): AppError {
  return new AppError('password-missing', {
    detail: `the password command ${program} failed: ${reason}`,
    hint: 'Run the command by hand; it must print the password and end with exit code 0.',
  });
}

async function ask({ terminal, question, confirm }: PasswordRequest): Promise<string> {
  if (terminal === undefined) throw new AppError('password-missing');
  const password = await askSecret(`${question}: `, terminal);
  if (confirm && password !== '' && (await askSecret(`${question}, again: `, terminal)) !== password)
    throw new AppError('password-wrong', { detail: 'the two are not the same', hint: 'Run the command again.' });
  return password;
}
