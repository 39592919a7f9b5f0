/** Acting on real clusters: what plans promise is what the kernels of the hosts show, and nothing is mounted twice meanwhile. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { hasCode } from '../../src/base/errors.ts';
import { cib, pacemakerAct } from '../../src/cluster.ts';
import { act, verdict } from '../../src/failover.ts';
import { systemClock } from '../../src/host.ts';
import { describePeer } from '../peers.ts';
import { openPacemaker, seatsIn, useLab } from './bed.ts';
import { HEARTBEAT_PEERS, startHeartbeat } from './heartbeat.ts';
import { PACEMAKER_PEERS } from './pacemaker.ts';

const LUN_BYTES = 64 * 1024 * 1024;
const clock = systemClock;

describePeer('acting on two nodes of Pacemaker', [...PACEMAKER_PEERS], () => {
  const bed = useLab(async (lab) => {
    const luns = { meta0: { prefers: 'n1' }, object0: { prefers: 'n2' } };
    // Nothing sticks, so that what is moved away would go back.
    const { cluster, on } = await openPacemaker(lab, { nodes: ['n1', 'n2'], luns, shotLast: 'n1', stickiness: 0 });
    const seatOf = seatsIn(lab);
    const seats: act.PacemakerSeats = { seat: seatOf('n1'), seatOf, clock };
    return { cluster, seats, meta: on.meta0.lun, object: on.object0.lun };
  });

  it('says that it is ready, from what was examined', async (t) => {
    const { lab, seats, meta, object } = bed();
    const situation = await act.readSituation(seats);
    const plan = act.planTakeover(situation, { node: 'n1' }, clock.nowMs());
    const rehearse = () => act.rehearse(plan, seats);
    const inputs = await verdict.gatherReadiness(plan, situation, { ...seats, rehearse });
    const judged = verdict.judgeReadiness(inputs, clock.nowMs());
    t.diagnostic(judged.inputs.map(({ name, subject, text }) => `${name} ${subject}: ${text}`).join('\n'));
    assert.deepEqual(judged.reasons, []);
    assert.ok(judged.isGreen);
    // A rehearsal is one: the cluster has not noticed.
    const after = await act.readSituation(seats);
    assert.deepEqual(after.state.moves, []);
    assert.deepEqual([after.cib?.adminEpoch, after.cib?.epoch], [situation.cib?.adminEpoch, situation.cib?.epoch]);
    assert.deepEqual([lab.activeOn(meta), lab.activeOn(object)], [['n1'], ['n2']]);
  });

  it('says that it is not ready while the power controller fails', async () => {
    const { lab, seats } = bed();
    lab.power.setFault('n2', 'error');
    const situation = await act.readSituation(seats);
    const plan = act.planTakeover(situation, { node: 'n1' }, clock.nowMs());
    const inputs = await verdict.gatherReadiness(plan, situation, {
      ...seats,
      rehearse: () => act.rehearse(plan, seats),
    });
    lab.power.setFault('n2', undefined);
    const judged = verdict.judgeReadiness(inputs, clock.nowMs());
    assert.equal(judged.isGreen, false, judged.inputs.map(({ name, text }) => `${name}: ${text}`).join('\n'));
    assert.match(judged.reasons.join(), /fencing of n2/);
  });

  it('takes over, holds what would go back, and brings it home again', async (t) => {
    const { lab, seats, meta, object } = bed();
    const taken = await run((situation) => act.planTakeover(situation, { node: 'n1' }, clock.nowMs()));
    assert.deepEqual([taken.plan.leaves, taken.result.left], [['cli-prefer-object0'], ['cli-prefer-object0']]);
    assert.deepEqual([lab.activeOn(meta), lab.activeOn(object)], [['n1'], ['n1']]);
    const back = await run((situation) => act.planFailback(situation, { resources: [] }, clock.nowMs()));
    assert.deepEqual([lab.activeOn(meta), lab.activeOn(object)], [['n1'], ['n2']]);
    assert.deepEqual((await act.readSituation(seats)).state.moves, []);
    t.diagnostic(`takeover ${taken.result.tookMs.toFixed()} ms, failback ${back.result.tookMs.toFixed()} ms`);
  });

  it('empties a node and fills it again', async () => {
    const { lab, meta, object } = bed();
    await run((situation) => act.planStandby(situation, { node: 'n2' }, clock.nowMs()));
    assert.deepEqual([lab.activeOn(meta), lab.activeOn(object)], [['n1'], ['n1']]);
    const { plan } = await run((situation) => act.planUnstandby(situation, { node: 'n2' }, clock.nowMs()));
    assert.deepEqual(plan.moved, ['object0']);
    assert.deepEqual(lab.activeOn(object), ['n2']);
  });

  it('applies a configuration in one step, and refuses what another has changed', async () => {
    const { lab, seats, meta, object } = bed();
    const before = await pacemakerAct.readLiveCib(seats.seat, { clock });
    const text = cib
      .formatXml(before)
      .replace('name="resource-stickiness" value="0"', 'name="resource-stickiness" value="500"');
    const wanted = cib.parseXml(text, 'new.xml');
    const applying = { ...seats, wanted };
    const plan = async (action: 'apply' | 'rollback', file: cib.XmlDocument): Promise<act.ApplyPlan> => {
      const situation = await act.readSituation(seats);
      const faults = await pacemakerAct.verifyCib(seats.seat, file, { clock });
      const request = { action, wanted: file, live: situation.document, faults, allowsOlder: false };
      return act.planApply(situation, request, clock.nowMs());
    };
    const first = await plan('apply', wanted);
    assert.deepEqual(first.differences, ['resource default resource-stickiness changed from 0 to 500']);
    const rehearsed = await act.rehearse(first, applying);
    assert.equal(rehearsed.isClean, true, rehearsed.text);
    const changed = ['crm_attribute', '--name', 'batch-limit', '--update', '5'];
    await lab.host('n2').must(changed);
    await assert.rejects(
      act.executeAction(first, { cluster: act.livePacemaker(applying), clock }),
      (error) => hasCode(error, 'refused') && /changed by another meanwhile/.test(error.message),
    );
    await lab.host('n2').must(['crm_attribute', '--name', 'batch-limit', '--delete']);
    // Older than the live one now, so only knowingly.
    await assert.rejects(
      plan('apply', wanted),
      (error) => hasCode(error, 'refused') && /is of CIB/.test(error.message),
    );
    await act.executeAction(await plan('rollback', wanted), { cluster: act.livePacemaker(applying), clock });
    const back = await plan('rollback', before);
    await act.executeAction(back, { cluster: act.livePacemaker({ ...seats, wanted: before }), clock });
    const after = await pacemakerAct.readLiveCib(seats.seat, { clock });
    assert.deepEqual(act.differencesOf(after, before), []);
    assert.deepEqual([lab.activeOn(meta), lab.activeOn(object)], [['n1'], ['n2']]);
  });

  it('does not call it a success when the node dies meanwhile', async () => {
    const { lab, cluster, seats } = bed();
    const situation = await act.readSituation(seats);
    const plan = act.planMove(situation, { resource: 'meta0', node: 'n2', keeps: true }, clock.nowMs());
    const live = act.livePacemaker(seats);
    const dying: act.ActingCluster = {
      ...live,
      change: async (change) => {
        await lab.host('n2').kill();
        await live.change(change);
      },
    };
    await assert.rejects(act.executeAction(plan, { cluster: dying, clock }), (error) => {
      assert.ok(hasCode(error, 'failed'), String(error));
      assert.match(error.message, /meta0 is on n1|not settled/);
      assert.match(error.hint, /ha clear meta0/);
      return true;
    });
    await cluster.rejoin('n2');
    await run((now) => act.planClear(now, { resource: undefined }, clock.nowMs()));
  });

  async function run(make: (situation: act.Situation) => act.ActionPlan) {
    const { seats } = bed();
    const plan = make(await act.readSituation(seats));
    assert.ok(plan.isNeeded, plan.notes.join());
    const result = await act.executeAction(plan, { cluster: act.livePacemaker(seats), clock });
    assert.ok(result.outcomes.length >= 2 && result.outcomes.every(({ outcome }) => outcome === 'met'));
    assert.ok(result.outcomes.some(({ expectation }) => expectation.kind === 'mounted'));
    return { plan, result };
  }
});

describePeer('acting on a pair of Heartbeat', [...HEARTBEAT_PEERS], () => {
  const bed = useLab(async (lab) => {
    const lun = await lab.lun('object0', LUN_BYTES, ['h1', 'h2']);
    await startHeartbeat(lab, ['h1', 'h2'], { lun });
    return { lun };
  });

  it('takes over, gives back, and sees both sides and their mounts', async (t) => {
    const { lab, lun } = bed();
    const seatOf = seatsIn(lab);
    const pair = { seats: ['h1', 'h2'].map(seatOf), seatOf, clock };
    const run = async (make: (situation: act.Situation) => act.ActionPlan): Promise<act.ActionResult> => {
      const plan = make(await act.readPair(pair));
      assert.ok(plan.isNeeded, plan.notes.join());
      return await act.executeAction(plan, { cluster: act.livePair(pair), clock });
    };
    const situation = await settled(pair);
    const plan = act.planTakeover(situation, { node: 'h2' }, clock.nowMs());
    const inputs = await verdict.gatherReadiness(plan, situation, { ...pair, seat: seatOf('h1') });
    const judged = verdict.judgeReadiness(inputs, clock.nowMs());
    t.diagnostic(judged.inputs.map(({ name, subject, text }) => `${name} ${subject}: ${text}`).join('\n'));
    assert.deepEqual(judged.reasons, []);
    const taken = await run((now) => act.planTakeover(now, { node: 'h2' }, clock.nowMs()));
    assert.deepEqual(lab.activeOn(lun), ['h2']);
    assert.ok(taken.outcomes.some(({ expectation, outcome }) => expectation.kind === 'mounted' && outcome === 'met'));
    const back = await run((now) => act.planFailback(now, { resources: [] }, clock.nowMs()));
    assert.deepEqual(lab.activeOn(lun), ['h1']);
    await run((now) => act.planStandby(now, { node: 'h1' }, clock.nowMs()));
    assert.deepEqual(lab.activeOn(lun), ['h2']);
    t.diagnostic(`takeover ${taken.tookMs.toFixed()} ms, failback ${back.tookMs.toFixed()} ms`);
  });

  /** A pair that has just started is in transition for some seconds. */
  async function settled(pair: act.HeartbeatSeats): Promise<act.Situation> {
    for (let attempt = 0; attempt < 60; attempt++) {
      const situation = await act.readPair(pair).catch((error: unknown) => {
        if (!hasCode(error, 'cluster-unclear')) throw error;
        return undefined;
      });
      const isQuiet = situation?.state.resources.every(
        (each) => each.kind === 'primitive' && each.pending === undefined,
      );
      if (situation !== undefined && isQuiet) return situation;
      await clock.sleep(500);
    }
    throw new Error('the pair did not settle');
  }
});
