/** What happens to what is there already, and to what should not be. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { missingPeers, type Peer } from '../../test/peers.ts';
import { emptyVault, plant, type RestoreCall, type Restored, restoreFrom, TIME_NS } from '../../test/planted.ts';
import type { BlobId } from '../base/ids.ts';
import { syscalls } from '../host.ts';
import { planRestore } from '../restore.ts';
import type { Vault } from '../vault.ts';
import { entriesOf, findUnexpected } from './preview.ts';

const SECONDS = Number(TIME_NS / 1_000_000_000n);
const LARGE = ['a'.repeat(3000), 'b'.repeat(3000), 'c'.repeat(3000)];

describe('what is there already', () => {
  let target: string;
  let vault: Vault;
  let tree: BlobId;
  const read = (name: string): string => readFileSync(join(target, name), 'utf8');

  before(async () => {
    vault = await emptyVault();
    tree = await plant(vault, {
      dir: { children: { file: 'new', link: { type: 'symlink', mode: 0o777 + 0x0800_0000, linkTarget: 'new' } } },
      empty: '',
      large: { parts: LARGE },
    });
  });
  beforeEach(() => {
    target = mkdtempSync(join(tmpdir(), 'holdfast-'));
  });
  afterEach(() => rmSync(target, { recursive: true, force: true }));
  after(async () => await vault[Symbol.asyncDispose]());

  const restore = (call: Partial<RestoreCall> = {}): Promise<Restored> => restoreFrom(vault, { tree, target, ...call });

  function makeOld(seconds: number): void {
    mkdirSync(join(target, 'dir'));
    writeFileSync(join(target, 'dir', 'file'), 'old');
    symlinkSync('old', join(target, 'dir', 'link'));
    writeFileSync(join(target, 'empty'), 'not empty');
    writeFileSync(join(target, 'large'), `${LARGE[0]}${'x'.repeat(3000)}${LARGE[2]} and more`);
    for (const name of ['dir/file', 'empty', 'large']) utimesSync(join(target, name), seconds, seconds);
    lutimesSync(join(target, 'dir', 'link'), seconds, seconds);
  }

  it('always: everything becomes as it was, and only what differs is written', async () => {
    makeOld(SECONDS + 10);
    const result = await restore();
    assert.deepEqual(result.problems, []);
    assert.equal(result.bytesWritten, 3 + 3000);
    assert.deepEqual([read('dir/file'), read('empty'), read('large')], ['new', '', LARGE.join('')]);
    assert.equal(lstatSync(join(target, 'large'), { bigint: true }).mtimeNs, TIME_NS);
    const again = await restore();
    assert.deepEqual([again.restored, again.unchanged, again.bytesWritten], [0, 4, 0]);
  });

  it('never: nothing that is there is touched', async () => {
    makeOld(SECONDS - 10);
    rmSync(join(target, 'large'));
    const result = await restore({ overwrite: 'never' });
    assert.deepEqual(result.listed, ['restored large', 'skipped dir/file', 'skipped dir/link', 'skipped empty']);
    assert.deepEqual([read('dir/file'), read('empty')], ['old', 'not empty']);
    assert.equal(statSync(join(target, 'empty')).mtimeMs, (SECONDS - 10) * 1000);
  });

  it('never: what stands in the place of a directory stays', async () => {
    writeFileSync(join(target, 'dir'), 'a file');
    const result = await restore({ overwrite: 'never' });
    assert.deepEqual(
      result.problems.map(({ path }) => path),
      ['dir'],
    );
    assert.equal(read('dir'), 'a file');
    assert.equal(read('large'), LARGE.join(''));
  });

  it('if-newer: only older files are replaced', async () => {
    makeOld(SECONDS - 10);
    for (const name of ['empty', 'large']) utimesSync(join(target, name), SECONDS + 10, SECONDS + 10);
    const result = await restore({ overwrite: 'if-newer' });
    assert.deepEqual(result.listed, ['restored dir/file', 'restored dir/link', 'skipped empty', 'skipped large']);
    assert.deepEqual([read('dir/file'), read('empty')], ['new', 'not empty']);
  });

  it('if-changed: a file of the same size and time counts as right', async () => {
    await restore();
    const { mtime } = statSync(join(target, 'dir', 'file'));
    assert.ok(mtime.getTime() > 0);
    writeFileSync(join(target, 'dir', 'file'), 'odd');
    const times = {
      atimeSeconds: 1,
      atimeNanos: 0,
      mtimeSeconds: SECONDS,
      mtimeNanos: Number(TIME_NS % 1_000_000_000n),
    };
    syscalls.setTimes(syscalls.CWD, join(target, 'dir', 'file'), times);
    writeFileSync(join(target, 'large'), 'shorter');
    await restore({ overwrite: 'if-changed' });
    assert.deepEqual([read('dir/file'), read('large')], ['odd', LARGE.join('')]);
    await restore({ overwrite: 'always' });
    assert.equal(read('dir/file'), 'new');
  });

  it('directories in the way go when empty, or with all that is in them when deleting', async () => {
    mkdirSync(join(target, 'large'));
    mkdirSync(join(target, 'dir', 'file', 'deep'), { recursive: true });
    const kept = await restore();
    assert.deepEqual(
      kept.problems.map(({ path }) => path),
      ['dir/file'],
    );
    assert.equal(read('large'), LARGE.join(''));
    const gone = await restore({ delete: true });
    assert.deepEqual(gone.problems, []);
    assert.equal(read('dir/file'), 'new');
    assert.deepEqual(readdirSync(join(target, 'dir')).sort(), ['file', 'link']);
  });

  it('deletes what is not in the snapshot, within what is selected', async () => {
    await restore();
    mkdirSync(join(target, 'dir', 'stranger'));
    for (const name of ['dir/stranger/keep.log', 'dir/stranger/go', 'top', 'top.log'])
      writeFileSync(join(target, name), '');
    const filter = { exclude: ['*.log'] };
    const signal = new AbortController().signal;
    const plan = await planRestore(vault, { tree, subpath: '', filter, signal });
    assert.deepEqual(findUnexpected(plan, target).sort(), ['dir/stranger', 'top']);
    assert.deepEqual(
      [...entriesOf(plan)].map(({ path, kind }) => `${kind} ${path}`),
      ['directory dir', 'file dir/file', 'symlink dir/link', 'file empty', 'file large'],
    );
    const inside = await restore({ delete: true, filter: { include: ['/dir'] } });
    assert.equal(inside.deleted, 3);
    assert.deepEqual(readdirSync(target).sort(), ['dir', 'empty', 'large', 'top', 'top.log']);
    const rest = await restore({ delete: true, filter });
    assert.deepEqual([rest.deleted, readdirSync(target).includes('top.log')], [1, true]);
  });

  it('refuses to delete from the root of this machine without an include', async () => {
    await assert.rejects(restore({ delete: true, target: '/' }), { code: 'refused', exitCode: 20 });
    await assert.rejects(restore({ delete: true, target: '/usr/..' }), { code: 'refused' });
  });

  it('restores one directory, one file, or says that there is no such path', async () => {
    await restore({ subpath: 'dir' });
    assert.deepEqual(readdirSync(target).sort(), ['file', 'link']);
    await restore({ subpath: '/large/' });
    assert.equal(read('large'), LARGE.join(''));
    await assert.rejects(restore({ subpath: 'dir/none' }), { code: 'path-missing' });
  });

  it('proves what it wrote, and tells what somebody changed meanwhile', async () => {
    const good = await restore({ verify: true });
    assert.deepEqual([good.verified, good.problems], [3, []]);
    const bad = await restore({
      verify: true,
      onEvent: (event) => {
        if (event.kind !== 'phase' || event.phase !== 'verifying') return;
        chmodSync(join(target, 'large'), 0o600);
        writeFileSync(join(target, 'large'), `${LARGE[0]}${LARGE[1]}${'d'.repeat(3000)}`);
        writeFileSync(join(target, 'empty'), 'x');
      },
    });
    assert.deepEqual(bad.problems.map(({ path }) => path).sort(), ['empty', 'large']);
    assert.equal(bad.verified, 1);
  });

  it('gives nobody the rights of another user whose file it could not be', async () => {
    const set = await plant(vault, {
      mine: { parts: ['x'], uid: 4711, mode: 0o755 + 0x0080_0000 },
      others: { parts: ['x'], uid: 4712, mode: 0o755 + 0x0080_0000 },
      plain: { parts: ['x'], uid: 4712 },
    });
    const { problems } = await restore({ tree: set, uid: 4711 });
    assert.deepEqual(
      problems.map(({ path }) => path),
      ['others'],
    );
    const modeOf = (name: string): number => statSync(join(target, name)).mode & 0o7777;
    assert.deepEqual(['mine', 'others', 'plain'].map(modeOf), [0o4755, 0o755, 0o644]);
  });

  it('gives no entry rights that a directory hands on', {
    skip: lacking('root', 'setfacl'),
  }, async () => {
    execFileSync('setfacl', ['-m', 'd:u:4711:rwx', target]);
    chmodSync(target, 0o2775);
    const { problems } = await restore();
    assert.deepEqual(problems, []);
    for (const name of ['dir', 'dir/file', 'large', 'empty'])
      assert.deepEqual(syscalls.listXattrNames(syscalls.CWD, join(target, name)), [], name);
    assert.deepEqual(
      [statSync(join(target, 'dir')).mode & 0o7777, statSync(join(target, 'large')).mode & 0o7777],
      [0o755, 0o644],
    );
  });

  it('leaves no file that is not whole under its name when it is stopped', async () => {
    const many = await plant(vault, {
      many: {
        children: Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`f${i}`, { parts: [`${i}`, ...LARGE] }])),
      },
    });
    const controller = new AbortController();
    let seen = 0;
    const stopped = restore({
      tree: many,
      signal: controller.signal,
      threads: 1,
      onEvent: (event) => {
        if (event.kind === 'progress' && seen++ === 0) controller.abort(new Error('stop'));
      },
    });
    await assert.rejects(stopped, /stop/);
    const names = readdirSync(join(target, 'many'));
    assert.ok(names.some((name) => name.endsWith('.holdfast-incomplete')));
    for (const name of names) {
      const isWhole = readFileSync(join(target, 'many', name)).length > 9000;
      assert.ok(isWhole || name.endsWith('.holdfast-incomplete'), name);
    }
  });
});

function lacking(...peers: Peer[]): string | false {
  const missing = missingPeers(peers);
  return missing.length > 0 && `needs ${missing.join(', ')}`;
}
