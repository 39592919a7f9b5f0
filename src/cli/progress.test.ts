import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { Progress, type ProgressOutlet } from './progress.ts';
import { progressLine, statusFields } from './progress-line.ts';
import { widthOf } from './text.ts';

const MIB = 1024 * 1024;
const HALF = { filesDone: 5, filesTotal: 10, bytesDone: 50 * MIB, bytesTotal: 100 * MIB, current: ['/srv/data/file'] };

test('the line has bar, percent, amount, rate, time left, errors and the current file', () => {
  assert.equal(
    progressLine({ ...HALF, errors: 2 }, { elapsedMs: 5000, bytesPerS: 10 * MIB }, 120),
    '[==========>         ]  50.0%  50.0/100.0 MiB  5/10 files  10.0 MiB/s  0:05 left  2 errors  /srv/data/file',
  );
});

test('a narrow terminal shortens the bar and the file, then loses both, then the end', () => {
  const pace = { elapsedMs: 5000, bytesPerS: 10 * MIB };
  const words = ' 50.0%  50.0/100.0 MiB  10.0 MiB/s  0:05 left';
  assert.equal(progressLine(HALF, pace, 79), `[=====>    ] ${words}  /srv/data/file`);
  assert.equal(progressLine(HALF, pace, 70), `[=====>    ] ${words}  …data/file`);
  assert.equal(progressLine(HALF, pace, 50), words);
  assert.equal(progressLine(HALF, pace, 20), ' 50.0%  50.0/100.0 …');
});

test('without totals there is no percent and no time left', () => {
  assert.equal(
    progressLine({ filesDone: 1200, bytesDone: 3 * MIB }, { elapsedMs: 12_300, bytesPerS: undefined }, 80),
    '3.00 MiB  1,200 files  0:13',
  );
});

test('100 % is shown only when all is done', () => {
  const pace = { elapsedMs: 0, bytesPerS: undefined };
  const almost = { filesDone: 1, bytesDone: 99_999, bytesTotal: 100_000 };
  assert.match(progressLine(almost, pace, 80), / 99\.9%/);
  assert.match(progressLine({ ...almost, bytesDone: 100_000 }, pace, 80), /100\.0%/);
});

test('no line is wider than the terminal, or holds a control character', () => {
  const state = fc.record({
    filesDone: fc.nat(),
    filesTotal: fc.option(fc.nat(), { nil: undefined }),
    bytesDone: fc.nat(),
    bytesTotal: fc.option(fc.nat(), { nil: undefined }),
    current: fc.array(fc.string({ unit: 'binary' }), { maxLength: 1 }),
    errors: fc.nat(),
  });
  fc.assert(
    fc.property(state, fc.nat(200), fc.nat(1e9), (each, columns, bytesPerS) => {
      const line = progressLine(each, { elapsedMs: 1234, bytesPerS }, columns);
      assert.ok(widthOf(line) <= columns);
      assert.doesNotMatch(line, /[\x00-\x1f\x7f-\x9f]/);
    }),
  );
});

test('status fields carry the names of restic', () => {
  assert.deepEqual(statusFields(HALF, { elapsedMs: 5900, bytesPerS: 10 * MIB }), {
    seconds_elapsed: 5,
    seconds_remaining: 5,
    percent_done: 0.5,
    total_files: 10,
    files_done: 5,
    total_bytes: 100 * MIB,
    bytes_done: 50 * MIB,
    error_count: 0,
    current_files: ['/srv/data/file'],
  });
  const unknown = statusFields({ filesDone: 1, bytesDone: 2 }, { elapsedMs: 0, bytesPerS: undefined });
  assert.deepEqual(Object.keys(unknown), [
    'seconds_elapsed',
    'percent_done',
    'files_done',
    'bytes_done',
    'error_count',
    'current_files',
  ]);
});

test('a terminal is drawn at most ten times a second, and left empty', (t) => {
  const { outlet, drawn, clock } = world(t, 'terminal');
  const progress = new Progress(outlet);
  for (let at = 0; at < 1000; at++) {
    clock.nowMs += 1;
    progress.update({ ...HALF, bytesDone: at * 1000 });
  }
  assert.equal(drawn.length, 10);
  progress.end();
  progress.end();
  assert.equal(drawn.at(-1), '');
  assert.equal(drawn.length, 11);
  clock.nowMs += 1000;
  progress.update(HALF);
  assert.equal(drawn.length, 11);
});

test('JSON status comes at most once a second, and time goes on without updates', (t) => {
  const { outlet, statuses, clock } = world(t, 'json');
  using progress = new Progress(outlet);
  progress.update(HALF);
  assert.equal(statuses.length, 0);
  for (let second = 0; second < 3; second++) {
    clock.nowMs += 1000;
    t.mock.timers.tick(1000);
  }
  assert.deepEqual(
    statuses.map((fields) => fields['seconds_elapsed']),
    [1, 2, 3],
  );
});

test('the rate is that of the last ten seconds', (t) => {
  const { outlet, drawn, clock } = world(t, 'terminal');
  using progress = new Progress(outlet);
  for (let second = 1; second <= 60; second++) {
    clock.nowMs += 1000;
    const bytesDone = second <= 30 ? second * 100 * MIB : 3000 * MIB + (second - 30) * MIB;
    progress.update({ filesDone: 0, bytesDone, bytesTotal: 4000 * MIB });
  }
  assert.match(drawn.at(-1) ?? '', /1\.00 MiB\/s/);
});

test('silent shows nothing', (t) => {
  const { outlet, drawn, statuses, clock } = world(t, 'silent');
  using progress = new Progress(outlet);
  clock.nowMs += 5000;
  progress.update(HALF);
  progress.redraw();
  assert.deepEqual([drawn, statuses], [[], []]);
});

function world(t: TestContext, mode: ProgressOutlet['mode']) {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const clock = { nowMs: 0 };
  const drawn: string[] = [];
  const statuses: Record<string, unknown>[] = [];
  const outlet: ProgressOutlet = {
    mode,
    elapsedMs: () => clock.nowMs,
    columns: () => 100,
    draw: (line) => drawn.push(line),
    status: (fields) => statuses.push(fields),
  };
  return { outlet, drawn, statuses, clock };
}
