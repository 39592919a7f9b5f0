/** Three nodes of a real Pacemaker: one dies, the two that are left have quorum and share out its work. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { describePeer } from '../peers.ts';
import { usePacemaker } from './bed.ts';
import { PACEMAKER_PEERS } from './pacemaker.ts';
import { until } from './wait.ts';

const NODES = ['n1', 'n2', 'n3'];

describePeer('three nodes of Pacemaker', [...PACEMAKER_PEERS], () => {
  const bed = usePacemaker({
    nodes: NODES,
    luns: { meta0: { prefers: 'n1' }, object0: { prefers: 'n2' }, object1: { prefers: 'n3' } },
  });

  it('takes over from one that was killed, on one of the two others', async (t) => {
    const { lab, cluster, evidence } = bed();
    for (const [at, each] of evidence.entries()) await each.write(lab.host(NODES[at]!));
    const [lost] = evidence;
    await lab.host('n1').kill();
    const isTaken = () => lab.activeOn(lost!.lun).length === 1;
    const tookMs = await until('meta0 is taken over', isTaken, { limitMs: 30_000, explain: () => cluster.describe() });
    const [taker] = lab.activeOn(lost!.lun);
    await lost!.check(lab.host(taker!));
    assert.deepEqual(await cluster.online(lab.host('n2')), ['n2', 'n3']);
    assert.match(await lab.host('n3').must(['corosync-quorumtool', '-s']), /Quorate: +Yes/);
    assert.deepEqual([...new Set(lab.power.switched('n1').map(({ op }) => op))], ['off']);
    assert.deepEqual([lab.power.switched('n2'), lab.power.switched('n3')], [[], []]);
    const rejoinMs = await cluster.rejoin('n1');
    t.diagnostic(`mounted after ${tookMs.toFixed()} ms, online again after ${rejoinMs.toFixed()} ms`);
    assert.deepEqual(lab.activeOn(lost!.lun), [taker], 'nothing moves back by itself');
    for (const [at, each] of evidence.entries()) if (at > 0) await each.check(lab.host(NODES[at]!));
  });
});
