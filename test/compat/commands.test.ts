/** Commands that open a vault, on vaults of stock restic: what both say of the same vault must agree. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type RunResult, recordsOf, runHoldfast } from '../cli/in-process.ts';
import { describePeer } from '../peers.ts';
import { openQuickRestic, type QuickRestic, type ResticResult } from './quick-restic.ts';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;
const LONG = 'long-'.repeat(40);
const ODD = Buffer.concat([Buffer.from('odd'), Buffer.of(0xff), Buffer.from('name')]);

describePeer('commands beside restic', ['restic', 'root', 'setfattr', 'setfacl'], () => {
  let restic: QuickRestic;
  let source: string;
  let vault: string;

  before(async () => {
    restic = openQuickRestic();
    source = join(restic.directory, 'src');
    vault = join(restic.directory, 'vault');
    makeSource(source);
    await ok(['backup', '--host', 'one', '--tag', 'a,b', 'src'], restic);
    changeSource(source);
    await ok(['backup', '--host', 'two', '--tag', 'b', 'src'], restic);
  });
  after(() => restic[Symbol.dispose]());

  const run = (...args: string[]): Promise<RunResult> => holdfast(vault, args);

  /** What restic prints; it runs where the source is, so that paths are short. */
  async function ok(args: string[], runner: Pick<QuickRestic, 'run'> = restic): Promise<string> {
    const { status, stdout, stderr }: ResticResult = await runner.run(
      args.map((arg) => (arg === 'src' ? source : arg)),
    );
    assert.equal(status, 0, `${args.join(' ')}: ${stderr}`);
    return Buffer.from(stdout, 'latin1').toString();
  }

  describe('looking', () => {
    it('lists the same snapshots', async () => {
      const theirs = JSON.parse(await ok(['snapshots', '--json'])) as { id: string }[];
      const all = recordsOf(await run('snapshots', '--json'));
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
        ['--path', source],
        ['--path', '/x'],
      ]) {
        const expected = JSON.parse(await ok(['snapshots', '--json', ...filter])) as { id: string }[];
        const found = recordsOf(await run('snapshots', '--json', ...filter)).slice(0, -1);
        assert.deepEqual(
          found.map(({ id }) => id),
          (expected ?? []).map(({ id }) => id),
          filter.join(' '),
        );
      }
    });

    it('shows snapshots as a table, with groups', async () => {
      const { text } = await run('snapshots');
      assert.match(text, /^ID {8}Time +Host +Tags +Paths\n-+\n[0-9a-f]{8} {2}\d{4}-/);
      assert.match(text, /two +b +.*\n2 snapshots\n$/);
      assert.match(
        (await run('snapshots', '-g', 'host', '--compact')).text,
        /^Snapshots of host one\nID +Time +Host +Tags\n/,
      );
      assert.match((await run('snapshots', '--latest', '1', '--host', 'two', 'latest')).text, /1 snapshot\n$/);
    });

    it('lists the same files', async () => {
      const cases = [[], [`${source}/sub`], ['--recursive', `${source}/sub`], [`${source}/a`], ['/nowhere']];
      for (const more of cases) {
        const theirs = lines(await ok(['ls', '--json', 'latest', ...more]));
        const ours = recordsOf(await run('ls', '--json', 'latest', ...more)).slice(0, -1);
        assert.deepEqual(
          ours.map(({ message_type: _type, ...rest }) => only(rest, theirs[0]!, theirs[1])),
          theirs,
          more.join(' '),
        );
      }
      const { text } = await run('ls', '--long', `latest:${source}`);
      assert.match(text, /^-rw-r--r-- +0 +0 +1 \d{4}-.* \/odd\\xffname$/m);
      assert.match(text, /\/new\\nline$/m);
      assert.match(text, /^Lrwxrwxrwx .* \/sub\/link -> \.\.\/big$/m);
      const odd = recordsOf(await run('ls', '--json', `latest:${source}`)).find(
        ({ path_raw }) => path_raw !== undefined,
      );
      assert.deepEqual(Buffer.from(String(odd?.['path_raw']), 'base64'), Buffer.concat([Buffer.from('/'), ODD]));
    });

    it('finds the same', async () => {
      for (const args of [
        ['a'],
        ['-i', 'BIG'],
        ['sub', 'n*'],
        [`${source}/sub`],
        ['--newest', '2001-01-01', '*'],
        ['none'],
      ]) {
        const theirs = JSON.parse(await ok(['find', '--json', ...args])) as Found[];
        const ours = recordsOf(await run('find', '--json', ...args)).filter(({ hits, snapshot }) => hits && snapshot);
        assert.deepEqual(
          ours.map(({ snapshot, hits, matches }) => [snapshot, hits, (matches as Found[]).map(({ path }) => path)]),
          theirs.map(({ snapshot, hits, matches }) => [snapshot, hits, matches.map(({ path }) => path)]),
          args.join(' '),
        );
      }
    });

    it('finds where blobs, trees and packs are used', async () => {
      const tree = (await treeOf(run, `latest:${source}`)).nodes;
      const subtree = tree.find(({ name }) => name === 'sub')!.subtree!;
      const blob = tree.find(({ name }) => name === 'a')!.content![0]!;
      for (const args of [
        ['--tree', subtree],
        ['--blob', blob],
      ]) {
        const theirs = JSON.parse(await ok(['find', '--json', ...args])) as { path: string; snapshot: string }[];
        const ours = recordsOf(await run('find', '--json', ...args)).slice(0, -1);
        assert.ok(theirs.length > 0);
        assert.deepEqual(
          ours.map(({ path, snapshot }) => [path, snapshot]),
          theirs.map(({ path, snapshot }) => [path, snapshot]),
        );
      }
      const [shown] = recordsOf(await run('find', '--json', '--show-pack-id', '--blob', blob));
      const uses = recordsOf(await run('find', '--json', '--pack', String(shown?.['pack'])));
      assert.ok(uses.some(({ id }) => id === blob));
    });

    it('compares snapshots alike', async () => {
      const [before, after] = await ids();
      for (const more of [[], ['--metadata']]) {
        const theirs = lines(await ok(['diff', '--json', ...more, before!, after!]));
        const ours = recordsOf(await run('diff', '--json', ...more, before!, after!));
        assert.ok(theirs.length > 3);
        assert.deepEqual(
          ours.slice(0, -1).map(({ path_raw: _raw, ...rest }) => rest),
          theirs,
        );
      }
      assert.match((await run('diff', before!, after!)).text, /^M {4}\S*\/a$/m);
    });

    it('counts alike', async () => {
      for (const mode of ['restore-size', 'files-by-contents', 'blobs-per-file', 'raw-data']) {
        for (const snapshot of [[], ['latest']]) {
          const theirs = JSON.parse(await ok(['stats', '--json', '--mode', mode, ...snapshot]));
          // restic counts all that is no file as a file without content; the first snapshot has a real one.
          if (mode === 'files-by-contents' && snapshot.length > 0) theirs.total_file_count -= 1;
          const [ours] = recordsOf(await run('stats', '--json', '--mode', mode, ...snapshot));
          assert.deepEqual(only(ours!, theirs), theirs, `${mode} ${snapshot}`);
        }
      }
    });

    it('prints the same objects', async () => {
      const [before] = await ids();
      const tree = recordsOf(await run('ls', '--json', before!))[0]!['tree'] as string;
      const pack = readdirSync(join(vault, 'data')).flatMap((name) => readdirSync(join(vault, 'data', name)))[0]!;
      for (const args of [['config'], ['snapshot', before!], ['blob', tree], ['pack', pack]]) {
        const theirs = await restic.run(['cat', ...args]);
        const ours = (await run('cat', ...args)).stdout;
        const isText = args[0] !== 'pack' && args[0] !== 'blob';
        const expected = Buffer.from(theirs.stdout, 'latin1');
        assert.deepEqual(
          isText ? ours.toString().trim() : ours,
          isText ? expected.toString().trim() : expected,
          args.join(' '),
        );
      }
      assert.deepEqual((await run('cat', 'tree', tree.slice(0, 12))).stdout, (await run('cat', 'blob', tree)).stdout);
      const [index] = readdirSync(join(vault, 'index'));
      assert.ok(JSON.parse((await run('cat', 'index', index!.slice(0, 8))).text).packs.length > 0);
      const [key] = readdirSync(join(vault, 'keys'));
      assert.equal(JSON.parse((await run('cat', 'key', key!)).text).kdf, 'scrypt');
      const refused = await run('cat', 'masterkey');
      assert.deepEqual([refused.status, refused.text], [20, '']);
    });
  });

  describe('dump', () => {
    it('writes a file as it was', async () => {
      assert.deepEqual(
        (await run('dump', 'latest', `${source}/sub/copy`)).stdout,
        readFileSync(join(source, 'sub/copy')),
      );
      assert.equal((await run('dump', `latest:${source}`, 'odd\\xffname')).text, 'x');
      const missing = await run('dump', 'latest', '/nowhere');
      assert.deepEqual([missing.status, missing.stdout.length], [1, 0]);
    });

    it('writes a tar that unpacks to what restic restores', async () => {
      const tar = join(restic.directory, 'all.tar');
      assert.equal((await run('dump', '--target', tar, 'latest', '/')).status, 0);
      const [ours, theirs] = ['tar-out', 'restic-out'].map((name) => join(restic.directory, name)) as [string, string];
      mkdirSync(ours);
      execFileSync('tar', ['-C', ours, '--xattrs', '--acls', '-xpf', tar], { stdio: ['ignore', 'ignore', 'ignore'] });
      await ok(['restore', 'latest', '--target', theirs]);
      assert.deepEqual(manifest(ours), manifest(theirs));
      assert.ok(manifest(ours).length > 15);
      assert.equal(
        execFileSync('diff', ['-r', '--no-dereference', `${ours}${source}/sub`, `${theirs}${source}/sub`]).length,
        0,
      );
      const attributes = (root: string): string =>
        execFileSync('getfattr', ['-R', '-d', '-m', '-', '.'], { cwd: root, encoding: 'latin1' });
      assert.match(attributes(ours), /posix_acl_access/);
      assert.deepEqual(attributes(ours).split('\n\n').sort(), attributes(theirs).split('\n\n').sort());
    });

    it('writes a zip that others read, and says what a zip cannot hold', async () => {
      const zip = join(restic.directory, 'all.zip');
      const { status, stderr } = await run('dump', '-a', 'zip', '-t', zip, 'latest', source);
      assert.equal(status, 3);
      assert.match(stderr, /fifo: a zip cannot hold a fifo; left out/);
      const script = 'import sys,zipfile; z=zipfile.ZipFile(sys.argv[1]); print(z.testzip(), len(z.namelist()))';
      assert.match(execFileSync('python3', ['-c', script, zip], { encoding: 'utf8' }), /^None \d\d\n$/);
    });
  });

  describe('changing', () => {
    it('tags so that restic sees it, keeping the first id', async () => {
      const [before] = await ids();
      assert.equal((await run('tag', '--add', 'new tag,c', '--remove', 'a', before!)).status, 0);
      const theirs = JSON.parse(await ok(['snapshots', '--json', '--tag', 'c'])) as Record<string, unknown>[];
      assert.deepEqual(
        [theirs.length, theirs[0]?.['tags'], theirs[0]?.['original']],
        [1, ['b', 'new tag', 'c'], before],
      );
      await ok(['tag', '--set', 'd', '--tag', 'c']);
      const ours = recordsOf(await run('snapshots', '--json', '--tag', 'd'));
      assert.deepEqual([ours.length, ours[0]?.['original']], [2, before]);
      assert.equal((await run('tag')).status, 2);
    });

    it('shares keys with restic', async () => {
      const file = join(restic.directory, 'second');
      writeFileSync(file, 'second password\n');
      assert.equal((await run('key', 'add', '--new-password-file', file, '--user', 'u', '--host', 'h')).status, 0);
      const second = { RESTIC_PASSWORD: 'second password' };
      const listed = JSON.parse((await restic.run(['key', 'list', '--json'], second)).stdout) as Record<
        string,
        unknown
      >[];
      assert.deepEqual(listed.map(({ userName, current }) => [userName, current]).sort(), [
        ['root', false],
        ['u', true],
      ]);
      const keys = recordsOf(await holdfast(vault, ['key', 'list', '--json'], 'second password')).slice(0, -1);
      const current = keys.find((key) => key['current'])!;
      assert.deepEqual(keys.map(({ id }) => String(id).slice(0, 8)).sort(), listed.map(({ id }) => id).sort());
      assert.equal((await holdfast(vault, ['key', 'remove', String(current['id'])], 'second password')).status, 20);
      writeFileSync(file, 'third');
      assert.equal(
        (await holdfast(vault, ['key', 'passwd', '--new-password-file', file], 'second password')).status,
        0,
      );
      assert.equal((await holdfast(vault, ['snapshots'], 'second password')).status, 12);
      const third = recordsOf(await holdfast(vault, ['key', 'list', '--json'], 'third')).find((key) => key['current'])!;
      assert.equal((await run('key', 'remove', String(third['id']).slice(0, 10))).status, 0);
      const [last] = readdirSync(join(vault, 'keys'));
      const refused = await run('key', 'remove', last!);
      assert.deepEqual([refused.status, readdirSync(join(vault, 'keys'))], [20, [last]]);
      assert.match(refused.stderr, /the last key/);
    });

    it('copies so that restic takes the copies for its own', async () => {
      const second = join(restic.directory, 'copy');
      const other = { HOLDFAST_PASSWORD: 'quick', HOLDFAST_FROM_PASSWORD: 'quick', HOLDFAST_FROM_VAULT: vault };
      const from = (...args: string[]): Promise<RunResult> => runHoldfast(['-r', second, '--no-cache', ...args], other);
      assert.equal((await from('init', '--copy-chunker-params')).status, 0);
      const copied = recordsOf(await from('copy', '--json'));
      assert.deepEqual([copied.at(-1)?.['copied'], copied.at(-1)?.['skipped']], [2, 0]);
      const again = recordsOf(await from('copy', '--json')).at(-1)!;
      assert.deepEqual([again['copied'], again['skipped'], again['blobs']], [0, 2, 0]);
      const there = { RESTIC_REPOSITORY: second };
      assert.equal((await restic.run(['check', '--read-data'], there)).status, 0);
      const settings = { ...there, RESTIC_FROM_REPOSITORY: vault, RESTIC_FROM_PASSWORD: 'quick' };
      const theirs = await restic.run(['copy'], settings);
      assert.equal(theirs.stdout.match(/was already copied/g)?.length, 2, theirs.stdout + theirs.stderr);
      assert.equal((await from('copy', '--from-password-file', '/nowhere')).status, 2);
    });
  });

  describe('locks', () => {
    it("our shared lock blocks restic's prune; unlock leaves it and us alive; SIGHUP kills nobody", async () => {
      const args = ['-r', vault, 'backup', '--stdin', '--no-cache'];
      const child = spawn(process.execPath, [MAIN, ...args], { env: { ...process.env, HOLDFAST_PASSWORD: 'quick' } });
      let said = '';
      child.stderr.on('data', (chunk) => (said += chunk));
      const ended = new Promise((resolve) => child.on('close', (code, signal) => resolve([code, signal])));
      await until(() => readdirSync(join(vault, 'locks')).length > 0);
      const prune = await restic.run(['prune']);
      assert.notEqual(prune.status, 0);
      assert.match(prune.stderr, new RegExp(`already locked by PID ${child.pid} `));
      assert.equal((await restic.run(['unlock'])).status, 0);
      const ours = await run('unlock');
      assert.match(ours.text, new RegExp(`^Kept shared lock .*process ${child.pid},`));
      const locked = await run('tag', '--add', 'x', 'latest');
      assert.equal(locked.status, 11);
      assert.match(locked.stderr, new RegExp(`shared lock of .*process ${child.pid}`));
      assert.equal(child.exitCode, null);
      child.stdin.end('done');
      assert.deepEqual(await ended, [0, null], said);
      assert.deepEqual(readdirSync(join(vault, 'locks')), []);
    });
  });

  async function ids(): Promise<string[]> {
    return recordsOf(await run('snapshots', '--json'))
      .slice(0, 2)
      .map(({ id }) => String(id));
  }
});

