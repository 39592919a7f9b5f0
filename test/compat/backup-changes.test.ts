/** What a second backup notices, reads and stores. */
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { syscalls } from '../../src/host.ts';
import type { Node } from '../../src/vault.ts';
import { describePeer } from '../peers.ts';
import { setTime } from './backup-tree.ts';
import { noise, type Ran, World } from './backup-world.ts';

const MIB = 2 ** 20;

describe('a second backup', () => {
  let world: World;
  let first: Ran;
  beforeEach(async () => {
    world = new World();
    fs.mkdirSync(world.at('tree', 'quiet'), { recursive: true });
    for (const name of ['a', 'b', 'c', 'quiet/q']) fs.writeFileSync(world.at('tree', name), `content of ${name}`);
    fs.symlinkSync('a', world.at('tree', 'link'));
    await world.init();
    first = await world.ours(['tree']);
  });
  afterEach(() => world[Symbol.dispose]());

  /** New, changed and unchanged files, and blobs of data and trees added. */
  function seen({ counts, dataBlobs, treeBlobs }: Ran): number[] {
    return [counts.filesNew, counts.filesChanged, counts.filesUnmodified, dataBlobs, treeBlobs];
  }

  /** The entry as the last snapshot has it. */
  async function nodeOf(ran: Ran, name: string): Promise<Node> {
    await using vault = await world.open();
    const root = await vault.loadTree(ran.tree as never);
    const tree = await vault.loadTree(root.nodes[0]!.subtree!);
    return tree.nodes.find((node) => node.name === name)!;
  }

  it('of the same adds nothing', async () => {
    const again = await world.ours(['tree']);
    assert.deepEqual([seen(again), again.tree, again.parent], [[0, 0, 4, 0, 0], first.tree, first.snapshotId]);
    assert.deepEqual([again.counts.dirsNew, again.counts.dirsChanged, again.counts.dirsUnmodified], [0, 0, 2]);
    assert.equal(again.counts.bytes, first.counts.bytes);
    assert.notEqual(again.snapshotId, first.snapshotId);
  });

  it('sees new content', async () => {
    fs.writeFileSync(world.at('tree', 'a'), 'something else');
    assert.deepEqual(seen(await world.ours(['tree'])), [0, 1, 3, 1, 2]);
  });

  it('sees new content of the same size and time', async () => {
    const { mtimeNs } = fs.statSync(world.at('tree', 'a'), { bigint: true });
    fs.writeFileSync(world.at('tree', 'a'), 'CONTENT OF A');
    setTime(world.at('tree', 'a'), Number(mtimeNs / 1_000_000_000n), Number(mtimeNs % 1_000_000_000n));
    assert.deepEqual(seen(await world.ours(['tree'])), [0, 1, 3, 1, 2]);
    // Only the change time told, so without it the content stays what it was.
    fs.writeFileSync(world.at('tree', 'b'), 'CONTENT OF B');
    const before = fs.statSync(world.at('tree', 'b'), { bigint: true }).mtimeNs;
    const seenBefore = await world.ours(['tree']);
    fs.writeFileSync(world.at('tree', 'b'), 'CoNtEnT oF b');
    setTime(world.at('tree', 'b'), Number(before / 1_000_000_000n), Number(before % 1_000_000_000n));
    const blind = await world.ours(['tree'], { ignoreCtime: true });
    assert.deepEqual(seen(blind).slice(0, 4), [0, 0, 4, 0]);
    assert.deepEqual((await nodeOf(blind, 'b')).content, (await nodeOf(seenBefore, 'b')).content);
  });

  it('reads what was only touched, and stores no data', async () => {
    setTime(world.at('tree', 'a'), 1_600_000_000, 1);
    assert.deepEqual(seen(await world.ours(['tree'])), [0, 1, 3, 0, 2]);
  });

  it('keeps a new mode, though nothing else has changed', async () => {
    fs.chmodSync(world.at('tree', 'a'), 0o600);
    const again = await world.ours(['tree'], { ignoreCtime: true });
    assert.deepEqual(seen(again), [0, 0, 4, 0, 2]);
    assert.equal((await nodeOf(again, 'a')).mode, 0o600);
    fs.chmodSync(world.at('tree', 'a'), 0o640);
    const read = await world.ours(['tree']);
    assert.deepEqual(seen(read), [0, 1, 3, 0, 2]);
    assert.equal((await nodeOf(read, 'a')).mode, 0o640);
  });

  it('keeps a new extended attribute, though nothing else has changed', async () => {
    for (const [turn, options] of [{}, { ignoreCtime: true }].entries()) {
      const value = Uint8Array.of(1, 2, turn);
      syscalls.setXattr(syscalls.CWD, world.at('tree', 'a'), { attribute: 'user.x', value });
      syscalls.setXattr(syscalls.CWD, world.at('tree', 'quiet'), { attribute: 'user.x', value });
      const again = await world.ours(['tree'], options);
      assert.deepEqual((await nodeOf(again, 'a')).extendedAttributes, [{ name: 'user.x', value }]);
      assert.deepEqual((await nodeOf(again, 'quiet')).extendedAttributes, [{ name: 'user.x', value }]);
    }
  });

  it('takes a renamed file as new, and stores no data', async () => {
    fs.renameSync(world.at('tree', 'a'), world.at('tree', 'z'));
    assert.deepEqual(seen(await world.ours(['tree'])), [1, 0, 3, 0, 2]);
  });

  it('forgets what is gone', async () => {
    fs.rmSync(world.at('tree', 'c'));
    fs.rmSync(world.at('tree', 'quiet'), { recursive: true });
    const again = await world.ours(['tree']);
    assert.deepEqual(seen(again), [0, 0, 2, 0, 2]);
    assert.equal(await nodeOf(again, 'c'), undefined);
  });

  it('reads a file that got another inode or change time, unless told not to look', async () => {
    const replace = (): void => {
      const { mtimeNs } = fs.statSync(world.at('tree', 'a'), { bigint: true });
      fs.copyFileSync(world.at('tree', 'a'), world.at('tree', 'copy'));
      setTime(world.at('tree', 'copy'), Number(mtimeNs / 1_000_000_000n), Number(mtimeNs % 1_000_000_000n));
      fs.renameSync(world.at('tree', 'copy'), world.at('tree', 'a'));
    };
    replace();
    assert.deepEqual(seen(await world.ours(['tree'])).slice(0, 3), [0, 1, 3]);
    replace();
    assert.deepEqual(seen(await world.ours(['tree'], { ignoreInode: true })).slice(0, 3), [0, 1, 3]);
    replace();
    assert.deepEqual(seen(await world.ours(['tree'], { ignoreCtime: true })).slice(0, 3), [0, 1, 3]);
    replace();
    const both = await world.ours(['tree'], { ignoreCtime: true, ignoreInode: true });
    assert.deepEqual(seen(both).slice(0, 3), [0, 0, 4]);
    assert.equal((await nodeOf(both, 'a')).inode, fs.statSync(world.at('tree', 'a'), { bigint: true }).ino);
    fs.chmodSync(world.at('tree', 'a'), 0o644);
    assert.deepEqual(seen(await world.ours(['tree'])).slice(0, 3), [0, 1, 3]);
  });

  it('reads everything when forced, and has no parent', async () => {
    const again = await world.ours(['tree'], { force: true });
    assert.deepEqual([seen(again), again.parent, again.tree], [[4, 0, 0, 0, 0], undefined, first.tree]);
  });

  it('compares with the parent it is given, with its own host, its own paths and nothing younger', async () => {
    fs.writeFileSync(world.at('tree', 'a'), 'two');
    const second = await world.ours(['tree']);
    assert.equal((await world.ours(['tree'], { parent: first.snapshotId!.slice(0, 12) })).parent, first.snapshotId);
    assert.equal((await world.ours(['tree'], { hostname: 'beta' })).parent, undefined);
    assert.equal((await world.ours(['tree/quiet'])).parent, undefined);
    assert.equal((await world.ours(['tree'], { timeMs: Date.now() - 3_600_000 })).parent, undefined);
    await using vault = await world.open();
    const old = (await vault.listSnapshots()).find(({ id }) => id === second.snapshotId)!;
    assert.equal((await world.ours(['tree'], { timeMs: old.timeMs, tags: ['x'] })).parent, second.snapshotId);
    await assert.rejects(world.ours(['tree'], { parent: 'ffff' }), { code: 'snapshot-missing' });
  });

  it('makes no snapshot of the same, when asked', async () => {
    const skipped = await world.ours(['tree'], { skipIfUnchanged: true });
    assert.deepEqual([skipped.snapshotId, skipped.parent], [undefined, first.snapshotId]);
    fs.chmodSync(world.at('tree', 'b'), 0o600);
    assert.notEqual((await world.ours(['tree'], { skipIfUnchanged: true })).snapshotId, undefined);
  });

  it('writes nothing at all when dry', async () => {
    fs.writeFileSync(world.at('tree', 'new'), noise(3, 20 * MIB));
    const before = world.files();
    const dry = await world.ours(['tree'], { dryRun: true });
    assert.deepEqual([dry.snapshotId, world.files()], [undefined, before]);
    const real = await world.ours(['tree']);
    assert.deepEqual([seen(dry), dry.dataAdded], [seen(real), real.dataAdded]);
  });

  it('carries tags, host and time', async () => {
    const timeMs = Date.UTC(2021, 1, 3, 4, 5, 6, 789);
    const { snapshotId } = await world.ours(['tree'], { tags: ['x', 'y'], hostname: 'beta', timeMs });
    await using vault = await world.open();
    const snapshot = (await vault.listSnapshots()).find(({ id }) => id === snapshotId);
    assert.deepEqual([snapshot?.tags, snapshot?.hostname, snapshot?.timeMs], [['x', 'y'], 'beta', timeMs]);
    assert.deepEqual(snapshot?.paths, [world.at('tree')]);
    assert.equal(snapshot?.summary?.filesNew, 4);
  });

  it('reads again what the index has lost', async () => {
    // Without the index files nothing is known of any blob, so all of it is stored once more.
    for (const name of fs.readdirSync(world.path('vault', 'index'))) fs.rmSync(world.path('vault', 'index', name));
    const again = await world.ours(['tree']);
    assert.deepEqual([again.parent, again.tree, again.dataBlobs], [first.snapshotId, first.tree, first.dataBlobs]);
    const once = await world.ours(['tree']);
    assert.deepEqual(seen(once), [0, 0, 4, 0, 0]);
  });

  it('goes on without a parent tree that is damaged or gone, and says so', async () => {
    for (const pack of fs.readdirSync(world.path('vault', 'data'), { recursive: true, encoding: 'utf8' }).sort()) {
      if (pack.length < 64) continue;
      const path = world.path('vault', 'data', pack);
      const bytes = fs.readFileSync(path);
      bytes[20]! ^= 1;
      fs.chmodSync(path, 0o600);
      fs.writeFileSync(path, bytes);
    }
    const again = await world.ours(['tree']);
    assert.equal(again.tree, first.tree);
    assert.ok(again.errors > 0 && again.problems.every(({ message }) => /parent snapshot/.test(message)));
    fs.rmSync(world.path('vault', 'data'), { recursive: true });
    await world.storage().create();
    const gone = await world.ours(['tree']);
    assert.equal(gone.tree, first.tree);
    assert.ok(gone.errors > 0);
  });
});

