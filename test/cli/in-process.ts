/** The program run inside the test: as `main.ts` does, without the half second that a process and its imports take. */
import { fileURLToPath } from 'node:url';
import { runProgram } from '../../src/cli.ts';
import { systemClock } from '../../src/host.ts';

/** The launcher of the checkout. */
export const PROGRAM = fileURLToPath(new URL('../../bin/holdfast', import.meta.url));

export interface RunResult {
  status: number;
  stdout: Buffer;
  stderr: string;
  /** Standard output as text. */
  text: string;
}

export async function runHoldfast(args: readonly string[], environment: Record<string, string>): Promise<RunResult> {
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  const sink = (chunks: Buffer[]) => ({
    write(chunk: string | Uint8Array, written?: (error?: Error | null) => void): boolean {
      chunks.push(Buffer.from(chunk as Uint8Array));
      if (written !== undefined) queueMicrotask(() => written());
      return true;
    },
  });
  const controller = new AbortController();
  const status = await runProgram({
    argv: args,
    environment,
    stdin: process.stdin,
    stdout: sink(out),
    stderr: sink(err),
    signal: controller.signal,
    stop: (reason) => controller.abort(reason),
    onHangup: () => undefined,
    version: '0.0.0',
    program: PROGRAM,
    loadClock: async () => systemClock,
  });
  const stdout = Buffer.concat(out);
  return { status, stdout, stderr: Buffer.concat(err).toString(), text: stdout.toString() };
}

/** The objects of `--json` output, line by line. */
export function recordsOf({ text }: RunResult): Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}
