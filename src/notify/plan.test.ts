import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type DeliveryState, type Notice, type NoticeKind, planDelivery, type Severity } from '../notify.ts';

const HOUR_MS = 60 * 60_000;
const NOW_MS = 1_000 * HOUR_MS;

const NEWS = ['failure', 'recovery', 'overdue', 'anomaly', 'summary', 'test'];
const LIFE = ['start', 'success', 'failure', 'test'];
const mail = { atMost: 8, wants: (kind: NoticeKind) => NEWS.includes(kind) };
const ping = { atMost: 1, wants: (kind: NoticeKind) => LIFE.includes(kind) };

const targets: DeliveryState['targets'] = new Map([
  ['admins', mail],
  ['chat', mail],
  ['alive', ping],
]);

/** About plan `etc`; about none for null. */
function notice(kind: NoticeKind, severity: Severity, plan: string | null = 'etc'): Notice {
  return { kind, severity, plan: plan ?? undefined, title: 't', lines: [], hostname: 'h', atMs: NOW_MS, facts: {} };
}

function state(parts: Partial<DeliveryState> = {}): DeliveryState {
  return { targets, routes: [], ofPlan: undefined, sentMs: new Map(), nowMs: NOW_MS, ...parts };
}

function told(what: Notice, parts: Partial<DeliveryState>): string[] {
  return planDelivery(what, state(parts)).map(({ target, isHeld }) => (isHeld ? `${target} held` : target));
}

describe('routes', () => {
  it('tell all targets of everything they want when there is no route', () => {
    assert.deepEqual(told(notice('failure', 'critical'), {}), ['admins', 'chat', 'alive']);
    assert.deepEqual(told(notice('summary', 'info', null), {}), ['admins', 'chat']);
    assert.deepEqual(told(notice('success', 'info'), {}), ['alive']);
  });

  it('go by severity and plan, and tell nobody twice', () => {
    const routes = [
      { to: ['admins'], severity: 'warning' },
      { to: ['chat', 'admins'], plans: ['etc', 'db'], severity: 'info' },
    ] as const;
    assert.deepEqual(told(notice('failure', 'critical'), { routes }), ['admins', 'chat']);
    assert.deepEqual(told(notice('recovery', 'info'), { routes }), ['chat', 'admins']);
    assert.deepEqual(told(notice('recovery', 'info', 'home'), { routes }), []);
    assert.deepEqual(told(notice('anomaly', 'warning', 'home'), { routes }), ['admins']);
    assert.deepEqual(told(notice('summary', 'info', null), { routes }), []);
    const critical = [{ to: ['admins'], severity: 'critical' }] as const;
    assert.deepEqual(told(notice('anomaly', 'warning'), { routes: critical }), []);
  });

  it('give way to the targets a plan names, even when it names none', () => {
    const routes = [{ to: ['admins'], severity: 'info' }] as const;
    assert.deepEqual(told(notice('failure', 'warning'), { routes, ofPlan: ['chat', 'chat'] }), ['chat']);
    assert.deepEqual(told(notice('failure', 'critical'), { routes, ofPlan: [] }), []);
    assert.deepEqual(told(notice('success', 'info'), { routes, ofPlan: ['chat', 'alive'] }), ['alive']);
  });

  it('keep a name that is no target, for whoever sends to say so', () => {
    assert.deepEqual(told(notice('failure', 'critical'), { ofPlan: ['gone', 'chat'] }), ['gone', 'chat']);
  });

  it('give signs of life to pings whatever the severity of the route, but not of other plans', () => {
    const routes = [{ to: ['alive', 'admins'], plans: ['etc'], severity: 'critical' }] as const;
    assert.deepEqual(told(notice('start', 'info'), { routes }), ['alive']);
    assert.deepEqual(told(notice('success', 'info'), { routes }), ['alive']);
    assert.deepEqual(told(notice('failure', 'warning'), { routes }), ['alive']);
    assert.deepEqual(told(notice('success', 'info', 'db'), { routes }), []);
  });

  it('do not matter to a test', () => {
    const routes = [{ to: ['admins'], plans: ['db'], severity: 'critical' }] as const;
    const test = notice('test', 'info', null);
    assert.deepEqual(told(test, { routes }), ['admins', 'chat', 'alive']);
    assert.deepEqual(told(test, { routes, ofPlan: ['alive'] }), ['alive']);
    const sentMs = new Map([['admins', Array(100).fill(NOW_MS)]]);
    assert.deepEqual(told(test, { sentMs, ofPlan: ['admins'] }), ['admins']);
  });
});

