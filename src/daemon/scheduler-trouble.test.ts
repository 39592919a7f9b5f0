import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DAY, HOUR, MINUTE, machine, NOON, subjectAt } from '../../test/daemon/machine.ts';
import { settableClock } from '../../test/daemon/world.ts';
import { AppError } from '../base/errors.ts';
import { type Ledger, openLedger } from '../ledger.ts';
import { Scheduler } from './scheduler.ts';

describe('scheduler in trouble', () => {
  it('leaves a run that does not stop, after a grace', async () => {
    const clock = settableClock(NOON);
    const ledger = await openLedger({ file: ':memory:' });
    const events: string[] = [];
    const scheduler = new Scheduler(
      {
        clock,
        ledger,
        hostname: 'head1',
        runner: () => new Promise(() => undefined),
        log: (_level, event) => void events.push(event),
        onEnd: () => undefined,
        onLedger: () => undefined,
      },
      { subjects: [subjectAt('22:00')], runsAtOnce: 1 },
    );
    const controller = new AbortController();
    const ended = scheduler.run(controller.signal);
    await clock.advance(11 * HOUR);
    controller.abort(new AppError('interrupted'));
    await clock.advance(2 * MINUTE);
    await ended;
    assert.deepEqual(events, ['run-begun', 'run-left']);
  });

  it('waits for a run of the same plan by somebody else', async () => {
    const { clock, lives, ledger, dues } = await machine();
    await clock.advance(9 * HOUR);
    const other = ledger.beginRun({
      kind: 'backup',
      subject: 'etc',
      trigger: 'manual',
      dueMs: undefined,
      startedMs: clock.nowMs(),
      logFile: undefined,
      process: 'other',
    });
    await clock.advance(2 * HOUR);
    assert.deepEqual(dues(), []);
    ledger.endRun(other.id, { status: 'success', endedMs: clock.nowMs() });
    await clock.advance(2 * MINUTE);
    assert.deepEqual(dues(), ['schedule 2026-11-20T22:00']);
    await lives.stop();
  });

  it('lives through a ledger that fails, tells once, and loses no turn', async () => {
    const inner = await openLedger({ file: ':memory:' });
    let isBroken = false;
    const ledger = new Proxy(inner, {
      get(target, name: keyof Ledger) {
        if (isBroken) throw new AppError('storage-full', { detail: 'writing the ledger' });
        const value = target[name];
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const { clock, lives, dues } = await machine({ ledger });
    await clock.advance(HOUR);
    isBroken = true;
    await clock.advance(11 * HOUR);
    assert.deepEqual(
      lives.ledgerErrors.map((error) => error?.code),
      ['storage-full'],
    );
    assert.equal(lives.scheduler?.ledgerError?.code, 'storage-full');
    isBroken = false;
    await clock.advance(2 * MINUTE);
    assert.deepEqual(dues(), ['catch-up 2026-11-20T22:00']);
    assert.deepEqual(
      lives.ledgerErrors.map((error) => error?.code),
      ['storage-full', undefined],
    );
    await lives.stop();
  });

  it('ends with what is a bug in a runner', async () => {
    const { clock, lives } = await machine({
      nextRun: () => {
        throw new TypeError('a bug');
      },
    });
    const stopped = assert.rejects(lives.whenEnded(), /a bug/);
    await clock.advance(11 * HOUR);
    await stopped;
  });
});

describe('another configuration', () => {
  it('counts new and changed schedules from now, and drops what has gone', async () => {
    const { clock, lives, dues } = await machine({
      subjects: [subjectAt('22:00'), subjectAt('21:00', { subject: 'home' })],
    });
    await clock.advance(11 * HOUR);
    assert.equal(dues().length, 2);
    const subjects = [subjectAt('20:00'), subjectAt('10:00', { subject: 'new' })];
    lives.scheduler!.replace({ subjects, runsAtOnce: 1 });
    await clock.advance(HOUR);
    assert.equal(dues().length, 2, 'a time that had passed was made up for');
    await clock.advance(DAY);
    assert.deepEqual(
      lives.begun.slice(2).map(({ subject }) => subject),
      ['new', 'etc'],
    );
    await lives.stop();
  });

  it('leaves runs under way alone', async () => {
    const { clock, lives, ledger } = await machine();
    await clock.advance(10 * HOUR + MINUTE);
    lives.scheduler!.replace({ subjects: [], runsAtOnce: 1 });
    await clock.advance(HOUR);
    assert.deepEqual(
      ledger.runs({}).map(({ status }) => status),
      ['success'],
    );
    await lives.stop();
  });
});
