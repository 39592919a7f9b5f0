import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AppError, hasCode } from '../../base/errors.ts';
import { simulated } from '../../host.ts';
import { quickClock } from '../sample-state.ts';
import type { ActingCluster } from './cluster.ts';
import { type ActionEvent, type ActionResult, executeAction } from './execute.ts';
import { type Faults, MadeUpCluster } from './made-up-cluster.ts';
import type { ActionPlan, Change } from './model.ts';
import { planClear, planMove } from './plan-move.ts';
import { planFailback, planStandby, planTakeover, planUnstandby } from './plan-node.ts';

interface Tried {
  cluster: MadeUpCluster;
  plan: ActionPlan;
  events: ActionEvent[];
  run(signal?: AbortSignal): Promise<ActionResult>;
}

type Planner = (situation: Awaited<ReturnType<MadeUpCluster['read']>>) => ActionPlan;

const takeover: Planner = (now) => planTakeover(now, { node: 'n1' }, 0);
const move: Planner = (now) => planMove(now, { resource: 'ost1', node: 'n1', keeps: true }, 0);

async function prepare(planner: Planner, faults: Faults = {}, stickiness = 0): Promise<Tried> {
  const cluster = new MadeUpCluster(faults, { stickiness });
  const plan = planner(await cluster.read());
  const events: ActionEvent[] = [];
  const onEvent = (event: ActionEvent): void => void events.push(event);
  const run = (signal?: AbortSignal) => executeAction(plan, { cluster, clock: quickClock(), signal, onEvent });
  return { cluster, plan, events, run };
}

async function failureOf(work: Promise<unknown>): Promise<AppError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(hasCode(error, 'failed', 'refused', 'incomplete'), String(error));
  return error;
}

describe('a plan is carried out', () => {
  it('step by step, and what was promised is looked at', async () => {
    const { run, events, cluster } = await prepare(takeover);
    const { outcomes, left } = await run();
    assert.deepEqual(left, ['cli-prefer-ost1']);
    assert.ok(outcomes.every(({ outcome }) => outcome === 'met'));
    assert.deepEqual(
      outcomes.filter(({ expectation }) => expectation.kind === 'mounted').map(({ text }) => text),
      [
        'ost0 (/dev/ost0): mounted at /mnt/ost0 on n1, and nowhere else',
        'ost1 (/dev/ost1): mounted at /mnt/ost1 on n1, and nowhere else',
      ],
    );
    assert.deepEqual(cluster.changes, [{ kind: 'move', resource: 'ost1', node: 'n1' }]);
    assert.deepEqual([...new Set(events.map(({ kind }) => kind))], ['step', 'settled', 'outcome']);
  });

  it('without a trace where resources stay by themselves', async () => {
    const { run, cluster } = await prepare(takeover, {}, 1000);
    assert.deepEqual((await run()).left, []);
    assert.deepEqual(cluster.changes.map(kindOf), ['move', 'clear']);
  });

  it('and tells of a node that was shot on the way, though everything promised came about', async () => {
    assert.deepEqual((await (await prepare(takeover)).run()).losses, []);
    const { outcomes, losses } = await (await prepare(takeover, { sourceShot: true })).run();
    assert.ok(outcomes.every(({ outcome }) => outcome === 'met'));
    assert.deepEqual(losses, ['n2 was fenced on the way by n1', 'n2 was online, and is not any more']);
  });

  it('there and back', async () => {
    const { run, cluster } = await prepare(takeover);
    await run();
    const back = planFailback(await cluster.read(), { resources: [] }, 0);
    await executeAction(back, { cluster, clock: quickClock() });
    assert.deepEqual(cluster.changes.map(kindOf), ['move', 'move', 'clear']);
    assert.deepEqual((await cluster.read()).state.moves, []);
    assert.equal(planFailback(await cluster.read(), { resources: [] }, 0).isNeeded, false);
    assert.equal(planClear(await cluster.read(), { resource: undefined }, 0).isNeeded, false);
  });

  it('on whole nodes', async () => {
    const { run, cluster } = await prepare((now) => planStandby(now, { node: 'n2' }, 0));
    assert.ok((await run()).outcomes.length > 0);
    const back = planUnstandby(await cluster.read(), { node: 'n2' }, 0);
    assert.deepEqual([back.moved, back.sources], [['ost1'], ['n1']]);
  });

  it('with patience, telling what it waits for', async () => {
    const { run, events } = await prepare(move, { slowness: 5, awayReads: 2 });
    await run();
    const waiting = events.filter((event) => event.kind === 'waiting').map(({ text }) => text);
    assert.ok(waiting.length >= 4);
    assert.ok(waiting.some((text) => /no DC yet/.test(text)));
    assert.ok(waiting.includes('the cluster has more to do'));
  });
});

describe('a plan is not carried out', () => {
  it('when a precondition does not hold any more', async () => {
    const { run, cluster } = await prepare(takeover);
    await cluster.change({ kind: 'standby', node: 'n1' });
    const error = await failureOf(run());
    assert.equal(error.code, 'refused');
    assert.match(error.message, /n1 is in standby/);
    assert.match(error.message, /changed by another meanwhile: it is 1\.21 now/);
    assert.match(error.hint, /Nothing was changed/);
    assert.equal(cluster.changes.length, 1);
  });

  it('when the configuration is another than was planned for, though all looks the same', async () => {
    const { run, cluster } = await prepare(takeover);
    await cluster.change({ kind: 'cleanup', resource: undefined, node: undefined });
    assert.match((await failureOf(run())).message, /changed by another meanwhile/);
    assert.equal(cluster.changes.length, 1);
  });

  it('when fencing was switched off meanwhile', async () => {
    const { plan, cluster } = await prepare(takeover);
    const paused: ActingCluster = {
      ...withChange(cluster, (change) => cluster.change(change)),
      read: async () => {
        const situation = await cluster.read();
        const options = { ...situation.state.options, fencesNodes: false };
        return { ...situation, state: { ...situation.state, options } };
      },
    };
    const error = await failureOf(executeAction(plan, { cluster: paused, clock: quickClock() }));
    assert.deepEqual([error.code, /fencing was switched off meanwhile/.test(error.message)], ['refused', true]);
    assert.deepEqual(cluster.changes, []);
  });

  it('when the order is not taken', async () => {
    const { run } = await prepare(move, { refuses: true });
    assert.equal((await failureOf(run())).code, 'refused');
  });

  it('when it was interrupted before', async () => {
    const { run, cluster } = await prepare(move);
    const reason = new Error('stopped');
    await assert.rejects(run(AbortSignal.abort(reason)), reason);
    assert.deepEqual(cluster.changes, []);
  });
});

