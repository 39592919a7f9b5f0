/** Commands that look into a vault, on one of stock restic: what both say of it must agree. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { recordsOf } from '../cli/in-process.ts';
import { describePeer } from '../peers.ts';
import { type CommandWorld, ODD, openWorld } from './command-world.ts';

describePeer('looking beside restic', ['restic', 'root', 'setfattr', 'setfacl'], () => {
  let world: CommandWorld;
  before(async () => {
    world = await openWorld();
  });
  after(() => world[Symbol.dispose]());

  describe('looking', () => {
    it('lists the same snapshots', async () => {
      const theirs = JSON.parse(await world.ok(['snapshots', '--json'])) as { id: string }[];
      const all = recordsOf(await world.run('snapshots', '--json'));
      const ours = all.filter(({ message_type }) => message_type === 'snapshot');
      assert.deepEqual(
        ours.map(({ message_type: _type, struct_type: _struct, ...rest }) => rest),
        theirs,
      );
      assert.deepEqual(all.at(-1), { message_type: 'summary', snapshots: 2 });
      for (const filter of [
        ['--host', 'one'],
        ['--tag', 'a,b'],
        ['--tag', 'b'],
        ['--path', world.source],
        ['--path', '/x'],
      ]) {
        const expected = JSON.parse(await world.ok(['snapshots', '--json', ...filter])) as { id: string }[];
        const found = recordsOf(await world.run('snapshots', '--json', ...filter)).slice(0, -1);
        assert.deepEqual(
          found.map(({ id }) => id),
          (expected ?? []).map(({ id }) => id),
          filter.join(' '),
        );
      }
    });

    it('shows snapshots as a table, with groups', async () => {
      const { text } = await world.run('snapshots');
      assert.match(text, /^ID {8}Time +Host +Tags +Paths\n-+\n[0-9a-f]{8} {2}\d{4}-/);
      assert.match(text, /two +b +.*\n2 snapshots\n$/);
      assert.match(
        (await world.run('snapshots', '-g', 'host', '--compact')).text,
        /^Snapshots of host one\nID +Time +Host +Tags\n/,
      );
      assert.match((await world.run('snapshots', '--latest', '1', '--host', 'two', 'latest')).text, /1 snapshot\n$/);
    });

    it('lists the same files', async () => {
      const cases = [
        [],
        [`${world.source}/sub`],
        ['--recursive', `${world.source}/sub`],
        [`${world.source}/a`],
        ['/nowhere'],
      ];
      for (const more of cases) {
        const theirs = lines(await world.ok(['ls', '--json', 'latest', ...more]));
        const ours = recordsOf(await world.run('ls', '--json', 'latest', ...more)).slice(0, -1);
        assert.deepEqual(
          ours.map(({ message_type: _type, ...rest }) => only(rest, theirs[0]!, theirs[1])),
          theirs,
          more.join(' '),
        );
      }
      const { text } = await world.run('ls', '--long', `latest:${world.source}`);
      assert.match(text, /^-rw-r--r-- +0 +0 +1 \d{4}-.* \/odd\\xffname$/m);
      assert.match(text, /\/new\\nline$/m);
      assert.match(text, /^Lrwxrwxrwx .* \/sub\/link -> \.\.\/big$/m);
      const odd = recordsOf(await world.run('ls', '--json', `latest:${world.source}`)).find(
        ({ path_raw }) => path_raw !== undefined,
      );
      assert.deepEqual(Buffer.from(String(odd?.['path_raw']), 'base64'), Buffer.concat([Buffer.from('/'), ODD]));
    });

    it('finds the same', async () => {
      for (const args of [
        ['a'],
        ['-i', 'BIG'],
        ['sub', 'n*'],
        [`${world.source}/sub`],
        ['--newest', '2001-01-01', '*'],
        ['none'],
      ]) {
        const theirs = JSON.parse(await world.ok(['find', '--json', ...args])) as Found[];
        const ours = recordsOf(await world.run('find', '--json', ...args)).filter(
          ({ hits, snapshot }) => hits && snapshot,
        );
        // restic reports snapshots in the order in which they happened to load, so only the sets can be compared.
        const rows = (found: readonly Found[]): unknown[] =>
          found.map(({ snapshot, hits, matches }) => [snapshot, hits, matches.map(({ path }) => path)]).sort();
        assert.deepEqual(rows(ours as unknown as Found[]), rows(theirs), args.join(' '));
      }
    });

    it('finds where blobs, trees and packs are used', async () => {
      const tree = (await treeOf(world, `latest:${world.source}`)).nodes;
      const subtree = tree.find(({ name }) => name === 'sub')!.subtree!;
      const blob = tree.find(({ name }) => name === 'a')!.content![0]!;
      for (const args of [
        ['--tree', subtree],
        ['--blob', blob],
      ]) {
        const theirs = JSON.parse(await world.ok(['find', '--json', ...args])) as { path: string; snapshot: string }[];
        const ours = recordsOf(await world.run('find', '--json', ...args)).slice(0, -1);
        assert.ok(theirs.length > 0);
        assert.deepEqual(
          ours.map(({ path, snapshot }) => [path, snapshot]).sort(),
          theirs.map(({ path, snapshot }) => [path, snapshot]).sort(),
        );
      }
      const [shown] = recordsOf(await world.run('find', '--json', '--show-pack-id', '--blob', blob));
      const uses = recordsOf(await world.run('find', '--json', '--pack', String(shown?.['pack'])));
      assert.ok(uses.some(({ id }) => id === blob));
    });

    it('compares snapshots alike', async () => {
      const [before, after] = await world.ids();
      for (const more of [[], ['--metadata']]) {
        const theirs = lines(await world.ok(['diff', '--json', ...more, before!, after!]));
        const ours = recordsOf(await world.run('diff', '--json', ...more, before!, after!));
        assert.ok(theirs.length > 3);
        assert.deepEqual(
          ours.slice(0, -1).map(({ path_raw: _raw, ...rest }) => rest),
          theirs,
        );
      }
      assert.match((await world.run('diff', before!, after!)).text, /^M {4}\S*\/a$/m);
    });

    it('counts alike', async () => {
      for (const mode of ['restore-size', 'files-by-contents', 'blobs-per-file', 'raw-data']) {
        for (const snapshot of [[], ['latest']]) {
          const theirs = JSON.parse(await world.ok(['stats', '--json', '--mode', mode, ...snapshot]));
          // restic counts all that is no file as a file without content; the first snapshot has a real one.
          if (mode === 'files-by-contents' && snapshot.length > 0) theirs.total_file_count -= 1;
          const [ours] = recordsOf(await world.run('stats', '--json', '--mode', mode, ...snapshot));
          assert.deepEqual(only(ours!, theirs), theirs, `${mode} ${snapshot}`);
        }
      }
    });

    it('prints the same objects', async () => {
      const [before] = await world.ids();
      const tree = recordsOf(await world.run('ls', '--json', before!))[0]!['tree'] as string;
      const pack = readdirSync(join(world.vault, 'data')).flatMap((name) =>
        readdirSync(join(world.vault, 'data', name)),
      )[0]!;
      for (const args of [['config'], ['snapshot', before!], ['blob', tree], ['pack', pack]]) {
        const theirs = await world.restic.run(['cat', ...args]);
        const ours = (await world.run('cat', ...args)).stdout;
        const isText = args[0] !== 'pack' && args[0] !== 'blob';
        const expected = Buffer.from(theirs.stdout, 'latin1');
        assert.deepEqual(
          isText ? ours.toString().trim() : ours,
          isText ? expected.toString().trim() : expected,
          args.join(' '),
        );
      }
      assert.deepEqual(
        (await world.run('cat', 'tree', tree.slice(0, 12))).stdout,
        (await world.run('cat', 'blob', tree)).stdout,
      );
      const [index] = readdirSync(join(world.vault, 'index'));
      assert.ok(JSON.parse((await world.run('cat', 'index', index!.slice(0, 8))).text).packs.length > 0);
      const [key] = readdirSync(join(world.vault, 'keys'));
      assert.equal(JSON.parse((await world.run('cat', 'key', key!)).text).kdf, 'scrypt');
      const refused = await world.run('cat', 'masterkey');
      assert.deepEqual([refused.status, refused.text], [20, '']);
    });
  });

  describe('dump', () => {
    it('writes a file as it was', async () => {
      assert.deepEqual(
        (await world.run('dump', 'latest', `${world.source}/sub/copy`)).stdout,
        readFileSync(join(world.source, 'sub/copy')),
      );
      assert.equal((await world.run('dump', `latest:${world.source}`, 'odd\\xffname')).text, 'x');
      const missing = await world.run('dump', 'latest', '/nowhere');
      assert.deepEqual([missing.status, missing.stdout.length], [1, 0]);
    });

    it('writes a tar that unpacks to what restic restores', async () => {
      const tar = join(world.restic.directory, 'all.tar');
      assert.equal((await world.run('dump', '--target', tar, 'latest', '/')).status, 0);
      const [ours, theirs] = ['tar-out', 'restic-out'].map((name) => join(world.restic.directory, name)) as [
        string,
        string,
      ];
      mkdirSync(ours);
      execFileSync('tar', ['-C', ours, '--xattrs', '--acls', '-xpf', tar], { stdio: ['ignore', 'ignore', 'ignore'] });
      await world.ok(['restore', 'latest', '--target', theirs]);
      assert.deepEqual(manifest(ours), manifest(theirs));
      assert.ok(manifest(ours).length > 15);
      assert.equal(
        execFileSync('diff', ['-r', '--no-dereference', `${ours}${world.source}/sub`, `${theirs}${world.source}/sub`])
          .length,
        0,
      );
      const attributes = (root: string): string =>
        execFileSync('getfattr', ['-R', '-d', '-m', '-', '.'], { cwd: root, encoding: 'latin1' });
      assert.match(attributes(ours), /posix_acl_access/);
      assert.deepEqual(attributes(ours).split('\n\n').sort(), attributes(theirs).split('\n\n').sort());
    });

    it('writes a zip that others read, and says what a zip cannot hold', async () => {
      const zip = join(world.restic.directory, 'all.zip');
      const { status, stderr } = await world.run('dump', '-a', 'zip', '-t', zip, 'latest', world.source);
      assert.equal(status, 3);
      assert.match(stderr, /fifo: a zip cannot hold a fifo; left out/);
      const script = 'import sys,zipfile; z=zipfile.ZipFile(sys.argv[1]); print(z.testzip(), len(z.namelist()))';
      assert.match(execFileSync('python3', ['-c', script, zip], { encoding: 'utf8' }), /^None \d\d\n$/);
    });
  });
});

interface Found {
  snapshot: string;
  hits: number;
  matches: { path: string }[];
  path?: string;
}

interface PlainNode {
  name: string;
  subtree?: string;
  content?: string[];
}
async function treeOf({ run }: CommandWorld, name: string): Promise<{ nodes: PlainNode[] }> {
  return JSON.parse((await run('cat', 'tree', name)).text);
}

function lines(text: string): Record<string, unknown>[] {
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** The members that one of `models` has, too: ours say more. */
function only(record: Record<string, unknown>, ...models: (Record<string, unknown> | undefined)[]): object {
  const known = new Set(models.flatMap((model) => Object.keys(model ?? {})));
  if (record['struct_type'] === 'node') {
    known.add('size');
    known.delete('tags');
  }
  return Object.fromEntries(Object.entries(record).filter(([key]) => known.has(key)));
}

/** Names, types, modes, owners, links, targets, times to the nanosecond, and sizes of what is no directory. */
function manifest(root: string): string[] {
  const common = '%P %y %M %U %G %n %T@ %l';
  const args = [
    '.',
    '-mindepth',
    '1',
    '(',
    '-type',
    'd',
    '-printf',
    `${common}\\0`,
    ')',
    '-o',
    '-printf',
    `${common} %s\\0`,
  ];
  const found = execFileSync('find', args, { cwd: root, encoding: 'latin1' });
  return found
    .split('\0')
    .filter((line) => line !== '')
    .sort();
}
