/** Which paths restic takes and which we take, for the same tree and the same options. */
import assert from 'node:assert/strict';
import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { expandGlob, type GlobFiles, parseFilesFrom } from '../../src/source/files/files-from.ts';
import { createRestoreFilter, type RestoreFilterOptions } from '../../src/source/files/include.ts';
import { createSelection, rejectsBesideTags, type Selection } from '../../src/source/files/select.ts';
import { openQuickRestic, type QuickRestic, type ResticRunner, skipWithoutRestic } from './quick-restic.ts';
import {
  BACKUP_CASES,
  type BackupCase,
  ENVIRONMENT,
  RESTORE_CASES,
  randomFrom,
  randomPatterns,
  TREE,
  withRoot,
} from './selection-cases.ts';

suite('selection beside restic', { skip: skipWithoutRestic }, () => {
  let restic: QuickRestic;
  let root: string;
  before(() => {
    restic = openQuickRestic();
    root = join(restic.directory, 'tree');
    buildTree(root);
  });
  after(() => restic[Symbol.dispose]());

  test(`backup takes the same paths in ${BACKUP_CASES.length} cases`, async () => {
    await inLanes(restic, BACKUP_CASES, (lane, options, index) => compareBackup(lane, root, { options, index }));
  });

  test('backup takes the same paths for 40 random pattern lists', async () => {
    const random = randomFrom(20260802);
    const cases = Array.from({ length: 40 }, () => ({ exclude: randomPatterns(random) }));
    await inLanes(restic, cases, (lane, options, index) => compareBackup(lane, root, { options, index: 1000 + index }));
  });

  test('restic refuses the patterns we refuse', async () => {
    for (const pattern of ['[', 'a[', '[]a]', '[a-]', '[-a]', 'x\\', '[\\', '[^]', '[a/b]', 'ok/[', '!['])
      await assertRefused(restic, root, pattern);
  });

  test('restore writes the same paths', async () => {
    const all = walk(root, createSelection({}));
    const made = await restic.run(['backup', '-q', root]);
    assert.equal(made.status, 0, made.stderr);
    await inLanes(restic, RESTORE_CASES, (lane, options, index) => compareRestore(lane, root, { options, index, all }));
  });

  test('restore writes the same paths for 20 random include lists', async () => {
    const random = randomFrom(7);
    const all = walk(root, createSelection({}));
    const cases = Array.from({ length: 20 }, () => ({ include: randomPatterns(random) }));
    await inLanes(restic, cases, (lane, options, index) =>
      compareRestore(lane, root, { options, index: 1000 + index, all }),
    );
  });

  test('--files-from stands for the same targets', async () => {
    for (const pattern of [
      '*.c',
      's*/*.c',
      'do?s/[a-b]',
      '\\*',
      'star\\*name',
      '**/main.c',
      'src',
      'caf*',
      'x*/',
      'none*',
    ])
      await compareFilesFrom(restic, root, pattern);
  });
});

function buildTree(root: string): void {
  for (const [path, content] of Object.entries(TREE)) {
    const full = Buffer.from(posix.join(root, path), 'latin1');
    const directory = path.endsWith('/') ? full : Buffer.from(posix.dirname(posix.join(root, path)), 'latin1');
    mkdirSync(directory, { recursive: true });
    if (!path.endsWith('/')) writeFileSync(full, content, 'latin1');
  }
  symlinkSync('a.log', join(root, 'link-to-a-rather-long-target'));
  symlinkSync('src', join(root, 'src-link'));
}

/** A scan as simple as can be: every selected path below and including `root`. */
function walk(root: string, selection: Selection): string[] {
  const taken: string[] = [];
  const visit = (path: string) => {
    const status = lstatSync(Buffer.from(path, 'latin1'));
    if (selection.rejectsPath(path, status.isDirectory())) return;
    if (!status.isDirectory() && selection.rejectsSize(status.size)) return;
    if (rejectsBesideTags(posix.basename(path), tagsThatHold(posix.dirname(path), selection))) return;
    taken.push(path);
    if (status.isDirectory()) for (const name of namesIn(path)) visit(posix.join(path, name));
  };
  visit(root);
  return taken.sort();
}

function namesIn(path: string): string[] {
  return readdirSync(Buffer.from(path, 'latin1'), { encoding: 'buffer' }).map((name) => name.toString('latin1'));
}

function tagsThatHold(directory: string, selection: Selection) {
  return selection.tagFiles.filter((tag) => {
    const path = Buffer.from(posix.join(directory, tag.name), 'latin1');
    const status = lstatSync(path, { throwIfNoEntry: false });
    if (status === undefined || tag.headerBytes === 0) return status !== undefined;
    return status.isFile() && tag.matches(readFileSync(path));
  });
}

async function compareBackup(
  restic: ResticRunner,
  root: string,
  { options, index }: { options: BackupCase; index: number },
) {
  const { exclude = [], iexclude = [], file, ifile, ...others } = options;
  const excludes = exclude.map((pattern) => withRoot(pattern, root));
  const ours = walk(
    root,
    createSelection({
      ...others,
      excludes,
      iexcludes: iexclude,
      environment: ENVIRONMENT,
      excludeFiles: file === undefined ? [] : [Buffer.from(file, 'latin1')],
      iexcludeFiles: ifile === undefined ? [] : [Buffer.from(ifile, 'latin1')],
    }),
  );
  const args = [
    ...excludes.map((pattern) => `--exclude=${pattern}`),
    ...iexclude.map((pattern) => `--iexclude=${pattern}`),
  ];
  for (const [flag, content] of Object.entries({ 'exclude-file': file, 'iexclude-file': ifile })) {
    if (content === undefined) continue;
    const path = join(restic.directory, `${flag}-${index}`);
    writeFileSync(path, content, 'latin1');
    args.push(`--${flag}=${path}`);
  }
  args.push(...(others.excludeIfPresent ?? []).map((tag) => `--exclude-if-present=${tag}`));
  if (others.excludeCaches) args.push('--exclude-caches');
  if (others.excludeLargerThanBytes !== undefined) args.push(`--exclude-larger-than=${others.excludeLargerThanBytes}`);
  assert.deepEqual(ours, await backedUp(restic, root, [...args, root]), JSON.stringify(options));
}

