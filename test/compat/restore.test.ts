/** Trees that stock restic backed up, restored by Holdfast, and what both select and leave out. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import type { BlobId } from '../../src/base/ids.ts';
import { syscalls } from '../../src/host.ts';
import { describePeer, requirePeer } from '../peers.ts';
import { type RestoreCall, type Restored, restoreFrom } from '../planted.ts';
import { makeDepth, makeEverything, makeRawLinks, setTime } from './backup-tree.ts';
import { World } from './backup-world.ts';
import { differences } from './compare-trees.ts';

describePeer('restoring beside restic', ['restic', 'rsync', 'root', 'setfacl', 'setcap'], () => {
  const world = new World();
  let everything: BlobId;
  let selection: { tree: BlobId; snapshotId: string };

  before(async () => {
    await world.init();
    await makeEverything(world.at('everything'));
    makeHome(world.at('home'));
    const { tree, status } = await world.theirs(['everything']);
    assert.equal(status, 0);
    everything = tree as BlobId;
    selection = (await world.theirs(['home'])) as unknown as typeof selection;
  });
  after(() => world[Symbol.dispose]());

  async function ours(call: Omit<RestoreCall, 'target'>, target: string): Promise<Restored> {
    await using vault = await world.open();
    return await restoreFrom(vault, { ...call, target: world.path(target) });
  }

  it('brings back everything restic keeps, bit for bit', async () => {
    const result = await ours({ tree: everything, verify: true }, 'out');
    assert.deepEqual(result.problems, []);
    assert.ok(result.verified >= 80, `${result.verified} files verified`);
    assert.deepEqual(differences(world.at('everything'), world.path('out', 'everything')), []);
    assert.equal(rsync(world.at('everything'), world.path('out', 'everything')), '');
  });

  it('leaves alone what is right already', async () => {
    const ctimes = ctimesBelow(world.path('out'));
    const result = await ours({ tree: everything }, 'out');
    assert.deepEqual(result.problems, []);
    assert.deepEqual([result.bytesWritten, result.restored], [0, 0]);
    assert.deepEqual(ctimesBelow(world.path('out')), ctimes);
  });

  it('writes only what differs, and repairs attributes', async () => {
    const out = world.path('out', 'everything');
    const damaged = join(out, 'sizes', 's41943040');
    const fd = syscalls.open(syscalls.CWD, damaged, { flags: 2 });
    execFileSync('dd', ['if=/dev/zero', `of=${damaged}`, 'bs=1', 'count=3', 'seek=20000000', 'conv=notrunc'], {
      stdio: 'ignore',
    });
    syscalls.closeFd(fd);
    const inode = statSync(damaged).ino;
    writeFileSync(join(out, 'sizes', 's65'), 'longer than it was, by far: more than sixty-five bytes in all, I say');
    execFileSync('setfattr', ['-n', 'user.stranger', '-v', 'x', join(out, 'attributes', 'user')]);
    execFileSync('chmod', ['0777', join(out, 'modes', 'f400')]);
    const result = await ours({ tree: everything }, 'out');
    assert.deepEqual(result.problems, []);
    assert.ok(result.bytesWritten > 0 && result.bytesWritten <= 8 * 2 ** 20 + 65, `${result.bytesWritten} bytes`);
    assert.equal(statSync(damaged).ino, inode);
    assert.deepEqual(differences(world.at('everything'), out), []);
  });

  it('replaces whatever has taken the place of an entry', async () => {
    const out = world.path('out', 'everything');
    const outside = world.path('outside');
    mkdirSync(outside);
    swap(join(out, 'names'), () => symlinkSync(outside, join(out, 'names')));
    swap(join(out, 'sizes', 's1'), () => symlinkSync(join(outside, 'target'), join(out, 'sizes', 's1')));
    swap(join(out, 'sizes', 'zeros'), () => mkdirSync(join(out, 'sizes', 'zeros')));
    swap(join(out, 'links', 'to1'), () => writeFileSync(join(out, 'links', 'to1'), 'no link'));
    swap(join(out, 'special', 'fifo'), () => symlinkSync('/dev/null', join(out, 'special', 'fifo')));
    const result = await ours({ tree: everything }, 'out');
    assert.deepEqual(result.problems, []);
    assert.deepEqual(readdirSync(outside), []);
    assert.deepEqual(differences(world.at('everything'), out), []);
  });

  it('makes holes of zeros only when asked', async () => {
    await ours({ tree: everything, sparse: true, filter: { include: ['sizes'] } }, 'sparse');
    const blocks = (out: string, name: string) => statSync(world.path(out, 'everything', 'sizes', name)).blocks;
    assert.equal(blocks('sparse', 'zeros'), 0);
    assert.equal(blocks('sparse', 'only-hole'), 0);
    assert.ok(blocks('sparse', 'sparse') * 512 <= 6 * 2 ** 20);
    assert.ok(blocks('out', 'zeros') * 512 >= 20 * 2 ** 20);
    assert.deepEqual(differences(world.at('everything', 'sizes'), world.path('sparse', 'everything', 'sizes')), []);
  });

  it('frees zeros in files that were there', async () => {
    const file = world.path('sparse', 'everything', 'sizes', 'sparse');
    execFileSync('dd', ['if=/dev/urandom', `of=${file}`, 'bs=1M', 'count=60', 'conv=notrunc'], { stdio: 'ignore' });
    await ours({ tree: everything, sparse: true, filter: { include: ['sizes'] } }, 'sparse');
    assert.ok(statSync(file).blocks * 512 <= 6 * 2 ** 20);
    assert.deepEqual(differences(world.at('everything', 'sizes'), world.path('sparse', 'everything', 'sizes')), []);
  });

  it('reaches deeper than a path may be long, and keeps raw link targets', async () => {
    makeDepth(world.at('depth'));
    makeRawLinks(world.at('raw'));
    const { tree } = await world.ours(['depth', 'raw']);
    const result = await ours({ tree: tree as BlobId, verify: true }, 'deep');
    assert.deepEqual(result.problems, []);
    assert.deepEqual(
      differences(world.source, world.path('deep'), { ignore: (path) => !/^(depth|raw)/.test(path) }),
      [],
    );
  });

  for (const [what, args, filter] of [
    ['nothing', [], {}],
    ['an include', ['--include', 'notes.txt'], { include: ['notes.txt'] }],
    ['an include with a path', ['--include', '/home/alice'], { include: ['/home/alice'] }],
    ['an include by wildcard', ['--include', '/home/*/mail/**/*.eml'], { include: ['/home/*/mail/**/*.eml'] }],
    ['an include in any case', ['--iinclude', 'NOTES.TXT'], { iinclude: ['NOTES.TXT'] }],
    ['an exclude', ['--exclude', '*.eml'], { exclude: ['*.eml'] }],
    ['an exclude of a directory', ['--exclude', '/home/bob'], { exclude: ['/home/bob'] }],
    ['an exclude in any case', ['--iexclude', 'MAIL'], { iexclude: ['MAIL'] }],
  ] as const)
    it(`selects what restic selects with ${what}`, async () => {
      rmSync(world.path('theirs'), { recursive: true, force: true });
      rmSync(world.path('mine'), { recursive: true, force: true });
      const ran = world.restic(['restore', selection.snapshotId, '--target', world.path('theirs'), ...args]);
      assert.equal(ran.status, 0, ran.stderr);
      const result = await ours({ tree: selection.tree, filter }, 'mine');
      assert.deepEqual(result.problems, []);
      assert.equal(listing(world.path('mine')), listing(world.path('theirs')));
    });
});

