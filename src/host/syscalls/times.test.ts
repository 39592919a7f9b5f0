import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { CWD } from './libc.ts';
import { StatRecord, statInto } from './stat.ts';
import { setTimes, UTIME_OMIT } from './times.ts';

const directory = mkdtempSync(join(tmpdir(), 'holdfast-'));
after(() => rmSync(directory, { recursive: true }));

function timesOf(path: string): number[] {
  const stat = new StatRecord();
  assert.equal(statInto(CWD, path, stat), true);
  return [stat.atimeSeconds, stat.atimeNanos, stat.mtimeSeconds, stat.mtimeNanos];
}

test('nanoseconds and years before 1970 come back as set', () => {
  const path = join(directory, 'file');
  writeFileSync(path, '');
  for (const seconds of [0, 1, -1, -86_400 * 365 * 40, 1_700_000_000, 5_000_000_000]) {
    setTimes(CWD, path, { atimeSeconds: seconds, atimeNanos: 1, mtimeSeconds: seconds, mtimeNanos: 999_999_999 });
    assert.deepEqual(timesOf(path), [seconds, 1, seconds, 999_999_999]);
  }
});

test('a symbolic link has times of its own, and a descriptor may stand for the file', () => {
  const path = join(directory, 'target');
  writeFileSync(path, '');
  symlinkSync('target', join(directory, 'link'));
  const times = { atimeSeconds: 5, atimeNanos: 6, mtimeSeconds: 7, mtimeNanos: 8 };
  setTimes(CWD, join(directory, 'link'), times);
  assert.deepEqual(timesOf(join(directory, 'link')), [5, 6, 7, 8]);
  assert.notDeepEqual(timesOf(path), [5, 6, 7, 8]);
  const fd = openSync(path, 'r');
  setTimes(fd, '', { ...times, mtimeNanos: 9 });
  closeSync(fd);
  assert.deepEqual(timesOf(path), [5, 6, 7, 9]);
});

test('one time can be left alone', () => {
  const path = join(directory, 'half');
  writeFileSync(path, '');
  setTimes(CWD, path, { atimeSeconds: 5, atimeNanos: 6, mtimeSeconds: 7, mtimeNanos: 8 });
  setTimes(CWD, path, { atimeSeconds: 0, atimeNanos: UTIME_OMIT, mtimeSeconds: 70, mtimeNanos: 80 });
  assert.deepEqual(timesOf(path), [5, 6, 70, 80]);
});

test('a missing file is an error that names it', () => {
  const times = { atimeSeconds: 5, atimeNanos: 6, mtimeSeconds: 7, mtimeNanos: 8 };
  assert.throws(() => setTimes(CWD, join(directory, 'no'), times), { code: 'ENOENT', syscall: 'utimensat' });
});

test('seconds beyond the exact range of a double are stored exactly where the file system can (tmpfs)', {
  skip: existsSync('/dev/shm') ? false : 'no /dev/shm',
}, () => {
  const shared = mkdtempSync('/dev/shm/holdfast-');
  try {
    const path = join(shared, 'far');
    writeFileSync(path, '');
    for (const seconds of [2n ** 53n + 1n, -(2n ** 53n) - 1n]) {
      setTimes(CWD, path, { atimeSeconds: seconds, atimeNanos: 0, mtimeSeconds: seconds, mtimeNanos: 0 });
      const text = execFileSync('stat', ['-c', '%X %Y', path], { encoding: 'utf8' });
      assert.equal(text.trim(), `${seconds} ${seconds}`);
    }
  } finally {
    rmSync(shared, { recursive: true });
  }
});
