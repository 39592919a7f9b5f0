/**
 * How a call is carried out on the other side. What the login shell gets is one short command that every shell reads
 * alike (csh and fish among them): it starts sh, which reads its script from the first bytes of standard input and then
 * runs it. Arguments and variables are thus seen by nobody in a list of processes, and have no limit but the program's own.
 */
import { AppError } from '../../base/errors.ts';
import type { ProcessOptions } from '../processes.ts';
import { BEGIN } from './begin-mark.ts';
import { shellWord } from './word.ts';

/** On standard error, told by the script: why it ended with a code that ssh or the shell use as well. */
export const MISSING = 'holdfast: the program is missing';
export const NO_DIRECTORY = 'holdfast: the directory is missing';
export const ENDED_WITH_255 = 'holdfast: the program ended with 255';

/** The program is told to end a little after the caller has given up, and killed some seconds after that. */
const TIMEOUT_SLACK_SECONDS = 2;
const TIMEOUT_KILL_SECONDS = 5;

export interface RemoteCall {
  /** For the login shell. */
  remote: string;
  /** For ssh's standard input: the script, then the caller's input. */
  input: Uint8Array | AsyncIterable<Uint8Array>;
}

/** @throws {AppError} `usage` for a NUL, or for a variable that has no name */
export function remoteCall(command: string, args: readonly string[], options: ProcessOptions): RemoteCall {
  const script = Buffer.from(scriptOf(command, args, options));
  // dd reads just these bytes, where head(1) may read on; cut short, they are no complete script and nothing is run.
  const remote = `exec sh -c 'eval "$(dd bs=1 count=${script.length} 2>/dev/null)"'`;
  const { input } = options;
  if (input === undefined) return { remote, input: script };
  if (input instanceof Uint8Array) return { remote, input: Buffer.concat([script, input]) };
  return { remote, input: joined(script, input) };
}

function scriptOf(
  command: string,
  args: readonly string[],
  { env = {}, directory, timeLimitMs }: ProcessOptions,
): string {
  const words = [command, ...args].map(wordOf).join(' ');
  const limit = timeLimitMs === undefined ? undefined : Math.ceil(timeLimitMs / 1000) + TIMEOUT_SLACK_SECONDS;
  const timed = `(exec timeout -k ${TIMEOUT_KILL_SECONDS} ${limit} ${words})`;
  // exec never means what the shell has built in under the name.
  const plain = `(exec ${words})`;
  return [
    '{',
    `printf %s ${shellWord(BEGIN)}`,
    ...(directory === undefined ? [] : [`cd -- ${wordOf(directory)} || ${ending(NO_DIRECTORY, 127)}`]),
    ...Object.entries(env).map(([name, value]) => variable(name, value)),
    `command -v -- ${wordOf(command)} >/dev/null 2>&1 || ${ending(MISSING, 127)}`,
    limit === undefined ? plain : `if command -v timeout >/dev/null 2>&1; then ${timed}; else ${plain}; fi`,
    'holdfast_code=$?',
    `[ "$holdfast_code" -ne 255 ] || ${ending(ENDED_WITH_255, 255)}`,
    'exit "$holdfast_code"',
    '}',
  ].join('\n');
}

function ending(mark: string, exitCode: number): string {
  return `{ printf '\\n%s\\n' ${shellWord(mark)} >&2; exit ${exitCode}; }`;
}

function variable(name: string, value: string | undefined): string {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw new AppError('usage', { detail: 'a variable with such a name' });
  return value === undefined ? `unset ${name}` : `${name}=${wordOf(value)}; export ${name}`;
}

function wordOf(text: string): string {
  if (text.includes('\0')) throw new AppError('usage', { detail: 'NUL in an argument or a variable' });
  return shellWord(text);
}

async function* joined(script: Uint8Array, input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield script;
  yield* input;
}
