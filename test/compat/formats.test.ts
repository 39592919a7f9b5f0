/**
 * Every kind of file in a repository that stock restic made must decode here and, encoded again, give the same bytes;
 * and what its trees say must be what the filesystem says.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { decodeConfig, encodeConfig } from '../../src/vault/config-file.ts';
import { encodeIndex } from '../../src/vault/index-file.ts';
import { decodeLock, encodeLock } from '../../src/vault/lock-file.ts';
import type { Node } from '../../src/vault/model.ts';
import { nodeMode, nodeTypeOf, unixMode } from '../../src/vault/node.ts';
import { decodePackHeader, encodePackHeader } from '../../src/vault/pack-header.ts';
import { decodeSnapshot, encodeSnapshot } from '../../src/vault/snapshot.ts';
import { checkTree, decodeTree, encodeTree, splitTree } from '../../src/vault/tree.ts';
import { describePeer, requirePeer } from '../peers.ts';
import { packsOf, ResticRepository } from './restic-repository.ts';

interface Names {
  quoted: { raw: string }[];
}
const fixture = new URL('../fixtures/vault/names.json', import.meta.url);
const { quoted } = JSON.parse(fs.readFileSync(fixture, 'utf8')) as Names;
const isRoot = process.getuid?.() === 0;

describePeer('formats', ['restic', 'setfattr'], () => {
  let folder: string;
  let repository: ResticRepository;

  before(async () => {
    folder = fs.mkdtempSync(join(tmpdir(), 'holdfast-'));
    makeSource(join(folder, 'source'));
    repository = new ResticRepository(join(folder, 'repository'));
    repository.restic('init');
    repository.restic('backup', '--tag', 'one<two', '--exclude', '*.none', join(folder, 'source'));
    fs.writeFileSync(join(folder, 'source', 'later'), 'more');
    repository.restic('backup', join(folder, 'source'));
    await repository.open();
  });

  after(() => fs.rmSync(folder, { recursive: true }));

  it('reads the config and writes it again', () => {
    const plain = repository.openFile('config');
    assert.equal(encodeConfig(decodeConfig(plain)), Buffer.from(plain).toString());
  });

  it('reads the snapshots and writes them again', () => {
    const snapshots = repository.documents('snapshots');
    assert.equal(snapshots.length, 2);
    const decoded = snapshots.map(({ name, plain }) => {
      const snapshot = decodeSnapshot(plain, name);
      assert.equal(encodeSnapshot(snapshot), Buffer.from(plain).toString());
      return { ...snapshot, name };
    });
    const second = decoded.find(({ parent }) => parent !== undefined);
    const first = decoded.find(({ parent }) => parent === undefined);
    assert.equal(second?.parent, first?.name);
    assert.deepEqual([first?.tags, first?.excludes, first?.paths], [['one<two'], ['*.none'], [join(folder, 'source')]]);
  });

  it('reads the indexes and writes them again', () => {
    const indexes = repository.documents('index');
    assert.ok(indexes.length >= 2);
    for (const { name, plain } of indexes)
      assert.equal(encodeIndex(packsOf(name, plain)).toString(), Buffer.from(plain).toString());
  });

  it('reads the header of every pack, says what the index says, and writes it again', () => {
    const indexed = new Map(
      repository
        .documents('index')
        .flatMap(({ name, plain }) => packsOf(name, plain).map(({ pack, blobs }) => [pack, blobs])),
    );
    const packs = repository.packs();
    assert.ok(packs.length >= 2 && packs.length === indexed.size);
    for (const { name, header } of packs) {
      const blobs = decodePackHeader(header);
      assert.deepEqual(
        blobs,
        indexed.get(name)?.toSorted((a, b) => a.offset - b.offset),
      );
      assert.deepEqual(encodePackHeader(blobs), header);
    }
  });

  it('reads every tree, finds nothing wrong, and writes it again', () => {
    const trees = repository.trees();
    assert.ok(trees.size >= 5);
    for (const [id, bytes] of trees) {
      const tree = decodeTree(bytes);
      assert.deepEqual(checkTree(tree), []);
      let again = Buffer.from(encodeTree(tree.nodes)).toString();
      // restic up to 0.15 keeps only the text of a target, in which an odd byte and U+FFFD cannot be told apart
      if (tree.nodes.some(({ name }) => name === 'link-to-latin1')) again = again.replace('\ufffd', '\\ufffd');
      assert.equal(again, Buffer.from(bytes).toString(), id);
      const text = Buffer.from(bytes).toString('latin1');
      const parts = splitTree(text).map(({ start, end }) => Buffer.from(text.slice(start, end), 'latin1').toString());
      assert.equal(`{"nodes":[${parts.join(',')}]}\n`, Buffer.from(bytes).toString());
    }
  });

  it('finds in the trees what the filesystem says', () => {
    for (const directory of ['names', 'types', 'times']) {
      const path = join(folder, 'source', directory);
      const nodes = repository.nodesBelow(directory);
      const entries = fs.readdirSync(path, { encoding: 'buffer' }).map((entry) => entry.toString('latin1'));
      assert.deepEqual(
        nodes.map(({ name }) => name),
        entries.sort(),
      );
      for (const node of nodes)
        assertLike(node, Buffer.concat([Buffer.from(`${path}/`), Buffer.from(node.name, 'latin1')]));
    }
  });

  it('finds the attributes, links and devices', () => {
    const nodes = new Map(repository.nodesBelow('types').map((node) => [node.name, node]));
    const attributes = nodes.get('attributes')?.extendedAttributes.map(({ name, value }) => [name, Buffer.from(value)]);
    const wanted = [
      ['user.binary', Buffer.of(0, 255, 10)],
      ['user.text', Buffer.from('a "value"')],
    ];
    assert.deepEqual(attributes?.toSorted(), wanted);
    assert.equal(nodes.get('one')?.inode, nodes.get('other')?.inode);
    assert.equal(nodes.get('one')?.links, 2);
    assert.equal(nodes.get('link')?.linkTarget, Buffer.from('<tärget> & "more"').toString('latin1'));
    assert.equal(nodes.get('large')?.content?.length, 3);
    if (isRoot) assert.equal(nodes.get('null')?.device, fs.statSync('/dev/null', { bigint: true }).rdev);
  });

  it('reads a lock that restic holds and writes it again', async () => {
    const child = spawn(requirePeer('restic'), ['backup', '--stdin'], {
      env: repository.environment,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const closed = new Promise((resolve) => child.on('close', resolve));
    try {
      const deadline = Date.now() + 20_000;
      while (repository.names('locks').length === 0) {
        assert.ok(Date.now() < deadline, 'restic took no lock');
        await setTimeout(20);
      }
      const [lock] = repository.documents('locks');
      assert.ok(lock !== undefined);
      const decoded = decodeLock(lock.plain);
      assert.equal(encodeLock(decoded), Buffer.from(lock.plain).toString());
      assert.deepEqual([decoded.pid, decoded.exclusive], [child.pid, false]);
    } finally {
      child.stdin.end('x');
      await closed;
    }
  });
});

function assertLike(node: Node, path: Buffer): void {
  const stat = fs.lstatSync(path, { bigint: true });
  const stMode = Number(stat.mode);
  assert.deepEqual([node.type, node.mode, unixMode(node.mode)], [nodeTypeOf(stMode), nodeMode(stMode), stMode]);
  assert.deepEqual([node.mtimeNs, node.atimeNs, node.ctimeNs], [stat.mtimeNs, stat.mtimeNs, stat.ctimeNs]);
  assert.deepEqual(
    [node.uid, node.gid, node.inode, node.deviceId],
    [Number(stat.uid), Number(stat.gid), stat.ino, stat.dev],
  );
  if (node.type === 'file') assert.equal(node.size, Number(stat.size));
}

function makeSource(source: string): void {
  for (const directory of ['names', 'types', 'times', 'empty'])
    fs.mkdirSync(join(source, directory), { recursive: true });
  makeNames(join(source, 'names'));
  makeTypes(join(source, 'types'));
  makeTimes(join(source, 'times'));
  fs.mkdirSync(join(source, 'links'));
  fs.symlinkSync(Buffer.from('t\xe9', 'latin1'), join(source, 'links', 'link-to-latin1'));
}

/** Every byte a name can have, the names proven before, and text of many scripts. */
function makeNames(directory: string): void {
  const bytes = Array.from({ length: 255 }, (_, i) => Buffer.of(0x6e, i + 1)).filter((name) => name[1] !== 0x2f);
  const texts = [
    '\ufffd',
    '\u2028',
    '\u00ad',
    '\u200b',
    '\ue000',
    '日本',
    '👩‍👩‍👧',
    'e\u0301',
    '\u{1f600}',
    '\u{10ffff}',
    '\u0378',
    'ſ',
  ];
  const all = [
    ...bytes,
    ...quoted.map(({ raw }) => Buffer.from(raw, 'hex')),
    ...texts.map((text) => Buffer.from(text)),
  ];
  for (const name of all) fs.writeFileSync(Buffer.concat([Buffer.from(`${directory}/`), name]), '');
}

