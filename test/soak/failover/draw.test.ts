import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BEDS, BLOCK_ROUNDS, drawRound, FAULT_KINDS, SHAPES, wordsOf } from './draw.ts';

const ROUNDS = 1200;
const rounds = Array.from({ length: ROUNDS }, (_, at) => drawRound(7, at + 1));

describe('what is drawn for a round', () => {
  it('depends on the seed and the round alone', () => {
    assert.deepEqual(drawRound(7, 12), drawRound(7, 12));
    const three = rounds.filter(({ bed }) => bed === 'three').map((drawn) => JSON.stringify({ ...drawn, round: 0 }));
    assert.ok(new Set(three).size > three.length * 0.8, 'rounds differ');
    assert.notDeepEqual(drawRound(7, 1), { ...drawRound(8, 1), seed: 7 });
  });

  it('gives every cluster its turn, or stays on the one that is named', () => {
    const turns = rounds.slice(0, 4 * BLOCK_ROUNDS).map(({ bed }) => bed);
    assert.deepEqual(
      turns.filter((_, at) => at % BLOCK_ROUNDS === 0),
      ['pair', 'three', 'heartbeat', 'pair'],
    );
    assert.equal(drawRound(7, 1, 'heartbeat').bed, 'heartbeat');
  });

  it('comes to every fault on every cluster, alone and with another, with orders and without', () => {
    for (const bed of BEDS) {
      const own = rounds.filter((drawn) => drawn.bed === bed);
      assert.deepEqual(
        [...new Set(own.flatMap(({ faults }) => faults.map(({ kind }) => kind)))].sort(),
        [...FAULT_KINDS].sort(),
      );
      const orders = own.flatMap(({ order }) => (order === undefined ? [] : [order.kind]));
      const all =
        bed === 'heartbeat' ? ['hand-over', 'takeover'] : ['cleanup', 'clear', 'move', 'standby', 'unstandby'];
      assert.deepEqual([...new Set(orders)].sort(), all);
    }
    const double = rounds.filter(({ faults }) => faults.length === 2).length;
    assert.ok(double > ROUNDS / 10 && double < ROUNDS / 2, `${double} of ${ROUNDS} had two faults`);
  });

  it('names only nodes and LUNs of that cluster, and the holder where it is about a file system', () => {
    for (const { bed, faults, start, order } of rounds) {
      const { nodes, luns } = SHAPES[bed];
      assert.deepEqual(Object.keys(start), luns);
      for (const { kind, node, peer, lun } of faults) {
        assert.ok(nodes.includes(node));
        if (kind === 'pair-apart') assert.ok(peer !== node && nodes.includes(peer!));
        if (kind === 'lun-path' || kind === 'resource-fails') assert.equal(node, start[lun!]);
      }
      if (order !== undefined) assert.ok(nodes.includes(order.on) && order.delayMs >= 0);
    }
  });

  it('never loses the same node twice', () => {
    const losing = ['kill', 'power-loss', 'links-cut', 'membership-stopped'];
    for (const { faults } of rounds) {
      const lost = faults.filter(({ kind }) => losing.includes(kind)).map(({ node }) => node);
      assert.equal(new Set(lost).size, lost.length);
    }
  });

  it('has words for what happens', () => {
    const drawn = {
      ...drawRound(1, 1, 'pair'),
      faults: [{ kind: 'link-cut', node: 'n2', link: 1 } as const],
      order: { kind: 'move', lun: 'meta0', node: 'n1', on: 'n2', delayMs: 40 } as const,
    };
    assert.equal(wordsOf(drawn), 'link-cut n2 link 1 + move meta0 to n1 (on n2 after 40 ms)');
  });
});
