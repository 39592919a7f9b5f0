/** What can be said about the sources without running them. */
import { spawnSync } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { styleText } from 'node:util';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BIN = join(ROOT, 'node_modules/.bin');

const CHECKS: Record<string, string[]> = {
  'format and lint': ['biome', 'check', '--log-level=warn', '--error-on-warnings', '.'],
  types: ['tsc', '--noEmit'],
  unused: ['knip', '--no-progress'],
  kernels: ['node', 'scripts/kernels.ts', '--check'],
};

/** Runs all checks, printing a line for each and the whole output of those that fail. */
export function runChecks(): { passed: string[]; failed: string[] } {
  const passed: string[] = [];
  const failed: string[] = [];
  for (const [name, [command, ...args]] of Object.entries(CHECKS)) {
    const begin = performance.now();
    const env = { ...process.env, PATH: BIN + delimiter + process.env['PATH'] };
    const { status, stdout, stderr, error } = spawnSync(command!, args, { cwd: ROOT, env, encoding: 'utf8' });
    const seconds = ((performance.now() - begin) / 1000).toFixed(1);
    (status === 0 ? passed : failed).push(name);
    const mark = status === 0 ? styleText('green', '✔') : styleText('red', '✖');
    process.stdout.write(`${mark} ${name} (${seconds} s)\n`);
    if (status !== 0) process.stdout.write(`${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}\n`);
  }
  return { passed, failed };
}
