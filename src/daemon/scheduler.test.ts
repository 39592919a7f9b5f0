import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DAY, HOUR, MINUTE, machine, NOON, subjectAt } from '../../test/daemon/machine.ts';

describe('scheduler', () => {
  it('runs each turn once, at its time', async () => {
    const { clock, lives, ledger, dues } = await machine();
    await clock.advance(3 * DAY);
    assert.deepEqual(dues(), ['schedule 2026-11-20T22:00', 'schedule 2026-11-21T22:00', 'schedule 2026-11-22T22:00']);
    assert.deepEqual(
      ledger.runs({}).map(({ startedMs, dueMs }) => startedMs - dueMs!),
      [0, 0, 0],
    );
    await lives.stop();
  });

  it('makes up once for all that was missed while the machine was off', async () => {
    const { clock, lives, dues } = await machine();
    await clock.advance(HOUR);
    await lives.stop();
    await clock.advance(5 * DAY);
    lives.start();
    await clock.advance(2 * HOUR);
    assert.deepEqual(dues(), ['catch-up 2026-11-24T22:00']);
    await clock.advance(DAY);
    assert.deepEqual(dues().slice(1), ['schedule 2026-11-25T22:00']);
    await lives.stop();
  });

  it('notices within a minute that the machine slept or the clock was put forward', async () => {
    const { clock, lives, dues, ledger } = await machine();
    await clock.advance(MINUTE);
    clock.jump(3 * DAY);
    await clock.advance(MINUTE);
    assert.deepEqual(dues(), ['catch-up 2026-11-22T22:00']);
    assert.equal(ledger.runs({ statuses: ['running'] }).length, 1);
    await lives.stop();
  });

  it('runs nothing again when the clock is set back', async () => {
    const { clock, lives, dues } = await machine();
    await clock.advance(11 * HOUR);
    clock.jump(-3 * HOUR);
    await clock.advance(4 * HOUR);
    assert.deepEqual(dues(), ['schedule 2026-11-20T22:00']);
    await clock.advance(DAY);
    assert.deepEqual(dues().length, 2);
    await lives.stop();
  });

  it('goes on after the clock was years ahead, also with the next start', async () => {
    const { clock, lives, dues } = await machine();
    await clock.advance(MINUTE);
    clock.jump(1000 * DAY);
    await clock.advance(HOUR);
    clock.jump(-1000 * DAY);
    await clock.advance(2 * DAY);
    assert.deepEqual(dues().slice(1), ['schedule 2026-11-20T22:00', 'schedule 2026-11-21T22:00']);
    await lives.stop();
    lives.start();
    await clock.advance(DAY);
    assert.deepEqual(dues().slice(3), ['schedule 2026-11-22T22:00']);
    // What ran while it was ahead is not believed, so nothing had been settled that far.
    assert.ok(!lives.events.includes('turn-clock-ahead'));
    await lives.stop();
  });

  it('begins a killed run again, once', async () => {
    const { clock, lives, dues, ledger } = await machine();
    for (let kills = 0; kills < 3; kills++) {
      await clock.advance(kills === 0 ? 10 * HOUR + MINUTE : 2 * MINUTE);
      lives.kill();
      lives.start();
    }
    await clock.advance(HOUR);
    assert.deepEqual(dues(), ['schedule 2026-11-20T22:00', 'retry 2026-11-20T22:00']);
    assert.deepEqual(
      ledger.runs({}).map(({ status }) => status),
      ['lost', 'lost'],
    );
    assert.ok(lives.events.includes('turn-attempts-over'));
    await clock.advance(DAY);
    assert.equal(dues()[2], 'schedule 2026-11-21T22:00');
    await lives.stop();
  });

  it('interrupts runs when it is stopped, and waits for them', async () => {
    const { clock, lives, ledger } = await machine();
    await clock.advance(10 * HOUR + MINUTE);
    await lives.stop();
    assert.deepEqual(
      ledger.runs({}).map(({ status }) => status),
      ['interrupted'],
    );
  });

  it('holds no more runs than allowed, and does them all', async () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const subjects = names.map((subject) => subjectAt('22:00', { subject }));
    const { clock, lives, ledger } = await machine({ subjects, runsAtOnce: 2 });
    await clock.advance(11 * HOUR);
    assert.equal(lives.mostAtOnce, 2);
    assert.deepEqual(
      ledger
        .runs({ statuses: ['success'] })
        .map(({ subject }) => subject)
        .sort(),
      names,
    );
    assert.deepEqual(new Set(lives.begun.map(({ trigger }) => trigger)), new Set(['schedule']));
    await lives.stop();
  });

  it('makes up once for turns that passed while the run before took long', async () => {
    const { clock, lives, dues } = await machine({
      subjects: [subjectAt('hourly')],
      nextRun: ({ dueMs }) => ({ durationMs: dueMs === NOON + HOUR ? 3.5 * HOUR : MINUTE, status: 'success' }),
    });
    await clock.advance(6 * HOUR);
    assert.deepEqual(dues(), [
      'schedule 2026-11-20T13:00',
      'catch-up 2026-11-20T16:00',
      'schedule 2026-11-20T17:00',
      'schedule 2026-11-20T18:00',
    ]);
    await lives.stop();
  });

  it('lets prune wait for the vault, and gives it up with its window', async () => {
    const backup = subjectAt('22:00');
    const prune = subjectAt('22:10', { kind: 'prune', subject: 'main', windowMs: HOUR });
    let backupMs = 30 * MINUTE;
    const { clock, lives, dues } = await machine({
      subjects: [backup, prune],
      nextRun: ({ kind }) => ({ durationMs: kind === 'backup' ? backupMs : MINUTE, status: 'success' }),
    });
    await clock.advance(11 * HOUR);
    assert.deepEqual(
      lives.begun.map(({ kind }) => kind),
      ['backup', 'prune'],
    );
    assert.equal(dues()[1], 'schedule 2026-11-20T22:10');
    backupMs = 3 * HOUR;
    await clock.advance(DAY + 5 * HOUR);
    assert.deepEqual(
      lives.begun.map(({ kind }) => kind),
      ['backup', 'prune', 'backup'],
    );
    assert.ok(lives.events.includes('turn-window-over'));
    await lives.stop();
  });
});
