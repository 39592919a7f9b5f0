import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTimer, TIMER_MS_MAX } from './timer.ts';

const DAY_MS = 24 * 60 * 60_000;

for (const days of [1, 24, 25, 60])
  test(`a timer of ${days} days fires then, once, and neither at once nor before`, (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    let fired = 0;
    startTimer(days * DAY_MS, () => fired++);
    // What a timer sets while time is moved on begins at the end of that move.
    let left = days * DAY_MS;
    for (; left > TIMER_MS_MAX; left -= TIMER_MS_MAX) t.mock.timers.tick(TIMER_MS_MAX);
    t.mock.timers.tick(left - 1);
    assert.equal(fired, 0);
    t.mock.timers.tick(1);
    assert.equal(fired, 1);
    t.mock.timers.tick(TIMER_MS_MAX);
    assert.equal(fired, 1);
  });

test('one that is cancelled in its second part never fires', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const cancel = startTimer(TIMER_MS_MAX + DAY_MS, () => assert.fail('fired'));
  t.mock.timers.tick(TIMER_MS_MAX + 1);
  cancel();
  t.mock.timers.tick(2 * DAY_MS);
});
