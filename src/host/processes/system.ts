/** Programs of this machine. */

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { AppError, errnoOf } from '../../base/errors.ts';
import type { ProcessExit, Processes, ProcessOptions, ProcessResult, ProcessStream } from '../processes.ts';
import { startTimer } from '../timer.ts';

const OUTPUT_BYTES_MAX = 16 * 1024 * 1024;
const ERROR_BYTES_MAX = 64 * 1024;
/** How long a program told to end may take before it is killed. */
const GRACE_MS = 2000;

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

export const systemProcesses: Processes = { run, stream };

async function run(command: string, args: readonly string[], options: ProcessOptions = {}): Promise<ProcessResult> {
  const running = new RunningProcess(command, args, options);
  const output = await running.collect(options.outputBytesMax ?? OUTPUT_BYTES_MAX);
  return { ...(await running.ended), output };
}

function stream(command: string, args: readonly string[], options: ProcessOptions = {}): ProcessStream {
  try {
    const running = new RunningProcess(command, args, options);
    return { output: running.output(), ended: running.ended };
  } catch (error) {
    // Told where every other failure is told.
    const ended = Promise.reject(error);
    ended.catch(() => {});
    return { output: nothing(), ended };
  }
}

/** One program from start to end. */
class RunningProcess {
  readonly ended: Promise<ProcessExit>;
  readonly #name: string;
  readonly #child: Child;
  /** Why we stopped it; the first reason counts. */
  #stopped: { reason: unknown } | undefined;
  #graceTimer: NodeJS.Timeout | undefined;

  constructor(command: string, args: readonly string[], options: ProcessOptions) {
    options.signal?.throwIfAborted();
    this.#name = command;
    this.#child = start(command, args, options);
    this.#feed(options.input);
    this.ended = this.#end(options);
    // Whoever reads the output first learns of a failure later; until then it is not unhandled.
    this.ended.catch(() => {});
  }

  /** Standard output as it comes; leaving early stops the program. */
  async *output(): AsyncGenerator<Uint8Array> {
    try {
      yield* this.#child.stdout;
    } catch (error) {
      // The pipe was torn by stopping the program, which `ended` reports.
      if (this.#stopped === undefined) throw error;
    } finally {
      if (!this.#child.stdout.readableEnded)
        this.#stop(new AppError('command-failed', { detail: `${this.#name}: its output was not wanted any more` }));
    }
  }

  /** All of standard output. */
  async collect(bytesMax: number): Promise<Buffer> {
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of this.output()) {
      size += chunk.length;
      if (size > bytesMax)
        this.#stop(new AppError('command-failed', { detail: `${this.#name}: more than ${bytesMax} bytes of output` }));
      else chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  }

  async #end(options: ProcessOptions): Promise<ProcessExit> {
    const { timeLimitMs, signal } = options;
    const interrupt = () => this.#stop(signal?.reason);
    const expire = () =>
      this.#stop(new AppError('command-timeout', { detail: `${this.#name}, after ${(timeLimitMs ?? 0) / 1000} s` }));
    signal?.addEventListener('abort', interrupt, { once: true });
    const cancel = timeLimitMs === undefined ? () => {} : startTimer(timeLimitMs, expire);
    const errorText = tail(this.#child.stderr, ERROR_BYTES_MAX);
    try {
      const [exitCode, signalName] = await once(this.#child, 'close').catch((error: unknown) => {
        throw startFailure(this.#name, error, options);
      });
      return { exitCode: this.#judge(exitCode, signalName), errorText: errorText() };
    } finally {
      cancel();
      clearTimeout(this.#graceTimer);
      signal?.removeEventListener('abort', interrupt);
    }
  }

  #judge(exitCode: number | null, signalName: string | null): number {
    if (this.#stopped !== undefined) throw this.#stopped.reason;
    if (exitCode === null)
      throw new AppError('command-failed', { detail: `${this.#name}: killed by signal ${signalName}` });
    return exitCode;
  }

  /** Asks the whole group to end, then kills it and lets go of pipes that others may still hold. */
  #stop(reason: unknown): void {
    if (this.#stopped !== undefined) return;
    this.#stopped = { reason };
    this.#signalGroup('SIGTERM');
    this.#graceTimer = setTimeout(() => {
      this.#signalGroup('SIGKILL');
      for (const pipe of [this.#child.stdin, this.#child.stdout, this.#child.stderr]) pipe.destroy();
    }, GRACE_MS);
    this.#child.stdout.resume();
  }

  #signalGroup(name: NodeJS.Signals): void {
    if (this.#child.pid === undefined) return;
    try {
      process.kill(-this.#child.pid, name);
    } catch (error) {
      // Gone already, or run under another user: then all that is left is to wait for it.
      if (errnoOf(error) !== 'ESRCH' && errnoOf(error) !== 'EPERM') throw error;
    }
  }

  #feed(input: ProcessOptions['input']): void {
    const { stdin } = this.#child;
    // A program that does not read all of its input is free to: its exit code tells how it went.
    stdin.on('error', () => {});
    if (input === undefined || input instanceof Uint8Array) stdin.end(input);
    else pour(input, stdin).catch((error: unknown) => this.#stop(error));
  }
}

/** In a session of its own: no terminal to prompt on, and one group to stop with everything it started. */
function start(command: string, args: readonly string[], options: ProcessOptions): Child {
  const { env, directory } = options;
  let child: Child;
  try {
    child = spawn(command, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
      detached: true,
      ...(directory === undefined ? {} : { cwd: directory }),
    });
  } catch (error) {
    throw startFailure(command, error, options);
  }
  if (child.stdout) return child;
  child.on('error', () => {});
  throw new AppError('command-failed', { detail: `${command}: could not be started: too many open files` });
}

/** Node reports a missing program and a missing working directory alike. */
function startFailure(command: string, error: unknown, { env, directory }: ProcessOptions): unknown {
  const errno = errnoOf(error);
  if (errno === undefined) return error;
  if (directory !== undefined && !existsSync(directory))
    return new AppError('command-failed', { detail: `${command}: no such working directory: ${directory}` });
  const isMissing = errno === 'ENOENT' || (errno === 'EACCES' && !isOnPath(command, env?.['PATH']));
  if (isMissing) return new AppError('command-missing', { detail: command });
  return new AppError('command-failed', { detail: `${command}: could not be started: ${errno}` });
}

/** Looking for a program in a directory that may not be entered ends in EACCES, as a program that may not be run does. */
function isOnPath(command: string, path = process.env['PATH'] ?? ''): boolean {
  return command.includes('/') || path.split(':').some((directory) => existsSync(join(directory, command)));
}

/** Writes at the reader's pace, until all is written or the reader is gone. */
async function pour(input: AsyncIterable<Uint8Array>, stdin: Writable): Promise<void> {
  const gone = new AbortController();
  stdin.once('close', () => gone.abort());
  for await (const chunk of input) {
    if (gone.signal.aborted) return;
    if (!stdin.write(chunk)) await once(stdin, 'drain', { signal: gone.signal }).catch(() => {});
  }
  stdin.end();
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

/** @returns a function giving the end of what the stream brought so far, as text. */
function tail(from: Readable, bytesMax: number): () => string {
  let kept = Buffer.alloc(0);
  from.on('data', (chunk: Buffer) => {
    kept = Buffer.concat([kept, chunk]).subarray(-bytesMax);
  });
  return () => kept.toString();
}