/** What a backup by restic holds of the tree. */
async function backedUp(restic: ResticRunner, root: string, args: string[]): Promise<string[]> {
  const made = await restic.run(['backup', '--json', '--force', ...args], ENVIRONMENT);
  assert.equal(made.status, 0, made.stderr);
  const id = /"snapshot_id":"([0-9a-f]+)"/.exec(made.stdout)?.[1];
  assert.ok(id !== undefined, made.stdout);
  const listed = await restic.run(['ls', '-q', '--no-lock', id]);
  assert.equal(listed.status, 0, listed.stderr);
  const isBelow = (path: string) => path === root || path.startsWith(`${root}/`);
  return listed.stdout.split('\n').filter(isBelow).sort();
}

async function assertRefused(restic: ResticRunner, root: string, pattern: string): Promise<void> {
  assert.throws(() => createSelection({ excludes: [pattern] }), { code: 'usage' }, pattern);
  assert.throws(() => createRestoreFilter({ iinclude: [pattern] }), { code: 'usage' }, pattern);
  const made = await restic.run(['backup', '--dry-run', `--exclude=${pattern}`, root]);
  assert.notEqual(made.status, 0, pattern);
  assert.match(made.stderr, /invalid pattern/);
}

interface RestoreCase {
  options: RestoreFilterOptions;
  index: number;
  all: string[];
}

async function compareRestore(restic: ResticRunner, root: string, { options, index, all }: RestoreCase): Promise<void> {
  const target = join(restic.directory, `restored-${index}`);
  const rooted = Object.entries(options).map(
    ([flag, patterns]) => [flag, patterns.map((pattern: string) => withRoot(pattern, root))] as const,
  );
  const args = rooted.flatMap(([flag, patterns]) => patterns.map((pattern: string) => `--${flag}=${pattern}`));
  const done = await restic.run([
    'restore',
    '--no-lock',
    'latest',
    `--path=${root}`,
    '-q',
    '--target',
    target,
    ...args,
  ]);
  assert.equal(done.status, 0, done.stderr);
  const ours = restored(root, all, createRestoreFilter(Object.fromEntries(rooted)));
  assert.deepEqual(ours, writtenBelow(target), JSON.stringify(options));
  rmSync(target, { recursive: true, force: true });
}

/** Every path a restore writes: the selected ones and the directories above them. */
function restored(root: string, all: string[], filter: ReturnType<typeof createRestoreFilter>): string[] {
  const parents = ancestors(root);
  const written = new Set<string>();
  const closed = new Set<string>();
  for (const path of [...parents, ...all]) {
    if (closed.has(posix.dirname(path))) {
      closed.add(path);
      continue;
    }
    const choice = filter.choose(path);
    if (choice.selected) for (const above of [path, ...ancestors(path)]) written.add(above);
    if (!choice.mayHaveSelectedBelow) closed.add(path);
  }
  return [...written].sort();
}

/** The directories above a path, from the top down, without the root. */
function ancestors(path: string): string[] {
  const above = posix.dirname(path);
  return above === '/' ? [] : [...ancestors(above), above];
}

function writtenBelow(target: string): string[] {
  if (lstatSync(target, { throwIfNoEntry: false }) === undefined) return [];
  return walk(target, createSelection({}))
    .map((path) => path.slice(target.length))
    .filter((path) => path !== '')
    .sort();
}

async function compareFilesFrom(restic: ResticRunner, root: string, pattern: string): Promise<void> {
  const list = join(restic.directory, 'files-from');
  writeFileSync(list, `# targets\n\n  ${root}/${pattern}\n${root}/-dash\n`);
  const files: GlobFiles = {
    exists: async (path) => lstatSync(Buffer.from(path, 'latin1'), { throwIfNoEntry: false }) !== undefined,
    names: async (path) => {
      const status = lstatSync(Buffer.from(path, 'latin1'), { throwIfNoEntry: false });
      return status?.isDirectory() || path.endsWith('src-link') ? namesIn(path) : [];
    },
  };
  const targets: string[] = [];
  for (const line of parseFilesFrom(readFileSync(list))) targets.push(...(await expandGlob(line, files)));
  const taken = new Set(targets.flatMap((target) => walk(target, createSelection({}))));
  const theirs = await backedUp(restic, root, [`--files-from=${list}`]);
  const isAbove = (path: string) => !taken.has(path) && targets.some((target) => target.startsWith(`${path}/`));
  assert.deepEqual(
    [...taken].sort(),
    theirs.filter((path) => !isAbove(path)),
    pattern,
  );
}

/** Several at a time, as restic spends most of a short backup asleep, waiting for others to see its lock. */
async function inLanes<Case>(
  restic: QuickRestic,
  cases: Case[],
  compare: (lane: ResticRunner, one: Case, index: number) => Promise<void>,
): Promise<void> {
  const rest = cases.entries();
  const lanes = Array.from({ length: 5 }, (_, number) => restic.copy(`vault-${number}`));
  await Promise.all(
    lanes.map(async (lane) => {
      for (const [index, one] of rest) await compare(lane, one, index);
    }),
  );
}
