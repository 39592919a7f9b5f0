import assert from 'node:assert/strict';
import { constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { changeMode } from './directory.ts';
import { CWD } from './libc.ts';
import { makeFifo, makeNode } from './nodes.ts';
import { deviceNumber, StatRecord, statInto } from './stat.ts';

const directory = mkdtempSync(join(tmpdir(), 'holdfast-'));
after(() => rmSync(directory, { recursive: true }));
const stat = new StatRecord();

test('a fifo with its mode', () => {
  const path = join(directory, 'fifo');
  makeFifo(CWD, path, 0o622);
  changeMode(CWD, path, 0o1622);
  assert.equal(statInto(CWD, path, stat), true);
  assert.equal(stat.mode, constants.S_IFIFO | 0o1622);
  assert.throws(() => makeFifo(CWD, path, 0o600), { code: 'EEXIST', syscall: 'mknodat' });
});

test('device nodes keep type and number', { skip: process.getuid?.() === 0 ? false : 'needs root' }, () => {
  const path = join(directory, 'device');
  for (const [type, major, minor] of [
    [constants.S_IFCHR, 1, 3],
    [constants.S_IFBLK, 8, 70_000],
  ] as const) {
    makeNode(CWD, `${path}${type}`, { mode: type | 0o600, rdev: deviceNumber(major, minor) });
    assert.equal(statInto(CWD, `${path}${type}`, stat), true);
    assert.deepEqual([stat.mode, stat.rdevMajor, stat.rdevMinor], [type | 0o600, major, minor]);
  }
});
