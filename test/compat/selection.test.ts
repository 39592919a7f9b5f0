/** Which paths restic takes and which we take, for the same tree and the same options. */
import assert from 'node:assert/strict';
import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { expandGlob, type GlobFiles, parseFilesFrom } from '../../src/source/files/files-from.ts';
import { createRestoreFilter, type RestoreFilterOptions } from '../../src/source/files/include.ts';
import { toRaw } from '../../src/source/files/raw-text.ts';
import {
  createSelection,
  rejectsBesideTags,
  type Selection,
  type SelectionOptions,
} from '../../src/source/files/select.ts';
import { openQuickRestic, type QuickRestic, skipWithoutRestic } from './quick-restic.ts';

const CACHE_HEADER = 'Signature: 8a477f597d28d172789f06886806bc55';
const ENVIRONMENT = { WANTED: 'docs', DOTTED: '*.log', SPACED: 'two words' };

/** Raw paths below the tree's root with their content; a slash at the end makes an empty directory. */
const TREE: Record<string, string> = {
  'readme.txt': 'hello',
  'README.TXT': 'HELLO',
  'a.log': 'x'.repeat(3000),
  'b.LOG': 'y'.repeat(1025),
  'c.log.gz': 'z'.repeat(1024),
  '!bang': 'b',
  '#hash': 'h',
  $dollar: 'd',
  'star*name': 's',
  'question?name': 'q',
  'brack[et]s': 'k',
  'back\\slash': 'l',
  'two words': 'w',
  ' lead and trail ': 'w',
  '-dash': 'd',
  'caret^': 'c',
  '..dots': 'd',
  'caf\xe9': 'not UTF-8',
  [toRaw('café')]: 'UTF-8',
  [toRaw('CAFÉ')]: 'UTF-8',
  [toRaw('Ωmega')]: 'o',
  [toRaw('ωMEGA')]: 'o',
  [toRaw('日本語.txt')]: 'j',
  [toRaw('İstanbul')]: 'i',
  'src/main.c': 'm',
  'src/main.o': 'o',
  'src/lib/util.c': 'u',
  'src/lib/util.o': 'u',
  'src/lib/deep/er/est.c': 'e',
  'src/lib/deep/er/est.o': 'e',
  'src/node_modules/pkg/index.js': 'n',
  'src/node_modules/keep/index.js': 'n',
  'docs/src/main.c': 'm',
  'docs/a/b/c/d.md': 'd',
  'docs/a/b/d.md': 'd',
  'docs/a/d.md': 'd',
  'docs/empty/': '',
  'docs/a/x/b/y.txt': 'y',
  'docs/a/x/b/y/z.txt': 'z',
  'cache/CACHEDIR.TAG': `${CACHE_HEADER}\n# a comment`,
  'cache/blob': 'c',
  'cache/sub/blob': 'c',
  'cache/.nobackup': '',
  'false-cache/CACHEDIR.TAG': 'Signature: something else entirely, as long as the one',
  'false-cache/blob': 'c',
  'short-cache/CACHEDIR.TAG': 'Sig',
  'short-cache/blob': 'c',
  'skipme/.nobackup': '',
  'skipme/data': 'd',
  'skipme/sub/data': 'd',
  'marked/.mark': 'one two',
  'marked/data': 'd',
  'Mixed/Case/File.TXT': 'm',
  'mixed/case/file.txt': 'm',
  'tagdir/.nobackup/inside': 'a directory as tag',
  'tagdir/data': 'd',
  'x/x/x/x': 'x',
  'x/y/x/y': 'x',
};

/** `~` at the beginning of a pattern, or behind its `!`, stands for the root of the tree. */
type BackupCase = SelectionOptions & { exclude?: string[]; iexclude?: string[]; file?: string; ifile?: string };

