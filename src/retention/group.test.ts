import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileId } from '../base/ids.ts';
import { groupSnapshots, isEmptyFilter, parseGroupBy, parseTagSet, selectSnapshots } from './group.ts';

function snapshot(digit: string, hostname: string, { paths = ['/etc'], tags = [] as string[] } = {}) {
  return { id: fileId(digit.repeat(64)), time: '2026-08-02T10:00:00Z', hostname, paths, tags };
}

test('group-by words', () => {
  assert.deepEqual(parseGroupBy('host,paths'), { host: true, paths: true, tags: false });
  assert.deepEqual(parseGroupBy('tag'), { host: false, paths: false, tags: true });
  assert.deepEqual(parseGroupBy(''), { host: false, paths: false, tags: false });
  for (const text of ['hosts, tags', 'user', 'toString']) assert.throws(() => parseGroupBy(text), { code: 'usage' });
});

test('groups do not depend on the order of paths and tags, and leave the snapshots as they are', () => {
  const first = snapshot('1', 'web', { paths: ['/srv', '/etc'], tags: ['b', 'a'] });
  const second = snapshot('2', 'web', { paths: ['/etc', '/srv'], tags: ['a', 'b'] });
  const third = snapshot('3', 'db');
  const groups = groupSnapshots([first, second, third], { host: true, paths: true, tags: true });
  assert.deepEqual(groups, [
    { host: 'db', paths: ['/etc'], tags: [], snapshots: [third] },
    { host: 'web', paths: ['/etc', '/srv'], tags: ['a', 'b'], snapshots: [first, second] },
  ]);
  assert.deepEqual(first.paths, ['/srv', '/etc']);
});

test('filters', () => {
  const all = [
    snapshot('1', 'web', { tags: ['a'] }),
    snapshot('2', 'web', { tags: ['a', 'b'], paths: ['/etc', '/srv'] }),
    snapshot('3', 'db'),
  ];
  const chosen = (filter: Parameters<typeof selectSnapshots>[1]) => selectSnapshots(all, filter).map(({ id }) => id[0]);
  assert.deepEqual(chosen({}), ['1', '2', '3']);
  assert.deepEqual(chosen({ hosts: ['db', 'x'] }), ['3']);
  assert.deepEqual(chosen({ tags: [parseTagSet('a, b')] }), ['2']);
  assert.deepEqual(chosen({ tags: [parseTagSet('b'), parseTagSet('')] }), ['2', '3']);
  assert.deepEqual(chosen({ paths: ['/etc', '/srv'] }), ['2']);
  assert.deepEqual(chosen({ hosts: ['web'], tags: [['a']], paths: ['/etc'] }), ['1', '2']);
  assert.equal(isEmptyFilter({ hosts: [] }), true);
  assert.equal(isEmptyFilter({ tags: [['']] }), false);
});
