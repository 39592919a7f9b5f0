/** Two nodes of a real Pacemaker: one dies, by itself or with its power, and the other takes over, once fencing is sure. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { mmp, simulator } from '../../src/cluster.ts';
import { simulate } from '../../src/failover.ts';
import { systemClock, systemProcesses } from '../../src/host.ts';
import { describePeer } from '../peers.ts';
import { usePacemaker } from './bed.ts';
import { PACEMAKER_PEERS } from './pacemaker.ts';
import { until } from './wait.ts';

/** The peer's mount waits 22 s when the disk looks as if still in use (ext4 counts at least 5 s as interval). */
const MMP_WAIT_MS = 22_000;

describePeer('two nodes of Pacemaker, power', [...PACEMAKER_PEERS], () => {
  const bed = usePacemaker({
    nodes: ['n1', 'n2'],
    luns: { meta0: { prefers: 'n1' }, object0: { prefers: 'n2' } },
    shotLast: 'n1',
  });

  it('starts every file system where it should be', async () => {
    const { lab, on } = bed();
    const { meta0: meta, object0: object } = on;
    assert.deepEqual(lab.activeOn(meta.lun), ['n1']);
    assert.deepEqual(lab.activeOn(object.lun), ['n2']);
    await meta.write(lab.host('n1'));
    await object.write(lab.host('n2'));
    await meta.check(lab.host('n1'));
  });

  it('takes over from a host that was killed, and takes it back into the cluster', async (t) => {
    const { lab, cluster, on } = bed();
    const { object0: object } = on;
    await lab.host('n2').kill();
    const tookMs = await cluster.waitActive(object.lun, 'n1', 20_000);
    await object.check(lab.host('n1'));
    assert.ok(
      orders('n2', 'off').some(({ by }) => by === 'n1'),
      'it was fenced first',
    );
    const rejoinMs = await cluster.rejoin('n2');
    t.diagnostic(`mounted on the peer after ${tookMs.toFixed()} ms, online again after ${rejoinMs.toFixed()} ms`);
    assert.deepEqual(lab.activeOn(object.lun), ['n1'], 'nothing moves back by itself');
  });

  it('takes over after a power loss, with everything that was on disk', async (t) => {
    const { lab, cluster, on } = bed();
    const { meta0: meta, object0: object } = on;
    await meta.write(lab.host('n1'));
    await object.write(lab.host('n1'));
    const { leastMs, mostMs } = await estimated('dies:n1');
    await lab.host('n1').powerLoss();
    const tookMs = await cluster.waitActive(meta.lun, 'n2', 60_000);
    const told = `${leastMs} ms to ${mostMs} ms were simulated, it took ${tookMs.toFixed()} ms`;
    assert.ok(leastMs > MMP_WAIT_MS && leastMs <= tookMs && tookMs <= mostMs, told);
    t.diagnostic(told);
    await cluster.waitActive(object.lun, 'n2', 20_000);
    assert.ok(tookMs > MMP_WAIT_MS, 'the disk was waited for');
    await meta.check(lab.host('n2'));
    await object.check(lab.host('n2'));
    const rejoinMs = await cluster.rejoin('n1');
    t.diagnostic(`mounted on the peer after ${tookMs.toFixed()} ms, online again after ${rejoinMs.toFixed()} ms`);
  });

  it('does not take over while fencing fails, until somebody confirms', async (t) => {
    const { lab, cluster, on } = bed();
    const { meta0: meta, object0: object } = on;
    lab.power.setFault('n2', 'error');
    await lab.host('n2').kill();
    await wait(5000);
    assert.deepEqual([...lab.activeOn(meta.lun), ...lab.activeOn(object.lun)], []);
    assert.ok(
      lab.power.calls.some(({ op, answer }) => op === 'off' && answer.startsWith('ERR')),
      'it was tried',
    );
    assert.match(await lab.host('n1').must(['crm_mon', '-1r']), /UNCLEAN/);
    await lab.host('n1').must(['stonith_admin', '--confirm', 'n2']);
    const tookMs = await cluster.waitActive(meta.lun, 'n1', 20_000);
    await cluster.waitActive(object.lun, 'n1', 20_000);
    t.diagnostic(`mounted on the peer ${tookMs.toFixed()} ms after the confirmation`);
    await meta.check(lab.host('n1'));
    await object.check(lab.host('n1'));
    lab.power.setFault('n2', undefined);
    await cluster.rejoin('n2');
  });

  it('mounts nothing twice even when fencing lies, as the disks protect themselves', async (t) => {
    const { lab, cluster, on } = bed();
    const { meta0: meta, object0: object } = on;
    for (const each of ['n1', 'n2']) lab.power.setFault(each, 'liar');
    await lab.cutLinks('n2');
    const n2 = lab.host('n2');
    const hasFailed = async () => /meta0 start on n2 returned 'error'/.test(await n2.must(['crm_mon', '-1r']));
    const limit = { limitMs: 60_000, everyMs: 200, explain: () => cluster.describe() };
    const tookMs = await until('n2 tried to mount what n1 has', hasFailed, limit);
    t.diagnostic(`refused after ${tookMs.toFixed()} ms`);
    assert.ok(
      lab.power.switched('n1').some(({ op, by }) => op === 'off' && by === 'n2'),
      'it was told that n1 is off',
    );
    assert.deepEqual([lab.activeOn(meta.lun), lab.activeOn(object.lun)], [['n1'], ['n1']]);
    await meta.write(lab.host('n1'));
    await meta.check(lab.host('n1'));
  });

  /** What the simulation says beforehand, of the running cluster and its disks. */
  async function estimated(fault: string): Promise<simulate.Outcome['estimate']> {
    const { lab, on } = bed();
    const host = lab.host('n1');
    const cibText = await host.must(['cibadmin', '--query']);
    const corosyncText = await host.must(['cat', '/etc/corosync/corosync.conf']);
    await using program = await simulator.openSimulator({ processes: systemProcesses });
    const waits = new Map<string, number | undefined>();
    for (const { lun } of Object.values(on)) {
      const seat = { name: 'n1', processes: systemProcesses, clock: systemClock };
      waits.set(lun.path, mmp.mountWaitOf(await mmp.readMmp(seat, lun.deviceOf('n1'))).mountsAfterS);
    }
    const mountWaitS = (device: string): number | undefined => waits.get(device);
    const world = await simulate.openWorld({ cibText, corosyncText, file: 'live', mountWaitS }, program);
    const outcome = await simulate.simulateFaults(world, [simulate.parseFault(fault, world)], program.run);
    return outcome.estimate;
  }

  function orders(host: string, op: string) {
    return bed()
      .lab.power.switched(host)
      .filter((call) => call.op === op);
  }
});
