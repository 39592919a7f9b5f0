/** The program inside the test's process, for tests of what goes wrong: whatever does, it must not end as a bug. */
import assert from 'node:assert/strict';
import { runHoldfast } from '../cli/in-process.ts';

export interface Ended {
  status: number;
  stdout: string;
  stderr: string;
}

/** Runs `holdfast ...args`. */
export async function holdfast(args: readonly string[], environment: Record<string, string> = {}): Promise<Ended> {
  const { status, text, stderr } = await runHoldfast(args, environment);
  assert.doesNotMatch(text + stderr, /this is a bug|^ {4}at /m, args.join(' '));
  return { status, stdout: text, stderr };
}

/** The last line of `--json` output. */
export function lastLine({ stdout }: Ended): Record<string, unknown> {
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Record<string, unknown>;
}
