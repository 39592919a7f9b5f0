/** A vault of stock restic with two snapshots of a tree that has something of everything, and both programs to ask about it. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  linkSync,
  mkdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type RunResult, recordsOf, runHoldfast } from '../cli/in-process.ts';
import { openQuickRestic, type QuickRestic } from './quick-restic.ts';

const LONG = 'long-'.repeat(40);
/** A name that is not UTF-8. */
export const ODD = Buffer.concat([Buffer.from('odd'), Buffer.of(0xff), Buffer.from('name')]);

export interface CommandWorld extends Disposable {
  restic: QuickRestic;
  source: string;
  vault: string;
  run(...args: string[]): Promise<RunResult>;
  /** What restic prints. @throws when it fails. */
  ok(args: string[]): Promise<string>;
  /** Ids of the two snapshots, oldest first. */
  ids(): Promise<[string, string]>;
}

export async function openWorld(): Promise<CommandWorld> {
  const restic = openQuickRestic();
  const source = join(restic.directory, 'src');
  const vault = join(restic.directory, 'vault');
  const run = (...args: string[]): Promise<RunResult> => holdfast(vault, args);
  const ok = async (args: string[]): Promise<string> => {
    const { status, stdout, stderr } = await restic.run(args);
    assert.equal(status, 0, `${args.join(' ')}: ${stderr}`);
    return Buffer.from(stdout, 'latin1').toString();
  };
  const ids = async (): Promise<[string, string]> => {
    const [one, two] = recordsOf(await run('snapshots', '--json'));
    return [String(one?.['id']), String(two?.['id'])];
  };
  makeSource(source);
  await ok(['backup', '--host', 'one', '--tag', 'a,b', source]);
  changeSource(source);
  await ok(['backup', '--host', 'two', '--tag', 'b', source]);
  return { restic, source, vault, run, ok, ids, [Symbol.dispose]: () => restic[Symbol.dispose]() };
}

export function holdfast(vault: string, args: string[], password = 'quick'): Promise<RunResult> {
  return runHoldfast(['-r', vault, '--no-cache', ...args], { HOLDFAST_PASSWORD: password });
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
