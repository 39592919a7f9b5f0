import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { busy, HOUR_MS, notice, refused, START_MS, setUp } from '../../test/notify-world.ts';

describe('a notifier', () => {
  it('tells all whom it concerns, and takes that down', async () => {
    const { admins, chat, record, problems, tell } = setUp();
    assert.deepEqual(await tell(notice()), [
      { target: 'admins', outcome: 'delivered', attempts: 1, error: undefined },
      { target: 'chat', outcome: 'delivered', attempts: 1, error: undefined },
    ]);
    assert.deepEqual([admins.got, chat.got], [[notice()], [notice()]]);
    const entry = { key: 'failure etc', sentMs: START_MS, isDelivered: true };
    assert.deepEqual(record.all, [
      { target: 'admins', ...entry },
      { target: 'chat', ...entry },
    ]);
    assert.deepEqual(problems, []);
    await tell({ ...notice('summary'), plan: undefined }, ['chat']);
    assert.equal(record.all.at(-1)!.key, 'summary');
  });

  it('tries again twice with growing pauses when that can help', async () => {
    const { clock, admins, record, tell, problems } = setUp();
    const times: number[] = [];
    admins.answer = (attempt) => {
      times.push(clock.monotonicMs());
      if (attempt < 3) throw busy();
    };
    const told = tell(notice(), ['admins']);
    await clock.advance(60_000);
    assert.deepEqual(await told, [{ target: 'admins', outcome: 'delivered', attempts: 3, error: undefined }]);
    assert.deepEqual(times, [0, 5_000, 25_000]);
    assert.deepEqual(record.all, [
      { target: 'admins', key: 'failure etc', sentMs: START_MS + 25_000, isDelivered: true },
    ]);
    assert.deepEqual(problems, []);
  });

  it('gives up after that, returns why, and goes on with the others', async () => {
    const { clock, admins, chat, record, tell, problems } = setUp();
    admins.answer = () => {
      throw busy();
    };
    const told = tell(notice());
    await clock.advance(60_000);
    const [first, second] = await told;
    assert.deepEqual([first!.outcome, first!.attempts, first!.error?.code], ['failed', 3, 'notify-failed']);
    assert.equal(second!.outcome, 'delivered');
    assert.equal(chat.got.length, 1);
    assert.deepEqual(problems, [{ target: 'admins', code: 'notify-failed' }]);
    assert.deepEqual(
      record.all.map(({ target, isDelivered }) => [target, isDelivered]),
      [
        ['chat', true],
        ['admins', false],
      ],
    );
  });

  it('does not try again when it was refused', async () => {
    const { admins, tell, problems } = setUp();
    admins.answer = () => {
      throw refused();
    };
    const [told] = await tell(notice(), ['admins']);
    assert.deepEqual([told!.outcome, told!.attempts, told!.error?.code], ['failed', 1, 'notify-refused']);
    assert.deepEqual(problems, [{ target: 'admins', code: 'notify-refused' }]);
  });

  it('tries only once at a target that has just failed, until it works again', async () => {
    const { clock, admins, tell } = setUp();
    admins.answer = () => {
      throw busy();
    };
    const attempts: number[] = [];
    const all = async () => {
      for (let n = 0; n < 3; n++) attempts.push((await tell(notice(), ['admins']))[0]!.attempts);
      admins.answer = () => undefined;
      attempts.push((await tell(notice(), ['admins']))[0]!.attempts);
      admins.answer = () => {
        throw busy();
      };
      attempts.push((await tell(notice(), ['admins']))[0]!.attempts);
    };
    const done = all();
    await clock.advance(120_000);
    await done;
    assert.deepEqual(attempts, [3, 1, 1, 1, 3]);
  });

  it('says that a target is not there', async () => {
    const { tell, problems, chat } = setUp();
    const told = await tell(notice(), ['gone', 'chat']);
    assert.deepEqual(
      told.map(({ outcome }) => outcome),
      ['failed', 'delivered'],
    );
    assert.match(told[0]!.error!.message, /there is no notification target gone/);
    assert.deepEqual(problems, [{ target: 'gone', code: 'config' }]);
    assert.equal(chat.got.length, 1);
  });

  it('throws bugs, after the others were told', async () => {
    const { admins, chat, tell } = setUp();
    admins.answer = () => {
      throw new TypeError('a bug');
    };
    await assert.rejects(tell(notice()), new TypeError('a bug'));
    assert.equal(chat.got.length, 1);
    admins.answer = () => undefined;
    assert.equal((await tell(notice(), ['admins']))[0]!.outcome, 'delivered');
  });
});

describe('what was held back', () => {
  it('is counted and told in the next message', async () => {
    const { clock, admins, record, tell } = setUp({ atMost: 4 });
    for (let n = 0; n < 6; n++) await tell(notice('recovery', 'info', n < 5 ? 'etc' : 'db'), ['admins']);
    assert.equal(admins.got.length, 3);
    assert.deepEqual(
      record.all.map(({ isDelivered }) => isDelivered),
      [true, true, true, false, false, false],
    );
    const [critical] = await tell(notice('failure', 'critical'), ['admins']);
    assert.equal(critical!.outcome, 'delivered');
    const line = '3 earlier messages were held back or could not be delivered: recovery etc (2 times), recovery db.';
    assert.deepEqual(admins.got.at(-1)!.lines, ['a line', '', line]);
    assert.deepEqual(admins.got.at(-1)!.facts, { n: 1, missed: 3 });
    const [over] = await tell(notice('failure', 'critical'), ['admins']);
    assert.deepEqual(over, { target: 'admins', outcome: 'held', attempts: 0, error: undefined });
    await clock.advance(HOUR_MS);
    await tell(notice('summary', 'info'), ['admins']);
    assert.match(admins.got.at(-1)!.lines.at(-1)!, /^1 earlier message was held back .*: failure etc\.$/);
    await tell(notice('summary', 'info'), ['admins']);
    assert.deepEqual(admins.got.at(-1)!.lines, ['a line']);
  });

  it('is told after a failure too, also by another process, but not for ever', async () => {
    const { clock, admins, tell } = setUp();
    admins.answer = () => {
      throw refused();
    };
    await tell(notice('summary', 'info', 'db'), ['admins']);
    admins.answer = () => undefined;
    await tell(notice('test', 'info'), ['admins']);
    assert.deepEqual(admins.got.at(-1)!.lines, ['a line'], 'a test is only a test');
    await tell(notice('recovery', 'critical', 'db'), ['admins']);
    assert.match(admins.got.at(-1)!.lines.at(-1)!, /1 earlier message was .*: summary db\.$/);
    admins.answer = () => {
      throw refused();
    };
    await tell(notice('summary', 'info'), ['admins']);
    admins.answer = () => undefined;
    await clock.advance(8 * 24 * HOUR_MS);
    await tell(notice(), ['admins']);
    assert.deepEqual(admins.got.at(-1)!.lines, ['a line']);
  });

  it('is not made up for with signs of life', async () => {
    const { admins, tell } = setUp();
    admins.kinds = ['start', 'success', 'failure'];
    admins.answer = () => {
      throw refused();
    };
    await tell(notice('start', 'info'), ['admins']);
    admins.answer = () => undefined;
    await tell(notice('success', 'info'), ['admins']);
    assert.deepEqual(admins.got.at(-1)!.lines, ['a line']);
  });
});
