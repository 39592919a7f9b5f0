import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Fault } from '../simulate.ts';
import { type HeartbeatPair, playHeartbeat } from './heartbeat.ts';

const pair: HeartbeatPair = {
  nodes: ['n1', 'n2'],
  groups: [
    { id: 'a', preferred: 'n1', resources: ['ra'] },
    { id: 'b', preferred: 'n2', resources: ['rb'] },
  ],
  failback: 'off',
  hasStonith: true,
  shooters: [
    { id: 'f1', hosts: ['n1'], from: ['n2'] },
    { id: 'f2', hosts: ['n2'], from: ['n1'] },
  ],
};
const bare: HeartbeatPair = { ...pair, hasStonith: false, shooters: undefined };

const dies = (node: string): Fault => ({ kind: 'node-dies', node });
const standby = (node: string): Fault => ({ kind: 'node-standby', node });
const cut: Fault = { kind: 'link-cut', node: 'n1' };
const dead = (device: string): Fault => ({ kind: 'fence-dead', device });
const fails = (resource: string, operation: 'monitor' | 'start' | 'stop'): Fault => ({
  kind: 'resource-fails',
  resource,
  operation,
});
const back = (node: string): Fault => ({ kind: 'node-returns', node });

/** Where a and b are. */
function places(of: HeartbeatPair, ...faults: Fault[]): string {
  const { placement } = playHeartbeat(of, faults);
  return ['a', 'b'].map((id) => (placement.get(id) ?? []).join('+') || '-').join(' ');
}

describe("Heartbeat's rules", () => {
  it('has each group at home', () => assert.equal(places(pair), 'n1 n2'));

  it('takes over from a dead peer, with STONITH only when that works', () => {
    assert.equal(places(pair, dies('n1')), 'n2 n2');
    assert.equal(places(pair, dies('n1'), dead('f1')), '- n2');
    assert.equal(places(pair, dies('n1'), dead('f2')), 'n2 n2');
    assert.equal(places(bare, dies('n1')), 'n2 n2');
    assert.equal(places(pair, dies('n1'), dies('n2')), '- -');
    assert.equal(places({ ...pair, shooters: undefined }, dies('n1')), 'n2 n2');
  });

  it('splits its brain without STONITH, and shoots with it', () => {
    assert.equal(places(bare, cut), 'n1+n2 n1+n2');
    assert.match(playHeartbeat(bare, [cut]).notes.join(), /split brain/);
    assert.equal(places(pair, cut), 'n1 n1');
    assert.equal(places(pair, cut, dead('f2')), 'n2 n2');
    assert.equal(places(pair, cut, dead('f1'), dead('f2')), 'n1 n2');
  });

  it('goes back as auto_failback says', () => {
    assert.equal(places(pair, back('n1')), 'n2 n2');
    assert.equal(places({ ...pair, failback: 'on' }, back('n1')), 'n1 n2');
    const helpless = { ...pair, shooters: [] };
    assert.equal(places(helpless, back('n1')), 'n1 n2');
  });

  it('watches nothing, and knows no quorum', () => {
    for (const operation of ['monitor', 'start', 'stop'] as const) {
      assert.equal(places(pair, fails('ra', operation)), 'n1 n2');
      assert.deepEqual([...playHeartbeat(pair, [fails('ra', operation)]).broken], ['a']);
    }
    assert.equal(places(pair, { kind: 'quorum-lost' }), 'n1 n2');
    assert.equal(places(pair, dead('f1')), 'n1 n2');
  });

  it('hands over in an orderly way to a peer that answers', () => {
    assert.equal(places(pair, standby('n1')), 'n2 n2');
    assert.equal(places(pair, standby('n1'), dies('n2')), 'n1 n1');
    assert.equal(places(pair, standby('n1'), standby('n2')), 'n1 n2');
    assert.equal(places(bare, standby('n1'), cut), 'n1+n2 n1+n2');
  });

  it('gives a group back when it does not start, and reboots when it does not stop', () => {
    assert.equal(places(pair, standby('n1'), fails('ra', 'start')), 'n1 n2');
    assert.equal(places(pair, dies('n1'), fails('ra', 'start')), '- n2');
    assert.equal(places(pair, standby('n1'), fails('ra', 'stop')), 'n2 n2');
    assert.equal(places(pair, standby('n1'), fails('rb', 'stop')), 'n2 n2');
  });
});
