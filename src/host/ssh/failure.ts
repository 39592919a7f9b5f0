/** What the end of ssh says: the program's own end, or that it was not reached. */
import { AppError } from '../../base/errors.ts';
import type { ProcessExit } from '../processes.ts';
import type { Call } from '../ssh.ts';
import { ENDED_WITH_255, MISSING, NO_DIRECTORY } from './remote-call.ts';

/** ssh's own failures; programs may end with it too (ssh(1), EXIT STATUS). */
const SSH_FAILED = 255;

const REFUSED =
  /Permission denied|Host key verification failed|HOST IDENTIFICATION HAS CHANGED|host key is known for|Too many authentication failures|no matching .* found|Unable to negotiate|bad permissions|Bad owner or permissions|bad configuration option|Bad stdio forwarding|Can't open user config file|Authentication failed|Could not load host key|hostname contains invalid characters|account (?:is|has) /i;
const UNREACHABLE =
  /Could not resolve|Name or service not known|name resolution|timed out|refused|No route to host|unreachable|Connection reset|Connection closed|closed by|Broken pipe|not responding|lost connection|banner|kex_exchange/i;

/**
 * @returns the program's own exit code and error text
 * @throws {AppError} `host-unreachable`, `host-refused`, `command-missing`; `command-failed` for a missing directory
 */
export function judgeExit({ exitCode, errorText }: ProcessExit, call: Call): ProcessExit {
  const { command, host, mark, options } = call;
  const own = (marked: string) => errorText.trimEnd().endsWith(`\n${marked}`) && mark.seen;
  if (exitCode === SSH_FAILED && own(ENDED_WITH_255))
    return { exitCode, errorText: without(errorText, ENDED_WITH_255) };
  if (exitCode === SSH_FAILED) throw connectionFailure(errorText, host);
  if (!mark.seen) throw noCommands(errorText, call);
  if (exitCode === 127 && own(MISSING)) throw new AppError('command-missing', { detail: `${command} on ${host}` });
  if (exitCode === 127 && own(NO_DIRECTORY))
    throw new AppError('command-failed', {
      detail: `${command} on ${host}: no such working directory: ${options.directory}`,
    });
  return { exitCode, errorText };
}

/** The last line that says something decides: banners of the other side come first. */
export function connectionFailure(errorText: string, host: string): AppError {
  const lines = linesOf(errorText);
  const telling = lines.findLast((line) => REFUSED.test(line) || UNREACHABLE.test(line));
  const detail = `${host}: ${telling ?? lines.at(-1) ?? 'the connection ended'}`;
  if (telling === undefined || !REFUSED.test(telling)) {
    const isName = telling !== undefined && /resol|not known/i.test(telling);
    const hint = 'Check the name and its resolver, or give the address; holdfast doctor tries it.';
    return new AppError('host-unreachable', { detail, ...(isName ? { hint } : {}) });
  }
  const key = lines.find((line) => line.startsWith('Load key'));
  return new AppError('host-refused', { detail: key === undefined || key === telling ? detail : `${detail} ${key}` });
}

/** The login shell ended without running what it was given: an account for sftp only, nologin(8), a forced command. */
function noCommands(errorText: string, { host, mark }: Call): AppError {
  const said = mark.noise || linesOf(errorText).at(-1) || 'nothing was said';
  return new AppError('host-refused', {
    detail: `${host}: the account does not run commands: ${said}`,
    hint: 'Give the account a shell, or take the forced command off its key.',
  });
}

function without(errorText: string, marked: string): string {
  return errorText.slice(0, errorText.lastIndexOf(`\n${marked}`));
}

function linesOf(errorText: string): string[] {
  return errorText
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
