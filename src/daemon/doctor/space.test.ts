import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GIB, MIB } from '../../base/bytes.ts';
import type { Run } from '../../ledger.ts';
import { judgeSpace, judgeStateSpace } from './space.ts';

const DAY_MS = 24 * 3_600_000;
const NOW = Date.UTC(2026, 10, 21);

/** Ten nights that stored so much each. */
const nights = (bytesStored: number): Run[] =>
  Array.from(
    { length: 10 },
    (_, night) => ({ startedMs: NOW - (10 - night) * DAY_MS, figures: { bytesStored } }) as Run,
  );

test('space is judged by what runs store', () => {
  const levelOf = (freeBytes: number | undefined, runs: Run[]): string =>
    judgeSpace('main', { freeBytes, runs, nowMs: NOW }).level;
  assert.equal(levelOf(1000 * GIB, nights(GIB)), 'ok');
  assert.equal(levelOf(20 * GIB, nights(GIB)), 'warning', 'full in 20 days');
  assert.equal(levelOf(1.5 * GIB, nights(GIB)), 'error', 'tonight may not fit');
  assert.equal(levelOf(GIB, []), 'ok');
  assert.equal(levelOf(0, []), 'error');
  assert.equal(levelOf(undefined, nights(GIB)), 'warning');
});

test('it says how many days are left', () => {
  const { text, remedy } = judgeSpace('main', { freeBytes: 20 * GIB, runs: nights(GIB), nowMs: NOW });
  assert.equal(text, '20.0 GiB free, full in about 20 days at this rate');
  assert.notEqual(remedy, '');
  const idle = judgeSpace('main', { freeBytes: GIB, runs: nights(0), nowMs: NOW });
  assert.match(idle.text, /lasts for years/);
});

test('the state directory needs room for the ledger', () => {
  const levels = [undefined, MIB, 500 * MIB, 10 * GIB].map((free) =>
    judgeStateSpace('/var', free).map(({ level }) => level),
  );
  assert.deepEqual(levels, [[], ['error'], ['warning'], ['ok']]);
});