describe('what is about no plan', () => {
  const routes = [{ to: ['admins'], plans: ['etc'], severity: 'warning' }] as const;
  const ofVault = (...names: string[]) => names.map((plan) => ({ plan, notify: undefined }));

  it('but a vault goes to those who hear of its plans, and by routes for all plans', () => {
    const damage = { ...notice('failure', 'critical', null), vault: 'main' };
    assert.deepEqual(told(damage, { routes, ofVault: ofVault('db', 'etc') }), ['admins']);
    assert.deepEqual(told(damage, { routes, ofVault: ofVault('db') }), []);
    assert.deepEqual(told(damage, { routes, ofVault: [{ plan: 'etc', notify: ['chat'] }] }), ['chat']);
    assert.deepEqual(told(damage, { routes, ofVault: [{ plan: 'etc', notify: [] }] }), []);
    const all = [...routes, { to: ['chat'], severity: 'info' }] as const;
    assert.deepEqual(told(damage, { routes: all, ofVault: ofVault('db') }), ['chat']);
    const late = { ...notice('overdue', 'warning', null), vault: 'main' };
    assert.deepEqual(told(late, { routes: [{ ...routes[0], severity: 'critical' }], ofVault: ofVault('etc') }), []);
    assert.deepEqual(told(damage, { ofVault: [] }), ['admins', 'chat', 'alive'], 'without any route');
  });

  it('nor a vault reaches everybody when no route would take it', () => {
    const ledger = notice('failure', 'critical', null);
    assert.deepEqual(told(ledger, { routes }), ['admins', 'chat']);
    assert.deepEqual(told(notice('recovery', 'critical', null), { routes }), ['admins', 'chat']);
    assert.deepEqual(told(notice('summary', 'info', null), { routes }), []);
    const alive = [...routes, { to: ['alive'], severity: 'info' }] as const;
    assert.deepEqual(told(ledger, { routes: alive }), ['alive', 'admins', 'chat']);
    assert.deepEqual(
      told(ledger, {
        routes: [{ to: ['alive'], plans: ['etc'], severity: 'info' }],
        targets: new Map([['alive', ping]]),
      }),
      ['alive'],
    );
    const strict = [{ to: ['chat'], severity: 'critical' }] as const;
    assert.deepEqual(told(notice('failure', 'warning', null), { routes: strict }), [], 'as it was asked for');
  });
});

describe('rates', () => {
  const after = (count: number, agoMs = 1000) => new Map([['admins', Array<number>(count).fill(NOW_MS - agoMs)]]);
  const ofPlan = ['admins'];

  it('hold what is over, and keep the last quarter for what is critical', () => {
    for (const severity of ['info', 'warning'] as const) {
      assert.deepEqual(told(notice('recovery', severity), { ofPlan, sentMs: after(5) }), ['admins']);
      assert.deepEqual(told(notice('recovery', severity), { ofPlan, sentMs: after(6) }), ['admins held']);
    }
    assert.deepEqual(told(notice('failure', 'critical'), { ofPlan, sentMs: after(7) }), ['admins']);
    assert.deepEqual(told(notice('failure', 'critical'), { ofPlan, sentMs: after(8) }), ['admins held']);
  });

  it('count the last hour only, and nothing that a clock set back left in the future', () => {
    assert.deepEqual(told(notice('recovery', 'info'), { ofPlan, sentMs: after(50, HOUR_MS) }), ['admins']);
    assert.deepEqual(told(notice('recovery', 'info'), { ofPlan, sentMs: after(50, HOUR_MS - 1) }), ['admins held']);
    assert.deepEqual(told(notice('recovery', 'info'), { ofPlan, sentMs: after(50, -1) }), ['admins']);
  });

  it('do not apply to signs of life, as a missing one is an alarm', () => {
    const sentMs = new Map([['alive', Array<number>(100).fill(NOW_MS)]]);
    assert.deepEqual(told(notice('success', 'info'), { ofPlan: ['alive'], sentMs }), ['alive']);
  });

  it('never hold a critical message because of others, and never pass the maximum', () => {
    const severities = fc.array(fc.constantFrom<Severity>('info', 'warning', 'critical'), { maxLength: 60 });
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 20 }), severities, (atMost, flood) => {
        const one = new Map([['admins', { ...mail, atMost }]]);
        const sent: Severity[] = [];
        for (const severity of flood) {
          const sentMs = new Map([['admins', sent.map(() => NOW_MS)]]);
          const [delivery] = planDelivery(notice('failure', severity), state({ targets: one, sentMs }));
          if (!delivery!.isHeld) sent.push(severity);
          else if (severity === 'critical') assert.ok(sent.includes('critical'), 'held by others alone');
        }
        assert.ok(sent.length <= atMost);
      }),
    );
  });

  it('let a target that gets one an hour have that one', () => {
    const one = new Map([['admins', { ...mail, atMost: 1 }]]);
    assert.deepEqual(told(notice('summary', 'info'), { targets: one }), ['admins']);
    assert.deepEqual(told(notice('failure', 'critical'), { targets: one, sentMs: after(1) }), ['admins held']);
  });
});
