/** Our own program as users get it: the built bundle, started by the launcher. */
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildDist } from '../../scripts/build.ts';
import { type Contestant, type Place, privateEnvironment } from '../contestant.ts';
import { type Call, run } from '../timing.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MEASURED = ['src', 'kernels', 'bin', 'package-lock.json'];
const PACKAGED = ['bin', 'dist', 'package.json'];

/** Builds the program and installs it below `folder`, without sources, as the package is. */
export async function holdfast(folder: string): Promise<Contestant> {
  const installed = join(folder, 'holdfast');
  await buildDist();
  rmSync(installed, { recursive: true, force: true });
  mkdirSync(installed, { recursive: true });
  for (const part of PACKAGED) cpSync(join(ROOT, part), join(installed, part), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(installed, 'node_modules'));
  const { version } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as { version: string };
  const call = (place: Place, args: string[]): Call => ({
    program: join(installed, 'bin/holdfast'),
    args: ['--quiet', '-r', place.vault, ...args],
    folder: place.folder,
    environment: { ...privateEnvironment(place.home), HOLDFAST_PASSWORD: 'bench' },
  });
  return {
    name: 'holdfast',
    version: `Holdfast ${version} (${sourceState()})`,
    init: (place) => call(place, ['init']),
    backup: (place) => call(place, ['backup', place.input]),
    restore: (place, target) => call(place, ['restore', 'latest', '--target', target]),
    check: (place) => call(place, ['check', '--read-data']),
  };
}

/** The last commit of what is measured, so that results of different states are not taken for the same. */
function sourceState(): string {
  const git = (...args: string[]): string =>
    run({ program: 'git', args: [...args, '--', ...MEASURED], folder: ROOT, environment: {} }).trim();
  return `${git('log', '-1', '--format=%h')}${git('status', '--porcelain') === '' ? '' : ' with changes'}`;
}
