/** Runs a program and measures it from outside: time on the clock and on the cores, and the most memory it held. */
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const MESSAGE_BYTES_MAX = 4000;

export interface Call {
  program: string;
  args: string[];
  folder: string;
  environment: Record<string, string>;
}

export interface Measure {
  seconds: number;
  userSeconds: number;
  systemSeconds: number;
  /** Largest resident set of the process; of the largest one where it starts others. */
  memoryBytes: number;
}

/**
 * Through `time`, because a process inherits the memory mark of the one that starts it, and this one is not small.
 * @throws {Error} when the program fails: a failed run must not look like a fast one.
 */
export function measure(call: Call, scratch: string): Measure {
  const record = join(scratch, 'time');
  const begin = performance.now();
  run({ ...call, program: 'time', args: ['-q', '-o', record, '-f', '%U %S %M', call.program, ...call.args] });
  const seconds = (performance.now() - begin) / 1000;
  const [userSeconds, systemSeconds, memoryKiB] = readFileSync(record, 'utf8').trim().split(' ').map(Number);
  rmSync(record);
  return { seconds, userSeconds: userSeconds!, systemSeconds: systemSeconds!, memoryBytes: memoryKiB! * 1024 };
}

/** @returns what the program printed. @throws {Error} when it fails. */
export function run({ program, args, folder, environment }: Call): string {
  const { status, signal, error, stdout, stderr } = spawnSync(program, args, {
    cwd: folder,
    env: { PATH: process.env['PATH'], LANG: 'C.UTF-8', TZ: 'UTC', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
  });
  if (error !== undefined) throw error;
  if (status === 0) return stdout;
  const said = `${stdout}${stderr}`.slice(-MESSAGE_BYTES_MAX);
  throw new Error(`${program} ${args.join(' ')} ended with ${status ?? signal}:\n${said}`);
}
