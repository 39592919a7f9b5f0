import assert from 'node:assert/strict';
import { closeSync, existsSync, ftruncateSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { advise, dataExtents, punchHole, reserve } from './extent.ts';
import { StatRecord, statInto } from './stat.ts';

const MIB = 1024 * 1024;
const places = { 'the temporary directory': tmpdir(), tmpfs: '/dev/shm' };

for (const [name, place] of Object.entries(places)) {
  const skip = existsSync(place) ? false : `no ${place}`;

  test(`holes are found and made in ${name}`, { skip }, () => {
    inFile(place, (fd) => {
      writeSync(fd, Buffer.alloc(MIB, 1), 0, MIB, 2 * MIB);
      writeSync(fd, Buffer.alloc(MIB, 1), 0, MIB, 6 * MIB);
      ftruncateSync(fd, 10 * MIB);
      assert.deepEqual(
        [...dataExtents(fd)],
        [
          { start: 2 * MIB, end: 3 * MIB },
          { start: 6 * MIB, end: 7 * MIB },
        ],
      );
      assert.equal(punchHole(fd, 6 * MIB, MIB), true);
      assert.deepEqual([...dataExtents(fd)], [{ start: 2 * MIB, end: 3 * MIB }]);
      const byte = Buffer.alloc(1, 9);
      readSync(fd, byte, 0, 1, 6 * MIB);
      assert.equal(byte[0], 0);
    });
  });

  test(`storage is reserved without changing the size in ${name}`, { skip }, () => {
    inFile(place, (fd) => {
      assert.equal(reserve(fd, 0, MIB), true);
      const stat = new StatRecord();
      statInto(fd, '', stat);
      assert.equal(stat.size, 0);
      assert.ok(stat.blocks * 512 >= MIB);
    });
  });
}

test('an empty file and a file of one hole have no data', () => {
  inFile(tmpdir(), (fd) => {
    assert.deepEqual([...dataExtents(fd)], []);
    ftruncateSync(fd, 5 * MIB);
    assert.deepEqual([...dataExtents(fd)], []);
  });
});

test('a file beyond 4 GiB', () => {
  inFile(tmpdir(), (fd) => {
    const far = 5 * 1024 * MIB;
    writeSync(fd, Buffer.alloc(4096, 1), 0, 4096, far);
    assert.deepEqual([...dataExtents(fd)], [{ start: far, end: far + 4096 }]);
  });
});

test('advice is taken, and harmless where it means nothing; a bad descriptor is an error elsewhere', () => {
  inFile(tmpdir(), (fd) => advise(fd, 'sequential', { length: MIB }));
  assert.throws(() => punchHole(-1, 0, 1), { code: 'EBADF', syscall: 'fallocate' });
  assert.throws(() => [...dataExtents(-1)], { code: 'EBADF', syscall: 'lseek' });
});

function inFile(place: string, work: (fd: number) => void): void {
  const directory = mkdtempSync(join(place, 'holdfast-'));
  const fd = openSync(join(directory, 'file'), 'w+');
  try {
    work(fd);
  } finally {
    closeSync(fd);
    rmSync(directory, { recursive: true });
  }
}
