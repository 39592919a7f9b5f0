import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { plainNode } from '../../test/nodes.ts';
import { PACK_BYTES, smallVault } from '../../test/vaults.ts';
import { type BlobId, idBytes } from '../base/ids.ts';
import { BlobSaver } from './blob-saver.ts';
import { compareTrees } from './compare.ts';
import { measure } from './measure.ts';
import type { Node, Snapshot } from './model.ts';
import { Tracer, type Use } from './trace.ts';
import { encodeTree } from './tree.ts';
import type { Vault } from './vault.ts';
import { findPath, treeOf, walkTree } from './walk.ts';

const BIG_INODE = 2n ** 64n - 1n;

describe('walking', () => {
  it('goes through a tree in order, each directory before what is in it', async () => {
    const { vault, snapshots } = await smallVault();
    const paths: string[] = [];
    for await (const { path } of walkTree(vault, snapshots[0]!.tree)) paths.push(path);
    assert.deepEqual(paths, [
      '/a',
      '/a/file a',
      '/a/file c',
      '/a/file e',
      '/b',
      ...'gikmoq'.split('').map((c) => `/b/file ${c}`),
    ]);
  });

  it('enters only where it is told, and can begin anywhere', async () => {
    const { vault, snapshots } = await smallVault();
    const all = walkTree(vault, snapshots[0]!.tree, { enter: ({ path }) => path === '/a' });
    assert.deepEqual(
      (await Array.fromAsync(all)).map(({ path }) => path),
      ['/a', '/a/file a', '/a/file c', '/a/file e', '/b'],
    );
    const found = await findPath(vault, { tree: snapshots[0]!.tree, path: 'a/' });
    const below = await Array.fromAsync(walkTree(vault, treeOf(found)!, { path: '/a' }));
    assert.deepEqual(
      below.map(({ path }) => path),
      ['/a/file a', '/a/file c', '/a/file e'],
    );
  });

  it('stops when it is told to', async () => {
    const { vault, snapshots } = await smallVault();
    const controller = new AbortController();
    const walk = walkTree(vault, snapshots[0]!.tree, { signal: controller.signal });
    await walk.next();
    controller.abort(new Error('enough'));
    await assert.rejects(walk.next(), /enough/);
  });
});

describe('finding a path', () => {
  it('takes raw names, and what listings print for them', async () => {
    const { vault } = await smallVault();
    const names = ['caf\xe9', 'gr\xc3\xbcn', 'new\nline', 'plain'];
    const tree = await treeWith(
      vault,
      names.map((name) => plainNode({ name, content: [] })),
    );
    const cases = [
      ['grün', 'gr\xc3\xbcn'],
      ['caf\\xe9', 'caf\xe9'],
      ['new\nline', 'new\nline'],
      ['new\\nline', 'new\nline'],
    ];
    for (const [typed, name] of cases) {
      const found = await findPath(vault, { tree, path: `/${typed}` });
      assert.equal(found.kind === 'entry' && found.node.name, name);
    }
    assert.deepEqual(await findPath(vault, { tree, path: '/' }), { kind: 'root', tree });
  });

  it('names the path when it leads nowhere, or through a file', async () => {
    const { vault, snapshots } = await smallVault();
    for (const path of ['/c', '/a/file b', '/a/file a/x', '..'])
      await assert.rejects(findPath(vault, { tree: snapshots[0]!.tree, path }), {
        code: 'path-missing',
        message: new RegExp(path),
      });
  });
});

describe('counting', () => {
  it('counts a hard link once, also by inodes that a double cannot tell apart', async () => {
    const { vault, snapshots } = await smallVault();
    const file = { content: [], size: 10, links: 2 };
    const tree = await treeWith(vault, [
      plainNode({ name: 'a', inode: BIG_INODE, ...file }),
      plainNode({ name: 'b', inode: BIG_INODE, ...file }),
      plainNode({ name: 'c', inode: BIG_INODE - 1n, ...file }),
    ]);
    const total = await measure([{ ...snapshots[0]!, tree }], { vault, mode: 'restore-size' });
    assert.deepEqual([total.files, total.size], [3, 20]);
  });

  it('counts each blob of all snapshots once', async () => {
    const { vault, snapshots } = await smallVault();
    const one = await measure(snapshots.slice(0, 1), { vault, mode: 'raw-data' });
    const twice = await measure([snapshots[0]!, snapshots[0]!], { vault, mode: 'raw-data' });
    assert.deepEqual({ ...twice, snapshots: 1 }, one);
    assert.equal(one.blobs, 9 * 3 + 3);
    const all = await measure(snapshots, { vault, mode: 'raw-data' });
    const { table } = await vault.index();
    assert.ok(all.blobs > one.blobs && all.blobs <= table.count);
  });
});