function makeTypes(directory: string): void {
  const path = (name: string): string => join(directory, name);
  fs.writeFileSync(path('one'), 'linked');
  fs.linkSync(path('one'), path('other'));
  fs.symlinkSync('<tärget> & "more"', path('link'));
  fs.writeFileSync(path('large'), new Uint8Array(1024 * 1024 + 1));
  for (const [name, mode] of [
    ['setuid', 0o4755],
    ['setgid', 0o2711],
    ['sticky', 0o1777],
    ['none', 0],
  ] as const) {
    fs.mkdirSync(path(`${name}-directory`));
    fs.writeFileSync(path(name), name);
    fs.chmodSync(path(name), isRoot ? mode : mode | 0o400);
    fs.chmodSync(path(`${name}-directory`), isRoot ? mode : mode | 0o500);
  }
  fs.writeFileSync(path('attributes'), '');
  execFileSync(requirePeer('setfattr'), ['-n', 'user.text', '-v', 'a "value"', path('attributes')]);
  execFileSync(requirePeer('setfattr'), ['-n', 'user.binary', '-v', '0x00ff0a', path('attributes')]);
  execFileSync('mkfifo', [path('fifo')]);
  if (!isRoot) return;
  execFileSync('mknod', [path('null'), 'c', '1', '3']);
  execFileSync('mknod', [path('loop'), 'b', '7', '300']);
}

function makeTimes(directory: string): void {
  for (const [i, time] of [
    '1969-12-31 23:59:58.5',
    '1970-01-01',
    '2000-02-29 12:00:00.000000001',
    '2038-01-19 03:14:08',
  ].entries()) {
    const path = join(directory, `time-${i}`);
    fs.writeFileSync(path, '');
    execFileSync('touch', ['-d', `${time} UTC`, path]);
  }
}