const BACKUP_CASES: BackupCase[] = [
  {},
  { exclude: ['*.log'] },
  { exclude: ['*.log', '*.txt', '*.o'] },
  { exclude: ['a.log'] },
  { exclude: ['src'] },
  { exclude: ['src/'] },
  { exclude: ['./src'] },
  { exclude: ['src//lib/.'] },
  { exclude: ['nothing/../src/lib'] },
  { exclude: ['/src'] },
  { exclude: ['~/src'] },
  { exclude: ['~/src/'] },
  { exclude: ['~/s*'] },
  { exclude: ['~/*/src'] },
  { exclude: ['src/*.c'] },
  { exclude: ['src/main.c'] },
  { exclude: ['src/*/*.c'] },
  { exclude: ['src/**/*.c'] },
  { exclude: ['~/src/**/*.o'] },
  { exclude: ['~/**/*.o'] },
  { exclude: ['**/*.o'] },
  { exclude: ['**/src/*'] },
  { exclude: ['~/docs/**'] },
  { exclude: ['docs/**'] },
  { exclude: ['docs/**/d.md'] },
  { exclude: ['docs/a/**/d.md'] },
  { exclude: ['~/docs/a/**/b/**'] },
  { exclude: ['docs/**/b/**/z.txt'] },
  { exclude: ['a/**/b/**'] },
  { exclude: ['**/a/**/b/**'] },
  { exclude: ['x/**/x'] },
  { exclude: ['**/x/x/**'] },
  { exclude: ['d**s'] },
  { exclude: ['**.c'] },
  { exclude: ['**'] },
  { exclude: ['/'] },
  { exclude: ['/**'] },
  { exclude: ['*'] },
  { exclude: ['?'] },
  { exclude: ['caf?'] },
  { exclude: ['caf??'] },
  { exclude: ['caf[é]'] },
  { exclude: ['caf[^e]'] },
  { exclude: ['café'] },
  { exclude: ['???.txt'] },
  { exclude: ['[日-本]*'] },
  { exclude: ['[a-c].*'] },
  { exclude: ['[^a-z]*'] },
  { exclude: ['[!a-z]*'] },
  { exclude: ['[z-a]*'] },
  { exclude: ['*[.]*'] },
  { exclude: ['[\\^^]*', '*[\\]]*'] },
  { exclude: ['*[x^]'] },
  { exclude: ['star\\*name'] },
  { exclude: ['question\\?name'] },
  { exclude: ['brack\\[et\\]s'] },
  { exclude: ['brack[[]et]s'] },
  { exclude: ['back\\\\slash'] },
  { exclude: ['\\s\\r\\c'] },
  { exclude: ['two words', ' lead and trail '] },
  { exclude: ['#hash', '$dollar', '-dash', '..dots'] },
  { exclude: ['!bang'] },
  { exclude: ['\\!bang'] },
  { exclude: ['*.c', '!main.c'] },
  { exclude: ['!main.c', '*.c'] },
  { exclude: ['*.c', '!main.c', '~/src/main.c'] },
  { exclude: ['src/lib', '!src/lib/util.c'] },
  { exclude: ['~/src/**', '!~/src/lib', '!~/src/lib/**'] },
  { exclude: ['node_modules/*', '!node_modules/keep'] },
  { exclude: ['*', '!*.c'] },
  { exclude: ['~/*', '!~/docs'] },
  { exclude: ['~/*', '!~/docs', '!~/docs/a/**', '~/docs/a/x'] },
  { exclude: ['!'] },
  { exclude: ['', '*.o'] },
  { iexclude: ['*.LOG'] },
  { iexclude: ['readme.txt'] },
  { iexclude: ['MIXED/case'] },
  { iexclude: ['café', 'ωmega'] },
  { iexclude: ['İSTANBUL', 'istanbul'] },
  { iexclude: ['[A-C].LOG'] },
  { iexclude: ['*.TXT', '!README.txt'] },
  { exclude: ['*.c'], iexclude: ['*.LOG'] },
  { exclude: ['!main.c'], iexclude: ['*.C'] },
  { file: '# comment\n\n  *.log  \n\t$WANTED\n' },
  { file: '\x24{WANTED}/a\r\n$DOTTED\r\n' },
  { file: '$$dollar\n$SPACED' },
  { file: '\\#hash\n!bang\n' },
  { file: '$UNSET*.o\n\x24{UNSET}main.c\n' },
  { file: '\x24{}*.o\nmain.\x24{UNSET}c\n$' },
  { file: 'x/\x24{\n\x24{WANTED' },
  { file: '$*src\n$1main.o\n\x24{1}a.log' },
  { file: '\xef\xbb\xbf*.o\n' },
  { file: '\xff\xfe*\0.\0o\0\n\0' },
  { file: 'caf\xe9\n' },
  { file: 'caf\xc3\xa9 \n' },
  { file: '\xc2\xa0*.o\xe3\x80\x80\n' },
  { file: '!src/lib/util.c', exclude: ['src/lib/*'] },
  { ifile: '*.LOG\n!B.log\n' },
  { excludeIfPresent: ['.nobackup'] },
  { excludeIfPresent: ['.mark:one'] },
  { excludeIfPresent: ['.mark:one two'] },
  { excludeIfPresent: ['.mark:one two three'] },
  { excludeIfPresent: ['.mark:two'] },
  { excludeIfPresent: ['.mark:', 'CACHEDIR.TAG'] },
  { excludeIfPresent: ['readme.txt'] },
  { excludeIfPresent: ['absent', '.nobackup:x'] },
  { excludeCaches: true },
  { excludeCaches: true, excludeIfPresent: ['.nobackup'] },
  { excludeLargerThanBytes: 1024 },
  { excludeLargerThanBytes: 0 },
  { excludeLargerThanBytes: 3000 },
  { excludeLargerThanBytes: 4 },
  { excludeLargerThanBytes: 1024, exclude: ['*.gz'], excludeCaches: true },
];

