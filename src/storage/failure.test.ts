import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError, type ErrorCode, hasCode } from '../base/errors.ts';
import { storageErrno, translated } from './failure.ts';

function systemError(code: string, errno: number): Error {
  return Object.assign(new Error(`${code}: it went wrong, write`), { code, errno, syscall: 'write' });
}

test('system errors get a code of the registry, and a message of what was done to what', async () => {
  const expected: [string, ErrorCode, boolean][] = [
    ['ENOENT', 'not-found', false],
    ['ENOTDIR', 'not-found', false],
    ['ENOSPC', 'storage-full', false],
    ['EACCES', 'storage-denied', false],
    ['EPERM', 'storage-denied', false],
    ['EROFS', 'storage-denied', false],
    ['EIO', 'storage-failed', true],
    ['EMFILE', 'storage-failed', true],
    ['ESTALE', 'storage-failed', true],
  ];
  for (const [errno, code, canRetry] of expected) {
    const work = translated('saving /vault/config', () => Promise.reject(systemError(errno, -1)));
    const fits = (error: unknown): boolean =>
      hasCode(error, code) && error.canRetry === canRetry && error.message.includes(`saving /vault/config: ${errno}`);
    await assert.rejects(work, fits, errno);
  }
});

test('over quota, for which Node has no name, is a full storage', async () => {
  const error = systemError('Unknown system error -122', -122);
  assert.equal(storageErrno(error), 'EDQUOT');
  await assert.rejects(
    translated('saving', () => Promise.reject(error)),
    (failure) => hasCode(failure, 'storage-full'),
  );
});

test('what is no system error passes unchanged', async () => {
  for (const error of [new AppError('file-damaged'), new TypeError('a bug'), 'a reason of an abort'])
    await assert.rejects(
      translated('saving', () => Promise.reject(error)),
      (thrown) => thrown === error,
    );
});
