import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AppError } from '../base/errors.ts';
import { readSteps, SHELF_STEPS } from './shelf-steps.ts';

test('commands come first, then the shelf, then the program of put', () => {
  assert.deepEqual(readSteps(['check', 'transfer', 'purge', 'dayabay']), {
    steps: ['check', 'transfer', 'purge'],
    shelf: 'dayabay',
    command: [],
  });
  assert.deepEqual(readSteps(['check']), { steps: ['check'], shelf: undefined, command: [] });
  assert.deepEqual(readSteps(['put', 'dumps', 'mysqldump', '--all', 'ls']), {
    steps: ['put'],
    shelf: 'dumps',
    command: ['mysqldump', '--all', 'ls'],
  });
});

test('whatever is typed is understood or refused as wrong usage', () => {
  const word = fc.oneof(
    fc.constantFrom(...SHELF_STEPS),
    fc.string(),
    fc.constantFrom('dayabay', 'check_source', 'toString'),
  );
  fc.assert(
    fc.property(fc.array(word), (words) => {
      try {
        const { steps, shelf, command } = readSteps(words);
        assert.ok(steps.length > 0);
        assert.deepEqual([...steps, ...(shelf === undefined ? [] : [shelf]), ...command], words);
      } catch (error) {
        assert.ok(error instanceof AppError && error.code === 'usage', String(error));
      }
    }),
  );
});