describe('tracing', () => {
  it('finds every use in every snapshot, whatever it has learnt from others', async () => {
    const { vault, snapshots } = await smallVault();
    const expected = new Map<string, string[]>();
    for (const { id, tree } of snapshots)
      for await (const { path, node } of walkTree(vault, tree))
        for (const blob of new Set(node.content)) expected.set(blob, [...(expected.get(blob) ?? []), `${id} ${path}`]);
    for (const blob of [...expected.keys()].filter((_, at) => at % 7 === 0)) {
      const found = await usesOf(vault, snapshots, { trees: [], data: [blob.slice(0, 20)] });
      assert.deepEqual(
        found.map(([id, { path }]) => `${id} ${path}`),
        expected.get(blob),
      );
    }
    const roots = await usesOf(vault, snapshots, { trees: snapshots.map(({ tree }) => tree), data: [] });
    assert.deepEqual(
      roots.map(([, { path }]) => path),
      ['/', '/', '/'],
    );
  });
});

describe('comparing', () => {
  it('tells what came, went and changed, and forgets nothing below', async () => {
    const { vault } = await smallVault();
    const inner = await treeWith(vault, [plainNode({ name: 'x', content: [] })]);
    const directory = plainNode({ name: 'd', type: 'dir', subtree: inner });
    const before = await treeWith(vault, [
      directory,
      plainNode({ name: 'gone', type: 'symlink' }),
      plainNode({ name: 'same', content: [] }),
    ]);
    const after = await treeWith(vault, [
      plainNode({ name: 'd', content: [] }),
      { ...directory, name: 'e' },
      plainNode({ name: 'same', content: [], mode: 0o600 }),
    ]);
    assert.deepEqual(await changes(vault, { before, after, metadata: true }), [
      'TU /d',
      '- /d/x',
      '+ /e/',
      '+ /e/x',
      '- /gone',
      'U /same',
    ]);
    assert.deepEqual(await changes(vault, { before, after: before, metadata: true }), []);
    const comparison = await compareTrees(vault, { before, after, metadata: false, onChange: () => undefined });
    const { added, removed } = comparison;
    assert.deepEqual([added.files, added.dirs, added.others, removed.files, removed.others], [1, 1, 0, 1, 1]);
    // The directory has only moved: its tree is on both sides.
    assert.deepEqual([added.treeBlobs, removed.treeBlobs], [1, 1]);
  });
});

async function changes(vault: Vault, trees: { before: BlobId; after: BlobId; metadata: boolean }): Promise<string[]> {
  const found: string[] = [];
  await compareTrees(vault, { ...trees, onChange: ({ modifier, path }) => found.push(`${modifier} ${path}`) });
  return found;
}

async function usesOf(
  vault: Vault,
  snapshots: readonly Snapshot[],
  wanted: { trees: string[]; data: string[] },
): Promise<[string, Use][]> {
  const tracer = new Tracer(vault, wanted);
  const found: [string, Use][] = [];
  for (const snapshot of snapshots) for await (const use of tracer.usesIn(snapshot)) found.push([snapshot.id, use]);
  return found;
}

async function treeWith(vault: Vault, nodes: Node[]): Promise<BlobId> {
  const bytes = encodeTree(nodes);
  const id = createHash('sha256').update(bytes).digest('hex') as BlobId;
  const saver = new BlobSaver(vault, { compression: 'auto', packBytesTarget: PACK_BYTES });
  await saver.add('tree', bytes, idBytes(id));
  await saver.finish();
  vault.dropIndex();
  return id;
}
