/**
 * `npm run quickstart [-- PATH]`: the main job on real input, with the program as a user would run it. Backs up PATH (/etc)
 * into a new vault, reads every byte back, restores, compares the two trees, and brings a deleted file back.
 * Ends with exit code 0 only when all of it was right. What the user may not read is named and does not count.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  lstatSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  type Stats,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { styleText } from 'node:util';
import { formatBytes, MIB } from '../src/base/bytes.ts';
import { type Comparison, compareTrees, recordTree } from './compare-trees.ts';

const BIN = fileURLToPath(new URL('../bin', import.meta.url));
const EXIT_INCOMPLETE = 3;
const EXIT_INTERRUPTED = 130;
/** Lines of what could not be compared, or is different, that are shown. */
const LINES_MAX = 40;
/** Beside the vault and the restored tree. */
const SPARE_BYTES = 64 * MIB;

interface Place {
  source: string;
  folder: string;
  vault: string;
  password: string;
  restored: string;
}

interface Proof {
  what: string;
  result: string;
  seconds: number;
  /** Amount worked through, for a rate. */
  bytes?: number;
}

/** What went wrong, said in one line. */
class Failed extends Error {
  readonly exitCode: number;
  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

async function quickstart(source: string): Promise<void> {
  const before = recordTree(Buffer.from(source).toString('latin1'));
  const place = makePlace(source, before.bytes);
  print(styleText('bold', 'Holdfast quickstart'));
  print(`  source      ${source} (${before.signatures.size} entries, ${formatBytes(before.bytes)})`);
  print(`  everything  ${place.folder}`);

  heading('1  Create a vault: a restic repository, encrypted with a password of its own');
  await holdfast(place, ['init']);
  heading('2  Back up');
  const backup = await holdfast(place, ['backup', source]);
  heading('3  Read every byte back and check it');
  const check = await holdfast(place, ['check', '--read-data']);
  heading('4  Restore into a new directory');
  const restore = await holdfast(place, ['restore', 'latest', '--target', place.restored]);
  heading('5  Compare with the source: types, bytes, modes, owners, times, links, …');
  const begin = performance.now();
  const comparison = compare(place, before);
  const compareSeconds = (performance.now() - begin) / 1000;
  // What another user may not set, the command has named and the comparison leaves out.
  const judged = isRoot() ? [backup, restore] : [backup];
  judge(
    comparison,
    judged.some(({ code }) => code === EXIT_INCOMPLETE),
  );
  heading('6  Delete a file and bring it back');
  const back = await bringBack(place, before);

  const { bytes } = comparison;
  printProofs([
    { what: 'backed up', result: kinds(comparison), seconds: backup.seconds, bytes },
    { what: 'read back', result: 'every byte of the vault is right', seconds: check.seconds, bytes },
    { what: 'restored', result: 'into a new directory', seconds: restore.seconds, bytes },
    { what: 'compared', result: comparedText(comparison), seconds: compareSeconds, bytes },
    ...(back === undefined ? [] : [{ what: 'brought back', result: 'a deleted file', seconds: back.seconds }]),
  ]);
  printNext(place);
}

/** A private directory for vault, password and restored tree. */
function makePlace(source: string, bytes: number): Place {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'holdfast-quickstart-'));
  const { bavail, bsize } = statfsSync(folder);
  const needed = 2 * bytes + SPARE_BYTES;
  const trouble = `${folder}/`.startsWith(source.endsWith('/') ? source : `${source}/`)
    ? `${source} holds ${dirname(folder)}, where the vault would be made`
    : bavail * bsize < needed
      ? `${dirname(folder)} has ${formatBytes(bavail * bsize)} free, and ${formatBytes(needed)} may be needed`
      : undefined;
  if (trouble !== undefined) {
    rmSync(folder, { recursive: true });
    throw new Failed(`${trouble}.\nSet TMPDIR to a directory elsewhere, or give a smaller path.`);
  }
  const place = { source, folder, vault: join(folder, 'vault'), restored: join(folder, 'restored') };
  const password = join(folder, 'password');
  writeFileSync(password, `${randomBytes(18).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
  return { ...place, password };
}

/** Runs one command with its output where ours goes. @throws {Failed} unless it is done or incomplete. */
async function holdfast(place: Place, args: string[]): Promise<{ code: number; seconds: number }> {
  print(styleText('dim', `$ holdfast ${args.map(quoted).join(' ')}`));
  const begin = performance.now();
  const child = spawn(join(BIN, 'holdfast'), args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: environment(place),
  });
  // The terminal interrupts us as well, and we must live until the command has cleaned up.
  const wait = () => undefined;
  process.on('SIGINT', wait);
  const { promise, resolve: done, reject } = Promise.withResolvers<number>();
  child.once('error', reject).once('exit', (status) => done(status ?? EXIT_INTERRUPTED));
  const code = await promise;
  process.off('SIGINT', wait);
  if (code === EXIT_INTERRUPTED) throw new Failed('interrupted', code);
  if (code !== 0 && code !== EXIT_INCOMPLETE) throw new Failed(`holdfast ${args[0]} ended with exit code ${code}.`);
  return { code, seconds: (performance.now() - begin) / 1000 };
}

/** The user's own vault and password must not get in the way. */
function environment({ vault, password }: Place): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^(?:HOLDFAST|RESTIC)_/.test(name));
  return { ...Object.fromEntries(own), HOLDFAST_VAULT: vault, HOLDFAST_PASSWORD_FILE: password };
}

function compare(place: Place, before: ReturnType<typeof recordTree>): Comparison {
  const raw = (path: string): string => Buffer.from(path).toString('latin1');
  const copy = raw(join(place.restored, place.source));
  return compareTrees({ source: raw(place.source), copy, before, isRoot: isRoot() });
}

/** @throws {Failed} when anything is different, or nothing was compared, or a command left out what could be compared. */
function judge(comparison: Comparison, isIncomplete: boolean): void {
  const { differences, notCompared } = comparison;
  if (notCompared.length > 0) {
    print(styleText('yellow', `not compared: ${notCompared.length}`));
    printSome(notCompared);
  }
  if (!isRoot()) print('As this user is not root, owners, setuid and setgid were not compared.');
  if (differences.length > 0) {
    print(styleText('red', `different: ${differences.length}`));
    printSome(differences);
    throw new Failed(`${count(differences.length, 'difference')} between the source and what was restored.`);
  }
  if (comparison.files + comparison.directories === 0) throw new Failed('Nothing could be compared.');
  if (isIncomplete && notCompared.length === 0) throw new Failed('A command was incomplete, and nothing says why.');
  print(`${styleText('green', '✔ same:')} ${kinds(comparison)}`);
}

/** Deletes a file of the restored tree and restores only that. Undefined when there is no file to do it with. */
async function bringBack(
  place: Place,
  before: ReturnType<typeof recordTree>,
): Promise<{ seconds: number } | undefined> {
  const path = findFile(join(place.restored, place.source));
  if (path === undefined) {
    print('There is no file to delete.');
    return undefined;
  }
  print(styleText('dim', `$ rm ${quoted(path)}`));
  rmSync(path);
  const original = path.slice(place.restored.length);
  const pattern = original.replace(/[\\*?[\]]/g, '\\$&');
  const run = await holdfast(place, ['restore', 'latest', '--include', pattern, '--target', place.restored]);
  if (!lstatSync(path, { throwIfNoEntry: false })?.isFile()) throw new Failed(`${path} did not come back.`);
  const { differences } = compare(place, before);
  printSome(differences);
  if (differences.length > 0) throw new Failed('After bringing a file back, the trees are not the same.');
  print(`${styleText('green', '✔ back:')} ${original}, and the trees are the same again`);
  return run;
}

/** The first regular file with content and one name, breadth first, so that the path is short. */
function findFile(root: string): string | undefined {
  const folders = [root];
  for (let folder = folders.shift(); folder !== undefined; folder = folders.shift()) {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isFile() && !path.includes('\uFFFD') && isGoodExample(lstatSync(path))) return path;
      if (entry.isDirectory()) folders.push(path);
    }
  }
  return undefined;
}

/** A file that has another name besides would come back as a copy of it. */
function isGoodExample({ size, nlink }: Stats): boolean {
  return size > 0 && nlink === 1;
}

function kinds({ files, directories, symlinks, specials }: Comparison): string {
  const parts = [
    count(files, 'file'),
    directories === 1 ? '1 directory' : `${directories} directories`,
    ...(symlinks > 0 ? [count(symlinks, 'symlink')] : []),
    ...(specials > 0 ? [count(specials, 'special file')] : []),
  ];
  return parts.join(', ');
}

function comparedText({ notCompared }: Comparison): string {
  return notCompared.length === 0 ? 'no difference' : `no difference; ${notCompared.length} not compared`;
}

function printProofs(proofs: Proof[]): void {
  heading('Proven');
  for (const { what, result, seconds, bytes } of proofs) {
    const rate = bytes === undefined ? '' : `${formatBytes(Math.round(bytes / Math.max(seconds, 0.001)))}/s`;
    const mark = styleText('green', '✔');
    const numbers = `${seconds.toFixed(1)} s`.padStart(7) + (rate === '' ? '' : rate.padStart(13));
    print(`${mark} ${what.padEnd(13)}${result.padEnd(42)}${numbers}`);
  }
  print('Times include starting the program and opening the vault.');
}

function printNext({ source, folder, vault, password }: Place): void {
  heading('What to type next');
  print(`export PATH=${quoted(BIN)}:$PATH
export HOLDFAST_VAULT=${quoted(vault)}
export HOLDFAST_PASSWORD_FILE=${quoted(password)}
holdfast snapshots                  # what the vault holds
holdfast ls -l latest | less        # what the newest snapshot holds
${`holdfast backup ${quoted(source)}`.padEnd(35)} # again: only what has changed is read
holdfast --help                     # everything else
rm -r ${quoted(folder)}   # when you are done`);
}

function heading(text: string): void {
  print(`\n${styleText('bold', text)}`);
}

function printSome(lines: string[]): void {
  for (const line of lines.slice(0, LINES_MAX)) print(`  ${line}`);
  if (lines.length > LINES_MAX) print(`  … and ${lines.length - LINES_MAX} more`);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** As it can be pasted into a shell. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function isRoot(): boolean {
  return process.getuid!() === 0;
}

/** Paths are relative to where npm was called. */
function sourceOf(args: string[]): string {
  if (args.length > 1) throw new Failed('Give one path: npm run quickstart -- PATH', 2);
  const path = resolve(process.env['INIT_CWD'] ?? '.', args[0] ?? '/etc');
  if (!lstatSync(path, { throwIfNoEntry: false })) throw new Failed(`There is no ${path}.`, 2);
  const real = realpathSync(path);
  if (!lstatSync(real).isDirectory()) throw new Failed(`${path} is not a directory.`, 2);
  return real;
}

try {
  await quickstart(sourceOf(process.argv.slice(2)));
} catch (error) {
  if (!(error instanceof Failed)) throw error;
  process.stderr.write(`\n${styleText('red', '✖', { stream: process.stderr })} ${error.message}\n`);
  process.exitCode = error.exitCode;
}
