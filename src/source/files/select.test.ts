import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSelection, rejectsBesideTags } from './select.ts';

test('without options nothing is left out', () => {
  const selection = createSelection({});
  assert.equal(selection.isEverything, true);
  assert.equal(selection.rejectsPath('/a', true), false);
  assert.equal(selection.rejectsSize(Number.MAX_SAFE_INTEGER), false);
  assert.deepEqual(selection.tagFiles, []);
});

test('each option alone makes it a selection', () => {
  const options = [{ excludes: ['a'] }, { iexcludes: ['a'] }, { excludeCaches: true }, { oneFileSystem: true }];
  for (const one of options) assert.equal(createSelection(one).isEverything, false, JSON.stringify(one));
  assert.equal(createSelection({ excludeLargerThanBytes: 0 }).isEverything, false);
  assert.equal(createSelection({ excludeFiles: [Buffer.from('a')] }).isEverything, false);
});

test('patterns of files come after those given, each list by itself', () => {
  const selection = createSelection({
    excludes: ['!keep.o', '*.c'],
    excludeFiles: [Buffer.from('# objects\n*.o\n!$KEPT\n')],
    iexcludes: ['*.TMP'],
    environment: { KEPT: 'keep.c' },
  });
  assert.equal(selection.rejectsPath('/keep.o', false), true);
  assert.equal(selection.rejectsPath('/keep.c', false), false);
  assert.equal(selection.rejectsPath('/x.c', false), true);
  assert.equal(selection.rejectsPath('/X.tmp', false), true);
});

test('text is matched as its UTF-8 bytes', () => {
  const selection = createSelection({ excludes: ['caf?'] });
  assert.equal(selection.rejectsPath('/caf\xc3\xa9', false), true);
  assert.equal(selection.rejectsPath('/caf\xe9', false), true);
  assert.equal(selection.rejectsPath('/caf\xc3\xa9s', false), false);
});

test('only what is larger than the limit is left out', () => {
  const { rejectsSize } = createSelection({ excludeLargerThanBytes: 1024 });
  assert.equal(rejectsSize(1024), false);
  assert.equal(rejectsSize(1025), true);
});

test('tag files: presence, header, and what stays beside them', () => {
  const { tagFiles } = createSelection({ excludeIfPresent: ['.nobackup', '.mark:a:b'], excludeCaches: true });
  const [plain, marked, cache] = tagFiles;
  assert.deepEqual([plain!.name, plain!.headerBytes], ['.nobackup', 0]);
  assert.deepEqual([marked!.name, marked!.headerBytes], ['.mark', 3]);
  assert.equal(marked!.matches(Buffer.from('a:b and more')), true);
  assert.equal(marked!.matches(Buffer.from('a:')), false);
  assert.equal(cache!.matches(Buffer.from('Signature: 8a477f597d28d172789f06886806bc55\n')), true);
  assert.equal(cache!.matches(Buffer.from('Signature: 8a477f597d28d172789f06886806bc56')), false);
  assert.equal(rejectsBesideTags('.nobackup', [plain!]), false);
  assert.equal(rejectsBesideTags('.nobackup', [plain!, cache!]), true);
  assert.equal(rejectsBesideTags('file', [plain!]), true);
  assert.equal(rejectsBesideTags('file', []), false);
  assert.throws(() => createSelection({ excludeIfPresent: [':header'] }), { code: 'usage' });
  assert.throws(() => createSelection({ excludeIfPresent: [''] }), { code: 'usage' });
});
