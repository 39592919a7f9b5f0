import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { begin, CONFIG, HOUR, toldOf } from '../../test/daemon/served.ts';
import { configOf } from '../../test/daemon/world.ts';
import { AppError } from '../base/errors.ts';
import { openLedger } from '../ledger.ts';

const MINUTE = 60_000;

describe('a new configuration', () => {
  it('takes the place of the old one', async () => {
    const { world, begun, clock, events, hangUp, get, stop } = await begin();
    const config = await configOf({ ...CONFIG, plans: { home: { schedule: '20:00' } } });
    config.daemon.listen = world.config.daemon.listen;
    await hangUp(async () => ({ ...world, config: { ...config, stateDirectory: world.config.stateDirectory } }));
    assert.ok(events.includes('reloaded'));
    await clock.advance(11 * HOUR);
    assert.deepEqual(begun, ['schedule backup home']);
    assert.match((await get('/metrics')).text, /plan="home"/);
    await stop();
  });

  it('that is wrong changes nothing, and is told', async () => {
    const { world, begun, clock, events, hangUp, get, stop } = await begin();
    await hangUp(async () => {
      throw new AppError('config', { detail: 'holdfast.yaml:3:1: unknown key plan' });
    });
    assert.ok(events.includes('reload-failed'));
    assert.deepEqual(toldOf(world), ['failure -']);
    assert.match(world.told[0]!.lines[0]!, /unknown key plan/);
    assert.match((await get('/metrics')).text, /^holdfast_config_last_reload_successful 0$/m);
    await clock.advance(11 * HOUR);
    assert.deepEqual(begun, ['schedule backup etc']);
    events.length = 0;
    await hangUp(async () => world);
    assert.deepEqual(toldOf(world), ['failure -', 'recovery -']);
    assert.match((await get('/metrics')).text, /^holdfast_config_last_reload_successful 1$/m);
    await stop();
  });
});

describe('health', () => {
  it('is bad while the ledger fails, and says nothing it does not know', async () => {
    let isBroken = false;
    const inner = await openLedger({ file: ':memory:' });
    const { clock, get, world, stop } = await begin(CONFIG, (given) => {
      given.ledger = new Proxy(inner, {
        get(target, name: keyof typeof inner) {
          if (isBroken) throw new AppError('ledger-failed', { detail: 'a test' });
          const value = target[name];
          return typeof value === 'function' ? value.bind(target) : value;
        },
      });
    });
    isBroken = true;
    await clock.advance(2 * MINUTE);
    assert.equal((await get('/healthz')).status, 503);
    assert.equal((await get('/metrics')).status, 500);
    assert.deepEqual(toldOf(world), ['failure -']);
    isBroken = false;
    await clock.advance(2 * MINUTE);
    assert.equal((await get('/healthz')).status, 200);
    assert.deepEqual(toldOf(world), ['failure -', 'recovery -']);
    await stop();
  });
});
