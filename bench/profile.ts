/**
 * Where our program spends its time: `node bench/profile.ts CASE [OPERATION]`, with a case of `bench/cases.ts` or any
 * folder, and `first` (the default), `unchanged`, `changed`, `restore` or `check`. Runs it from source, or as built with
 * `--dist`, prints for each thread the functions with the most time of their own, and keeps the profiles for a viewer.
 */
import { spawnSync } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { caseOf, OPERATIONS, type Operation, prepareInput } from './cases.ts';
import { selfTimes } from './profile/summary.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const HOOK = fileURLToPath(new URL('profile/hook.ts', import.meta.url));
const INTERVAL_US = 500;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    dir: { type: 'string', default: join(tmpdir(), 'holdfast-bench') },
    scale: { type: 'string', default: '0.25' },
    top: { type: 'string', default: '25' },
    dist: { type: 'boolean', default: false },
  },
});
const [name = '', wanted = 'first'] = positionals;
const operation = OPERATIONS.find((each) => each === wanted);
if (name === '' || operation === undefined)
  throw new Error(`usage: node bench/profile.ts CASE|FOLDER [${OPERATIONS.join('|')}]`);

const scale = Number(values.scale);
const isFolder = name.includes('/');
const input = isFolder ? resolve(name) : prepareInput(join(resolve(values.dir), 'inputs'), name, scale);
const profiles = join(resolve(values.dir), 'profiles', `${basename(input)}-${operation}`);
rmSync(profiles, { recursive: true, force: true });
mkdirSync(profiles, { recursive: true });
const place = mkdtempSync(join(resolve(values.dir), 'profile-'));
try {
  profile(operation);
} finally {
  rmSync(place, { recursive: true, force: true });
}
for (const path of globSync(join(profiles, '*.cpuprofile')).sort()) print(path);

function profile(what: Operation): void {
  holdfast(['init']);
  if (what !== 'first') holdfast(['backup', basename(input)]);
  if (what === 'changed') change();
  const begin = performance.now();
  holdfast(argumentsFor(what), [
    '--cpu-prof',
    `--cpu-prof-interval=${INTERVAL_US}`,
    `--cpu-prof-dir=${profiles}`,
    '--cpu-prof-name=main.cpuprofile',
    `--import=${HOOK}`,
  ]);
  process.stdout.write(`${what} took ${((performance.now() - begin) / 1000).toFixed(2)} s with profiling\n`);
}

function change(): void {
  if (isFolder || caseOf(name).change === undefined) throw new Error(`${name} has no change`);
  caseOf(name).change?.(input, scale, String(process.pid));
}

function argumentsFor(what: Operation): string[] {
  if (what === 'restore') return ['restore', 'latest', '--target', join(place, 'restored')];
  if (what === 'check') return ['check', '--read-data'];
  return ['backup', basename(input)];
}

function holdfast(args: string[], nodeOptions: string[] = []): void {
  const main = join(ROOT, values.dist ? 'dist/main.js' : 'src/main.ts');
  const { status } = spawnSync(process.execPath, [...nodeOptions, main, '-r', join(place, 'vault'), ...args], {
    cwd: dirname(input),
    env: { ...process.env, HOLDFAST_PASSWORD: 'bench', BENCH_PROFILES: profiles },
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error(`holdfast ${args.join(' ')} ended with ${status}`);
}

function print(path: string): void {
  const times = selfTimes(path);
  const all = times.reduce((sum, { seconds }) => sum + seconds, 0);
  process.stdout.write(`\n${path}\n`);
  for (const { place: where, seconds } of times.slice(0, Number(values.top)))
    process.stdout.write(`${((100 * seconds) / all).toFixed(1).padStart(6)} %  ${seconds.toFixed(3)} s  ${where}\n`);
}
