import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { fencing } from '../../cluster.ts';
import { planPaths, type TriedPath } from './paths.ts';
import { proofsOf } from './proofs.ts';
import { sampleView } from './sample.ts';
import { planShot } from './shoot.ts';
import { levelsFor, waysTo } from './ways.ts';

const TOLD: Record<string, fencing.Tried> = {
  on: { outcome: 'proven', tookMs: 5, text: 'on', power: 'on' },
  dead: { outcome: 'failed', tookMs: 5, text: 'no answer', power: undefined },
  unknown: { outcome: 'unproven', tookMs: 0, text: 'not installed', power: undefined },
};
const device = (id: string, agent: string, map: string): string =>
  `<primitive id="${id}" class="stonith" type="${agent}"><instance_attributes id="${id}-a"><nvpair id="${id}-m" name="pcmk_host_map" value="${map}"/></instance_attributes></primitive>`;

/** A view of three devices for n2, one with two plugs; and what n1 was told of each plug. */
function asked(told: Record<string, keyof typeof TOLD>, topology = '') {
  const view = sampleView({
    resources: device('pdu', 'fence_apc', 'n2:3,4') + device('toy', 'fence_dummy', 'n2:0'),
    topology,
  });
  const paths = planPaths(view).paths.filter(
    ({ step, from, target }) => step === 'status' && from === 'n1' && target?.node === 'n2',
  );
  const tried = paths.flatMap((path): TriedPath[] => {
    const answer = told[`${path.device.id} ${path.target!.plug}`];
    return answer === undefined ? [] : [{ ...path, tried: TOLD[answer]! }];
  });
  return { view, tried };
}

describe('ways to switch a node off', () => {
  it('are proven by all plugs of a device, whatever came last', () => {
    const outcomes = (...told: (keyof typeof TOLD)[]) => {
      const { tried } = asked({ 'pdu 3': told[0]!, 'pdu 4': told[1]! });
      return [waysTo('n2', tried).map(({ outcome }) => outcome), proofsOf(tried, 7).map((p) => p.isProven)];
    };
    assert.deepEqual(outcomes('on', 'on'), [['proven'], [true]]);
    assert.deepEqual(outcomes('dead', 'on'), [['failed'], [false]]);
    assert.deepEqual(outcomes('on', 'dead'), [['failed'], [false]]);
    assert.deepEqual(outcomes('on', 'unknown'), [['unproven'], []]);
    assert.match(waysTo('n2', asked({ 'pdu 3': 'on', 'pdu 4': 'dead' }).tried)[0]!.text, /plug 4: no answer/);
  });

  it('need every device of a level, and one that cuts power', () => {
    const topology =
      '<fencing-level id="l1" target-pattern="^n[0-9]$" index="1" devices="fence-n2,pdu"/><fencing-level id="l2" target="n2" index="2" devices="toy"/><fencing-level id="l3" target="n1" index="3" devices="fence-n1"/>';
    const { view } = asked({}, topology);
    assert.deepEqual(levelsFor('n2', view), [['fence-n2', 'pdu']]);
    assert.equal(levelsFor('n2', sampleView()), undefined);
  });

  it('decide whether a trial shot is allowed', () => {
    const path = (told: Record<string, keyof typeof TOLD>, topology = ''): string => {
      const { view, tried } = asked(told, topology);
      const [text] = planShot(view, 'n2', { votes: undefined, lost: [], tried }).conditions.flatMap((each) =>
        /path|answers/.test(each.text) ? [`${each.outcome}: ${each.text}`] : [],
      );
      return text!;
    };
    assert.match(path({ 'fence-n2 n2': 'on' }), /^met/);
    assert.match(path({ 'pdu 3': 'on', 'pdu 4': 'dead' }), /^violated/);
    assert.match(path({ 'toy 0': 'on' }), /^violated/);
    const both = '<fencing-level id="l1" target="n2" index="1" devices="fence-n2,pdu"/>';
    assert.match(path({ 'fence-n2 n2': 'on', 'pdu 3': 'on', 'pdu 4': 'dead' }, both), /^violated/);
    assert.match(
      path({ 'fence-n2 n2': 'on', 'pdu 3': 'on', 'pdu 4': 'on' }, both),
      /^met: fence-n2 answers n1.*pdu answers n1/,
    );
  });
});
