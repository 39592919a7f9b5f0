/** The program run inside the test: as `main.ts` does, without the half second that a process and its imports take. */
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { AppError } from '../../src/base/errors.ts';
import { runProgram } from '../../src/cli.ts';
import { type Clock, systemClock } from '../../src/host.ts';

/** The launcher of the checkout. */
export const PROGRAM = fileURLToPath(new URL('../../bin/holdfast', import.meta.url));

export interface RunResult {
  status: number;
  stdout: Buffer;
  stderr: string;
  /** Standard output as text. */
  text: string;
}

export interface RunOptions {
  /** Standard output is a terminal this wide; without it none. */
  columns?: number;
  /** Interrupts as Ctrl-C does, once standard output holds this. */
  until?: RegExp;
  /** What comes in on standard input; without it, that of this process. */
  input?: string;
  clock?: Clock;
}

export async function runHoldfast(
  args: readonly string[],
  environment: Record<string, string>,
  { columns, until, input, clock = systemClock }: RunOptions = {},
): Promise<RunResult> {
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  const controller = new AbortController();
  const interrupt = (): void => controller.abort(new AppError('interrupted'));
  const sink = (chunks: Buffer[], told?: () => void) => ({
    write(chunk: string | Uint8Array, written?: (error?: Error | null) => void): boolean {
      chunks.push(Buffer.from(chunk as Uint8Array));
      told?.();
      if (written !== undefined) queueMicrotask(() => written());
      return true;
    },
  });
  const stdout = sink(out, until && (() => until.test(Buffer.concat(out).toString()) && interrupt()));
  const status = await runProgram({
    argv: args,
    environment,
    stdin: input === undefined ? process.stdin : stdinOf(input),
    stdout: columns === undefined ? stdout : { ...stdout, isTTY: true, columns },
    stderr: sink(err),
    signal: controller.signal,
    stop: (reason) => controller.abort(reason),
    onHangup: () => undefined,
    version: '0.0.0',
    program: PROGRAM,
    loadClock: async () => clock,
  });
  const bytes = Buffer.concat(out);
  return { status, stdout: bytes, stderr: Buffer.concat(err).toString(), text: bytes.toString() };
}

/** A pipe, not a keyboard. */
function stdinOf(input: string): typeof process.stdin {
  const pulled = Readable.from([Buffer.from(input)]);
  return Object.assign(pulled, { isTTY: false }) as unknown as typeof process.stdin;
}

/** The objects of `--json` output, line by line. */
export function recordsOf({ text }: Pick<RunResult, 'text'>): Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}
