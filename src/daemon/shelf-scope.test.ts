import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  calledAs,
  covers,
  readScope,
  type ShelfScope,
  scopeNote,
  scopeText,
  shelfKey,
  shelfTroubles,
} from './shelf-scope.ts';

/** A call as it is typed. */
function scope(text: string): ShelfScope {
  const found = readScope(text);
  assert.ok(found !== undefined, text);
  return found;
}

const isEnd = (success: string, failed: string): boolean => covers(scope(success), scope(failed));

test('a call is written as it is typed, and read back', () => {
  const text = 'check transfer purge --target --all --day 2013/04/13 --item svn/dybsvn';
  assert.equal(scopeText(scope(text)), text);
  const word = fc.constantFrom('ls', 'check', 'transfer', 'purge', 'put');
  const one = fc.record({
    commands: fc.array(word, { minLength: 1 }),
    end: fc.constantFrom<ShelfScope['end'][]>('source', 'target', undefined),
    isAll: fc.boolean(),
    day: fc.constantFrom('today', '-1', undefined),
    item: fc.constantFrom('svn/dybsvn', undefined),
  });
  fc.assert(
    fc.property(one, (made) => {
      const given = { ...made };
      assert.deepEqual(readScope(scopeText(given)), given);
      assert.equal(calledAs(['other', scopeNote(given)]), scopeText(given));
      assert.ok(covers(given, given), 'every call is the end of its own failure');
    }),
  );
  assert.equal(readScope(''), undefined);
});

test('a success ends the failures of all that it has looked at, and no others', () => {
  const ends: [success: string, failed: string, isEnded: boolean][] = [
    ['ls', 'check', false],
    ['check', 'ls', false],
    ['check', 'check --item svn/dybsvn', true],
    ['check --item svn/dybsvn', 'check', false],
    ['check --item svn/dybsvn', 'check --item svn/other', false],
    ['check transfer purge', 'transfer', true],
    ['transfer', 'check transfer purge', false],
    ['purge check transfer', 'check transfer purge', true],
    ['check', 'check --target', false],
    ['check --target', 'check', false],
    ['check --source', 'check', true],
    ['purge', 'purge --target', true],
    ['purge --source', 'purge', false],
  ];
  for (const [success, failed, isEnded] of ends) assert.equal(isEnd(success, failed), isEnded, `${success}: ${failed}`);
});

test('all days cover those that are over, where a command looks at them all', () => {
  const ends: [success: string, failed: string, isEnded: boolean][] = [
    ['check --day today', 'check', false],
    ['check --day today', 'check --day today', true],
    ['check', 'check --day -1', true],
    ['check', 'check --day 2013/04/13', true],
    // Today is due to a check of all days, and missing to one of today.
    ['check', 'check --day today', false],
    // Without a day only what is kept is sent.
    ['transfer', 'transfer --day -1', false],
    ['transfer --all', 'transfer --day -1', true],
    ['transfer', 'transfer --all', false],
    ['transfer --all', 'transfer', true],
    ['extract', 'extract --day -1', false],
    ['check transfer', 'check transfer --day -1', false],
  ];
  for (const [success, failed, isEnded] of ends) assert.equal(isEnd(success, failed), isEnded, `${success}: ${failed}`);
});

test('troubles are those of the shelf, and what does not say of what it is ends with a check of everything', () => {
  const notes = [scopeNote(scope('check'))];
  assert.equal(shelfKey('dumps', notes), 'failure shelf dumps check');
  const keys = [
    'failure shelf dumps check --item a/b',
    'failure shelf dumps',
    'failure shelf dumps ls',
    'failure shelf dumps2 check',
    'failure etc',
  ];
  const found = (given: string[]) =>
    shelfTroubles('dumps', given, keys).map(({ called, isEnded }) => [called, isEnded]);
  assert.deepEqual(found(notes), [
    ['check --item a/b', true],
    ['', true],
    ['ls', false],
  ]);
  assert.ok(
    found([]).every(([, isEnded]) => isEnded === false),
    'a run that does not say what it did ends nothing',
  );
});
