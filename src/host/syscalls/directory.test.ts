import assert from 'node:assert/strict';
import { constants, lstatSync, mkdtempSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openBeneath } from './beneath.ts';
import * as directory from './directory.ts';
import { CWD } from './libc.ts';
import { listNames } from './names.ts';
import { StatRecord, statInto } from './stat.ts';

const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
const root = mkdtempSync(join(tmpdir(), 'holdfast-'));
let at = -1;
before(() => {
  at = directory.openDirectory(CWD, root);
});
after(() => {
  directory.closeFd(at);
  rmSync(root, { recursive: true });
});

function write(dirFd: number, name: string, text: string): void {
  const fd = directory.open(dirFd, name, { flags: CREATE, mode: 0o640 });
  writeSync(fd, text);
  directory.closeFd(fd);
}

test('names that are not UTF-8 are kept byte for byte', () => {
  const names = ['\xff\xfe', 'caf\xe9', 'new\nline', ' ', 'x'.repeat(255)];
  assert.equal(directory.makeDirectory(at, 'raw', 0o755), true);
  const raw = directory.openDirectory(at, 'raw');
  for (const name of names) write(raw, name, name);
  assert.deepEqual(listNames(raw).sort(), [...names].sort());
  assert.equal(readFileSync(Buffer.from(`${root}/raw/caf\xe9`, 'latin1'), 'utf8'), 'café');
  directory.closeFd(raw);
});

test('make, rename, link and remove', () => {
  assert.equal(directory.makeDirectory(at, 'd', 0o700), true);
  assert.equal(directory.makeDirectory(at, 'd', 0o700), false);
  write(at, 'f', 'text');
  directory.rename({ dirFd: at, name: 'f' }, { dirFd: at, name: 'd/g' });
  directory.makeHardLink({ dirFd: at, name: 'd/g' }, { dirFd: at, name: 'h' });
  assert.equal(readFileSync(join(root, 'h'), 'utf8'), 'text');
  assert.equal(lstatSync(join(root, 'h')).nlink, 2);
  assert.throws(() => directory.removeDirectory(at, 'd'), { code: 'ENOTEMPTY' });
  assert.equal(directory.removeFile(at, 'd/g'), true);
  assert.equal(directory.removeFile(at, 'd/g'), false);
  assert.equal(directory.removeDirectory(at, 'd'), true);
  assert.equal(directory.removeDirectory(at, 'd'), false);
});

test('symbolic links keep raw targets, and are not followed', () => {
  directory.makeSymlink(at, 'l', '../\xff/caf\xe9');
  assert.equal(directory.readLink(at, 'l'), '../\xff/caf\xe9');
  assert.throws(() => directory.openDirectory(at, 'l'), { code: 'ENOTDIR' });
  assert.throws(() => directory.open(at, 'l', { flags: CREATE }), { code: 'EEXIST' });
  assert.throws(() => directory.changeMode(at, 'l', 0o777), { code: 'ENOTSUP' });
});

test('modes with setuid and sticky, and owners', () => {
  write(at, 'm', '');
  directory.changeMode(at, 'm', 0o4711);
  assert.equal(lstatSync(join(root, 'm')).mode & 0o7777, 0o4711);
  directory.changeOwner(at, 'm', { uid: -1, gid: -1 });
  assert.throws(() => directory.changeOwner(at, 'absent', { uid: 0, gid: 0 }), { code: 'ENOENT' });
});

test('an owner beyond 2^31', { skip: process.getuid?.() === 0 ? false : 'needs root' }, () => {
  directory.makeSymlink(at, 'owned', 'anything');
  directory.changeOwner(at, 'owned', { uid: 4_000_000_000, gid: 12345 });
  const { uid, gid } = lstatSync(join(root, 'owned'));
  assert.deepEqual({ uid, gid }, { uid: 4_000_000_000, gid: 12345 });
});

test('a tree deeper than PATH_MAX is built, read and removed by descriptors', () => {
  const name = 'deep-'.repeat(40);
  const fds = [at];
  for (let depth = 0; depth < 50; depth++) {
    directory.makeDirectory(fds[depth]!, name, 0o755);
    fds.push(directory.openDirectory(fds[depth]!, name));
  }
  write(fds.at(-1)!, 'bottom', 'here');
  const path = `${`${name}/`.repeat(50)}bottom`;
  assert.ok(path.length > 10_000);
  const fd = openBeneath(at, path, { flags: constants.O_RDONLY });
  assert.equal(readFileSync(fd, 'utf8'), 'here');
  directory.closeFd(fd);
  const stat = new StatRecord();
  assert.throws(() => statInto(at, path, stat), { code: 'ENAMETOOLONG' });
  directory.removeFile(fds.at(-1)!, 'bottom');
  for (const parent of fds.toReversed()) {
    directory.removeDirectory(parent, name);
    if (parent !== at) directory.closeFd(parent);
  }
  assert.equal(statInto(at, name, stat), false);
});
