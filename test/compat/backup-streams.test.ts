/** Streams beside files in one snapshot, as stock restic sees them. What must not come about is in `src/backup`. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, beforeEach, it } from 'node:test';
import type { CapturedStream } from '../../src/backup.ts';
import { MIB } from '../../src/base/bytes.ts';
import { simulated } from '../../src/host.ts';

import { describePeer } from '../peers.ts';
import { noise, World } from './backup-world.ts';

const TIME = '2026-01-02 03:04:05';
const TIME_MS = Date.parse(`${TIME.replace(' ', 'T')}Z`);
/** What restic records for a stream, whoever runs it. */
const NOBODY = { ...simulated.fixedIdentity(), uid: 0, gid: 0 };

function streamOf(name: string, bytes: Uint8Array, step = 100_000): CapturedStream {
  return {
    name,
    stream: (async function* parts() {
      for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step);
    })(),
  };
}

describePeer('several sources in one snapshot', ['restic'], () => {
  let world: World;
  const dump = noise(7, 5 * MIB + 12_345);

  beforeEach(async () => {
    world?.[Symbol.dispose]();
    world = new World();
    await world.init();
    mkdirSync(world.at('inside'));
    writeFileSync(world.at('inside', 'file'), 'content');
    for (const name of ['a', 'm', 'z']) writeFileSync(world.at(name), name.repeat(5000));
  });
  after(() => world[Symbol.dispose]());

  function listed(): string[] {
    const ran = world.restic(['ls', 'latest', '--json']);
    assert.equal(ran.status, 0, ran.stderr);
    const entries = ran.stdout.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : []));
    return (entries as { struct_type: string; path: string }[])
      .filter((entry) => entry.struct_type === 'node')
      .map(({ path }) => path);
  }

  function assertSound(): void {
    const ran = world.restic(['check', '--read-data']);
    assert.equal(ran.status, 0, ran.stdout + ran.stderr);
  }

  it('files and streams stand together, in the order of their names', async () => {
    const streams = [streamOf('nodes.json', Buffer.from('{}')), streamOf('db.sql', dump), streamOf('é ü', dump)];
    const ran = await world.ours(['a', 'inside', 'm', 'z'], { streams });
    assertSound();
    assert.deepEqual(listed(), ['/a', '/db.sql', '/inside', '/inside/file', '/m', '/nodes.json', '/z', '/é ü']);
    assert.deepEqual(world.dump('latest', '/db.sql'), dump);
    assert.deepEqual(world.dump('latest', '/é ü'), dump);
    assert.equal(world.dump('latest', '/nodes.json').toString(), '{}');
    assert.equal(world.dump('latest', '/inside/file').toString(), 'content');
    assert.equal(ran.counts.filesNew, 7);
    assert.equal(ran.counts.bytes, 2 * dump.length + 2 + 7 + 15_000);
    assert.ok(ran.dataAdded < dump.length + 30_000, 'what is there twice is stored once');
    const [snapshot] = JSON.parse(world.restic(['snapshots', '--json']).stdout) as { paths: string[] }[];
    const files = ['a', 'inside', 'm', 'z'].map((name) => world.at(name));
    assert.deepEqual(snapshot!.paths, [...files, '/nodes.json', '/db.sql', '/é ü'].sort());
  });

  it('streams with a path lie in folders, with the rights they are given', async () => {
    const secret = { ...streamOf('lab/n1/etc/key', Buffer.from('k')), mode: 0o400 };
    const streams = [streamOf('lab/record', Buffer.from('{}')), secret, streamOf('lab/n2/etc/key', dump)];
    const first = await world.ours(['a'], { streams });
    assertSound();
    const inside = ['/lab', '/lab/n1', '/lab/n1/etc', '/lab/n1/etc/key', '/lab/n2', '/lab/n2/etc', '/lab/n2/etc/key'];
    assert.deepEqual(listed(), ['/a', ...inside, '/lab/record']);
    assert.equal(first.counts.filesNew, 4);
    const target = world.path('back');
    const restored = world.restic(['restore', 'latest', '--include', '/lab', '--target', target]);
    assert.equal(restored.status, 0, restored.stderr);
    assert.deepEqual(readFileSync(join(target, 'lab/n2/etc/key')), dump);
    assert.deepEqual(
      ['n1', 'n2'].map((node) => statSync(join(target, `lab/${node}/etc/key`)).mode & 0o777),
      [0o400, 0o644],
    );
    const again = [
      streamOf('lab/record', Buffer.from('{1}')),
      { ...streamOf('lab/n1/etc/key', Buffer.from('k')), mode: 0o400 },
    ];
    const { counts } = await world.ours(['a'], { streams: again });
    assert.deepEqual([counts.filesNew, counts.filesChanged, counts.filesUnmodified], [0, 1, 2]);
  });

  it('alone, too; but never a file and a folder of one name', async () => {
    await world.ours([], { streams: [streamOf('lab/n1', dump), streamOf('lab/n2', dump)] });
    assertSound();
    assert.deepEqual(listed(), ['/lab', '/lab/n1', '/lab/n2']);
    const empty = Buffer.alloc(0);
    for (const names of [['lab', 'lab/n1'], ['lab/../n1'], ['/lab'], ['lab/'], ['lab/n1', 'lab/n1']])
      await assert.rejects(world.ours([], { streams: names.map((name) => streamOf(name, empty)) }), { code: 'usage' });
  });

  // Of an empty one restic makes no snapshot.
  it('the tree of a stream is byte for byte the one restic makes of it', async () => {
    for (const [i, bytes] of [Buffer.from('x'), dump].entries()) {
      const input = world.path(`input-${i}`);
      writeFileSync(input, bytes);
      const name = `db ${i}.sql`;
      const script = `restic --no-cache backup --stdin --stdin-filename '${name}' --time '${TIME}' --json < '${input}'`;
      const theirs = await resticStdin(script);
      const options = { streams: [streamOf(name, bytes)], timeMs: TIME_MS, identity: NOBODY };
      const ours = await world.ours([], options);
      assert.equal(ours.tree, theirs, name);
      assert.deepEqual([ours.dataBlobs, ours.treeBlobs], [0, 0], 'nothing new to store');
    }
  });

  async function resticStdin(script: string): Promise<string> {
    const env = { PATH: '/usr/bin:/bin', TZ: 'UTC', RESTIC_REPOSITORY: world.path('vault'), RESTIC_PASSWORD: 'quick' };
    const ran = spawnSync('sh', ['-c', script], { env, encoding: 'utf8' });
    assert.equal(ran.status, 0, ran.stderr);
    await using vault = await world.open();
    const summary = JSON.parse(ran.stdout.trim().split('\n').at(-1)!) as { snapshot_id: string };
    return (await vault.listSnapshots()).find(({ id }) => id.startsWith(summary.snapshot_id))!.tree;
  }

  it('streams alone make a snapshot, also empty ones', async () => {
    const streams = [streamOf('b', Buffer.from('second')), streamOf('a', Buffer.alloc(0))];
    const ran = await world.ours([], { streams });
    assertSound();
    assert.deepEqual(listed(), ['/a', '/b']);
    assert.equal(world.dump('latest', '/b').toString(), 'second');
    assert.equal(world.dump('latest', '/a').length, 0);
    assert.deepEqual([ran.counts.filesNew, ran.counts.bytes, ran.errors], [2, 6, 0]);
  });

  it('files that have not changed are not read again, and streams count as what they are', async () => {
    const again = (): CapturedStream[] => [streamOf('same', dump), streamOf('other', Buffer.from(String(Math.PI)))];
    const first = await world.ours(['.'], { streams: again() });
    const second = await world.ours(['.'], { streams: [...again(), streamOf('third', Buffer.from('3'))] });
    assert.equal(second.parent, first.snapshotId, 'a further stream does not lose the parent');
    assert.deepEqual([second.counts.filesUnmodified, second.counts.filesNew, second.counts.filesChanged], [6, 1, 0]);
    assert.equal(second.dataAdded < 10_000, true, String(second.dataAdded));
    const changed = await world.ours(['.'], { streams: [streamOf('same', dump.subarray(1)), streamOf('a1', dump)] });
    assert.equal(changed.parent, second.snapshotId);
    assert.deepEqual([changed.counts.filesChanged, changed.counts.filesNew], [1, 1]);
    assertSound();
  });

  it('a directory as the only target is spread out, and restic goes on from there', async () => {
    await world.ours(['.'], { streams: [streamOf('db.sql', Buffer.from('dump'))] });
    assert.deepEqual(listed(), ['/a', '/db.sql', '/inside', '/inside/file', '/m', '/z']);
    await using vault = await world.open();
    const [snapshot] = await vault.listSnapshots();
    const nodes = (await vault.loadTree(snapshot!.tree)).nodes.map(({ name }) => name);
    assert.deepEqual(nodes, [...nodes].sort());
    const theirs = await world.theirs(['--parent', snapshot!.id, '.']);
    assert.deepEqual([theirs.filesUnmodified, theirs.filesNew, theirs.filesChanged], [4, 0, 0], theirs.stderr);
  });

  it('a name at the top that is taken is refused before anything is read', async () => {
    let pulled = 0;
    const stream: AsyncIterable<Uint8Array> = {
      [Symbol.asyncIterator]: () => ({ next: async () => ({ done: pulled++ > 0, value: Buffer.from('x') }) }),
    };
    const cases: [targets: string[], names: string[]][] = [
      [['a', 'm'], ['m']],
      [['.'], ['b', 'inside']],
      [[world.at('a')], [world.folder.split('/')[1]!]],
      [['a'], ['x', 'x']],
      [[], ['x', 'x']],
      ...['', '.', '..', 'a/b', 'a\0b', 'x'.repeat(256), '\ud800'].map((name): [string[], string[]] => [['a'], [name]]),
    ];
    for (const [targets, names] of cases)
      await assert.rejects(
        world.ours(targets, { streams: names.map((name) => ({ name, stream })) }),
        { code: 'usage' },
        names.join(),
      );
    assert.equal(pulled, 0);
    await using vault = await world.open();
    assert.deepEqual(await vault.listSnapshots(), []);
  });

  it('a dry run reads all and stores nothing', async () => {
    const before = world.files();
    const ran = await world.ours(['.'], { streams: [streamOf('db.sql', dump)], dryRun: true });
    assert.deepEqual([ran.snapshotId, ran.counts.filesNew], [undefined, 5]);
    assert.ok(ran.counts.bytes > dump.length && ran.dataAdded > dump.length);
    assert.deepEqual(world.files(), before);
  });
});

describePeer('vaults of version 1', ['restic'], () => {
  it('take streams as well', async () => {
    using world = new World();
    await world.init('vault', 1);
    await world.ours([], { streams: [streamOf('db.sql', Buffer.from('dump'))] });
    assert.equal(world.restic(['check', '--read-data']).status, 0);
    assert.equal(world.dump('latest', '/db.sql').toString(), 'dump');
  });
});
