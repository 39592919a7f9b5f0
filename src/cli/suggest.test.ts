import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearest, suggestion } from './suggest.ts';

const COMMANDS = ['backup', 'snapshots', 'restore', 'ls', 'forget', 'prune', 'check', 'stats', 'repair index'];
const FLAGS = ['--exclude', '--exclude-file', '--iexclude', '--json', '--vault', '--verbose', '--dry-run'];

test('slips of the finger find the word that was meant', () => {
  assert.deepEqual(nearest('bakcup', COMMANDS), ['backup']);
  assert.deepEqual(nearest('resotre', COMMANDS), ['restore']);
  assert.deepEqual(nearest('snapshot', COMMANDS), ['snapshots']);
  assert.deepEqual(nearest('snap', COMMANDS), ['snapshots']);
  assert.deepEqual(nearest('--exlude', FLAGS), ['--exclude']);
  assert.deepEqual(nearest('--dryrun', FLAGS), ['--dry-run']);
  assert.deepEqual(nearest('--vualt', FLAGS), ['--vault']);
});

test('words of other programs lead to ours, if it exists', () => {
  assert.deepEqual(nearest('verify', COMMANDS), ['check']);
  assert.deepEqual(nearest('--repo', FLAGS), ['--vault']);
  assert.deepEqual(nearest('gc', ['ls']), []);
});

test('far words find nothing', () => {
  assert.deepEqual(nearest('frobnicate', COMMANDS), []);
  assert.deepEqual(nearest('x', COMMANDS), []);
  assert.deepEqual(nearest('backup', []), []);
});

test('the sentence', () => {
  assert.equal(suggestion('--exlude', FLAGS), 'Did you mean --exclude?');
  assert.equal(suggestion('ab', ['abc', 'abd']), 'Did you mean abc or abd?');
  assert.equal(suggestion('zzzz', FLAGS), undefined);
});