describe('a large file', () => {
  it('is taken over unchanged, and else stored only where it has changed', async () => {
    using world = new World();
    await world.init();
    const content = noise(4, 90 * MIB);
    fs.writeFileSync(world.at('large'), content);
    const first = await world.ours(['large'], { threads: 2 });
    assert.ok(first.dataBlobs > 20);
    const same = await world.ours(['large'], { threads: 2 });
    assert.deepEqual([same.counts.filesUnmodified, same.dataBlobs, same.tree], [1, 0, first.tree]);
    fs.appendFileSync(world.at('large'), 'more');
    const longer = await world.ours(['large'], { threads: 2 });
    assert.deepEqual([longer.counts.filesChanged, longer.dataBlobs], [1, 1]);
    assert.equal(longer.counts.bytes, content.length + 4);
    content.fill('x', 45 * MIB, 45 * MIB + 100);
    fs.writeFileSync(world.at('large'), content);
    const changed = await world.ours(['large'], { threads: 2 });
    assert.ok(changed.dataBlobs >= 1 && changed.dataBlobs <= 3, String(changed.dataBlobs));
    assert.deepEqual(changed.problems, []);
  });
});

describe('a directory of many entries', () => {
  it('is spread over the threads and still one tree', async () => {
    using world = new World();
    await world.init();
    fs.mkdirSync(world.at('many'));
    for (let i = 0; i < 5000; i++) fs.writeFileSync(world.at('many', `f${(i * 7919) % 5000}`), '');
    const first = await world.ours(['many'], { threads: 2 });
    assert.equal(first.counts.filesNew, 5000);
    const again = await world.ours(['many'], { threads: 2 });
    assert.deepEqual([again.tree, again.counts.filesUnmodified, again.treeBlobs], [first.tree, 5000, 0]);
    fs.rmSync(world.at('many', 'f3000'));
    fs.writeFileSync(world.at('many', 'a-first'), '1');
    fs.writeFileSync(world.at('many', 'z-last'), '2');
    const changed = await world.ours(['many'], { threads: 2 });
    assert.deepEqual([changed.counts.filesNew, changed.counts.filesUnmodified], [2, 4999]);
    const forced = await world.ours(['many'], { force: true, threads: 1 });
    assert.equal(forced.tree, changed.tree);
  });
});

describePeer('two hundred thousand entries', ['restic'], () => {
  it('in one directory are the same tree in both programs', async () => {
    using world = new World();
    await world.init();
    fs.mkdirSync(world.at('many'));
    const fd = syscalls.openDirectory(syscalls.CWD, world.at('many'));
    for (let i = 0; i < 200_000; i++) syscalls.makeNode(fd, `${i}`, { mode: 0o100644, rdev: 0n });
    syscalls.closeFd(fd);
    const first = await world.ours(['many'], { threads: 2 });
    const again = await world.ours(['many'], { threads: 2 });
    assert.deepEqual([first.counts.filesNew, again.counts.filesUnmodified, again.tree], [200_000, 200_000, first.tree]);
    const theirs = await world.theirs(['many']);
    assert.deepEqual([theirs.filesUnmodified, theirs.treeBlobs, theirs.tree], [200_000, 0, first.tree]);
  });
});
