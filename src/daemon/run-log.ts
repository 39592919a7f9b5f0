/** The log of one run: a file of JSON lines (`time`, `level`, `text`), readable by its owner and group only. */
import { closeSync, fsyncSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { AppError, errnoOf, textOf } from '../base/errors.ts';
import { RUN_LOG_BYTES_MAX } from '../base/limits.ts';
import type { Clock } from '../host.ts';

export type LogLevel = 'info' | 'warning' | 'error';

const DIRECTORY_MODE = 0o750;
const FILE_MODE = 0o640;
/** Kept free for the end of the log, which says what came of the run. */
const TAIL_BYTES = 64 * 1024;

export interface RunLogOptions {
  stateDirectory: string;
  kind: string;
  subject: string;
  startedMs: number;
  clock: Clock;
  clean: (text: string) => string;
}

export class RunLog implements Disposable {
  readonly file: string;
  readonly #fd: number;
  readonly #clock: Clock;
  readonly #clean: (text: string) => string;
  #bytes = 0;
  #left = 0;
  #failure: string | undefined;

  /** @throws {AppError} `ledger-failed` when the file cannot be made: a run that leaves no trace is not begun */
  constructor({ stateDirectory, kind, subject, startedMs, clock, clean }: RunLogOptions) {
    const begin = new Date(startedMs).toISOString().replaceAll(':', '-');
    this.file = join(stateDirectory, 'logs', `${kind}-${subject}`, `${begin}.jsonl`);
    this.#clock = clock;
    this.#clean = clean;
    try {
      mkdirSync(dirname(this.file), { recursive: true, mode: DIRECTORY_MODE });
      this.#fd = openSync(this.file, 'a', FILE_MODE);
    } catch (error) {
      throw logFailed(this.file, error);
    }
  }

  /** One line. Beyond the limit only a count is kept, so that a source with millions of problems cannot fill the disk. */
  line(level: LogLevel, text: string): void {
    if (this.#bytes > RUN_LOG_BYTES_MAX) this.#left++;
    else this.#write(level, text);
  }

  /** What went wrong in writing it, one line: a log that cannot be written must not stop what it is about. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Removes it: there is nothing it could be the log of. */
  discard(): void {
    rmSync(this.file, { force: true });
  }

  /** The last line, which always fits; durable afterwards. */
  conclude(level: LogLevel, text: string): void {
    if (this.#left > 0) this.#write('warning', `${this.#left} lines more were left out`);
    this.#write(level, text);
    this.#guarded(() => fsyncSync(this.#fd));
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }

  #write(level: LogLevel, text: string): void {
    const time = new Date(this.#clock.nowMs()).toISOString();
    const line = `${JSON.stringify({ time, level, text: this.#clean(text).slice(0, TAIL_BYTES) })}\n`;
    this.#guarded(() => {
      this.#bytes += writeSync(this.#fd, line);
    });
  }

  #guarded(write: () => void): void {
    try {
      write();
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
      this.#failure ??= `the log could not be written: ${textOf(error)}`;
    }
  }
}

function logFailed(file: string, error: unknown): unknown {
  const errno = errnoOf(error);
  if (errno === undefined) return error;
  const code = errno === 'ENOSPC' || errno === 'EDQUOT' ? 'storage-full' : 'ledger-failed';
  return new AppError(code, { detail: `making the log ${file}: ${textOf(error)}`, cause: error });
}
