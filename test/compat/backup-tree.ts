/** A tree with one of everything a file system can hold. What needs root is left out without it. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  ftruncateSync,
  lchownSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  openSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { syscalls } from '../../src/host.ts';
import { requirePeer } from '../peers.ts';
import { noise } from './backup-world.ts';

const MIB = 2 ** 20;
const isRoot = process.getuid?.() === 0;

/** Latin-1 text as the bytes of a path. */
function raw(...names: string[]): Buffer {
  return Buffer.from(names.join('/'), 'latin1');
}

export async function makeEverything(root: string): Promise<void> {
  mkdirSync(root);
  makeNames(join(root, 'names'));
  makeModes(join(root, 'modes'));
  makeLinks(join(root, 'links'));
  makeTimes(join(root, 'times'));
  makeSizes(join(root, 'sizes'));
  makeAttributes(join(root, 'attributes'));
  await makeSpecials(join(root, 'special'));
  if (isRoot) makeDevices(join(root, 'special'));
}

function makeNames(folder: string): void {
  mkdirSync(folder);
  const odd = [
    'a\nb',
    'tab\t',
    'bell\x07',
    '-',
    '-rf',
    '"quoted"',
    "'",
    'back\\slash',
    '\\n',
    ' ',
    '  x',
    '\x7f',
    '\x01',
  ];
  const html = ['<a href="x">&amp;', '$&', "$'", '$1', ',"size":5,', '%s', '~', '...', 'ends ', 'é'];
  const invalid = ['\xff', '\xc3', 'caf\xe9', '\xe2\x80', '\xed\xa0\x80', '\xf4\x90\x80\x80', 'x\x80\x81y'];
  const unicode = [
    'ünï',
    '日本',
    '😀',
    '\u2028',
    '\u2029',
    '\ufeff',
    '\u00ad',
    '\u200b',
    '\ufffd',
    '\u0301',
    '\ue000',
    '\u00a0',
  ];
  const bytes = [...odd, ...html.slice(0, -1), ...invalid].map((name) => Buffer.from(name, 'latin1'));
  const texts = [...unicode, 'é', 'x'.repeat(255), 'ü'.repeat(127)].map((name) => Buffer.from(name));
  for (const name of [...bytes, ...texts]) writeFileSync(Buffer.concat([raw(folder, ''), name]), name);
  mkdirSync(raw(folder, 'dir\xff'));
  writeFileSync(raw(folder, 'dir\xff', 'in\xfe'), 'inside');
}

function makeModes(folder: string): void {
  mkdirSync(folder);
  for (const mode of [0o4755, 0o2755, 0o6711, 0o1644, 0o7777, 0o000, 0o400, 0o222]) {
    writeFileSync(join(folder, `f${mode.toString(8)}`), 'x');
    chmodSync(join(folder, `f${mode.toString(8)}`), mode);
    if (!isRoot && (mode & 0o400) === 0) chmodSync(join(folder, `f${mode.toString(8)}`), 0o400);
  }
  for (const mode of [0o1777, 0o2775, 0o4755, 0o700]) {
    mkdirSync(join(folder, `d${mode.toString(8)}`));
    chmodSync(join(folder, `d${mode.toString(8)}`), mode);
  }
  if (!isRoot) return;
  writeFileSync(join(folder, 'owned'), 'by nobody known');
  chownSync(join(folder, 'owned'), 4_000_000_000, 3_999_999_999);
  writeFileSync(join(folder, 'of-daemon'), 'by somebody known');
  chownSync(join(folder, 'of-daemon'), 1, 1);
  symlinkSync('owned', join(folder, 'link'));
  lchownSync(join(folder, 'link'), 1, 12);
}

function makeLinks(folder: string): void {
  mkdirSync(folder);
  const targets = ['relative', '/absolute/path', '../..', '.', 'a\nb', 'x'.repeat(4000), 'ünï', '<&>"', ' ', '\u2028'];
  for (const [at, target] of targets.entries()) symlinkSync(target, join(folder, `to${at}`));
  mkdirSync(join(folder, 'hard'));
  writeFileSync(join(folder, 'hard', 'one'), 'three names');
  linkSync(join(folder, 'hard', 'one'), join(folder, 'hard', 'two'));
  linkSync(join(folder, 'hard', 'one'), join(folder, 'three'));
}

/** Targets whose bytes are no text: restic 0.14 keeps less of them than we do. */
export function makeRawLinks(folder: string): void {
  mkdirSync(folder);
  symlinkSync(Buffer.from('t\xff\xfe', 'latin1'), join(folder, 'raw'));
  symlinkSync(Buffer.from('caf\xe9/x', 'latin1'), join(folder, 'latin1'));
  linkSync(join(folder, 'raw'), join(folder, 'raw-again'));
  symlinkSync('real-\ufffd', join(folder, 'replacement'));
}

function makeTimes(folder: string): void {
  mkdirSync(folder);
  const moments: [string, number, number][] = [
    ['nanos', 1_600_000_000, 123_456_789],
    ['trailing', 1_600_000_000, 120_000_000],
    ['one', 1_600_000_000, 1],
    ['before-1970', -2, 500_000_000],
    ['long-ago', -1_000_000_000, 999_999_999],
    ['far', 4_102_444_800, 1],
    ['beyond-32-bits', 8_589_934_592, 5],
    ['zero', 0, 0],
  ];
  for (const [name, seconds, nanos] of moments) {
    writeFileSync(join(folder, name), name);
    symlinkSync(name, join(folder, `${name}-link`));
    mkdirSync(join(folder, `${name}-dir`));
    for (const end of ['', '-link', '-dir']) setTime(`${folder}/${name}${end}`, seconds, nanos);
  }
}

