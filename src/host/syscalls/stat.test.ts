import assert from 'node:assert/strict';
import { closeSync, linkSync, lstatSync, mkdtempSync, openSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { CWD } from './libc.ts';
import { deviceNumber, StatRecord, statInto } from './stat.ts';

const directory = mkdtempSync(join(tmpdir(), 'holdfast-'));
after(() => rmSync(directory, { recursive: true }));

function assertSame(path: string, stat: StatRecord): void {
  const wanted = lstatSync(path, { bigint: true });
  const got = {
    mode: BigInt(stat.mode),
    uid: BigInt(stat.uid),
    gid: BigInt(stat.gid),
    nlink: BigInt(stat.links),
    size: BigInt(stat.size),
    blocks: BigInt(stat.blocks),
    ino: stat.inode,
    rdev: stat.rdev,
    dev: stat.device,
    mtimeNs: BigInt(stat.mtimeSeconds) * 1_000_000_000n + BigInt(stat.mtimeNanos),
    atimeNs: BigInt(stat.atimeSeconds) * 1_000_000_000n + BigInt(stat.atimeNanos),
    ctimeNs: BigInt(stat.ctimeSeconds) * 1_000_000_000n + BigInt(stat.ctimeNanos),
  };
  for (const [key, value] of Object.entries(got))
    assert.equal(value, wanted[key as keyof typeof got], `${path} ${key}`);
  assert.equal(stat.inodeText, String(wanted.ino));
}

test('one record agrees with Node for files of every kind', () => {
  writeFileSync(join(directory, 'file'), 'x'.repeat(5000), { mode: 0o4750 });
  linkSync(join(directory, 'file'), join(directory, 'second'));
  symlinkSync('nowhere', join(directory, 'link'));
  const stat = new StatRecord();
  for (const path of [join(directory, 'file'), join(directory, 'link'), directory, '/dev/null']) {
    assert.equal(statInto(CWD, path, stat), true);
    assertSame(path, stat);
  }
});

test('a name is taken relative to the directory, an empty name is the descriptor itself', () => {
  const fd = openSync(directory, 'r');
  const stat = new StatRecord();
  writeFileSync(join(directory, 'relative'), 'abc');
  assert.equal(statInto(fd, 'relative', stat), true);
  assertSame(join(directory, 'relative'), stat);
  assert.equal(statInto(fd, '', stat), true);
  assertSame(directory, stat);
  closeSync(fd);
});

test('a missing file is false and leaves no old attributes to be believed', () => {
  const stat = new StatRecord();
  assert.equal(statInto(CWD, directory, stat), true);
  assert.equal(statInto(CWD, join(directory, 'missing'), stat), false);
  assert.equal(stat.mode, 0);
});

test('other failures carry the name of the errno and the path', () => {
  writeFileSync(join(directory, 'plain'), '');
  const path = join(directory, 'plain/below');
  assert.throws(() => statInto(CWD, path, new StatRecord()), {
    name: 'SystemError',
    code: 'ENOTDIR',
    syscall: 'statx',
    path,
    message: `ENOTDIR: not a directory, statx '${path}'`,
  });
});

test('names with NUL and names longer than the kernel takes never reach it', () => {
  const stat = new StatRecord();
  assert.throws(() => statInto(CWD, '/\0etc', stat), { code: 'EINVAL' });
  assert.throws(() => statInto(CWD, 'x'.repeat(4096), stat), { code: 'ENAMETOOLONG' });
  assert.throws(() => statInto(CWD, 'č', stat), { name: 'BugError' });
});

test('inode text is exact over the whole range', () => {
  fc.assert(
    fc.property(fc.bigInt(0n, 2n ** 64n - 1n), (inode) => {
      const stat = new StatRecord();
      stat.inodeLow = Number(inode & 0xffff_ffffn);
      stat.inodeHigh = Number(inode >> 32n);
      assert.equal(stat.inode, inode);
      assert.equal(stat.inodeText, String(inode));
    }),
  );
});

test('device numbers keep every bit of major and minor apart', () => {
  assert.equal(deviceNumber(1, 3), 0x103n);
  assert.equal(deviceNumber(8, 0x12345), 0x12300845n);
  assert.equal(deviceNumber(0xffffffff, 0xffffffff), 2n ** 64n - 1n);
});
