/** A real pair of Heartbeat in version 1 mode: the operator moves everything, and one host dies. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { describePeer } from '../peers.ts';
import { useLab } from './bed.ts';
import { Evidence } from './evidence.ts';
import { HEARTBEAT_PEERS, startHeartbeat } from './heartbeat.ts';
import { until } from './wait.ts';

const LUN_BYTES = 64 * 1024 * 1024;

describePeer('a pair of Heartbeat', [...HEARTBEAT_PEERS], () => {
  const bed = useLab(async (lab) => {
    const evidence = new Evidence(await lab.lun('object0', LUN_BYTES, ['h1', 'h2']));
    const pair = await startHeartbeat(lab, ['h1', 'h2'], { lun: evidence.lun });
    const [h1, h2] = pair.hosts;
    return { evidence, pair, h1, h2 };
  });

  it('starts the group on the node that haresources names, with its address', async () => {
    const { lab, pair, evidence, h1, h2 } = bed();
    await evidence.write(h1);
    await pair.settle();
    assert.match(await h1.must(['ip', '-brief', 'address', 'show', 'eth0']), /10\.77\.0\.100/);
    assert.equal(await pair.statusOf(h2, h1), 'active');
    assert.deepEqual(lab.power.switched('h2'), []);
  });

  it('moves everything at a takeover', async (t) => {
    const { pair, evidence, h2 } = bed();
    await pair.takeover(h2);
    t.diagnostic(`moved after ${(await pair.waitActive(h2, 20_000)).toFixed()} ms`);
    await evidence.check(h2);
    await evidence.write(h2);
    await pair.settle();
  });

  it('moves everything at a standby', async (t) => {
    const { pair, evidence, h1, h2 } = bed();
    await pair.standby(h2);
    t.diagnostic(`moved after ${(await pair.waitActive(h1, 20_000)).toFixed()} ms`);
    await evidence.check(h1);
    await evidence.write(h1);
    await pair.settle();
  });

  it('shoots a host that was killed, and takes over', async (t) => {
    const { lab, pair, evidence, h1, h2 } = bed();
    lab.power.setFault('h1', 'no-boot');
    await h1.kill();
    t.diagnostic(`mounted on the peer after ${(await pair.waitActive(h2, 30_000)).toFixed()} ms`);
    await evidence.check(h2);
    assert.deepEqual(
      lab.power.switched('h1').map(({ op, by }) => `${op} by ${by}`),
      ['reboot by h2'],
    );
    assert.equal(await pair.statusOf(h1, h2), 'dead');
    lab.power.setFault('h1', undefined);
    await h1.boot();
    await until('h1 is back', async () => (await pair.statusOf(h1, h2)) === 'active', {
      limitMs: 30_000,
      everyMs: 100,
    });
    assert.deepEqual(lab.activeOn(pair.lun), ['h2'], 'nothing moves back by itself');
  });
});
