import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { fencing } from '../../cluster.ts';
import { sampleEvent } from '../sample-state.ts';
import type { FencingProof } from '../verdict/inputs.ts';
import { type FencePath, planPaths, type TriedPath } from './paths.ts';
import { proofsOf, shotsOf, waysOf } from './proofs.ts';
import { sampleView } from './sample.ts';

const proven: fencing.Tried = { outcome: 'proven', tookMs: 5, text: 'on', power: 'on' };

describe('proofs for a verdict', () => {
  const outcome = (of: fencing.Tried['outcome'], text = 'on'): fencing.Tried => ({ ...proven, outcome: of, text });
  /** Every path of the view, and what came of it. */
  const tryAll = (view: Parameters<typeof planPaths>[0], of: (path: FencePath) => fencing.Tried): TriedPath[] =>
    planPaths(view).paths.map((path) => ({ ...path, tried: of(path) }));

  it('are answers to others than the target', () => {
    const view = sampleView();
    const told = proofsOf(
      tryAll(view, () => proven),
      7,
    );
    assert.deepEqual(told, [
      {
        node: 'n1',
        device: 'fence-n1',
        by: 'fence-n1 from n2',
        isProven: true,
        atMs: 7,
        text: 'tells n2 that it is on',
      },
      {
        node: 'n2',
        device: 'fence-n2',
        by: 'fence-n2 from n1',
        isProven: true,
        atMs: 7,
        text: 'tells n1 that it is on',
      },
    ]);
    assert.deepEqual(
      waysOf(planPaths(view).paths),
      told.map(({ node, by }) => ({ node, by })),
    );
    assert.deepEqual(
      proofsOf(
        tryAll(view, () => outcome('unproven')),
        7,
      ),
      [],
    );
  });

  it('need the fencer to know the device, and every plug of the node', () => {
    const two =
      '<primitive id="both" class="stonith" type="fence_apc"><instance_attributes id="b"><nvpair id="m" name="pcmk_host_map" value="n2:1,2"/></instance_attributes></primitive>';
    const view = sampleView({ resources: two });
    const by = 'both from n1';
    const of = (step: string, plug: string | undefined, result: fencing.Tried): FencingProof | undefined => {
      const tried = tryAll(view, (path) => {
        const isIt = path.device.id === 'both' && path.from === 'n1' && path.step === step;
        return isIt && (plug === undefined || path.target?.plug === plug) ? result : proven;
      });
      return proofsOf(tried, 7).find((proof) => proof.by === by);
    };
    assert.equal(of('none', undefined, proven)?.isProven, true);
    for (const plug of ['1', '2']) {
      assert.deepEqual(of('status', plug, outcome('failed', 'no such plug')), {
        node: 'n2',
        device: 'both',
        by,
        isProven: false,
        atMs: 7,
        text: `n1 gets no answer: plug ${plug}: no such plug`,
      });
      assert.equal(of('status', plug, outcome('unproven')), undefined);
    }
    assert.equal(
      of('registered', undefined, outcome('failed', 'it does not know it'))?.text,
      'n1: it does not know it',
    );
    assert.equal(of('registered', undefined, outcome('unproven')), undefined);
  });

  it('are real shots', () => {
    const at = (ms: number) => ({ text: 'then', ms });
    const history = [
      sampleEvent('n2', { status: 'failed', reason: 'no route', completed: at(9) }),
      sampleEvent('n2', { completed: at(5) }),
      sampleEvent('n2', { status: 'pending' }),
      sampleEvent('n2', { action: 'on', completed: at(6) }),
      sampleEvent('n2', { delegate: undefined, completed: at(8) }),
    ];
    assert.deepEqual(shotsOf(history), [
      { node: 'n2', by: 'a shot by n1', isProven: false, atMs: 9, text: 'reboot failed: no route' },
      { node: 'n2', by: 'a shot by n1', isProven: true, atMs: 5, text: 'reboot' },
    ]);
  });
});
