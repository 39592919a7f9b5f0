/** Running other programs: the port. Never through a shell; messages name the program but neither arguments nor environment. */
import { AppError } from '../base/errors.ts';

export interface ProcessOptions {
  /** Bytes for standard input; it is closed at once when absent. */
  input?: Uint8Array | AsyncIterable<Uint8Array>;
  /** Added to this process's environment; undefined takes a variable away. */
  env?: Readonly<Record<string, string | undefined>>;
  /** Working directory. */
  directory?: string;
  /** After this the program is stopped and `command-timeout` thrown; without it, it may take for ever. */
  timeLimitMs?: number;
  /** Stops the program; the signal's reason is thrown. */
  signal?: AbortSignal | undefined;
  /** More standard output than this stops the program with `command-failed`; only for `run`. 16 MiB when absent. */
  outputBytesMax?: number;
  /** It may share a run with others that are started in the same turn, as `gatheringProcesses` does: for short questions. */
  joins?: boolean;
}

export interface ProcessExit {
  /** 0–255; whether other than 0 is a failure is for the caller to know. */
  exitCode: number;
  /** The last 64 KiB of standard error, as text. */
  errorText: string;
}

export interface ProcessResult extends ProcessExit {
  output: Buffer;
}

export interface ProcessStream {
  /** Pulled: a slow reader slows the program. Leaving the loop early stops it. */
  output: AsyncIterable<Uint8Array>;
  /**
   * How it ended. Output that ended is complete only when this resolves with an exit code that means success.
   * Resolves only after the output was read or left.
   */
  ended: Promise<ProcessExit>;
}

/**
 * Both throw (`stream`: by `ended`) {AppError} `command-missing`; `command-failed` when the program was killed by a
 * signal or could not be started; `command-timeout`; or the abort signal's reason. An exit code is a result, not an error.
 * Programs get no terminal, so nothing can prompt, and are stopped together with all they started.
 */
export interface Processes {
  run(command: string, args: readonly string[], options?: ProcessOptions): Promise<ProcessResult>;
  stream(command: string, args: readonly string[], options?: ProcessOptions): ProcessStream;
}

export interface ProcessCall {
  command: string;
  args: readonly string[];
  options: ProcessOptions;
}

export interface ScriptedAnswer {
  exitCode?: number;
  output?: string | Uint8Array;
  errorText?: string;
}

/** Programs played by `answer`, for tests; undefined means there is no such program. An error it throws is thrown. */
export function scriptedProcesses(
  answer: (call: ProcessCall) => ScriptedAnswer | undefined,
): Processes & { readonly calls: ProcessCall[] } {
  const calls: ProcessCall[] = [];
  const run = async (command: string, args: readonly string[], options: ProcessOptions = {}) => {
    options.signal?.throwIfAborted();
    calls.push({ command, args, options });
    const given = answer({ command, args, options });
    if (given === undefined) throw new AppError('command-missing', { detail: command });
    const { exitCode = 0, output = '', errorText = '' } = given;
    return { exitCode, output: Buffer.from(output), errorText };
  };
  const stream = (command: string, args: readonly string[], options?: ProcessOptions) => {
    const result = run(command, args, options);
    result.catch(() => {});
    return { output: outputOf(result), ended: result };
  };
  return { calls, run, stream };
}

/** Nothing, when the program failed: that is told by `ended`. */
async function* outputOf(result: Promise<ProcessResult>): AsyncGenerator<Uint8Array> {
  const output = await result.then(
    (given) => given.output,
    () => Buffer.alloc(0),
  );
  if (output.length > 0) yield output;
}
