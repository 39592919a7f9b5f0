/** Two nodes of a real Pacemaker: they lose each other, or one its path to a disk. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { describePeer } from '../peers.ts';
import { usePacemaker } from './bed.ts';
import { PACEMAKER_PEERS } from './pacemaker.ts';
import { until } from './wait.ts';

describePeer('two nodes of Pacemaker, paths', [...PACEMAKER_PEERS], () => {
  const bed = usePacemaker({
    nodes: ['n1', 'n2'],
    luns: { meta0: { prefers: 'n1', deepMonitorS: 3 }, object0: { prefers: 'n2' } },
    shotLast: 'n1',
  });

  it('goes on when one of two links is cut', async () => {
    const { lab, cluster, on } = bed();
    const { object0: object } = on;
    await lab.cutLinks('n2', [0]);
    const links = async () => (await lab.host('n1').exec(['corosync-cfgtool', '-s'])).output;
    await until('the link is missed', async () => /disconnected/.test(await links()), { limitMs: 10_000 });
    // Twice the token: who was going to be given up, would have been.
    await wait(2000);
    await cluster.waitOnline();
    assert.deepEqual(lab.activeOn(object.lun), ['n2']);
    await lab.healLinks('n2');
    assert.deepEqual(lab.power.switched('n1'), []);
    assert.deepEqual(lab.power.switched('n2'), []);
  });

  it('shoots one when both links are cut, and takes over from it', async (t) => {
    const { lab, cluster, on } = bed();
    const { meta0: meta, object0: object } = on;
    await object.write(lab.host('n2'));
    await meta.write(lab.host('n1'));
    await lab.cutLinks('n2');
    const tookMs = await cluster.waitActive(object.lun, 'n1', 60_000);
    assert.deepEqual(
      lab.power.switched('n2').map(({ op, by }) => `${op} by ${by}`),
      ['off by n1'],
    );
    assert.deepEqual(lab.power.switched('n1'), [], 'the one that is shot last lives');
    assert.equal(lab.host('n2').isOn, false);
    await object.check(lab.host('n1'));
    await meta.check(lab.host('n1'));
    await lab.healLinks('n2');
    const rejoinMs = await cluster.rejoin('n2');
    t.diagnostic(`mounted on the peer after ${tookMs.toFixed()} ms, online again after ${rejoinMs.toFixed()} ms`);
  });

  it('moves a file system away from a host that lost its path to the disk, without fencing', async (t) => {
    const { lab, cluster, on } = bed();
    const { meta0: meta, object0: object } = on;
    await meta.write(lab.host('n1'));
    const before = lab.power.switched('n1').length;
    meta.lun.cut('n1');
    const tookMs = await cluster.waitActive(meta.lun, 'n2', 90_000);
    t.diagnostic(`mounted on the peer after ${tookMs.toFixed()} ms`);
    await meta.check(lab.host('n2'));
    assert.deepEqual(lab.activeOn(object.lun), ['n1'], 'the other disk stays where it was');
    assert.equal(lab.power.switched('n1').length, before);
    meta.lun.heal('n1');
    await lab.host('n1').must(['crm_resource', '--cleanup']);
    await cluster.settle();
    assert.doesNotMatch(await lab.host('n1').must(['crm_mon', '-1rf']), /Failed/);
  });
});
