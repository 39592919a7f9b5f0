import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { damaged, throwsOnlyAppError } from '../../test/fuzz.ts';
import { decodeLock, encodeLock, type LockDocument } from './lock-file.ts';

const LOCK: LockDocument = {
  ...{ time: '2023-11-14T22:13:20.5Z', exclusive: true, hostname: 'a', username: 'b', pid: 77, uid: 1000, gid: 100 },
};
const TEXT =
  '{"time":"2023-11-14T22:13:20.5Z","exclusive":true,"hostname":"a","username":"b","pid":77,"uid":1000,"gid":100}';

test('locks have the exact text restic writes, without ids of root', () => {
  assert.equal(encodeLock(LOCK), TEXT);
  assert.equal(encodeLock({ ...LOCK, uid: 0, gid: 0 }), TEXT.replace(',"uid":1000,"gid":100', ''));
});

test('locks read back as written', () => {
  const fields = fc.record(
    { hostname: fc.string({ unit: 'binary' }), exclusive: fc.boolean(), pid: fc.nat(), uid: fc.nat() },
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(fields, (some) => {
      const lock = { ...LOCK, ...some };
      assert.deepEqual(decodeLock(Buffer.from(encodeLock(lock))), lock);
    }),
  );
});

test('what is no lock is refused', () => {
  for (const bad of ['', '{}', '[]', TEXT.replace('2023', 'x'), TEXT.replace('true', '1'), TEXT.replace('77', '"77"')])
    assert.throws(() => decodeLock(Buffer.from(bad)), { code: 'file-damaged' }, bad);
});

test('damaged locks raise nothing but an error of the registry', () => {
  fc.assert(
    fc.property(damaged(Buffer.from(TEXT)), (bytes) => throwsOnlyAppError(() => decodeLock(bytes))),
    { numRuns: 300 },
  );
});
