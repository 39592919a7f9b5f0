import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { criticalPath, waitsInTurn } from './estimate.ts';
import type { Graph } from './model.ts';
import { action, sampleWorld } from './sample.ts';

const LOST = new Set(['n1']);

/** n1 has both file systems of the sample, whose mounts wait 45 s, and dies. */
function inputOf(graph: Graph, done = new Set(graph.map(({ id }) => id))) {
  const both = [
    ['mdt0', ['n1']],
    ['ost0', ['n1']],
  ] as const;
  const world = { ...sampleWorld(), placement: new Map(both) };
  const transition = {
    before: { nodes: [], resources: [] },
    after: { nodes: [], resources: [] },
    isComplete: true,
    graph: graph.map((each) => ({ ...each, timeoutMs: 60_000 })),
    reasons: new Map(),
    failed: [],
    tried: [],
    cibText: '',
    fencingTimeoutMs: 30_000,
  };
  return { world, transition, done, lost: LOST, shots: [] };
}

const leastMs = (input: ReturnType<typeof inputOf>): number =>
  criticalPath(input).reduce((sum, part) => sum + part.leastMs, 0);

describe('mounts that wait on one node', () => {
  const fence = action(1, 'fence n1');

  it('are counted side by side, and it is told what they come to one after the other', () => {
    const input = inputOf([fence, action(2, 'start mdt0 n2', [1]), action(3, 'start ost0 n2', [1])]);
    assert.equal(leastMs(input), 45_000);
    assert.match(waitsInTurn(input).join(), /^2 file systems are mounted on n2, and their waits of 45 s .* to 90 s\.$/);
  });

  it('are in turn already where one starts after the other', () => {
    const milestone = { ...action(3, 'other n2', [2]), kind: 'other' as const };
    const input = inputOf([fence, action(2, 'start mdt0 n2', [1]), milestone, action(4, 'start ost0 n2', [3])]);
    assert.equal(leastMs(input), 90_000);
    assert.deepEqual(waitsInTurn(input), []);
  });

  it('do not wait for each other on two nodes, nor when one is not done, nor after a stop', () => {
    assert.deepEqual(waitsInTurn(inputOf([action(2, 'start mdt0 n2'), action(3, 'start ost0 n3')])), []);
    const graph = [action(2, 'start mdt0 n2'), action(3, 'start ost0 n2')];
    assert.deepEqual(waitsInTurn(inputOf(graph, new Set([2]))), []);
    assert.deepEqual(waitsInTurn({ ...inputOf(graph), lost: new Set<string>() }), []);
  });
});
