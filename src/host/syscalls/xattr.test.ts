import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { CWD } from './libc.ts';
import { getXattr, hasXattrAt, listXattrNames, removeXattr, setXattr } from './xattr.ts';

const directory = mkdtempSync(join(tmpdir(), 'holdfast-'));
after(() => rmSync(directory, { recursive: true }));
const asRoot = { skip: process.getuid?.() === 0 ? false : 'needs root' };
const allBytes = Uint8Array.from({ length: 256 }, (_, i) => i);

function file(name: string): string {
  const path = join(directory, name);
  writeFileSync(path, '');
  return path;
}

test('binary and empty values come back, by path, by directory and name, and by descriptor', () => {
  const path = file('values');
  const at = openSync(directory, 'r');
  const fd = openSync(path, 'r');
  for (const [dirFd, name] of [
    [CWD, path],
    [at, 'values'],
    [fd, ''],
  ] as const) {
    setXattr(dirFd, name, { attribute: 'user.bytes', value: allBytes });
    setXattr(dirFd, name, { attribute: 'user.empty', value: new Uint8Array(0) });
    assert.deepEqual([...listXattrNames(dirFd, name)].sort(), ['user.bytes', 'user.empty']);
    assert.deepEqual(getXattr(dirFd, name, 'user.bytes'), Buffer.from(allBytes));
    assert.deepEqual(getXattr(dirFd, name, 'user.empty'), Buffer.alloc(0));
    assert.equal(getXattr(dirFd, name, 'user.none'), undefined);
    assert.equal(removeXattr(dirFd, name, 'user.bytes'), true);
    assert.equal(removeXattr(dirFd, name, 'user.bytes'), false);
    assert.deepEqual(listXattrNames(dirFd, name), ['user.empty']);
    removeXattr(dirFd, name, 'user.empty');
  }
  closeSync(fd);
  closeSync(at);
});

test('files without attributes share one frozen empty list', () => {
  const names = listXattrNames(CWD, file('bare'));
  assert.equal(names, listXattrNames(CWD, file('bare too')));
  assert.deepEqual(names, []);
  assert.ok(Object.isFrozen(names));
  assert.deepEqual(listXattrNames(CWD, '/proc/self/status'), []);
});

test('attribute names that are not UTF-8 and values near the file system’s limit', () => {
  const path = file('odd');
  setXattr(CWD, path, { attribute: 'user.\xff\xfe', value: Buffer.from('a') });
  assert.deepEqual(listXattrNames(CWD, path), ['user.\xff\xfe']);
  assert.equal(getXattr(CWD, path, 'user.\xff\xfe')?.toString(), 'a');
});

test('lists and values larger than the first buffer', { skip: tmpfsSkip() }, () => {
  const shared = mkdtempSync('/dev/shm/holdfast-');
  try {
    const path = join(shared, 'large');
    writeFileSync(path, '');
    const value = Buffer.alloc(60_000, 7);
    setXattr(CWD, path, { attribute: 'user.large', value });
    const names = Array.from({ length: 40 }, (_, i) => `user.${String(i).padStart(200, 'n')}`);
    for (const attribute of names) setXattr(CWD, path, { attribute, value: Buffer.from('v') });
    assert.deepEqual([...listXattrNames(CWD, path)].sort(), [...names, 'user.large'].sort());
    assert.deepEqual(getXattr(CWD, path, 'user.large'), value);
  } finally {
    rmSync(shared, { recursive: true });
  }
});

test('a symbolic link’s own attributes, not its target’s', asRoot, () => {
  file('linked');
  const link = join(directory, 'link');
  symlinkSync('linked', link);
  const at = openSync(directory, 'r');
  setXattr(at, 'link', { attribute: 'trusted.mark', value: allBytes });
  assert.deepEqual(listXattrNames(at, 'link'), ['trusted.mark']);
  assert.deepEqual(getXattr(CWD, link, 'trusted.mark'), Buffer.from(allBytes));
  assert.deepEqual(listXattrNames(at, 'linked'), []);
  closeSync(at);
});

test('failures name call, file and attribute', () => {
  const path = join(directory, 'missing');
  assert.throws(() => listXattrNames(CWD, path), { code: 'ENOENT', syscall: 'listxattr' });
  assert.throws(
    () => setXattr(CWD, file('x'), { attribute: 'nonsense', value: allBytes }),
    (error: Error) => {
      assert.match(error.message, /^ENOTSUP: .*setxattr '.*x' 'nonsense'$/);
      return true;
    },
  );
  assert.equal(typeof hasXattrAt, 'boolean');
});

/** Large attributes need a file system that takes them: tmpfs from Linux 6.6 on. */
function tmpfsSkip(): string | false {
  let shared: string | undefined;
  try {
    shared = mkdtempSync('/dev/shm/holdfast-');
    setXattr(CWD, shared, { attribute: 'user.probe', value: allBytes });
    return false;
  } catch {
    return 'no tmpfs with user attributes';
  } finally {
    if (shared !== undefined) rmSync(shared, { recursive: true });
  }
}
