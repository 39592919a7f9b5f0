/** What a target has not taken. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { busy, HOUR_MS, notice, refused, setUp } from '../../test/notify-world.ts';
import { AppError } from '../base/errors.ts';
import { takenBySome } from './trouble.ts';

const MINUTE_MS = 60_000;

/** A target that did not take the failure of `etc`, in three attempts. */
async function failed(error = busy()) {
  const world = setUp({ atMost: 100 });
  const { admins, tell, clock } = world;
  admins.answer = () => {
    throw error;
  };
  const told = tell(notice(), ['admins']);
  await clock.advance(30_000);
  await told;
  return world;
}

describe('what was not taken', () => {
  it('stays owed and is tried again with growing pauses, until it is taken once', async () => {
    const { clock, admins, record, tellOwed } = await failed();
    assert.equal(record.owing.length, 1);
    const minutes: number[] = [];
    const before = admins.attempts;
    for (let minute = 1; minute <= 200; minute++) {
      await clock.advance(MINUTE_MS);
      const attempts = admins.attempts;
      await tellOwed();
      if (admins.attempts > attempts) minutes.push(minute);
    }
    assert.deepEqual(minutes, [1, 3, 7, 15, 31, 63, 123, 183]);
    assert.equal(admins.attempts - before, minutes.length, 'one attempt each');
    assert.equal(record.all.length, 1, 'undelivered once');
    admins.answer = () => undefined;
    await clock.advance(HOUR_MS);
    await tellOwed();
    await clock.advance(HOUR_MS);
    await tellOwed();
    assert.deepEqual(admins.got, [notice()], 'whole, and not named as missed');
    assert.deepEqual(record.owing, []);
  });

  it('is tried by the next run whatever the pause, but not twice by the same', async () => {
    const { clock, admins, tellOwed } = await failed();
    const before = admins.attempts;
    const sinceMs = clock.nowMs() + 1;
    await clock.advance(1000);
    await tellOwed(sinceMs);
    await tellOwed(sinceMs);
    assert.equal(admins.attempts, before + 1);
  });

  it('is tried at once when the target takes messages again', async () => {
    const { clock, admins, tell, tellOwed } = await failed();
    admins.answer = () => undefined;
    await clock.advance(1000);
    await tell(notice('failure', 'critical', 'home'), ['admins']);
    assert.deepEqual(admins.got.at(-1)!.lines, ['a line'], 'what comes by itself is not named');
    await tellOwed();
    assert.deepEqual(
      admins.got.map(({ plan }) => plan),
      ['home', 'etc'],
    );
  });

  it('goes along with later news of the same, in one message', async () => {
    const { admins, record, tell, tellOwed } = await failed();
    admins.answer = () => undefined;
    await tell(notice('recovery', 'critical'), ['admins']);
    await tellOwed();
    assert.equal(admins.got.length, 1);
    const text = admins.got[0]!.lines.join('\n');
    assert.match(text, /^a line\n\nCould not be delivered at .*: failure: plan etc\n {2}a line$/);
    assert.deepEqual(record.owing, []);
  });

  it('stays when the later news is not taken either, and both come in one', async () => {
    const { clock, admins, record, tell, tellOwed } = await failed();
    await tell(notice('recovery', 'critical'), ['admins']);
    assert.equal(record.owing.length, 2);
    admins.answer = () => undefined;
    await clock.advance(2 * MINUTE_MS);
    await tellOwed();
    assert.deepEqual(
      admins.got.map(({ kind }) => kind),
      ['recovery'],
    );
    assert.match(admins.got[0]!.lines.join('\n'), /failure: plan etc/);
    assert.deepEqual(record.owing, []);
  });

  it('is owed when it was refused, but not when some have it, nor when it matters little', async () => {
    assert.equal((await failed(refused())).record.owing.length, 1);
    assert.equal((await failed(takenBySome('admins: refused 1 of 2', ''))).record.owing.length, 0);
    const { admins, record, tell } = setUp();
    admins.answer = () => {
      throw refused();
    };
    for (const kind of ['summary', 'test', 'anomaly'] as const) await tell(notice(kind, 'info'), ['admins']);
    admins.kinds = ['start', 'success', 'failure'];
    await tell(notice(), ['admins']);
    assert.deepEqual(record.owing, [], 'a late sign of life would be taken for one of now');
  });

  it('is given up after three days and named in the next message', async () => {
    const { clock, admins, record, tell, tellOwed } = await failed();
    await clock.advance(73 * HOUR_MS);
    await tellOwed();
    assert.deepEqual(record.owing, []);
    admins.answer = () => undefined;
    await tell(notice('summary', 'info', 'home'), ['admins']);
    assert.match(admins.got[0]!.lines.at(-1)!, /could not be delivered: failure etc/);
  });

  it('is bounded, and what gives way is named', async () => {
    const { admins, record, tell } = await failed(refused());
    for (let n = 0; n < 120; n++) await tell(notice('failure', 'critical', `p${n}`), ['admins']);
    assert.equal(record.owing.length, 100);
    assert.match(record.owing[0]!.notice, /"p20"/);
    admins.answer = () => undefined;
    await tell(notice('summary', 'info', 'home'), ['admins']);
    assert.match(admins.got[0]!.lines.at(-1)!, /could not be delivered: failure etc/);
  });

  it('is left to the process that was quicker', async () => {
    const { clock, admins, record, tellOwed } = await failed();
    admins.answer = () => undefined;
    const claim = record.claimOwed.bind(record);
    record.claimOwed = (owed, nowMs) => claim(owed, nowMs) && false;
    await clock.advance(HOUR_MS);
    await tellOwed();
    assert.equal(admins.got.length, 0);
  });
});

describe('while the ledger cannot be written', () => {
  const full = new AppError('storage-full', { detail: 'writing the ledger' });

  it('the same is told once an hour, and other news as ever', async () => {
    const { clock, admins, record, tell } = setUp({ atMost: 100 });
    record.failure = full;
    for (let minute = 0; minute < 150; minute++) {
      await tell(notice('overdue'), ['admins']);
      await clock.advance(MINUTE_MS);
    }
    assert.equal(admins.got.length, 0, 'a kind that is not wanted');
    for (let minute = 0; minute < 150; minute++) {
      for (const plan of ['etc', 'home']) await tell(notice('failure', 'critical', plan), ['admins']);
      await clock.advance(MINUTE_MS);
    }
    assert.equal(admins.got.length, 6);
    record.failure = undefined;
    await tell(notice('recovery'), ['admins']);
    assert.equal(record.all.length, 7, 'taken down when it can be');
    await tell(notice(), ['admins']);
    assert.equal(admins.got.length, 8, 'the ledger knows again what to tell');
  });

  it('counts what was sent, and keeps what is owed', async () => {
    const { clock, admins, record, tell, tellOwed } = setUp({ atMost: 4 });
    record.failure = full;
    for (let n = 0; n < 9; n++) await tell(notice('failure', 'critical', `p${n}`), ['admins']);
    assert.equal(admins.got.length, 4);
    await clock.advance(2 * HOUR_MS);
    admins.answer = () => {
      throw refused();
    };
    await tell(notice(), ['admins']);
    admins.answer = () => undefined;
    await clock.advance(MINUTE_MS);
    await tellOwed();
    await clock.advance(MINUTE_MS);
    await tellOwed();
    assert.equal(admins.got.length, 5);
  });
});
