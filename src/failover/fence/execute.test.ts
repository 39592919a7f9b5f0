/** What is done to a cluster about fencing, on one that is played: it changes between the plan and the order. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { hasCode } from '../../base/errors.ts';
import type { live } from '../../cluster.ts';
import { simulated } from '../../host.ts';
import { quickClock } from '../sample-state.ts';
import { type Condition, refuseUnless } from './condition.ts';
import { executeConfirm, planConfirm } from './confirm.ts';
import { executePause, planPause } from './pause.ts';
import { readFencing } from './read.ts';
import { sampleView } from './sample.ts';
import { executeShot, planShot } from './shoot.ts';

const FOLDER = new URL('../../../test/scenarios/failover/act-takeover-returning/', import.meta.url).pathname;
const MON = readFileSync(`${FOLDER}crm_mon.xml`, 'utf8');
const CIB = readFileSync(`${FOLDER}cib.xml`, 'utf8');
const OSS2 = /(<node name="oss2"[^>]*) online="true"([^>]*) unclean="false"/;
const AWAY = MON.replace(OSS2, '$1 online="false"$2 unclean="false"');
const UNCLEAN = MON.replace(OSS2, '$1 online="false"$2 unclean="true"');

interface Played {
  /** What crm_mon says at each look; the last one again and again. */
  looks: string[];
  /** The history tells of a fencing of oss2 once it was ordered. */
  hits?: boolean;
  orders?: string[];
  onOrder?: (line: string) => void;
}

function seatThat(played: Played): live.Seat {
  const { looks, hits = false, orders = [] } = played;
  const next = <T>(all: T[]): T => (all.length > 1 ? all.shift()! : all[0]!);
  const event =
    '<fence_event action="reboot" target="oss2" client="x" origin="oss1" status="success" delegate="oss1" completed="2026-11-21 20:00:00Z"/>';
  const processes = simulated.scriptedProcesses(({ command, args }) => {
    const line = [command, ...args].join(' ');
    if (command === 'crm_mon') return { output: next(looks) };
    if (command === 'crm_node') return { output: 'oss1\n' };
    if (/--confirm|--reboot|--patch/.test(line)) {
      orders.push(line);
      played.onOrder?.(line);
      return { output: '' };
    }
    if (command === 'stonith_admin') {
      const events = hits && orders.length > 0 ? event : '';
      return {
        output: `<pacemaker-result api-version="2.25"><fence_history>${events}</fence_history><status code="0" message="OK"/></pacemaker-result>`,
      };
    }
    if (command === 'logger') return { output: '' };
    if (command !== 'cibadmin') return undefined;
    return { output: args.includes('--scope') ? /<configuration>[\s\S]*<\/configuration>/.exec(CIB)![0] : CIB };
  });
  return { name: 'oss1', processes };
}

describe('the word that a node is off', () => {
  const request = { node: 'oss2', verified: 'unplugged by J. Doe' };
  const facts = async () => ({ isAnswering: false, tried: [] });

  it('is not passed on when the node has come back while somebody typed', async () => {
    const orders: string[] = [];
    const options = { clock: quickClock() };
    const seat = seatThat({ looks: [UNCLEAN, MON], orders });
    const view = await readFencing(seat, options);
    const plan = planConfirm(view, request, await facts());
    assert.ok(plan.conditions.every(({ outcome }) => outcome === 'met'));
    await assert.rejects(executeConfirm(view, plan, { options, by: 'x', facts }), /oss2 is an online member/);
    assert.deepEqual(orders, []);
  });

  it('nor when it answers by now', async () => {
    const orders: string[] = [];
    const options = { clock: quickClock() };
    const view = await readFencing(seatThat({ looks: [UNCLEAN], orders }), options);
    const plan = planConfirm(view, request, await facts());
    const alive = async () => ({ isAnswering: true, tried: [] });
    await assert.rejects(executeConfirm(view, plan, { options, by: 'x', facts: alive }), /answers over ssh/);
    assert.equal(await executeConfirm(view, plan, { options, by: 'x', facts }), true);
    assert.deepEqual(orders, ['stonith_admin --confirm oss2']);
  });
});

describe('a pause', () => {
  const wrong = (conditions: readonly Condition[]): string[] =>
    conditions.flatMap(({ outcome, text }) => (outcome === 'met' ? [] : [`${outcome}: ${text}`]));
  const plan = { endMs: 3_600_000, isChange: false, conditions: [], noticedAfterMs: 0 };

  it('is refused where another node as the DC would end it much later', () => {
    const with2 = (n2: number | undefined) =>
      planPause(sampleView(), { durationMs: 60_000, dcNowMs: 4e6, nowMs: 4e6, clocks: new Map([['n2', n2]]) });
    for (const n2 of [4e6, 4e6 - 59_000, 9e9]) assert.deepEqual(wrong(with2(n2).conditions), []);
    const { conditions } = with2(4e6 - 3_600_000);
    assert.match(wrong(conditions).join(), /^violated: .*n2 is 3600 s behind/);
    assert.throws(() => refuseUnless(conditions, 'I know better'), { code: 'refused' });
  });

  it('is not set when a node waits to be fenced by now', async () => {
    const orders: string[] = [];
    const pausing = executePause(seatThat({ looks: [UNCLEAN], orders }), plan, { clock: quickClock() });
    await assert.rejects(
      pausing,
      (error) => hasCode(error, 'refused') && /oss2 waits to be fenced/.test(error.message),
    );
    assert.deepEqual(orders, []);
  });

  it('that the cluster does not tell of says what stands there, and until when', async () => {
    const orders: string[] = [];
    const pausing = executePause(seatThat({ looks: [MON], orders }), plan, { clock: quickClock() });
    await assert.rejects(pausing, (error) => {
      assert.ok(hasCode(error, 'failed'));
      assert.match(error.message, /may hold until 1970-01-01T01:00:00/);
      assert.match(error.hint, /ha fence resume/);
      return true;
    });
    assert.equal(orders.length, 1);
  });

  it('says the same when it is interrupted after the order', async () => {
    const controller = new AbortController();
    const seat = seatThat({ looks: [MON], onOrder: () => controller.abort(new Error('enough')) });
    const pausing = executePause(seat, plan, { clock: quickClock(), signal: controller.signal });
    await assert.rejects(pausing, (e) => hasCode(e, 'interrupted') && /may hold until/.test(e.message));
  });
});

describe('a shot', () => {
  const shoot = async (played: Played, signal?: AbortSignal) => {
    const options = { clock: quickClock(), signal };
    const seat = seatThat(played);
    const view = await readFencing(seat, { clock: options.clock });
    // That it may be done is for others to test; here it is what comes after.
    const plan = { ...planShot(view, 'oss2', { votes: undefined, lost: undefined, tried: [] }), conditions: [] };
    return await executeShot(view, plan, { seatOf: () => seat, options, override: 'a test' });
  };

  it('is over when the node was away and is back', async () => {
    const result = await shoot({ looks: [MON, MON, MON, AWAY, AWAY, MON], hits: true });
    assert.ok(result.backMs > 0);
  });

  it('is none when the node never left, whatever the fencer says', async () => {
    await assert.rejects(shoot({ looks: [MON], hits: true }), /waited 30 s for the cluster to be without oss2/);
  });

  it('that is interrupted goes on, and says so', async () => {
    const controller = new AbortController();
    const played = { looks: [MON], onOrder: () => controller.abort(new Error('enough')) };
    await assert.rejects(shoot(played, controller.signal), (error) => {
      return hasCode(error, 'interrupted') && /the order to shoot oss2 was given/.test(error.message);
    });
  });
});
