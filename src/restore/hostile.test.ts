/** Snapshots made to write outside the target, and targets prepared for it. */
import assert from 'node:assert/strict';
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { type Children, emptyVault, plant, type RestoreCall, type Restored, restoreFrom } from '../../test/planted.ts';

const LINK = { type: 'symlink', mode: 0o777 + 0x0800_0000 } as const;

describe('hostile snapshots and targets', () => {
  let folder: string;
  let target: string;
  let outside: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'holdfast-'));
    target = join(folder, 'target');
    outside = join(folder, 'outside');
    mkdirSync(outside);
    writeFileSync(join(outside, 'precious'), 'untouched');
  });
  afterEach(() => {
    assert.deepEqual(readdirSync(outside), ['precious']);
    assert.equal(readFileSync(join(outside, 'precious'), 'utf8'), 'untouched');
    assert.deepEqual(readdirSync(folder).sort(), existsSync(target) ? ['outside', 'target'] : ['outside']);
    rmSync(folder, { recursive: true, force: true });
  });

  async function restore(children: Children, call: Partial<RestoreCall> = {}): Promise<Restored> {
    const vault = await emptyVault();
    return await restoreFrom(vault, { tree: await plant(vault, children), target, ...call });
  }

  for (const name of ['..', '.', '../escaped', '/etc/escaped', 'a/b', 'nul\0', 'nul\0/../../x'])
    it(`passes over the name ${JSON.stringify(name)} and restores the rest`, async () => {
      const inner: Children = [
        [name, 'evil'],
        ['good', 'inner'],
      ];
      const { problems } = await restore({ dir: { children: inner }, file: 'fine' });
      assert.equal(problems.length, 1);
      assert.match(problems[0]!.message, /unsafe name/);
      assert.equal(readFileSync(join(target, 'file'), 'utf8'), 'fine');
      assert.ok(lstatSync(join(target, 'dir')).isDirectory());
      assert.ok(!existsSync(join(folder, 'escaped')) && !existsSync('/etc/escaped'));
    });

  it('restores only the first of two entries with one name', async () => {
    const { problems } = await restore([
      ['x', { ...LINK, linkTarget: outside }],
      ['x', { children: { precious: 'overwritten', new: 'planted' } }],
      ['y', 'first'],
      ['y', 'second'],
    ]);
    assert.deepEqual(
      problems.map(({ path }) => path),
      ['/x', '/y'],
    );
    assert.equal(readlinkSync(join(target, 'x')), outside);
    assert.equal(readFileSync(join(target, 'y'), 'utf8'), 'first');
  });

  it('never writes through links of its own, whatever the order', async () => {
    const { problems } = await restore({
      a: { ...LINK, linkTarget: join(outside, 'precious') },
      b: { ...LINK, linkTarget: outside },
      c: { children: { d: { ...LINK, linkTarget: '../..' }, e: 'text' } },
    });
    assert.deepEqual(problems, []);
    assert.equal(readFileSync(join(target, 'c', 'e'), 'utf8'), 'text');
  });

  it('replaces links that stand where directories and files belong', async () => {
    mkdirSync(join(target, 'dir'), { recursive: true });
    symlinkSync(outside, join(target, 'dir', 'sub'));
    symlinkSync(join(outside, 'precious'), join(target, 'file'));
    symlinkSync(join(outside, 'precious'), join(target, 'large'));
    symlinkSync(join(outside, 'made'), join(target, 'dangling'));
    const { problems } = await restore({
      dir: { children: { sub: { children: { precious: 'mine', other: 'mine too' } } } },
      file: 'file',
      large: { parts: ['one ', 'two ', 'three'] },
      dangling: 'now a file',
      empty: '',
    });
    assert.deepEqual(problems, []);
    assert.ok(lstatSync(join(target, 'dir', 'sub')).isDirectory());
    assert.equal(readFileSync(join(target, 'dir', 'sub', 'precious'), 'utf8'), 'mine');
    assert.ok(lstatSync(join(target, 'file')).isFile());
    assert.equal(readFileSync(join(target, 'large'), 'utf8'), 'one two three');
    assert.equal(readFileSync(join(target, 'dangling'), 'utf8'), 'now a file');
  });

  it('deletes links, never what they point to', async () => {
    mkdirSync(join(target, 'dir', 'deep'), { recursive: true });
    symlinkSync(outside, join(target, 'dir', 'way-out'));
    symlinkSync(outside, join(target, 'dir', 'deep', 'way-out'));
    const { problems, deleted } = await restore({ dir: { children: { kept: 'kept' } } }, { delete: true });
    assert.deepEqual(problems, []);
    assert.equal(deleted, 3);
    assert.deepEqual(readdirSync(join(target, 'dir')), ['kept']);
  });

  it('takes no further names for files from outside', async () => {
    const inode = { inode: 4711n, deviceId: 1n, links: 2 };
    const { problems } = await restore({
      a: { ...LINK, ...inode, linkTarget: join(outside, 'precious') },
      b: { parts: ['content'], ...inode },
      c: { parts: ['content'], ...inode },
    });
    assert.deepEqual(problems, []);
    assert.equal(readFileSync(join(target, 'b'), 'utf8'), 'content');
    assert.equal(lstatSync(join(target, 'b')).ino, lstatSync(join(target, 'c')).ino);
    assert.ok(lstatSync(join(target, 'a')).isSymbolicLink());
  });

  it('leaves what has another name alone when its content has to change', async () => {
    mkdirSync(target);
    linkSync(join(outside, 'precious'), join(target, 'file'));
    linkSync(join(outside, 'precious'), join(target, 'large'));
    const { problems } = await restore({ file: 'changed', large: { parts: ['untouched', 'and more'] } });
    assert.deepEqual(problems, []);
    assert.equal(readFileSync(join(target, 'large'), 'utf8'), 'untouchedand more');
  });

  it('reports names that are too long and goes on', async () => {
    const { problems } = await restore({ ['n'.repeat(300)]: 'x', ['m'.repeat(300)]: { children: { a: 'a' } }, z: 'z' });
    assert.equal(problems.length, 2);
    assert.equal(readFileSync(join(target, 'z'), 'utf8'), 'z');
  });
});
