import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BugError } from '../base/assert.ts';
import { AppError } from '../base/errors.ts';
import { errorRecord, explain } from './errors.ts';

test('an error of the registry keeps its code, message, hint and exit code', () => {
  const { stack, ...rest } = explain(new AppError('password-wrong', { detail: 'key abc', hint: 'Look again.' }));
  assert.deepEqual(rest, {
    code: 'password-wrong',
    message: 'wrong password, or no key matches it: key abc',
    hint: 'Look again.',
    exitCode: 12,
  });
  assert.equal(stack, undefined);
});

test('anything else is a bug, with its stack', () => {
  for (const error of [new BugError('queue empty'), new TypeError('queue empty')]) {
    const explained = explain(error);
    assert.equal(explained.message, 'this is a bug: queue empty');
    assert.equal(explained.exitCode, 1);
    assert.match(explained.stack ?? '', /errors\.test\.ts/);
  }
  assert.equal(explain('text').message, 'this is a bug: text');
  assert.equal(explain(undefined).exitCode, 1);
});

test('an abort is an interruption only when the signal says so', () => {
  const abort = new DOMException('aborted', 'AbortError');
  assert.equal(explain(abort, AbortSignal.abort()).exitCode, 130);
  assert.equal(explain(abort, new AbortController().signal).code, 'bug');
  assert.equal(explain(abort, AbortSignal.abort(new AppError('storage-full'))).code, 'storage-full');
  assert.equal(explain(new AppError('file-damaged'), AbortSignal.abort()).code, 'file-damaged');
  assert.equal(explain(new TypeError('x'), AbortSignal.abort()).code, 'bug');
});

test('what failed first counts, not what failed while closing', () => {
  const both = new SuppressedError(new Error('close'), new AppError('storage-full'), 'x');
  assert.equal(explain(both).code, 'storage-full');
});

test('JSON form', () => {
  assert.deepEqual(errorRecord(explain(new AppError('vault-missing'))), {
    code: 'vault-missing',
    message: 'there is no vault here',
    hint: 'Check the address, or create one with: holdfast init',
    exit_code: 10,
  });
  assert.equal(typeof errorRecord(explain(new Error('x')))['stack'], 'string');
});
