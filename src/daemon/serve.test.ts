import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { begin, CONFIG, HOUR, NOON, quietOptions, toldOf } from '../../test/daemon/served.ts';
import { configOf, settableClock, worldOf } from '../../test/daemon/world.ts';
import { AppError } from '../base/errors.ts';
import { serve } from './serve.ts';

const MINUTE = 60_000;

const SOON_OVERDUE = { ...CONFIG, plans: { etc: { schedule: '22:00', overdueAfter: '26h' } } };

let directory: string;
before(() => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-serve-'));
});
after(() => rmSync(directory, { recursive: true, force: true }));

describe('serve', () => {
  it('runs what is due, and answers with metrics and health', async () => {
    const { clock, begun, get, stop } = await begin();
    assert.deepEqual(await get('/healthz'), { status: 200, text: 'ok\n' });
    await clock.advance(17 * HOUR);
    assert.deepEqual(begun, ['schedule backup etc', 'schedule verify main']);
    const { status, text } = await get('/metrics');
    assert.equal(status, 200);
    assert.match(text, /^holdfast_plan_last_run_status\{plan="etc",status="success"\} 1$/m);
    assert.match(text, /^holdfast_runs_total\{kind="backup",subject="etc",status="success"\} 1$/m);
    assert.equal((await get('/other')).status, 404);
    await stop();
  });

  it('interrupts what runs when it is stopped', async () => {
    const { clock, world, stop } = await begin();
    await clock.advance(10 * HOUR + MINUTE);
    await stop();
    assert.deepEqual(
      world.ledger.runs({}).map(({ status }) => status),
      ['interrupted'],
    );
  });

  it('finds runs that were killed before it began, tells of them once, and begins them again', async () => {
    const lost = {
      kind: 'backup',
      subject: 'etc',
      trigger: 'schedule',
      logFile: undefined,
      process: 'killed',
    } as const;
    const { world, begun, clock, stop } = await begin(CONFIG, ({ ledger }) => {
      ledger.settle('backup', 'etc', NOON - 38 * HOUR);
      ledger.beginRun({ ...lost, dueMs: NOON - 14 * HOUR, startedMs: NOON - 14 * HOUR });
    });
    await clock.advance(HOUR);
    assert.deepEqual(begun, ['retry backup etc']);
    assert.deepEqual(toldOf(world), ['failure etc']);
    assert.deepEqual(
      world.ledger.runs({}).map(({ status }) => status),
      ['success', 'lost'],
    );
    await stop();
  });

  it('tells once when a plan becomes overdue, and once when it is no longer', async () => {
    let isGood = false;
    const { world, clock, stop } = await begin(SOON_OVERDUE, undefined, () => (isGood ? 'success' : 'failed'));
    await clock.advance(27 * HOUR);
    assert.deepEqual(toldOf(world), ['overdue etc']);
    assert.match(world.told[0]!.lines.join('\n'), /never been a good run/);
    isGood = true;
    await clock.advance(9 * HOUR);
    assert.deepEqual(toldOf(world), ['overdue etc', 'recovery etc']);
    await stop();
  });

  it('tells once when nothing of a plan is proven any more, and once when it is again', async () => {
    const { world, clock, stop } = await begin();
    await clock.advance(11 * HOUR);
    assert.deepEqual(toldOf(world), []);
    const [proof] = world.ledger.proofs('main');
    world.ledger.removeProof('main', proof!.snapshotId);
    await clock.advance(HOUR);
    assert.deepEqual(toldOf(world), ['failure etc']);
    assert.match(world.told[0]!.lines.join('\n'), /No restore point of it was read back/);
    await clock.advance(HOUR);
    world.ledger.saveProof({ ...proof!, provenMs: clock.nowMs() });
    await clock.advance(HOUR);
    assert.deepEqual(toldOf(world), ['failure etc', 'recovery etc']);
    await stop();
  });

  it('tells when a vault was not verified for too long, and when it is again', async () => {
    let isGood = false;
    const { world, clock, get, stop } = await begin(CONFIG, undefined, ({ kind }) =>
      kind === 'verify' && !isGood ? 'failed' : 'success',
    );
    await clock.advance(5 * 24 * HOUR);
    assert.deepEqual(toldOf(world), ['overdue -']);
    assert.match(world.told[0]!.title, /verify of vault main/);
    assert.equal(world.told[0]!.severity, 'critical');
    assert.match((await get('/metrics')).text, /^holdfast_vault_verify_overdue\{vault="main"\} 1$/m);
    isGood = true;
    await clock.advance(24 * HOUR);
    assert.deepEqual(toldOf(world), ['overdue -', 'recovery -']);
    await stop();
  });

  it('does not tell of an overdue plan again after a restart', async () => {
    const first = await begin(SOON_OVERDUE, undefined, () => 'failed');
    await first.clock.advance(27 * HOUR);
    await first.stop();
    const ledger = first.world.ledger;
    const again = await worldOf({ config: first.world.config, ledger, clock: first.clock });
    const controller = new AbortController();
    const ended = serve(again, { ...quietOptions(again, () => 'failed'), signal: controller.signal });
    await new Promise((resolve) => setTimeout(resolve, 50));
    await first.clock.advance(HOUR);
    controller.abort(new AppError('interrupted'));
    await ended;
    assert.deepEqual(toldOf(again), []);
  });

  it('sends the summary at its time, once', async () => {
    const { world, clock, stop } = await begin({ ...CONFIG, notifications: { summary: '08:00' } });
    await clock.advance(20 * HOUR - 2 * MINUTE);
    assert.deepEqual(toldOf(world), []);
    await clock.advance(4 * MINUTE);
    assert.deepEqual(toldOf(world), ['summary -']);
    assert.match(world.told[0]!.lines.join('\n'), /Vault main: size not known, share read back not known/);
    await clock.advance(24 * HOUR);
    assert.deepEqual(toldOf(world), ['summary -', 'summary -']);
    await stop();
  });

  it('has what is wrong with vaults and shelves in the summary', async () => {
    const shelf = { root: '/srv/shelf', items: [{ category: 'a', name: 'b' }] };
    const given = { ...CONFIG, notifications: { summary: '08:00' }, shelves: { dumps: shelf } };
    const { world, clock, stop } = await begin(
      given,
      ({ ledger }) => {
        ledger.openTrouble('failure shelf dumps check', NOON);
        ledger.openTrouble('failure shelf gone check', NOON);
      },
      ({ kind }) => (kind === 'verify' ? 'failed' : 'success'),
    );
    await clock.advance(20 * HOUR + 2 * MINUTE);
    assert.deepEqual(toldOf(world), ['summary -']);
    assert.match(world.told[0]!.title, /^1 plan on head1, 2 failed$/);
    assert.match(world.told[0]!.lines.join('\n'), /^Failed: verify of vault main, shelf dumps check\.$/m);
    await stop();
  });

  it('tries what is owed each minute, and watches on when the textfile cannot be written', async () => {
    let tried = 0;
    const textfile = join(directory, 'no-such-directory', 'holdfast.prom');
    const { world, clock, stop } = await begin(
      { ...SOON_OVERDUE, daemon: { textfile } },
      (given) => {
        given.tellOwed = async () => void tried++;
      },
      () => 'failed',
    );
    // Looks that fall together on a busy machine count once.
    for (let hours = 0; tried <= 10 && hours < 4; hours++) await clock.advance(HOUR);
    assert.ok(tried > 10, String(tried));
    await clock.advance(26 * HOUR);
    assert.deepEqual(toldOf(world), ['overdue etc']);
    await stop();
  });

  it('writes the textfile each minute', async () => {
    const file = join(directory, 'holdfast.prom');
    const { clock, stop } = await begin({ ...CONFIG, daemon: { textfile: file } });
    const written = async (): Promise<number> => {
      await clock.advance(MINUTE);
      await new Promise((resolve) => setTimeout(resolve, 50));
      return Number(/^holdfast_written_timestamp_seconds (\S+)$/m.exec(readFileSync(file, 'utf8'))?.[1]);
    };
    const [first, second] = [await written(), await written()];
    assert.ok(second >= first + 59, `${first} ${second}`);
    await stop();
  });

  it('forgets old runs with their logs', async () => {
    const { world, clock, stop } = await begin({ ...CONFIG, daemon: { logDays: 1 } }, ({ ledger, config }) => {
      const common = {
        kind: 'backup',
        subject: 'etc',
        trigger: 'manual',
        dueMs: undefined,
        process: 'daemon',
      } as const;
      for (const hours of [90, 80, 70]) {
        const run = ledger.beginRun({
          ...common,
          startedMs: NOON - hours * HOUR,
          logFile: join(config.stateDirectory, 'logs', `${hours}`),
        });
        ledger.endRun(run.id, { status: 'success', endedMs: NOON - hours * HOUR });
      }
    });
    await clock.advance(HOUR);
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(world.ledger.runs({}).length, 1);
    await stop();
  });

  it('is one for a state directory', async () => {
    const { world, stop } = await begin();
    await assert.rejects(serve(world, quietOptions(world)), { code: 'failed', message: /process 4711 on head1/ });
    await stop();
  });

  it('does not begin with an address it cannot listen on', async () => {
    const config = await configOf({
      ...CONFIG,
      stateDirectory: join(directory, 'wrong'),
      daemon: { listen: 'nonsense' },
    }).catch((error: unknown) => error);
    if (config instanceof AppError) return assert.equal(config.code, 'config');
    const world = await worldOf({ config: config as never, clock: settableClock(NOON) });
    return await assert.rejects(serve(world, quietOptions(world)), { code: 'config' });
  });
});
