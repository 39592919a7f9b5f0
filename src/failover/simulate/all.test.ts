import assert from 'node:assert/strict';
import { after, it } from 'node:test';
import { describePeer } from '../../../test/peers.ts';
import { hasCode } from '../../base/errors.ts';
import { simulator } from '../../cluster.ts';
import { systemProcesses } from '../../host.ts';
import { everyFaultSet, simulateAll, simulateEach } from './all.ts';
import { formatFault } from './fault.ts';
import { VERDICTS } from './model.ts';
import { sampleCib } from './sample.ts';
import { followGraph } from './transition.ts';
import { openWorld, placementOf } from './world.ts';

describePeer('every fault of a pair', ['crm_simulate'], () => {
  const opening = simulator.openSimulator({ processes: systemProcesses });
  after(async () => await (await opening)[Symbol.asyncDispose]());
  const open = async (cibText: string) => await openWorld({ cibText, file: 'sample' }, await opening);
  const width = 2;

  it('never leaves anything active on two nodes when there is fencing, whatever comes together', async () => {
    const world = await open(sampleCib());
    const { run } = await opening;
    const sets = everyFaultSet(world);
    let seen = 0;
    for await (const outcome of simulateEach(world, sets, { run, width })) {
      const told = outcome.faults.map(formatFault).join(' ');
      assert.deepEqual(outcome.twice, [], told);
      for (const { id, isFence } of world.resources)
        if (!isFence) assert.ok((outcome.after.get(id) ?? []).length < 2, told);
      for (const node of outcome.nodesDown)
        for (const nodes of outcome.after.values()) assert.ok(!nodes.includes(node), told);
      assert.ok(outcome.estimate.leastMs <= outcome.estimate.mostMs, told);
      seen++;
    }
    assert.equal(seen, sets.length);
    assert.ok(seen > 80);
  });

  it('has the worst first, each kind of case once, and none forgotten', async () => {
    const world = await open(sampleCib({ properties: { 'stonith-enabled': 'false' } }));
    const all = await simulateAll(world, (await opening).run, { width });
    assert.equal(all.cases[0]!.outcome.verdict, 'twice');
    const order = all.cases.map(({ outcome }) => VERDICTS.indexOf(outcome.verdict));
    assert.deepEqual(
      order,
      order.toSorted((a, b) => a - b),
    );
    const counted = all.cases.reduce((sum, { alike }) => sum + 1 + alike.length, 0);
    assert.equal(counted + all.independent + all.left, all.faults);
    assert.equal(all.faults, everyFaultSet(world).length);
    assert.ok(all.simulated < all.faults);
  });

  it('comes to the same for faults that are taken to be alike', async () => {
    const world = await open(sampleCib());
    const { run } = await opening;
    const { cases } = await simulateAll(world, run, { width });
    const pairs = cases.filter(({ alike }) => alike.length > 0);
    assert.ok(pairs.length > 10);
    const others = simulateEach(
      world,
      pairs.map(({ alike }) => alike.at(-1)!),
      { run, width },
    );
    let at = 0;
    for await (const other of others) {
      const { outcome } = pairs[at++]!;
      const told = `${outcome.faults.map(formatFault)} and ${other.faults.map(formatFault)}`;
      assert.equal(other.verdict, outcome.verdict, told);
      assert.equal(other.stopped.length, outcome.stopped.length, told);
      // crm_simulate stops at an operation that fails; what it did before that depends on the order of names.
      if (!/start:|stop:/.test(told)) assert.equal(other.estimate.mostMs, outcome.estimate.mostMs, told);
    }
  });

  it('follows a transition to where crm_simulate says that it ends', async () => {
    const world = await open(sampleCib());
    const { run } = await opening;
    let compared = 0;
    const checked: typeof run = async (request) => {
      const transition = await run(request);
      const { graph, isComplete, failed, before, after: then } = transition;
      if (!isComplete || failed.length > 0) return transition;
      const quiet = {
        plural: new Set<string>(),
        lost: new Set<string>(),
        proven: new Set<string>(),
        unfenceable: new Set<string>(),
      };
      const { placement } = followGraph({
        ...quiet,
        graph,
        isComplete,
        failed,
        placement: placementOf(before.resources),
      });
      assert.deepEqual(new Map(placement), placementOf(then.resources), JSON.stringify(request.failedNodes));
      compared++;
      return transition;
    };
    for await (const _ of simulateEach(world, everyFaultSet(world).slice(0, 60), { run: checked, width }));
    assert.ok(compared > 30);
  });

  it('refuses a CIB that is cut short, which crm_simulate itself would take', async () => {
    const whole = sampleCib();
    const half = whole.slice(0, whole.length - 200);
    await assert.rejects(open(half), (error) => hasCode(error, 'config'));
    await assert.rejects(open(whole.replace(/validate-with="[^"]*"/, 'validate-with="pacemaker-4.1"')), (error) =>
      hasCode(error, 'config'),
    );
    await assert.rejects(open('<cib><configuration/></cib>'), (error: unknown) => {
      assert.ok(hasCode(error, 'config'));
      assert.match(error.hint, /--corosync/);
      return true;
    });
  });
});
