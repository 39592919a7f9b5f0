/** The output of a command, to be believed only when the command succeeds. */
import { AppError } from '../base/errors.ts';
import { systemProcesses } from '../host.ts';

/** @throws (while read) {AppError} `source-failed` when the command ends with another exit code than 0 */
export async function* commandStream(args: readonly string[], signal: AbortSignal): AsyncIterable<Uint8Array> {
  const [command, ...rest] = args;
  if (command === undefined) {
    throw new AppError('usage', { detail: 'no command was given', hint: 'Write the command after --.' });
  }
  const { output, ended } = systemProcesses.stream(command, rest, { signal });
  let bytes = 0;
  for await (const part of output) {
    bytes += part.length;
    yield part;
  }
  const { exitCode, errorText } = await ended;
  if (exitCode !== 0) {
    const last = errorText.trim().split('\n').at(-1) ?? '';
    throw new AppError('source-failed', {
      detail: `${command} ended with exit code ${exitCode}${last && `: ${last}`}`,
    });
  }
  if (bytes === 0) throw new AppError('source-failed', { detail: `${command} succeeded but gave no output` });
}