function makeHome(home: string): void {
  for (const name of ['alice', 'bob']) {
    mkdirSync(join(home, name, 'mail', 'in'), { recursive: true });
    mkdirSync(join(home, name, 'empty'));
    for (const file of ['notes.txt', 'Notes.TXT', 'mail/one.eml', 'mail/in/two.eml', 'mail/in/three.txt'])
      writeFileSync(join(home, name, file), `${name} ${file}`);
  }
  for (const name of readdirSync(home, { recursive: true, encoding: 'utf8' }))
    setTime(join(home, name), 1_500_000_000, 7);
}

/** What rsync would change to make `to` equal `from`. */
function rsync(from: string, to: string): string {
  const args = ['-aHAXni', '--delete', '--numeric-ids', `${from}/`, `${to}/`];
  const lines = execFileSync(requirePeer('rsync'), args, { encoding: 'latin1' }).split('\n');
  // rsync judges by whole seconds what differs, but cannot leave sockets out.
  return lines.filter((line) => !/special\/(?:socket|listening)$/.test(line)).join('\n');
}

/** Change times of everything below: they move with whatever is set, be it to what it was. */
function ctimesBelow(root: string): string[] {
  const lines = execFileSync('find', [root, '-printf', '%P %C@\\n'], { encoding: 'latin1' }).split('\n').sort();
  assert.ok(lines.length > 100);
  return lines;
}

function swap(path: string, make: () => void): void {
  rmSync(path, { recursive: true });
  make();
}

/** Names, types and content, without the modes and times of directories that restic makes only on the way. */
function listing(root: string): string {
  return execFileSync('find', [root, '-printf', '%P %y %s\\n', '-o', '-type', 'f'], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.replace(/ d \d+$/, ' d'))
    .sort()
    .join('\n');
}
