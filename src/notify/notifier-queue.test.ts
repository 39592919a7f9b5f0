/** Several messages at once, interruption, and a ledger that fails. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { busy, notice, setUp } from '../../test/notify-world.ts';
import { AppError } from '../base/errors.ts';

describe('messages at the same time', () => {
  it('leave one after the other, in order, and the rate counts those on their way', async () => {
    const { clock, admins, tell } = setUp({ atMost: 3 });
    let under = 0;
    admins.answer = async () => {
      assert.equal(++under, 1);
      await clock.sleep(1000);
      under--;
    };
    const all = ['a', 'b', 'c', 'd'].map((plan) => tell(notice('failure', 'critical', plan), ['admins']));
    await clock.advance(10_000);
    assert.deepEqual(
      (await Promise.all(all)).map(([told]) => told!.outcome),
      ['delivered', 'delivered', 'delivered', 'held'],
    );
    assert.deepEqual(
      admins.got.map(({ plan }) => plan),
      ['a', 'b', 'c'],
    );
  });

  it('do not pile up without end before a target that hangs', async () => {
    const { clock, admins, record, tell, problems } = setUp({ atMost: 1000 });
    admins.answer = () => clock.sleep(1000);
    const all = Array.from({ length: 103 }, () => tell(notice(), ['admins']));
    await clock.advance(200_000);
    const outcomes = (await Promise.all(all)).map(([told]) => told!.outcome);
    assert.deepEqual(outcomes.filter((each) => each === 'delivered').length, 100);
    assert.deepEqual(outcomes.slice(100), ['failed', 'failed', 'failed']);
    assert.equal(problems.length, 3);
    assert.equal(record.all.filter(({ isDelivered }) => !isDelivered).length, 3);
  });

  it('stop with their signal, in a message, in a pause and while they wait', async () => {
    const { clock, admins, tell } = setUp();
    const stop = new AbortController();
    admins.answer = (_, signal) => clock.sleep(1e9, signal);
    const sending = tell(notice(), ['admins'], stop.signal);
    const waiting = tell(notice(), ['admins'], stop.signal);
    await clock.advance(10);
    stop.abort(new Error('the daemon ends'));
    const [first, second] = [(await sending)[0]!, (await waiting)[0]!];
    assert.deepEqual([first.outcome, first.attempts, first.error?.code], ['failed', 1, 'interrupted']);
    assert.deepEqual([second.outcome, second.attempts, second.error?.code], ['failed', 0, 'interrupted']);
    const pause = new AbortController();
    const { tell: retell, admins: other, clock: still } = setUp();
    other.answer = () => {
      throw busy();
    };
    const pausing = retell(notice(), ['admins'], pause.signal);
    await still.advance(100);
    pause.abort();
    assert.deepEqual([(await pausing)[0]!.attempts, (await pausing)[0]!.error?.code], [1, 'interrupted']);
  });
});

describe('a ledger that fails', () => {
  it('keeps no notice from leaving, and is a problem of its own', async () => {
    const { record, admins, problems, tell } = setUp();
    record.failure = new AppError('ledger-failed', { detail: 'ledger.db: disk I/O error' });
    assert.equal((await tell(notice(), ['admins']))[0]!.outcome, 'delivered');
    assert.equal(admins.got.length, 1);
    assert.ok(problems.length >= 2);
    assert.ok(problems.every(({ target, code }) => target === undefined && code === 'ledger-failed'));
    record.failure = new TypeError('a bug');
    await assert.rejects(tell(notice(), ['admins']), TypeError);
  });
});
