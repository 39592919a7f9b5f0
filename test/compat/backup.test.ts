/** Backups of ours and of stock restic of the same tree, side by side: not one blob may differ. */
import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { after, before, it } from 'node:test';
import { describePeer } from '../peers.ts';
import { makeEverything, makeRawLinks } from './backup-tree.ts';
import { World } from './backup-world.ts';
import { differences } from './compare-trees.ts';

describePeer('a tree of everything', ['restic', 'setfacl', 'setcap'], () => {
  let world: World;
  let tree: string;
  let first: Awaited<ReturnType<World['ours']>>;

  before(async () => {
    world = new World();
    tree = world.at('tree');
    await makeEverything(tree);
    await world.init();
    first = await world.ours(['tree'], { threads: 2 });
  });
  after(() => world[Symbol.dispose]());

  it('is captured without a remark', () => {
    assert.deepEqual([first.problems, first.errors], [[], 0]);
    assert.ok(first.counts.filesNew > 70);
    assert.equal(first.counts.filesChanged + first.counts.filesUnmodified, 0);
  });

  it('gives restic nothing to add when it reads everything again', async () => {
    const again = await world.theirs(['--force', 'tree']);
    assert.equal(again.status, 0, again.stderr);
    assert.deepEqual([again.dataBlobs, again.treeBlobs, again.tree], [0, 0, first.tree]);
  });

  it('is unchanged for restic with our snapshot as parent', async () => {
    const again = await world.theirs(['--parent', first.snapshotId!, 'tree']);
    assert.deepEqual([again.filesNew, again.filesChanged, again.dataBlobs, again.treeBlobs], [0, 0, 0, 0]);
    assert.equal(again.filesUnmodified, first.counts.filesNew);
    assert.equal(again.tree, first.tree);
  });

  it('passes restic check --read-data', () => {
    const checked = world.restic(['check', '--read-data']);
    assert.equal(checked.status, 0, checked.stderr + checked.stdout);
    assert.match(checked.stdout, /no errors were found/);
  });

  it('comes back from restic restore as it was', () => {
    const restored = world.restic(['restore', first.snapshotId!, '--target', world.path('restored')]);
    assert.equal(restored.status, 0, restored.stderr);
    assert.deepEqual(differences(tree, `${world.path('restored')}/tree`), []);
  });

  it('costs us nothing after restic has been first, whatever its time zone', async () => {
    await world.init('theirs');
    const theirs = await world.theirs(['tree'], { vault: 'theirs', env: { TZ: 'UTC' } });
    assert.equal(theirs.status, 0, theirs.stderr);
    await using vault = await world.open('theirs');
    const forced = await world.ours(['tree'], { into: vault, force: true });
    assert.deepEqual([forced.dataBlobs, forced.treeBlobs, forced.tree], [0, 0, theirs.tree]);
    const compared = await world.ours(['tree'], { into: vault, parent: theirs.snapshotId });
    assert.deepEqual([compared.dataBlobs, compared.treeBlobs, compared.tree], [0, 0, theirs.tree]);
    assert.equal(compared.counts.filesUnmodified, theirs.filesNew);
    assert.equal(compared.counts.dirsChanged + compared.counts.dirsNew, 0);
    const elsewhere = await world.theirs(['--force', 'tree'], { vault: 'theirs', env: { TZ: 'Asia/Kathmandu' } });
    const zoned = await world.ours(['tree'], { into: vault, parent: elsewhere.snapshotId });
    assert.equal(zoned.parent, elsewhere.snapshotId);
    assert.deepEqual([zoned.counts.filesNew, zoned.counts.filesChanged, zoned.dataBlobs], [0, 0, 0]);
    assert.equal(zoned.tree, theirs.tree);
  });

  it('is the same through one thread, small packs and no compression', async () => {
    await world.init('other');
    await using vault = await world.open('other');
    const other = await world.ours(['tree'], {
      into: vault,
      compression: 'off',
      packBytesTarget: 4 * 2 ** 20,
    });
    assert.equal(other.tree, first.tree);
    assert.equal(other.dataBlobs, first.dataBlobs);
    const checked = world.restic(['check', '--read-data'], {}, 'other');
    assert.equal(checked.status, 0, checked.stderr);
  });
});

describePeer('targets of links that are not text', ['restic'], () => {
  it('are kept by us, also where restic has lost them in the parent', async () => {
    using world = new World();
    mkdirSync(world.at('tree'));
    makeRawLinks(world.at('tree', 'links'));
    writeFileSync(world.at('tree', 'file'), 'x');
    symlinkSync('plain', world.at('tree', 'plain'));
    await world.init();
    const theirs = await world.theirs(['tree']);
    const compared = await world.ours(['tree']);
    const forced = await world.ours(['tree'], { force: true });
    assert.equal(compared.parent, theirs.snapshotId);
    assert.equal(compared.tree, forced.tree);
    assert.notEqual(compared.tree, theirs.tree);
    assert.equal(compared.counts.filesUnmodified, 1);
  });
});
