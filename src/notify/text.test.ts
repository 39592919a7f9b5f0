import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Notice } from './model.ts';
import { aligned, formatMoment, formatSpan, headlineOf, linesOf, oneLine, textOf } from './text.ts';

const anything = fc.string({ unit: 'binary' });
const UNSAFE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;

describe('text of a notice', () => {
  it('is on one line, well formed and bounded, whatever comes', () => {
    fc.assert(
      fc.property(anything, fc.integer({ min: 1, max: 50 }), (text, charsMax) => {
        const line = oneLine(text, charsMax);
        assert.doesNotMatch(line, UNSAFE);
        assert.ok(line.isWellFormed() && line.length <= charsMax);
      }),
    );
    assert.equal(oneLine('a\ud83d'), 'a\ufffd');
    assert.equal(oneLine('abc😀def', 5), 'abc…');
    assert.equal(oneLine('  a\r\n b '), 'a  b');
  });

  it('has no lines but its own', () => {
    fc.assert(
      fc.property(anything, fc.array(anything, { maxLength: 5 }), anything, (title, lines, value) => {
        const notice: Notice = {
          kind: 'failure',
          severity: 'info',
          plan: value,
          title,
          lines,
          hostname: value,
          atMs: 0,
          facts: { value },
        };
        const text = textOf(notice);
        const expected = 1 + 1 + lines.length + (lines.length > 0 ? 1 : 0) + 5;
        assert.equal(text.split('\n').length - 1, expected);
        assert.doesNotMatch(text.replaceAll('\n', ''), UNSAFE);
        assert.ok(headlineOf(notice).startsWith('failure: '));
        assert.equal(linesOf(notice).length, lines.length);
      }),
    );
  });

  it('puts cells below each other', () => {
    assert.deepEqual(
      aligned([
        ['Plan', 'State'],
        ['db', 'overdue\nx'],
        ['a-long-name', ''],
      ]),
      ['Plan         State', 'db           overdue x', 'a-long-name'],
    );
    assert.deepEqual(aligned([]), []);
  });

  it('gives spans in the units that matter', () => {
    const [second, minute, hour, day] = [1000, 60_000, 3_600_000, 86_400_000];
    const spans: [number, string][] = [
      [-5, '0 s'],
      [59 * second + 999, '59 s'],
      [59 * minute, '59 min'],
      [5 * hour, '5 h'],
      [5 * hour + 20 * minute, '5 h 20 min'],
      [26 * hour + 59 * minute, '26 h'],
      [2 * day, '2 d'],
      [3 * day + 4 * hour + 59 * minute, '3 d 4 h'],
    ];
    for (const [ms, text] of spans) assert.equal(formatSpan(ms), text);
  });

  it('gives moments with their distance from UTC, across the change to summer time', () => {
    const moment = Date.UTC(2026, 2, 29, 0, 59);
    assert.equal(formatMoment(moment), '2026-03-29 00:59 UTC');
    assert.equal(formatMoment(moment, 'Europe/Berlin'), '2026-03-29 01:59 +01:00');
    assert.equal(formatMoment(moment + 60_000, 'Europe/Berlin'), '2026-03-29 03:00 +02:00');
    assert.equal(formatMoment(moment, 'America/New_York'), '2026-03-28 20:59 -04:00');
    assert.equal(formatMoment(Date.UTC(2026, 0, 1), 'Asia/Kolkata'), '2026-01-01 05:30 +05:30');
  });
});
