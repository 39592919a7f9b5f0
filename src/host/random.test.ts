import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom, systemRandom } from './random.ts';

test('a seed gives the same numbers each time, another seed others', () => {
  assert.deepEqual(seededRandom(7).bytes(64), seededRandom(7).bytes(64));
  assert.notDeepEqual(seededRandom(7).bytes(64), seededRandom(8).bytes(64));
  assert.notDeepEqual(seededRandom(0).bytes(64), new Uint8Array(64));
});

for (const [name, random] of Object.entries({ systemRandom, seededRandom: seededRandom(1) })) {
  test(`${name} spreads evenly and keeps its bounds`, () => {
    const counts = new Array<number>(10).fill(0);
    for (let i = 0; i < 20_000; i++) counts[random.int(10)]!++;
    for (const count of counts) assert.ok(count > 1700 && count < 2300, `${counts}`);
    assert.equal(random.int(1), 0);
    assert.ok(random.int(2 ** 32) < 2 ** 32);
    const bits = random.bytes(10_000).reduce((sum, byte) => sum + byte, 0) / 10_000;
    assert.ok(bits > 120 && bits < 135);
    assert.equal(random.bytes(0).length, 0);
  });
}

test('a bound that makes no sense is a bug', () => {
  for (const below of [0, -1, 1.5, 2 ** 33]) assert.throws(() => seededRandom(1).int(below), { name: 'BugError' });
});
