/** What is given as a target, and what is left out: the same root tree as stock restic's for the same words. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import type { SelectionOptions } from '../../src/source.ts';
import { describePeer } from '../peers.ts';
import { World } from './backup-world.ts';

interface Case {
  targets: string[];
  selection?: SelectionOptions;
  /** The same for restic. */
  flags?: string[];
  /** Below `source`. */
  within?: string;
}

/** `@` stands for the folder that the relative targets begin in. */
const CASES: Record<string, Case> = {
  'one directory': { targets: ['a'] },
  'several directories': { targets: ['b', 'a'] },
  'a directory and what is in it': { targets: ['a', 'a/sub'] },
  'what is in a directory before the directory': { targets: ['a/sub', 'a'] },
  'the same directory in other words': { targets: ['a', './a/', 'b/../a', 'a//'] },
  'the working directory': { targets: ['.'] },
  'the working directory and one in it': { targets: ['.', 'a'] },
  'the working directory and one elsewhere': { targets: ['.', '../b'], within: 'a' },
  'the directory above': { targets: ['..'], within: 'a/sub' },
  'a path through the directory above': { targets: ['../../b/x.o', 'deep'], within: 'a/sub' },
  'two places under one name': { targets: ['sub', '../b/sub', '../c/sub'], within: 'a' },
  'single files': { targets: ['a/one.txt', 'b/x.o', 'top'] },
  'a file beside its directory': { targets: ['a/one.txt', 'a'] },
  'a symbolic link to a directory': { targets: ['to-a'] },
  'a symbolic link to a file': { targets: ['to-file', 'to-nothing'] },
  'a path through a symbolic link': { targets: ['to-a/sub', 'to-a/one.txt'] },
  'a pattern': { targets: ['.'], selection: { excludes: ['*.o'] }, flags: ['--exclude', '*.o'] },
  'a pattern that meets the target': {
    targets: ['a', 'b'],
    selection: { excludes: ['/b', 'a/sub'] },
    flags: ['--exclude', '/b', '--exclude', 'a/sub'],
  },
  'a pattern that meets one target': {
    targets: ['top', 'b/x.o', 'a'],
    selection: { excludes: ['top'] },
    flags: ['--exclude', 'top'],
  },
  'an exception to a pattern': {
    targets: ['a'],
    selection: { excludes: ['*.txt', '!one.txt'] },
    flags: ['--exclude', '*.txt', '--exclude', '!one.txt'],
  },
  'a pattern without regard to case': {
    targets: ['.'],
    selection: { iexcludes: ['*.TXT'] },
    flags: ['--iexclude', '*.TXT'],
  },
  'no large files': {
    targets: ['.'],
    selection: { excludeLargerThanBytes: 1000 },
    flags: ['--exclude-larger-than', '1000'],
  },
  'no caches': { targets: ['.'], selection: { excludeCaches: true }, flags: ['--exclude-caches'] },
  'no directories with a mark': {
    targets: ['.'],
    selection: { excludeIfPresent: ['.nobackup'] },
    flags: ['--exclude-if-present', '.nobackup'],
  },
  'a marked directory as the target': {
    targets: ['c/marked', 'c/marked/inside'],
    selection: { excludeIfPresent: ['.nobackup'] },
    flags: ['--exclude-if-present', '.nobackup'],
  },
};

const MOUNTS: Record<string, Case> = {
  'the file system of the target': { targets: ['m'] },
  'a target on another file system inside a target': { targets: ['m', 'm/mounted'] },
  'a target deep inside another file system': { targets: ['m', 'm/mounted/inner'] },
  'a target that is a mount point': { targets: ['m/mounted'] },
  'the working directory, with a mount in it': { targets: ['.'], within: 'm' },
};

