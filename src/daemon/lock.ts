/** That there is one daemon for a state directory: two would begin every run twice. */
import { closeSync, constants, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { AppError, errnoOf, textOf } from '../base/errors.ts';
import { syscalls } from '../host.ts';

const DIRECTORY_MODE = 0o700;
const FILE_MODE = 0o600;

export interface DaemonLockOptions {
  stateDirectory: string;
  /** Who holds it, for the message that another one gives: `process 4711 on head1, since …`. */
  holder: string;
}

/**
 * Held until it is disposed of or the process ends, however it ends (flock(2)); the file itself stays.
 * @throws {AppError} `failed` when another daemon holds it, naming it; `ledger-failed` when the directory cannot be used
 */
export function lockStateDirectory({ stateDirectory, holder }: DaemonLockOptions): Disposable {
  const path = join(stateDirectory, 'daemon.lock');
  const fd = attempt(path, () => {
    mkdirSync(stateDirectory, { recursive: true, mode: DIRECTORY_MODE });
    return openSync(path, constants.O_RDWR | constants.O_CREAT, FILE_MODE);
  });
  try {
    if (!attempt(path, () => syscalls.tryLock(fd, 'exclusive'))) throw heldBy(path);
    attempt(path, () => {
      ftruncateSync(fd);
      writeSync(fd, `${holder}\n`, 0);
    });
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  return { [Symbol.dispose]: () => closeSync(fd) };
}

function heldBy(path: string): AppError {
  const holder = readFileSync(path, 'utf8').trim() || 'unknown';
  const hint = 'One daemon is enough. Stop that one first, or let it read its configuration again with SIGHUP.';
  return new AppError('failed', { detail: `a daemon is running already: ${holder}; it holds ${path}`, hint });
}

function attempt<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    throw new AppError('ledger-failed', { detail: `${path}: ${textOf(error)}`, cause: error });
  }
}
