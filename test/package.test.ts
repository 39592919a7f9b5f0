/** The package as users get it: packed, installed, and started without a checkout and through links. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { buildDist } from '../scripts/build.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
const { version, dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const INSTALLED = [...Object.keys(dependencies), '@koromix', `node-linux-${process.arch}`];

/** The user's own PATH, without what npm adds, so that only the launcher can find the pinned Node. */
const PATH = (process.env['PATH'] ?? '')
  .split(delimiter)
  .filter((folder) => !folder.endsWith('node_modules/.bin'))
  .join(delimiter);

describe('package', () => {
  let folder = '';
  let tarball = '';

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'holdfast-'));
    await buildDist();
    run('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: ROOT });
    tarball = globSync(join(folder, '*.tgz'))[0] ?? '';
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  it('holds the bundle with its workers and kernels, and no sources', () => {
    const files = run('tar', ['-tzf', tarball]).trim().split('\n');
    const workers = globSync(['src/**/worker.ts', 'src/**/*-worker.ts'], { cwd: ROOT });
    const kernels = globSync('kernels/*.wasm', { cwd: ROOT });
    for (const file of ['bin/holdfast', 'dist/main.js', 'LICENSE', 'README.md', 'CHANGELOG.md'])
      assert.ok(files.includes(`package/${file}`), `${file} is missing in the package`);
    for (const kernel of kernels) assert.ok(files.includes(`package/dist/${basename(kernel)}`), kernel);
    for (const worker of workers) {
      const built = worker
        .replace(/^src\//, '')
        .replaceAll('/', '-')
        .replace(/\.ts$/, '.js');
      assert.ok(files.includes(`package/dist/${built}`), `${built} is missing in the package`);
    }
    assert.deepEqual(
      files.filter((file) => /\.ts$|\/(src|test|scripts)\//.test(file)),
      [],
    );
  });

  it('runs where the package manager nests the dependencies, also through links', () => {
    const prefix = join(folder, 'prefix');
    const home = install(join(prefix, 'lib/node_modules'), 'holdfast/node_modules');
    mkdirSync(join(prefix, 'bin'));
    symlinkSync('../lib/node_modules/holdfast/bin/holdfast', join(prefix, 'bin/holdfast'));
    symlinkSync(join(prefix, 'bin/holdfast'), join(folder, 'absolute'));
    symlinkSync('absolute', join(folder, 'relative'));
    assertRuns(join(home, 'bin/holdfast'));
    assertRuns(join(prefix, 'bin/holdfast'));
    assertRuns(join(folder, 'absolute'));
    assertRuns(join(folder, 'relative'));
  });

  it('runs where the package manager hoists the dependencies', () => {
    const home = install(join(folder, 'app/node_modules'), '.');
    assertRuns(join(home, 'bin/holdfast'));
  });

  it('runs from the checkout, through a link to its folder as well', () => {
    symlinkSync(join(ROOT, 'bin'), join(folder, 'bin'));
    assertRuns(join(ROOT, 'bin/holdfast'));
    assertRuns(join(folder, 'bin/holdfast'));
  });

  it('says what is missing where there is no Node to run it', () => {
    const lone = join(folder, 'lone/holdfast');
    mkdirSync(lone, { recursive: true });
    run('tar', ['-xzf', tarball, '-C', lone, '--strip-components=1']);
    const tools = join(folder, 'tools');
    mkdirSync(tools);
    for (const tool of ['uname', 'readlink', 'mkdir']) symlinkSync(join('/usr/bin', tool), join(tools, tool));
    assert.throws(() => run(join(lone, 'bin/holdfast'), ['--version'], { path: tools }), /needs Node 26 or later/);
  });

  /** Unpacks the package below `packages` as a package manager would, with its dependencies in `beside`. */
  function install(packages: string, beside: string): string {
    const home = join(packages, 'holdfast');
    mkdirSync(home, { recursive: true });
    run('tar', ['-xzf', tarball, '-C', home, '--strip-components=1']);
    mkdirSync(join(packages, beside), { recursive: true });
    for (const name of INSTALLED) symlinkSync(join(ROOT, 'node_modules', name), join(packages, beside, name));
    return home;
  }
});

describe('lock file', () => {
  it('names every optional platform package, which npm 11 insists on', () => {
    const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
    const names = Object.values<{ optionalDependencies?: object }>(packages).flatMap((entry) =>
      Object.keys(entry.optionalDependencies ?? {}),
    );
    assert.ok(names.length > 10, 'saw hardly any optional package');
    for (const name of names) assert.ok(`node_modules/${name}` in packages, `${name} is not in package-lock.json`);
  });
});

function assertRuns(launcher: string): void {
  assert.ok(statSync(launcher).mode & 0o100, `${launcher} is not executable`);
  assert.ok(run(launcher, ['--version']).includes(version), `${launcher} does not print ${version}`);
}

function run(command: string, args: string[], { cwd = tmpdir(), path = PATH } = {}): string {
  return execFileSync(command, args, { cwd, env: { ...process.env, PATH: path }, encoding: 'utf8', stdio: 'pipe' });
}
