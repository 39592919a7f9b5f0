import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { action } from './sample.ts';
import { type FollowInput, followGraph } from './transition.ts';

const quiet: FollowInput = {
  graph: [],
  isComplete: true,
  placement: new Map([['ost', ['n1']]]),
  plural: new Set(),
  lost: new Set(),
  proven: new Set(),
  unfenceable: new Set(),
  failed: [],
};

describe('following a transition', () => {
  it('moves what is stopped here and started there', () => {
    const graph = [action(1, 'stop ost n1'), action(2, 'start ost n2', [1])];
    const { placement, twice, steps } = followGraph({ ...quiet, graph });
    assert.deepEqual(placement.get('ost'), ['n2']);
    assert.deepEqual(twice, []);
    assert.deepEqual(
      steps.map(({ what, after }) => [what, after]),
      [
        ['stop', []],
        ['start', ['stop ost on n1']],
      ],
    );
  });

  it('finds a start that does not wait for the stop', () => {
    const { twice } = followGraph({ ...quiet, graph: [action(1, 'stop ost n1'), action(2, 'start ost n2')] });
    assert.deepEqual(
      twice.map(({ resource, nodes }) => [resource, nodes]),
      [['ost', ['n1', 'n2']]],
    );
  });

  it('takes from a node that is not heard only its fencing for proof', () => {
    const lost = new Set(['n1']);
    const unproven = [action(1, 'stop ost n1'), action(2, 'start ost n2', [1])];
    assert.match(followGraph({ ...quiet, lost, graph: unproven }).twice[0]!.why, /nothing proves that n1 is off/);
    const proven = [action(1, 'fence n1'), action(2, 'start ost n2', [1])];
    assert.deepEqual(followGraph({ ...quiet, lost, graph: proven }).twice, []);
    assert.deepEqual(
      followGraph({ ...quiet, lost, proven: new Set(['n1']), graph: [action(2, 'start ost n2')] }).twice,
      [],
    );
  });

  it('holds all that waits for a fencing that cannot be', () => {
    const graph = [
      action(1, 'fence n1'),
      action(2, 'stop x n2'),
      action(3, 'start ost n2', [1]),
      action(4, 'start y n2', [3]),
    ];
    const followed = followGraph({ ...quiet, graph, lost: new Set(['n1']), unfenceable: new Set(['n1']) });
    assert.deepEqual(followed.stuck, ['n1']);
    assert.deepEqual(
      followed.steps.map(({ state }) => state),
      ['blocked', 'done', 'blocked', 'blocked'],
    );
    assert.deepEqual(followed.placement.get('ost'), ['n1']);
  });

  it('holds what waits for what failed, and for what is not there', () => {
    const graph = [action(1, 'start ost n1'), action(2, 'start y n1', [1]), action(3, 'start z n1', [9])];
    const states = (more: Partial<FollowInput>) =>
      followGraph({ ...quiet, graph, ...more }).steps.map(({ state }) => state);
    assert.deepEqual(states({ failed: ['ost#start_0'] }), ['failed', 'blocked', 'done']);
    assert.deepEqual(states({ isComplete: false }), ['done', 'done', 'blocked']);
  });

  it('lets a clone run on several nodes', () => {
    assert.deepEqual(followGraph({ ...quiet, plural: new Set(['ost']), graph: [action(1, 'start ost n2')] }).twice, []);
  });

  it('never reports an active resource on two nodes without naming it, whatever the graph', () => {
    const word = fc.constantFrom('stop ost n1', 'start ost n2', 'fence n1', 'start ost n3', 'stop ost n2');
    fc.assert(
      fc.property(fc.array(fc.tuple(word, fc.boolean()), { maxLength: 6 }), (list) => {
        const graph = list.map(([words, waits], at) => action(at, words, waits && at > 0 ? [at - 1] : []));
        const { placement, twice } = followGraph({ ...quiet, graph, lost: new Set(['n1']) });
        const nodes = placement.get('ost') ?? [];
        const started = list.filter(([words]) => words.startsWith('start')).length;
        if (nodes.includes('n1') && nodes.length > 1) assert.ok(twice.length > 0 || started === 0);
      }),
    );
  });
});
