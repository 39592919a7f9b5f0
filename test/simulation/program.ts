/** The whole program inside the test's process: arguments and environment in, exit code and output out. */
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { type Edge, runProgram } from '../../src/cli.ts';
import { systemClock } from '../../src/host.ts';

export interface Ended {
  status: number;
  stdout: string;
  stderr: string;
}

/** Runs `holdfast ...args`. Whatever happens, it must not end as a bug. */
export async function holdfast(args: readonly string[], environment: Record<string, string> = {}): Promise<Ended> {
  const controller = new AbortController();
  const said = { stdout: '', stderr: '' };
  const sinkOf = (stream: keyof typeof said): Edge['stdout'] => ({
    write(chunk, written) {
      said[stream] += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('latin1');
      written?.();
      return true;
    },
  });
  const status = await runProgram({
    argv: args,
    environment,
    stdin: Readable.from([]) as unknown as Edge['stdin'],
    stdout: sinkOf('stdout'),
    stderr: sinkOf('stderr'),
    signal: controller.signal,
    stop: (reason) => controller.abort(reason),
    version: '0.0.0',
    loadClock: async () => systemClock,
  });
  const ended = { status, ...said };
  assert.doesNotMatch(said.stdout + said.stderr, /this is a bug|^ {4}at /m, args.join(' '));
  return ended;
}

/** The last line of `--json` output. */
export function lastLine({ stdout }: Ended): Record<string, unknown> {
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Record<string, unknown>;
}
