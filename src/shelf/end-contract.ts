/** What every end of a shelf does, whatever is behind it; run by the tests of each. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import {
  existsSync,
  lstatSync,
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
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import type { ShelfEnd } from './model.ts';

export interface EndWorld {
  /** An end over the folder `root` of this machine, however it gets there. */
  open(root: string, onProblem: (text: string) => void): ShelfEnd;
}

const MIB = 1024 * 1024;
const ODD = "a b/it's $HOME/é\\n\n/x";
const quiet = new AbortController().signal;

/** An end over an empty root, and a folder around it that the end must not touch. */
interface Stand {
  folder: string;
  root: string;
  end: ShelfEnd;
  problems: string[];
  open: EndWorld['open'];
  put: (path: string, content?: string | Uint8Array) => void;
}

export function endContract(name: string, { open }: EndWorld): void {
  // One that is over ssh waits more than it works.
  describe(`a shelf's end: ${name}`, { concurrency: 4 }, () => {
    for (const [title, check] of Object.entries(CASES))
      it(title, async () => {
        const folder = mkdtempSync(join(tmpdir(), 'holdfast-end-'));
        const stand = standIn(folder, open);
        try {
          await check(stand);
        } finally {
          await stand.end[Symbol.asyncDispose]();
          rmSync(folder, { recursive: true, force: true });
        }
      });
  });
}

function standIn(folder: string, open: EndWorld['open']): Stand {
  const root = join(folder, 'root');
  mkdirSync(root);
  const problems: string[] = [];
  const put = (path: string, content: string | Uint8Array = '') => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  };
  return { folder, root, problems, open, put, end: open(root, (text) => problems.push(text)) };
}

