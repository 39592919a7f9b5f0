import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { describePeer } from '../../../test/peers.ts';
import { SIMULATIONS_REMEMBERED_CHARS } from '../../base/cluster-limits.ts';
import { simulator } from '../../cluster.ts';
import { systemProcesses } from '../../host.ts';
import { everyFaultSet, simulateEach } from './all.ts';
import type { Outcome } from './model.ts';
import { remembering } from './remember.ts';
import { sampleCib } from './sample.ts';
import { simulateFaults } from './settle.ts';
import { openWorld } from './world.ts';

type Request = Parameters<simulator.Simulator['run']>[0];

/** Tries `order` until one fails. */
function played(order: readonly string[]) {
  const asked: Request[] = [];
  let running = 0;
  let most = 0;
  const run = async (request: Request): Promise<simulator.SimulatedTransition> => {
    asked.push(request);
    most = Math.max(most, ++running);
    await new Promise(setImmediate);
    running--;
    const at = order.findIndex((operation) => request.failing?.includes(`${operation}=1`));
    const tried = at < 0 ? order : order.slice(0, at + 1);
    const status = { nodes: [], resources: [] };
    return {
      ...{ before: status, after: status, isComplete: true, graph: [], reasons: new Map(), fencingTimeoutMs: 0 },
      ...{ failed: at < 0 ? [] : [order[at]!], tried, cibText: request.cibText },
    };
  };
  return { run, asked, most: () => most };
}

const [STOP_A, STOP_B, START_A] = ['a_stop_0@n1', 'b_stop_0@n1', 'a_start_0@n1'] as const;
const ORDER = [STOP_A, STOP_B, START_A];
const spec = (operation: string): string => `${operation}=1`;

describe('what the scheduler was asked', () => {
  it('is answered again when the same operations fail up to where it ends', async () => {
    const { run, asked } = played(ORDER);
    const ask = remembering(run, 2);
    const first = await ask({ cibText: 'x', failing: [spec(STOP_A)] });
    assert.equal(await ask({ cibText: 'x', failing: [START_A, STOP_B, STOP_A].map(spec) }), first);
    assert.equal(asked.length, 1);
    assert.notEqual(await ask({ cibText: 'x', failing: [spec(START_A)] }), first);
    assert.notEqual(await ask({ cibText: 'x', failing: [spec(STOP_B)] }), first);
    const none = await ask({ cibText: 'x' });
    assert.equal(await ask({ cibText: 'x', failing: ['c_stop_0@n1=1'] }), none);
    assert.equal(asked.length, 4);
  });

  it('is another question with anything else in it', async () => {
    const { run, asked } = played(ORDER);
    const ask = remembering(run, 2);
    const questions: Request[] = [
      { cibText: 'x' },
      { cibText: 'y' },
      { cibText: 'x', failedNodes: ['n1'] },
      { cibText: 'x', returnedNodes: ['n1'] },
      { cibText: 'x', injected: ['a_monitor_10@n1=7'] },
    ];
    for (const each of [...questions, ...questions]) await ask(each);
    assert.deepEqual(asked, questions);
  });

  it('is waited for when it is being asked, and no more are asked at once than may be', async () => {
    const { run, asked, most } = played(ORDER);
    const ask = remembering(run, 2);
    const alike = Array.from({ length: 9 }, () => ask({ cibText: 'x', failing: [spec(STOP_A)] }));
    const others = Array.from({ length: 9 }, (_, at) => ask({ cibText: `${at}` }));
    assert.equal(new Set(await Promise.all(alike)).size, 1);
    await Promise.all(others);
    assert.equal(asked.length, 10);
    assert.equal(most(), 2);
  });

  it('is forgotten when it was not asked for long, and asked again after a failure', async () => {
    const { run, asked } = played(ORDER);
    let failures = 1;
    const ask = remembering(async (request) => {
      if (failures-- > 0) throw new Error('killed');
      return await run(request);
    }, 2);
    await assert.rejects(ask({ cibText: 'x' }), /killed/);
    await ask({ cibText: 'x' });
    await ask({ cibText: 'x' });
    assert.equal(asked.length, 1);
    for (const letter of ['1', '2']) await ask({ cibText: letter.repeat(SIMULATIONS_REMEMBERED_CHARS / 2) });
    await ask({ cibText: 'x' });
    assert.equal(asked.length, 4);
  });
});

describePeer('remembered answers', ['crm_simulate'], () => {
  const opening = simulator.openSimulator({ processes: systemProcesses });
  after(async () => await (await opening)[Symbol.asyncDispose]());

  it('come to the same as asking each time', async () => {
    const program = await opening;
    const world = await openWorld({ cibText: sampleCib(), file: 'sample' }, program);
    const sets = everyFaultSet(world).filter((faults) => faults.every(({ kind }) => kind === 'resource-fails'));
    assert.ok(sets.length >= 15);
    const before = program.runs;
    const each = [];
    for (const faults of sets) each.push(plainOf(await simulateFaults(world, faults, program.run)));
    const between = program.runs;
    const remembered = await Array.fromAsync(simulateEach(world, sets, { run: program.run, width: 2 }), plainOf);
    assert.deepEqual(remembered, each);
    const [asked, askedLess] = [between - before, program.runs - between];
    assert.ok(askedLess < asked, `${askedLess} of ${asked}`);
  });
});

/** The order of steps that do not wait for each other is chance. */
function plainOf(outcome: Outcome) {
  return { ...outcome, steps: outcome.steps.map((step) => JSON.stringify(step)).toSorted() };
}