describe('nothing counts as done that is not', () => {
  const cases: [string, Faults, AppError['code'], RegExp][] = [
    ['an order of which nobody knows what came', { breaks: true }, 'failed', /took too long.*begun: move ost1/],
    ['a cluster that never settles', { neverSettles: true }, 'failed', /not settled after \d+ s.*more to do/],
    ['a resource that comes up twice', { startsTwice: true }, 'failed', /ost1 is ACTIVE ON n2 AND n1/],
    ['a node that dies meanwhile', { targetDies: true }, 'failed', /ost1 is on n2/],
    ['a start that mounts nothing', { mountsNothing: true }, 'failed', /ost1.*not mounted at \/mnt\/ost1 on n1/],
    ['a filesystem left mounted', { staysMounted: true }, 'failed', /MOUNTED ON n1 AND n2/],
    ['a node whose mounts cannot be read', { silent: 'n2' }, 'incomplete', /could not be verified.*No route to host/],
  ];
  for (const [name, faults, code, message] of cases) {
    it(name, async () => {
      const error = await failureOf((await prepare(move, faults)).run());
      assert.equal(error.code, code, error.message);
      assert.match(error.message, message);
    });
  }

  it('a constraint that stays', async () => {
    const { run } = await prepare(takeover, { clearFails: true }, 1000);
    const error = await failureOf(run());
    assert.match(error.message, /the constraint cli-prefer-ost1 is still there/);
    assert.match(error.hint, /ha clear ost1/);
  });

  it('a step that failed: what is done and what is open are told apart', async () => {
    const cluster = new MadeUpCluster({}, { stickiness: 1000 });
    const plan = takeover(await cluster.read());
    const error = await failureOf(
      executeAction(plan, {
        clock: quickClock(),
        cluster: withChange(cluster, async (change) => {
          if (change.kind === 'clear') throw new AppError('refused', { detail: 'no such object' });
          await cluster.change(change);
        }),
      }),
    );
    assert.equal(error.code, 'failed');
    assert.match(error.message, /done: move ost1 from n2 to n1; not done: remove cli-prefer-ost1/);
    assert.match(error.hint, /ha clear ost1/);
  });

  it('a takeover of a node that loses meanwhile what it had', async () => {
    const cluster = new MadeUpCluster();
    const plan = takeover(await cluster.read());
    const given = withChange(cluster, async (change) => {
      await cluster.change(change);
      await cluster.change({ kind: 'move', resource: 'ost0', node: 'n2' });
    });
    const error = await failureOf(executeAction(plan, { cluster: given, clock: quickClock() }));
    assert.match(error.message, /ost0 is on n2; the constraint cli-prefer-ost0 is still there/);
  });

  it('and an interruption comes between two orders', async () => {
    const controller = new AbortController();
    const cluster = new MadeUpCluster({ slowness: 50 });
    const plan = move(await cluster.read());
    const reason = new Error('enough');
    const onEvent = (event: ActionEvent): void => {
      if (event.kind === 'waiting') controller.abort(reason);
    };
    const given = { cluster, clock: quickClock(), signal: controller.signal, onEvent };
    await assert.rejects(executeAction(plan, given), (error) => {
      assert.ok(hasCode(error, 'interrupted') && error.exitCode === 130 && error.cause === reason);
      assert.match(error.message, /move ost1: interrupted \(begun: move ost1 from n2 to n1\)/);
      assert.match(error.hint, /ha clear ost1/);
      return true;
    });
    assert.equal(cluster.changes.length, 1);
  });
});

describe('the CIB', () => {
  it('changed by another meanwhile is not overwritten', async () => {
    const cluster = new MadeUpCluster();
    const version = { adminEpoch: 1, epoch: 20 };
    const step = {
      text: 'put the configuration of new.xml into the place of 1.20',
      checks: [{ kind: 'version' as const, version }],
      change: { kind: 'replace' as const, file: 'new.xml', base: version },
      command: ['cibadmin'],
      expects: [{ kind: 'configured' as const }],
      timeLimitMs: 1000,
    };
    const plan = { ...takeover(await cluster.read()), steps: [step], promises: [], leaves: [] };
    await executeAction(plan, { cluster, clock: simulated.fixedClock() });
    const error = await failureOf(executeAction(plan, { cluster, clock: simulated.fixedClock() }));
    assert.equal(error.code, 'refused');
    assert.match(error.message, /changed by another meanwhile: it is 1\.21 now/);
  });
});

function withChange(cluster: MadeUpCluster, change: ActingCluster['change']): ActingCluster {
  return {
    read: () => cluster.read(),
    change,
    wait: () => cluster.wait(),
    mounts: (node) => cluster.mounts(node),
    judgeConfiguration: () => cluster.judgeConfiguration(),
  };
}

function kindOf({ kind }: Change): string {
  return kind;
}