const CASES: Record<string, (stand: Stand) => Promise<void>> = {
  'lists files, folders and sidecars, and follows no links': async ({ root, end, put }) => {
    put('tracs/d/a.tar.gz', 'content');
    utimesSync(join(root, 'tracs/d/a.tar.gz'), 1368009999, 1368010000.5);
    put('tracs/d/a.tar.gz.dna', "{'dig': 'x', 'size': 7}\n");
    put('tracs/d/a.tar.gz.sha256', 'one\ntwo\n');
    put(`${ODD}.dna`, 'odd\n');
    put('big.sha256', 'x'.repeat(4097));
    put('limit.sha256', `${'x'.repeat(4095)}\n`);
    put('none.dna');
    mkdirSync(join(root, 'tracs/LOCKED'));
    symlinkSync('/etc', join(root, 'tracs/etc'));
    symlinkSync('d/a.tar.gz', join(root, 'tracs/link.tar.gz'));
    const { files, folders, sidecars } = await end.list(quiet);
    const archive = files.find(({ path }) => path === 'tracs/d/a.tar.gz');
    assert.deepEqual(archive, { path: 'tracs/d/a.tar.gz', bytes: 7, modifiedMs: 1368010000500 });
    assert.deepEqual(files.map(({ path }) => path).sort(), [
      `${ODD}.dna`,
      'big.sha256',
      'limit.sha256',
      'none.dna',
      'tracs/d/a.tar.gz',
      'tracs/d/a.tar.gz.dna',
      'tracs/d/a.tar.gz.sha256',
    ]);
    const odd = ['a b', "a b/it's $HOME", "a b/it's $HOME/é\\n\n"];
    assert.deepEqual([...folders].sort(), [...odd, 'tracs', 'tracs/LOCKED', 'tracs/d']);
    assert.equal(sidecars.get('tracs/d/a.tar.gz.dna'), "{'dig': 'x', 'size': 7}\n");
    assert.equal(sidecars.get('tracs/d/a.tar.gz.sha256'), 'one\ntwo\n');
    assert.equal(sidecars.get(`${ODD}.dna`), 'odd\n');
    assert.equal(sidecars.get('limit.sha256')?.length, 4096);
    assert.deepEqual([sidecars.get('big.sha256'), sidecars.get('none.dna')], ['', '']);
  },

  'leaves out names that are not UTF-8, and says so': async ({ root, end, problems, put }) => {
    put('fine');
    writeFileSync(Buffer.concat([Buffer.from(`${root}/bad`), Buffer.from([0xff])]), '');
    const { files } = await end.list(quiet);
    assert.deepEqual(
      files.map(({ path }) => path),
      ['fine'],
    );
    assert.equal(problems.length, 1);
    assert.match(problems[0]!, /not UTF-8: bad/);
  },

  'lists an empty root, and says when there is none': async ({ root, end }) => {
    const { files, folders, sidecars } = await end.list(quiet);
    assert.deepEqual([files.length, folders.length, sidecars.size], [0, 0, 0]);
    rmSync(root, { recursive: true });
    await assert.rejects(end.list(quiet), { code: 'not-found', message: /root/ });
  },

  'computes both digests, of nothing, of little and of much': async ({ end, put }) => {
    for (const content of [Buffer.alloc(0), Buffer.from('x'), randomBytes(12 * MIB + 5)]) {
      put(ODD, content);
      const seen: number[] = [];
      const digests = await end.digest(ODD, quiet, (bytes) => seen.push(bytes));
      const hash = (algorithm: string) => createHash(algorithm).update(content).digest('hex');
      assert.deepEqual(digests, { bytes: content.length, md5: hash('md5'), sha256: hash('sha256') });
      assert.equal(seen.at(-1) ?? 0, content.length);
    }
    await assert.rejects(end.digest('none', quiet), { code: 'not-found' });
    await assert.rejects(end.digest(ODD, AbortSignal.abort(new Error('enough'))), /enough/);
  },

  'tells sizes': async ({ root, end, put }) => {
    put(ODD, 'four');
    assert.equal(await end.size(ODD), 4);
    assert.equal(await end.size('none'), undefined);
    assert.equal(await end.size('no/such/folder'), undefined);
    mkdirSync(join(root, 'folder'));
    await assert.rejects(end.size('folder'), { code: 'storage-failed', message: /plain file/ });
  },

  'reads from any place on': async ({ end, put }) => {
    const content = randomBytes(3 * MIB + 7);
    put('a/b', content);
    for (const offset of [0, 1, MIB, content.length - 1, content.length]) {
      const read = Buffer.concat(await Array.fromAsync(end.read('a/b', offset, quiet)));
      assert.ok(read.equals(content.subarray(offset)), `from ${offset}`);
    }
    await assert.rejects(Array.fromAsync(end.read('a/none', 0, quiet)), { code: 'not-found' });
    for await (const _ of end.read('a/b', 0, quiet)) break;
  },

  'writes with the folders it takes, goes on anywhere, and cuts what is behind': async ({ root, end }) => {
    const content = randomBytes(2 * MIB + 100);
    await end.write(ODD, 0, pieces(content), quiet);
    assert.ok(readFileSync(join(root, ODD)).equals(content));
    await end.write(ODD, MIB + 1, pieces(content.subarray(0, 10)), quiet);
    assert.ok(
      readFileSync(join(root, ODD)).equals(Buffer.concat([content.subarray(0, MIB + 1), content.subarray(0, 10)])),
    );
    await end.write(ODD, 5, pieces(Buffer.alloc(0)), quiet);
    assert.equal(statSync(join(root, ODD)).size, 5);
    await assert.rejects(end.write(ODD, 6, pieces(content), quiet), { code: 'storage-failed', message: /before/ });
    await assert.rejects(end.write('new', 1, pieces(content), quiet), { code: 'storage-failed' });
  },

  'keeps what has arrived when the bytes end in a failure': async ({ root, end }) => {
    const broken = async function* () {
      yield Buffer.alloc(2 * MIB, 'x');
      throw new Error('the source broke');
    };
    await assert.rejects(end.write('a', 0, broken(), quiet), /the source broke/);
    assert.ok((statSync(join(root, 'a'), { throwIfNoEntry: false })?.size ?? 0) <= 2 * MIB);
    await end.write('a', 0, pieces(Buffer.from('again')), quiet);
    assert.equal(readFileSync(join(root, 'a'), 'utf8'), 'again');
  },

  'renames with a time, and never onto what is there': async ({ root, end, put }) => {
    put(`${ODD}.part`, 'new');
    await end.rename(`${ODD}.part`, ODD, 1368010000123);
    assert.equal(readFileSync(join(root, ODD), 'utf8'), 'new');
    assert.equal(Math.floor(statSync(join(root, ODD)).mtimeMs), 1368010000123);
    assert.equal(existsSync(join(root, `${ODD}.part`)), false);
    put('from', 'mine');
    put('to', 'other');
    await assert.rejects(end.rename('from', 'to', 0), { code: 'refused', message: /to.* is there already/ });
    assert.deepEqual(
      ['from', 'to'].map((name) => readFileSync(join(root, name), 'utf8')),
      ['mine', 'other'],
    );
    await assert.rejects(end.rename('none', 'new', 0), { code: 'not-found' });
  },

  'places small files whole, also over others': async ({ root, end }) => {
    await end.place(ODD, 'first é\n');
    await end.place(ODD, 'second\n');
    assert.equal(readFileSync(join(root, ODD), 'utf8'), 'second\n');
    assert.deepEqual(readdirSync(dirname(join(root, ODD))), ['x']);
    await end.place('empty', '');
    assert.equal(readFileSync(join(root, 'empty'), 'utf8'), '');
  },

  'removes files, and is content when there are none': async ({ root, end, put }) => {
    put(ODD);
    await end.remove(ODD);
    assert.equal(existsSync(join(root, ODD)), false);
    await end.remove(ODD);
    await end.remove('no/such/folder');
  },

  'removes empty folders in one pass, but no locked ones and not the root': async ({ root, end, put }) => {
    for (const path of ['a/b/c/d', 'a/e', 'keep', 'a b/x', 'locked/HERE.LOCKED/in', 'marked/in/deep'])
      mkdirSync(join(root, path), { recursive: true });
    put('keep/file');
    put('marked/LOCKED');
    assert.deepEqual((await end.removeEmptyFolders('a')).sort(), ['a', 'a/b', 'a/b/c', 'a/b/c/d', 'a/e']);
    assert.deepEqual(await end.removeEmptyFolders('a b/x'), ['a b/x']);
    for (const locked of ['locked/HERE.LOCKED', 'locked/HERE.LOCKED/in', 'marked/in'])
      assert.deepEqual(await end.removeEmptyFolders(locked), []);
    assert.deepEqual(await end.removeEmptyFolders(''), ['a b']);
    assert.deepEqual(readdirSync(root).sort(), ['keep', 'locked', 'marked']);
    rmSync(join(root, 'keep'), { recursive: true });
    rmSync(join(root, 'locked'), { recursive: true });
    rmSync(join(root, 'marked'), { recursive: true });
    assert.deepEqual(await end.removeEmptyFolders(''), []);
    assert.ok(existsSync(root));
  },

  'tells the free space': async ({ end }) => {
    const free = await end.freeBytes();
    assert.ok(Number.isSafeInteger(free) && free > 0, String(free));
  },

  'refuses paths that leave the root': async ({ folder, end }) => {
    const outside = join(folder, 'outside');
    writeFileSync(outside, 'secret');
    for (const path of ['../outside', 'a/../../outside', '/etc/passwd', '', 'a//b', './a', 'a/.', 'a/'])
      await allRefused(end, path);
    assert.equal(readFileSync(outside, 'utf8'), 'secret');
  },

  'goes through no symbolic link, in the way or at the end': async ({ folder, root, end }) => {
    const outside = join(folder, 'outside');
    mkdirSync(outside);
    writeFileSync(join(outside, 'file'), 'secret');
    symlinkSync(outside, join(root, 'out'));
    symlinkSync(join(outside, 'file'), join(root, 'link'));
    symlinkSync(join(folder, 'nowhere'), join(root, 'dangling'));
    mkdirSync(join(root, 'in'));
    symlinkSync('in', join(root, 'within'));
    for (const path of ['out/file', 'link', 'out/new/file', 'within/file']) await allRefused(end, path);
    for (const path of ['dangling', 'dangling/file'])
      await assert.rejects(end.write(path, 0, pieces(Buffer.from('x')), quiet), { code: 'target-unsafe' }, path);
    await assert.rejects(end.removeEmptyFolders('out'), { code: 'target-unsafe' });
    assert.deepEqual([readdirSync(outside), readdirSync(join(root, 'in'))], [['file'], []]);
    assert.equal(readFileSync(join(outside, 'file'), 'utf8'), 'secret');
    assert.equal(existsSync(join(folder, 'nowhere')), false);
    assert.ok(lstatSync(join(root, 'link')).isSymbolicLink());
  },

  'takes a root that is a symbolic link itself': async ({ folder, root, put, open }) => {
    const link = join(folder, 'link');
    symlinkSync(root, link);
    put('a', 'here');
    const other = open(link, () => {});
    assert.equal(await other.size('a'), 4);
    assert.equal((await other.list(quiet)).files.length, 1);
    await other[Symbol.asyncDispose]();
  },

  'says what is in the way': async ({ root, end, put }) => {
    put('file', 'x');
    await assert.rejects(end.write('file/below', 0, pieces(Buffer.from('x')), quiet), { code: 'storage-failed' });
    mkdirSync(join(root, 'folder'));
    await assert.rejects(end.write('folder', 0, pieces(Buffer.from('x')), quiet), { code: 'storage-failed' });
    await assert.rejects(end.remove('folder'), { code: 'storage-failed' });
    await assert.rejects(end.place('folder', 'x'), { code: 'storage-failed' });
  },
};

async function* pieces(content: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += MIB) yield content.subarray(at, at + MIB);
}

/** By everything that takes a path. */
async function allRefused(end: ShelfEnd, path: string): Promise<void> {
  const works = [
    () => end.size(path),
    () => end.digest(path, quiet),
    () => Array.fromAsync(end.read(path, 0, quiet)),
    () => end.write(path, 0, pieces(Buffer.from('x')), quiet),
    () => end.place(path, 'x'),
    () => end.remove(path),
    () => end.rename(path, `${path}2`, 0),
  ];
  await Promise.all(works.map((work) => assert.rejects(async () => await work(), { code: 'target-unsafe' }, path)));
}