/** Sets the modification time; the access time is another one, which no backup shall show. */
export function setTime(path: string, seconds: number, nanos: number): void {
  const times = { atimeSeconds: 1_500_000_000, atimeNanos: 7, mtimeSeconds: seconds, mtimeNanos: nanos };
  syscalls.setTimes(syscalls.CWD, Buffer.from(path).toString('latin1'), times);
}

function makeSizes(folder: string): void {
  mkdirSync(folder);
  const edges = [512 * 1024, MIB, 8 * MIB, 16 * MIB, 24 * MIB, 32 * MIB];
  const sizes = [0, 1, 63, 64, 65, ...edges.flatMap((size) => [size - 1, size, size + 1]), 40 * MIB];
  const content = noise(1, 41 * MIB);
  // Each file begins at another byte, so that none is the beginning of the next.
  for (const [at, size] of sizes.entries()) writeFileSync(join(folder, `s${size}`), content.subarray(at, at + size));
  const repeated = noise(2, 10 * MIB);
  writeFileSync(join(folder, 'repeated'), Buffer.concat(Array.from({ length: 10 }, () => repeated)));
  writeFileSync(join(folder, 'zeros'), Buffer.alloc(20 * MIB));
  const sparse = openSync(join(folder, 'sparse'), 'w');
  ftruncateSync(sparse, 60 * MIB);
  writeSync(sparse, content, 0, 5 * MIB, 17 * MIB + 123);
  closeSync(sparse);
  const hole = openSync(join(folder, 'only-hole'), 'w');
  ftruncateSync(hole, 3 * MIB);
  closeSync(hole);
  mkdirSync(join(folder, 'empty-directory'));
}

function makeAttributes(folder: string): void {
  mkdirSync(folder);
  for (const name of ['user', 'many', 'acl', 'cap', 'trusted']) writeFileSync(join(folder, name), name);
  mkdirSync(join(folder, 'dir'));
  const set = (name: string, attribute: string, value: Uint8Array): void =>
    syscalls.setXattr(syscalls.CWD, join(folder, name), { attribute, value });
  set('user', 'user.text', Buffer.from('plain'));
  set('user', 'user.empty', new Uint8Array(0));
  set(
    'user',
    'user.binary',
    Uint8Array.from({ length: 256 }, (_, byte) => byte),
  );
  set('user', 'user.<&"\xc3\xbc>', Buffer.from('odd name'));
  set('dir', 'user.of-dir', Buffer.from('d'));
  for (let i = 0; i < 40; i++) set('many', `user.n${(i * 7) % 40}`, noise(i, 50 + i));
  execFileSync(requirePeer('setfacl'), ['-m', 'u:1:rw,g:12:r', join(folder, 'acl')]);
  execFileSync(requirePeer('setfacl'), ['-m', 'd:u:1:rwx,u:2:rx', join(folder, 'dir')]);
  if (!isRoot) return;
  set('trusted', 'trusted.gfid', noise(9, 16));
  set('trusted', 'security.selfmade', noise(10, 30));
  execFileSync(requirePeer('setcap'), ['cap_net_raw,cap_net_admin=ep', join(folder, 'cap')]);
}

/** Deeper than a path may be long; restic cannot read that, we can. */
export function makeDepth(folder: string): void {
  mkdirSync(folder);
  const name = 'd'.repeat(200);
  let fd = syscalls.openDirectory(syscalls.CWD, folder);
  for (let level = 0; level < 25; level++) {
    syscalls.makeDirectory(fd, name, 0o755);
    const next = syscalls.openDirectory(fd, name);
    syscalls.closeFd(fd);
    fd = next;
  }
  const { O_CREAT, O_WRONLY } = constants;
  const file = syscalls.open(fd, 'bottom', { flags: O_CREAT | O_WRONLY, mode: 0o644 });
  writeSync(file, 'deep');
  syscalls.closeFd(file);
  syscalls.makeSymlink(fd, 'link', 'bottom');
  syscalls.closeFd(fd);
}

async function makeSpecials(folder: string): Promise<void> {
  mkdirSync(folder);
  syscalls.makeFifo(syscalls.CWD, join(folder, 'fifo'), 0o640);
  await using server = createServer();
  // A socket stays in the file system only while nobody closes its server properly, so it gets a second name.
  await new Promise<void>((resolve) => server.listen(join(folder, 'listening'), resolve));
  linkSync(join(folder, 'listening'), join(folder, 'socket'));
  lutimesSync(join(folder, 'fifo'), 5, 1_234_567_890);
}

function makeDevices(folder: string): void {
  const node = (name: string, kind: number, rdev: bigint): void =>
    syscalls.makeNode(syscalls.CWD, join(folder, name), { mode: kind | 0o600, rdev });
  node('null', constants.S_IFCHR, syscalls.deviceNumber(1, 3));
  node('block', constants.S_IFBLK, syscalls.deviceNumber(7, 4097));
  node('large', constants.S_IFCHR, syscalls.deviceNumber(4000, 1_000_000));
  node('none', constants.S_IFCHR, 0n);
}
