import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cib } from '../../cluster.ts';
import type { Outcome } from './model.ts';
import { drawOutcome } from './picture.ts';
import { sampleWorld } from './sample.ts';

const world = sampleWorld();
const outcome: Outcome = {
  faults: [{ kind: 'node-dies', node: 'n1' }],
  verdict: 'moved',
  before: world.placement,
  after: new Map([
    ['mdt0', ['n2']],
    ['ost0', ['n2']],
    ['fence-n1', ['n2']],
    ['fence-n2', []],
  ]),
  steps: [],
  stopped: [],
  moved: [{ resource: 'mdt0', from: ['n1'], to: ['n2'] }],
  fenced: [{ node: 'n1', by: ['fence-n1'] }],
  unfenced: [],
  twice: [],
  estimate: { parts: [], leastMs: 45_000, mostMs: 100_000 },
  remarks: [],
  nodesDown: ['n1'],
};

/** What is written in the picture, in its order. */
function words(svg: string): string[] {
  const document = cib.parseXml(svg, 'picture');
  const texts = [...cib.everyElement(cib.rootOf(document))].filter(({ name }) => name === 'text');
  return texts.map(({ children }) => children.map((child) => (child.kind === 'text' ? child.text : '')).join(''));
}

describe('the picture of an outcome', () => {
  it('says all in words and signs, so that it can be read without colour', () => {
    const said = words(drawOutcome(world, outcome));
    assert.equal(said[0], 'What if n1 dies?');
    assert.match(said[1]!, /✔ moved, everything runs {2}· {2}n1 fenced by fence-n1 {2}· {2}45 s to 100 s/);
    const [, after] = [said.indexOf('Before'), said.indexOf('After')];
    assert.deepEqual(said.slice(after, after + 7), ['After', 'n1', 'off, fenced', 'n2', 'online', '→ mdt0', 'ost0']);
    assert.ok(drawOutcome(world, outcome).includes('text-decoration="line-through"'));
  });

  it('shows what is stopped, what is there twice, and who is not fenced', () => {
    const stopped = new Map([...outcome.after, ['mdt0', []] as [string, string[]]]);
    const down = drawOutcome(world, {
      ...outcome,
      after: stopped,
      verdict: 'stuck',
      stopped: [{ resource: 'mdt0', why: 'x' }],
      fenced: [],
      unfenced: [{ node: 'n1', why: 'x' }],
    });
    assert.ok(words(down).includes('■ mdt0'));
    assert.ok(words(down).includes('NOT FENCED'));
    const both = new Map([...outcome.after, ['mdt0', ['n1', 'n2']] as [string, string[]]]);
    const twice = drawOutcome(world, {
      ...outcome,
      after: both,
      nodesDown: [],
      twice: [{ resource: 'mdt0', nodes: ['n1', 'n2'], why: 'x' }],
    });
    assert.equal(words(twice).filter((word) => word === '✘ mdt0 TWICE').length, 2);
  });

  it('is XML whatever the names are, and cuts long ones without losing them', () => {
    const odd = `<&"'\u0007${'x'.repeat(60)}`;
    const strange = {
      ...world,
      nodes: [{ ...world.nodes[0]!, name: odd }],
      resources: [{ ...world.resources[0]!, id: odd }],
    };
    const placement = new Map([[odd, [odd]]]);
    const svg = drawOutcome(strange, { ...outcome, before: placement, after: placement, nodesDown: [] });
    assert.ok(words(svg).some((word) => word.endsWith('…')));
    const title = [...cib.everyElement(cib.rootOf(cib.parseXml(svg, 'p')))]
      .filter(({ name }) => name === 'title')
      .at(-1)!;
    assert.match(cib.formatXml(title), new RegExp('x'.repeat(60)));
  });

  it('puts many nodes below each other and few side by side', () => {
    const nodes = Array.from({ length: 16 }, (_, at) => ({ ...world.nodes[0]!, name: `oss${at}` }));
    const size = (svg: string): number[] => /width="(\d+)" height="(\d+)"/.exec(svg)!.slice(1).map(Number);
    const [width, height] = size(drawOutcome({ ...world, nodes }, outcome));
    // Eight beside each other, twice before and twice after.
    assert.equal(width, 8 * 180 - 12 + 48);
    assert.ok(height! > size(drawOutcome(world, outcome))[1]!);
  });

  it('puts no column over another, or beyond the edge', () => {
    for (const count of [1, 2, 4, 5, 8, 9, 16, 17]) {
      const nodes = Array.from({ length: count }, (_, at) => ({ ...world.nodes[0]!, name: `oss${at}` }));
      const svg = drawOutcome({ ...world, nodes }, outcome);
      const [width, height] = /width="(\d+)" height="(\d+)"/.exec(svg)!.slice(1).map(Number) as [number, number];
      const frames = [...svg.matchAll(/<rect x="([\d.]+)" y="([\d.]+)" width="168" height="([\d.]+)"/g)].map((match) =>
        match.slice(1).map(Number),
      ) as [number, number, number][];
      assert.ok(frames.length >= 2 * count, `${count}: ${frames.length}`);
      for (const [at, [x, y, tall]] of frames.entries()) {
        assert.ok(x >= 0 && x + 168 <= width && y + tall <= height, `${count}`);
        for (const [otherX, otherY, otherTall] of frames.slice(at + 1))
          assert.ok(
            x + 168 <= otherX || otherX + 168 <= x || y + tall <= otherY || otherY + otherTall <= y,
            `${count}`,
          );
      }
    }
  });

  it('is as wide as its title', () => {
    const faults = Array.from({ length: 4 }, () => ({ kind: 'node-dies' as const, node: 'a-node-with-a-long-name' }));
    const svg = drawOutcome(world, { ...outcome, faults });
    assert.ok(Number(/width="([\d.]+)"/.exec(svg)![1]) > 4 * 28 * 10);
  });
});
