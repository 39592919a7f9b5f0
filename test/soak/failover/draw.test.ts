import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  BEDS,
  BLOCK_ROUNDS,
  drawRound,
  FAULT_KINDS,
  isFenceFault,
  isHeartbeat,
  LOSING,
  SHAPES,
  wordsOf,
} from './draw.ts';
import { HEARTBEAT_ORDERS, type Order, PACEMAKER_ORDERS } from './orders.ts';

const ORDER: Order = {
  ...{ kind: 'move', lun: 'meta0', node: 'n1', on: 'n2' },
  ...{ isOverridden: true, when: 'after', delayMs: 40 },
};
const ROUNDS = 3000;
const rounds = Array.from({ length: ROUNDS }, (_, at) => drawRound(7, at + 1));

describe('what is drawn for a round', () => {
  it('depends on the seed and the round alone', () => {
    assert.deepEqual(drawRound(7, 12), drawRound(7, 12));
    const three = rounds.filter(({ bed }) => bed === 'three').map((drawn) => JSON.stringify({ ...drawn, round: 0 }));
    assert.ok(new Set(three).size > three.length * 0.8, 'rounds differ');
    assert.notDeepEqual(drawRound(7, 1), { ...drawRound(8, 1), seed: 7 });
  });

  it('gives every cluster its turn, or stays on the one that is named', () => {
    const turns = rounds.slice(0, 6 * BLOCK_ROUNDS).map(({ bed }) => bed);
    assert.deepEqual(
      turns.filter((_, at) => at % BLOCK_ROUNDS === 0),
      ['pair', 'three', 'heartbeat', 'three', 'pair', 'bare'],
    );
    assert.equal(drawRound(7, 1, 'heartbeat').bed, 'heartbeat');
  });

  it('comes to every fault on every cluster, alone and with another, with orders and without', () => {
    for (const bed of BEDS) {
      const own = rounds.filter((drawn) => drawn.bed === bed);
      const kinds = FAULT_KINDS.filter((kind) => bed !== 'bare' || !isFenceFault(kind));
      assert.deepEqual([...new Set(own.flatMap(({ faults }) => faults.map(({ kind }) => kind)))].sort(), kinds.sort());
      const orders = own.flatMap(({ order }) => (order === undefined ? [] : [order.kind]));
      const all = isHeartbeat(bed) ? HEARTBEAT_ORDERS : PACEMAKER_ORDERS;
      assert.deepEqual([...new Set(orders)].sort(), [...all].sort());
      for (const when of ['calm', 'before', 'after']) {
        const ways = own.filter(({ order }) => order?.when === when);
        assert.ok(
          ways.some(({ order }) => order?.isOverridden) && ways.some(({ order }) => !order?.isOverridden),
          when,
        );
      }
      assert.ok(own.some(({ order, faults }) => order === undefined && faults.length > 0));
    }
    const double = rounds.filter(({ faults }) => faults.length === 2).length;
    assert.ok(double > ROUNDS / 10 && double < ROUNDS / 2, `${double} of ${ROUNDS} had two faults`);
  });

  it('names only nodes and LUNs of that cluster, and the holder where it is about a file system', () => {
    for (const { bed, faults, start } of rounds) {
      const { nodes, luns } = SHAPES[bed];
      assert.deepEqual(Object.keys(start), luns);
      for (const { kind, node, peer, lun } of faults) {
        assert.ok(nodes.includes(node));
        if (kind === 'pair-apart') assert.ok(peer !== node && nodes.includes(peer!));
        if (kind === 'resource-fails') assert.equal(node, start[lun!]);
        if (kind === 'lun-path') assert.ok(luns.includes(lun!));
      }
    }
  });

  it('has orders that somebody could give', () => {
    for (const { bed, faults, start, order } of rounds.filter((each) => each.order !== undefined)) {
      const { on, when, kind, node, delayMs } = order!;
      assert.ok(SHAPES[bed].nodes.includes(on) && delayMs >= 0);
      assert.equal(faults.length === 0, when === 'calm');
      // What is in standby can hold nothing, and without fencing nobody may fall silent.
      if (kind === 'unstandby') assert.ok(!Object.values(start).includes(node!));
      if (kind === 'pause') assert.ok(faults.every((fault) => isFenceFault(fault.kind)));
      const gone = faults.filter((fault) => ['kill', 'power-loss', 'host-stopped'].includes(fault.kind));
      if (when === 'after' && new Set(gone.map((fault) => fault.node)).size < SHAPES[bed].nodes.length)
        assert.ok(gone.every((fault) => fault.node !== on));
    }
  });

  it('often breaks what the order rests on', () => {
    const moves = rounds.filter(({ order }) => order?.kind === 'move' && order.when === 'after');
    const share = (isSo: (each: (typeof rounds)[number]) => boolean): number =>
      moves.filter(isSo).length / moves.length;
    const path = share(({ faults, order }) =>
      faults.some(({ kind, lun, node }) => kind === 'lun-path' && lun === order!.lun && node === order!.node),
    );
    const fencing = share(({ faults, order, start }) =>
      faults.some(({ kind, node }) => isFenceFault(kind) && node === start[order!.lun!]),
    );
    assert.ok(path > 0.1 && fencing > 0.15, `${path} ${fencing}`);
    const stays = rounds.filter(({ order, start }) => order?.kind === 'move' && start[order.lun!] === order.node);
    assert.ok(stays.length > 0 && stays.length < moves.length / 2, 'little is moved to where it is');
  });

  it('never loses the same node twice', () => {
    for (const { faults } of rounds) {
      const lost = faults.filter(({ kind }) => (LOSING as readonly string[]).includes(kind)).map(({ node }) => node);
      assert.equal(new Set(lost).size, lost.length);
    }
  });

  it('has words for what happens', () => {
    const drawn = {
      ...drawRound(1, 1, 'pair'),
      faults: [{ kind: 'link-cut', node: 'n2', link: 1 } as const],
      order: ORDER,
    };
    assert.equal(wordsOf(drawn), 'ha move meta0 n1 --override (on n2, 40 ms after the faults) + link-cut n2 link 1');
  });
});
