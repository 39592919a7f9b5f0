import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { tryLock, unlock } from './lock.ts';

const directory = mkdtempSync(join(tmpdir(), 'holdfast-'));
after(() => rmSync(directory, { recursive: true }));

test('exclusive excludes, shared shares, closing releases', () => {
  const [one, two] = [openSync(join(directory, 'lock'), 'w'), openSync(join(directory, 'lock'), 'w')];
  assert.equal(tryLock(one, 'exclusive'), true);
  assert.equal(tryLock(two, 'exclusive'), false);
  assert.equal(tryLock(two, 'shared'), false);
  unlock(one);
  assert.equal(tryLock(two, 'shared'), true);
  assert.equal(tryLock(one, 'shared'), true);
  closeSync(two);
  assert.equal(tryLock(one, 'exclusive'), true);
  closeSync(one);
  assert.throws(() => tryLock(one, 'shared'), { code: 'EBADF' });
});