describe('opening', () => {
  it('has a message and an exit code for each thing that can be wrong', async () => {
    const directory = process.env['TMPDIR'] ?? '/tmp';
    const missing = await holdfast(join(directory, 'holdfast-nothing-here'), ['snapshots']);
    assert.deepEqual([missing.status, missing.stderr.split(':')[1]], [10, ' there is no vault here']);
    const foreign = await holdfast(directory, ['snapshots']);
    assert.deepEqual([foreign.status, foreign.stderr.split(':')[1]], [10, ' this is not a vault']);
    const nothing = await runHoldfast(['-r', directory, 'snapshots'], {});
    assert.deepEqual([nothing.status, nothing.stderr.split('\n')[0]], [2, 'error: no password given']);
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

async function treeOf(run: (...args: string[]) => Promise<RunResult>, name: string): Promise<{ nodes: PlainNode[] }> {
  return JSON.parse((await run('cat', 'tree', name)).text);
}

function holdfast(vault: string, args: string[], password = 'quick'): Promise<RunResult> {
  return runHoldfast(['-r', vault, '--no-cache', ...args], { HOLDFAST_PASSWORD: password });
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

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries++) {
    assert.ok(tries < 500, 'waited too long');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function makeSource(root: string): void {
  mkdirSync(join(root, 'sub/deep'), { recursive: true });
  writeFileSync(join(root, 'a'), 'hello\n');
  writeFileSync(join(root, 'big'), noise(3_000_000));
  writeFileSync(join(root, 'sub/copy'), noise(3_000_000));
  writeFileSync(join(root, 'empty'), '');
  linkSync(join(root, 'a'), join(root, 'sub/hard'));
  symlinkSync('../big', join(root, 'sub/link'));
  writeFileSync(Buffer.concat([Buffer.from(`${root}/`), ODD]), 'x');
  writeFileSync(join(root, 'new\nline'), 'x');
  writeFileSync(join(root, 'grün'), 'x');
  mkdirSync(join(root, LONG));
  writeFileSync(join(root, LONG, `${LONG}é`), 'long');
  execFileSync('mkfifo', [join(root, 'fifo')]);
  execFileSync('mknod', [join(root, 'null'), 'c', '1', '3']);
  execFileSync('setfattr', ['-n', 'user.key', '-v', 'a=b\nc', join(root, 'a')]);
  execFileSync('setfacl', ['-m', 'u:1234:r', join(root, 'big')]);
  utimesSync(join(root, 'empty'), -1.5, -1.5);
}

function changeSource(root: string): void {
  appendFileSync(join(root, 'a'), 'more\n');
  rmSync(join(root, 'empty'));
  rmSync(join(root, 'sub/deep'), { recursive: true });
  writeFileSync(join(root, 'sub/deep'), 'now a file');
  mkdirSync(join(root, 'added'));
  writeFileSync(join(root, 'added/file'), 'new');
  chmodSync(join(root, 'sub/copy'), 0o4600);
}

/** The same bytes each time, which do not compress. */
function noise(bytes: number): Buffer {
  return execFileSync('openssl', ['enc', '-aes-128-ctr', '-K', '0'.repeat(32), '-iv', '0'.repeat(32)], {
    input: Buffer.alloc(bytes),
    maxBuffer: 2 * bytes,
  });
}
