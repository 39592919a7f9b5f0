/** Vaults on storage that is full, read-only or not ours, and sources that cannot be read: with real file systems. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import { World } from '../compat/backup-world.ts';
import { describePeer } from '../peers.ts';
import { holdfast, lastLine } from './program.ts';

const MIB = 2 ** 20;
const PAGE_BYTES = 4096;

describePeer('a vault on a small file system', ['root'], () => {
  it('that fills up in the middle of a backup keeps all it had, and the next run goes on', async (t) => {
    const { root, world, environment } = await vaultOnTmpfs(t, '40m');
    const args = ['backup', '--pack-size', '4M', world.source];
    writeFileSync(world.at('small'), randomBytes(MIB));
    assert.equal((await holdfast(args, environment)).status, 0);
    for (let file = 0; file < 15; file++) writeFileSync(world.at(`large${file}`), randomBytes(4 * MIB));
    const full = await holdfast([...args, '--json'], environment);
    assert.deepEqual([full.status, lastLine(full)['code']], [1, 'storage-full']);
    assert.match(String(lastLine(full)['message']), /saving .*\/(data|index)\/.*ENOSPC/);
    assert.match(String(lastLine(full)['hint']), /earlier snapshots are untouched/);
    assert.deepEqual(leftovers(root), [], 'nothing half-written stays, and no lock');
    assert.equal(await countSnapshots(environment), 1);
    assert.equal((await holdfast(['check', '--read-data'], environment)).status, 0);
    execFileSync('mount', ['-o', 'remount,size=128m', root]);
    const again = await holdfast([...args, '--json'], environment);
    assert.equal(again.status, 0, again.stderr);
    const { data_added: added, total_bytes_processed: all } = lastLine(again);
    assert.ok(Number(added) < Number(all) - 5 * MIB, `${added} of ${all} bytes were stored again`);
    assert.equal(await countSnapshots(environment), 2);
    assert.equal((await holdfast(['check', '--read-data'], environment)).status, 0);
  });

  it('that is full already fails at whatever file does not fit, page by page', async (t) => {
    const { root, world, environment } = await vaultOnTmpfs(t, '8m');
    const seen = new Set<string>();
    writeFileSync(world.at('file'), randomBytes(5000));
    assert.equal((await holdfast(['backup', world.source], environment)).status, 0);
    let status = 1;
    for (let pages = 0; status !== 0; pages++) {
      assert.ok(pages < 40, 'a small backup needs few pages');
      writeFileSync(world.at('file'), randomBytes(5000));
      leaveFree(root, pages);
      const before = await countSnapshots(environment, ['--no-lock']);
      const run = await holdfast(['backup', '--json', world.source], environment);
      ({ status } = run);
      rmSync(join(root, 'filler'));
      assert.equal(await countSnapshots(environment), before + (status === 0 ? 1 : 0));
      assert.deepEqual(leftovers(root), []);
      if (status === 0) break;
      assert.deepEqual([status, lastLine(run)['code']], [1, 'storage-full'], run.stdout);
      seen.add(/vault\/([a-z]+)\//.exec(String(lastLine(run)['message']))?.[1] ?? run.stdout);
    }
    assert.deepEqual([...seen].sort(), ['data', 'index', 'locks', 'snapshots']);
    assert.equal((await holdfast(['check', '--read-data'], environment)).status, 0);
  });

  it('that is read-only refuses writers by name, and serves readers without a lock', async (t) => {
    const { root, world, environment } = await vaultOnTmpfs(t, '32m');
    writeFileSync(world.at('file'), randomBytes(5000));
    assert.equal((await holdfast(['backup', world.source], environment)).status, 0);
    execFileSync('mount', ['-o', 'remount,ro', root]);
    for (const args of [['backup', world.source], ['prune'], ['ls', 'latest']]) {
      const run = await holdfast([...args, '--json'], environment);
      assert.deepEqual([run.status, lastLine(run)['code']], [1, 'storage-denied'], run.stdout);
      assert.match(String(lastLine(run)['message']), /saving .*\/locks\//);
      if (args[0] === 'ls') assert.match(String(lastLine(run)['hint']), /--no-lock/);
    }
    const target = world.path('restored');
    for (const args of [
      ['ls', 'latest'],
      ['restore', 'latest', '--target', target],
      ['check', '--read-data'],
    ]) {
      const run = await holdfast(['--no-lock', ...args], environment);
      assert.equal(run.status, 0, run.stderr);
    }
    assert.ok(readdirSync(target, { recursive: true, encoding: 'utf8' }).some((path) => path.endsWith('file')));
  });

  it('that may not be entered says so, and is not taken for missing', async (t) => {
    const { root, world, environment } = await vaultOnTmpfs(t, '8m');
    assert.equal((await holdfast(['snapshots'], environment)).status, 0);
    chmodSync(world.path(), 0o755);
    chmodSync(root, 0o700);
    process.seteuid!(65_534);
    try {
      const run = await holdfast(['snapshots', '--json'], environment);
      assert.deepEqual([run.status, lastLine(run)['code']], [1, 'storage-denied'], run.stdout);
      assert.match(String(lastLine(run)['message']), /config: EACCES/);
    } finally {
      process.seteuid!(0);
    }
  });
});

describePeer('a source that gives errors', [], () => {
  it('is reported, left out, and ends the run as incomplete', async (t) => {
    using world = new World();
    await world.init();
    const environment = { HOLDFAST_VAULT: world.path('vault'), HOLDFAST_PASSWORD: 'quick' };
    writeFileSync(world.at('good'), 'good');
    // Reading the memory of a process at address 0 is an I/O error.
    const bad = `/proc/${process.pid}/mem`;
    const run = await holdfast(['backup', world.at('good'), bad], environment);
    t.diagnostic(run.stderr);
    assert.equal(run.status, 3, run.stdout + run.stderr);
    assert.match(run.stderr, new RegExp(`${bad}: .*EIO`));
    const { stdout } = await holdfast(['ls', 'latest'], environment);
    assert.match(stdout, /\/good$/m);
    assert.doesNotMatch(stdout, /\/mem$/m);
  });
});

interface Mounted {
  root: string;
  world: World;
  environment: Record<string, string>;
}

/** A new vault that is a file system of its own, unmounted when the test ends however it ends. */
async function vaultOnTmpfs(t: TestContext, size: string): Promise<Mounted> {
  const world = new World();
  const root = world.path('vault');
  mkdirSync(root);
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'holdfast-test', root]);
  t.after(() => {
    execFileSync('umount', ['-l', root]);
    world[Symbol.dispose]();
  });
  await world.init();
  return { root, world, environment: { HOLDFAST_VAULT: root, HOLDFAST_PASSWORD: 'quick' } };
}

/** Fills the file system until that many pages are free. */
function leaveFree(root: string, pages: number): void {
  const { bavail, bsize } = statfsSync(root);
  writeFileSync(join(root, 'filler'), new Uint8Array(bavail * bsize - pages * PAGE_BYTES));
}

/** Locks, and files under temporary names. */
function leftovers(root: string): string[] {
  const all = readdirSync(root, { recursive: true, encoding: 'utf8' });
  return all.filter((path) => path.includes('-tmp-') || path.startsWith('locks/'));
}

async function countSnapshots(environment: Record<string, string>, args: string[] = []): Promise<number> {
  const run = await holdfast(['snapshots', '--json', ...args], environment);
  assert.equal(run.status, 0, run.stdout + run.stderr);
  return Number(lastLine(run)['snapshots']);
}