describePeer('targets', ['restic'], () => {
  let world: World;
  before(async () => {
    world = new World();
    makeTree(world);
    await world.init();
  });
  after(() => world[Symbol.dispose]());

  for (const [name, given] of Object.entries(CASES)) it(name, () => compare(world, given));

  it('that are missing are told and do not stop the rest', async () => {
    const ran = await world.ours(['a', 'typo', 'a/none/deeper']);
    assert.deepEqual(
      ran.problems
        .map(({ path, message, harmless }) => [path.slice(world.source.length), message, harmless])
        .toSorted(),
      [
        ['/a/none/deeper', 'does not exist', false],
        ['/typo', 'does not exist', false],
      ],
    );
    assert.equal(ran.errors, 2);
    assert.notEqual(ran.tree, '');
  });

  it('that are all missing make no snapshot', async () => {
    await assert.rejects(world.ours(['typo', '/none/there']), { code: 'source-missing' });
    await assert.rejects(world.ours([]), { code: 'source-missing' });
  });
});

describePeer('one file system', ['restic', 'root'], () => {
  let world: World;
  before(async () => {
    world = new World();
    mkdirSync(world.at('m', 'mounted'), { recursive: true });
    writeFileSync(world.at('m', 'file'), 'outside');
    writeFileSync(world.at('m', 'bound'), '');
    execFileSync('mount', ['-t', 'tmpfs', 'none', world.at('m', 'mounted')]);
    mkdirSync(world.at('m', 'mounted', 'inner'));
    writeFileSync(world.at('m', 'mounted', 'inside'), 'inside');
    writeFileSync(world.at('m', 'mounted', 'inner', 'deep'), 'deep inside');
    execFileSync('mount', ['--bind', world.at('m', 'mounted', 'inside'), world.at('m', 'bound')]);
    await world.init();
  });
  after(() => {
    execFileSync('umount', [world.at('m', 'bound'), world.at('m', 'mounted')]);
    world[Symbol.dispose]();
  });

  for (const [name, given] of Object.entries(MOUNTS))
    it(name, () => compare(world, { ...given, selection: { oneFileSystem: true }, flags: ['--one-file-system'] }));

  it('leaves nothing in the vault that is not whole', () => {
    const checked = world.restic(['check']);
    assert.equal(checked.status, 0, checked.stderr);
  });
});

async function compare(world: World, { targets, selection = {}, flags = [], within = '' }: Case): Promise<void> {
  const cwd = world.at(within);
  const ours = await world.ours(targets, { selection, workingDirectory: cwd });
  assert.deepEqual(ours.problems, []);
  const theirs = await world.theirs(['--force', ...flags, ...targets], { cwd });
  assert.equal(theirs.status, 0, theirs.stderr);
  if (ours.tree !== theirs.tree) {
    const list = (id: string): string => world.restic(['ls', '-l', id]).stdout;
    assert.equal(list(ours.snapshotId!), list(theirs.snapshotId));
  }
  assert.deepEqual([theirs.dataBlobs, theirs.treeBlobs, ours.tree], [0, 0, theirs.tree]);
}

function makeTree(world: World): void {
  for (const folder of ['a/sub/deep', 'b/sub', 'c/sub', 'c/marked/inside', 'c/cache/inside'])
    mkdirSync(world.at(folder), { recursive: true });
  const files = ['top', 'a/one.txt', 'a/two.txt', 'a/x.o', 'a/sub/three.TXT', 'a/sub/deep/four', 'b/x.o', 'b/sub/y'];
  for (const file of [...files, 'c/sub/z', 'c/marked/.nobackup', 'c/marked/inside/lost', 'c/cache/inside/lost'])
    writeFileSync(world.at(file), file);
  writeFileSync(world.at('c/cache/CACHEDIR.TAG'), 'Signature: 8a477f597d28d172789f06886806bc55\n');
  writeFileSync(world.at('a/large'), '');
  truncateSync(world.at('a/large'), 1001);
  writeFileSync(world.at('a/just-so'), Buffer.alloc(1000));
  symlinkSync('a', world.at('to-a'));
  symlinkSync('a/one.txt', world.at('to-file'));
  symlinkSync('nowhere', world.at('to-nothing'));
}

describe('names', () => {
  it('of the cases are all different', () => assert.ok(Object.keys({ ...CASES, ...MOUNTS }).length >= 25));
});