const RESTORE_CASES: RestoreFilterOptions[] = [
  { include: ['*.c'] },
  { include: ['src'] },
  { include: ['~/src/lib'] },
  { include: ['~/src/lib/util.c', '~/docs'] },
  { include: ['~/src/**/*.o'] },
  { include: ['src/**/deep'] },
  { include: ['~/docs/a/**/b/**'] },
  { include: ['~/docs/*/d.md'] },
  { include: ['*.c', '!main.c'] },
  { include: ['~/docs/**', '!~/docs/a'] },
  { include: ['~/src', '!~/src/lib'] },
  { include: ['~/docs/a/b/c/d.md', '!d.md'] },
  { include: ['caf?'] },
  { include: ['/nothing'] },
  { include: ['/'] },
  { iinclude: ['*.LOG'] },
  { iinclude: ['MIXED/case'] },
  { iinclude: ['CAFÉ'], include: ['*.o'] },
  { include: ['docs/empty'] },
  { exclude: ['*.c', 'docs/a'] },
  { exclude: ['~/src', '!~/src/lib'] },
  { exclude: ['*.c', '!main.c'] },
  { exclude: ['**'] },
  { iexclude: ['*.LOG', 'readme*'] },
  { iexclude: ['İstanbul'], exclude: ['x/**/y'] },
];

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
    await inTwos(BACKUP_CASES, (options, index) => compareBackup(restic, root, { options, index }));
  });

  test('backup takes the same paths for 40 random pattern lists', async () => {
    const random = randomFrom(20260802);
    const cases = Array.from({ length: 40 }, () => ({ exclude: randomPatterns(random) }));
    await inTwos(cases, (options, index) => compareBackup(restic, root, { options, index: 1000 + index }));
  });

  test('restic refuses the patterns we refuse', async () => {
    for (const pattern of ['[', 'a[', '[]a]', '[a-]', '[-a]', 'x\\', '[\\', '[^]', '[a/b]', 'ok/[', '!['])
      await assertRefused(restic, root, pattern);
  });

  test('restore writes the same paths', async () => {
    const all = walk(root, createSelection({}));
    const made = await restic.run(['backup', '-q', root]);
    assert.equal(made.status, 0, made.stderr);
    await inTwos(RESTORE_CASES, (options, index) => compareRestore(restic, root, { options, index, all }));
  });

  test('restore writes the same paths for 20 random include lists', async () => {
    const random = randomFrom(7);
    const all = walk(root, createSelection({}));
    const cases = Array.from({ length: 20 }, () => ({ include: randomPatterns(random) }));
    await inTwos(cases, (options, index) => compareRestore(restic, root, { options, index: 1000 + index, all }));
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
  restic: QuickRestic,
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
async function backedUp(restic: QuickRestic, root: string, args: string[]): Promise<string[]> {
  const made = await restic.run(['backup', '--json', '--force', ...args], ENVIRONMENT);
  assert.equal(made.status, 0, made.stderr);
  const id = /"snapshot_id":"([0-9a-f]+)"/.exec(made.stdout)?.[1];
  assert.ok(id !== undefined, made.stdout);
  const listed = await restic.run(['ls', '-q', id]);
  assert.equal(listed.status, 0, listed.stderr);
  const isBelow = (path: string) => path === root || path.startsWith(`${root}/`);
  return listed.stdout.split('\n').filter(isBelow).sort();
}

async function assertRefused(restic: QuickRestic, root: string, pattern: string): Promise<void> {
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

async function compareRestore(restic: QuickRestic, root: string, { options, index, all }: RestoreCase): Promise<void> {
  const target = join(restic.directory, `restored-${index}`);
  const rooted = Object.entries(options).map(
    ([flag, patterns]) => [flag, patterns.map((pattern: string) => withRoot(pattern, root))] as const,
  );
  const args = rooted.flatMap(([flag, patterns]) => patterns.map((pattern: string) => `--${flag}=${pattern}`));
  const done = await restic.run(['restore', 'latest', `--path=${root}`, '-q', '--target', target, ...args]);
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

async function compareFilesFrom(restic: QuickRestic, root: string, pattern: string): Promise<void> {
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

function withRoot(pattern: string, root: string): string {
  return pattern.replace(/^(!?)~/, `$1${root}`);
}

/** Two at a time, one for each core of a small machine. */
async function inTwos<Case>(cases: Case[], compare: (one: Case, index: number) => Promise<void>): Promise<void> {
  const rest = cases.entries();
  const lane = async () => {
    for (const [index, one] of rest) await compare(one, index);
  };
  await Promise.all([lane(), lane()]);
}

/** A small generator of pseudo-random numbers in [0, 1), for cases that are the same in every run. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const WORDS = [
  'src',
  'docs',
  'a',
  'b',
  'x',
  'y',
  'lib',
  'main.c',
  'd.md',
  '*',
  '**',
  '**',
  '*.c',
  '?',
  '[a-x]',
  'd*',
  '*i*',
  '[^x]*',
];

function randomPatterns(random: () => number): string[] {
  const pick = <Item>(items: Item[]): Item => items[Math.floor(random() * items.length)]!;
  return Array.from({ length: 1 + Math.floor(random() * 3) }, () => {
    const words = Array.from({ length: 1 + Math.floor(random() * 4) }, () => pick(WORDS));
    return `${pick(['', '', '', '!'])}${pick(['', '~/', '~/', '/**/'])}${words.join('/')}`;
  });
}
