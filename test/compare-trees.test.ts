import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { type Comparison, compareTrees, recordTree } from '../scripts/compare-trees.ts';
import { syscalls } from '../src/host.ts';
import { describePeer } from './peers.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-'));
  makeTree(join(folder, 'source'));
  execFileSync('cp', ['-a', join(folder, 'source'), join(folder, 'copy')]);
});

afterEach(() => rmSync(folder, { recursive: true }));

describe('comparison of trees', () => {
  it('counts all it has seen of two trees that are the same', () => {
    assert.deepEqual(compared(), {
      files: 4,
      directories: 2,
      symlinks: 1,
      specials: 1,
      bytes: 9,
      attributes: 1,
      hardLinks: 1,
      differences: [],
      notCompared: [],
    });
  });

  const CHANGES: Record<string, [change: (copy: string) => void, difference: RegExp]> = {
    content: [(copy) => put(join(copy, 'a'), 'abd'), /^a differs: content$/],
    size: [(copy) => put(join(copy, 'a'), 'abcd'), /^a differs: size$/],
    mode: [(copy) => chmodSync(join(copy, 'a'), 0o600), /^a differs: mode$/],
    'a nanosecond': [(copy) => setTime(copy, 'a', { seconds: 1000, nanos: 2 }), /^a differs: modification time$/],
    'time of a directory': [(copy) => utimesSync(join(copy, 'sub'), 1, 1), /^sub differs: modification time$/],
    target: [(copy) => retarget(join(copy, 'link')), /^link differs: target$/],
    attribute: [(copy) => setAttribute(join(copy, 'sub/b'), 'two'), /^sub\/b differs: user\.note$/],
    'extra attribute': [(copy) => setAttribute(join(copy, 'a'), 'new'), /^a differs: user\.note$/],
    missing: [(copy) => replace(join(copy, 'sub'), (path) => unlinkSync(join(path, 'b'))), /^sub\/b is missing$/],
    extra: [(copy) => replace(join(copy, 'sub'), (path) => put(join(path, 'c'), '')), /^sub\/c is not in the source$/],
    type: [(copy) => replace(copy, () => toDirectory(join(copy, 'a'))), /^a is a directory, not a file$/],
    'hard link': [(copy) => replace(copy, () => unlink(join(copy, 'hard'))), /^hard2 differs: hard links$/],
  };
  for (const [name, [change, difference]] of Object.entries(CHANGES))
    it(`sees a difference: ${name}`, () => {
      change(join(folder, 'copy'));
      const { differences } = compared();
      assert.equal(differences.length, 1, differences.join('; '));
      assert.match(differences[0]!, difference);
    });

  it('names what has been changed in the source meanwhile instead of calling it different', () => {
    const before = recordTree(join(folder, 'source'));
    writeFileSync(join(folder, 'source/a'), 'later');
    const { differences, notCompared } = compareWith(before);
    assert.deepEqual([differences, notCompared], [[], ['a: changed while this ran']]);
  });

  it('has no mercy for a copy that is not there', () => {
    rmSync(join(folder, 'copy'), { recursive: true });
    assert.equal(compared().differences.length, 8);
  });
});

describePeer('comparison of trees as root', ['root'], () => {
  it('sees a difference of owner and group', () => {
    chownSync(join(folder, 'copy/a'), 1, 2);
    assert.deepEqual(compared().differences, ['a differs: owner, group']);
  });
});

function makeTree(root: string): void {
  mkdirSync(join(root, 'sub'), { recursive: true });
  writeFileSync(join(root, 'a'), 'abc');
  setTime(root, 'a', { seconds: 1000, nanos: 1 });
  writeFileSync(join(root, 'hard'), 'hhh');
  linkSync(join(root, 'hard'), join(root, 'hard2'));
  writeFileSync(join(root, 'sub/b'), '');
  setAttribute(join(root, 'sub/b'), 'one');
  symlinkSync('nowhere', join(root, 'link'));
  lutimesSync(join(root, 'link'), 5, 5);
  execFileSync('mkfifo', [join(root, 'fifo')]);
}

function compared(): Comparison {
  return compareWith(recordTree(join(folder, 'source')));
}

function compareWith(before: ReturnType<typeof recordTree>): Comparison {
  const isRoot = process.getuid!() === 0;
  return compareTrees({ source: join(folder, 'source'), copy: join(folder, 'copy'), before, isRoot });
}

/** Writes without moving the modification time. */
function put(path: string, text: string): void {
  replace(path, () => writeFileSync(path, text));
}

/** Does something to what lies at `path` and sets the time back that it had in the source. */
function replace(path: string, change: (path: string) => void): void {
  const like = path.replace('/copy', '/source');
  change(path);
  if (like.endsWith('/c')) return;
  execFileSync('touch', ['-h', '-r', like, path]);
}

function setTime(root: string, name: string, { seconds, nanos }: { seconds: number; nanos: number }): void {
  const times = { atimeSeconds: seconds, atimeNanos: nanos, mtimeSeconds: seconds, mtimeNanos: nanos };
  syscalls.setTimes(syscalls.CWD, join(root, name), times);
}

function setAttribute(path: string, value: string): void {
  syscalls.setXattr(syscalls.CWD, path, { attribute: 'user.note', value: Buffer.from(value) });
}

function retarget(path: string): void {
  unlinkSync(path);
  symlinkSync('elsewhere', path);
  lutimesSync(path, 5, 5);
  const parent = join(path, '..');
  execFileSync('touch', ['-r', parent.replace('/copy', '/source'), parent]);
}

function toDirectory(path: string): void {
  unlinkSync(path);
  mkdirSync(path);
}

/** Makes a name a file of its own with the same content. */
function unlink(path: string): void {
  execFileSync('cp', ['-p', path, `${path}.new`]);
  execFileSync('mv', [`${path}.new`, path]);
}
