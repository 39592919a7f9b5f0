/** A real pair of Heartbeat in version 1 mode: the operator moves everything, and one host dies. */
import assert from 'node:assert/strict';
import { after, afterEach, before, it } from 'node:test';
import { describePeer } from '../peers.ts';
import { Evidence } from './evidence.ts';
import { HEARTBEAT_PEERS, type HeartbeatPair, startHeartbeat } from './heartbeat.ts';
import type { Host } from './host.ts';
import { Lab } from './lab.ts';
import type { MountWatch } from './mounts.ts';
import { until } from './wait.ts';

const LUN_BYTES = 64 * 1024 * 1024;

describePeer('a pair of Heartbeat', [...HEARTBEAT_PEERS], () => {
  let lab: Lab;
  let pair: HeartbeatPair;
  let evidence: Evidence;
  let watch: MountWatch;
  let h1: Host;
  let h2: Host;

  before(async () => {
    lab = await Lab.open();
    const lun = await lab.lun('object0', LUN_BYTES, ['h1', 'h2']);
    evidence = new Evidence(lun);
    watch = lab.watchMounts();
    pair = await startHeartbeat(lab, ['h1', 'h2'], { lun });
    [h1, h2] = pair.hosts;
  });
  after(async () => {
    watch?.[Symbol.dispose]();
    await lab?.[Symbol.asyncDispose]();
  });
  afterEach(() => {
    assert.ok(watch.looks > 0 && watch.sightings > 0, 'the judge has looked');
    assert.deepEqual(watch.doubles, []);
  });

  it('starts the group on the node that haresources names, with its address', async () => {
    await evidence.write(h1);
    await settled();
    assert.match(await h1.must(['ip', '-brief', 'address', 'show', 'eth0']), /10\.77\.0\.100/);
    assert.equal(await pair.statusOf(h2, h1), 'active');
    assert.deepEqual(lab.power.switched('h2'), []);
  });

  it('moves everything at a takeover', async (t) => {
    await pair.takeover(h2);
    t.diagnostic(`moved after ${(await pair.waitActive(h2, 20_000)).toFixed()} ms`);
    await evidence.check(h2);
    await evidence.write(h2);
    await settled();
  });

  it('moves everything at a standby', async (t) => {
    await pair.standby(h2);
    t.diagnostic(`moved after ${(await pair.waitActive(h1, 20_000)).toFixed()} ms`);
    await evidence.check(h1);
    await evidence.write(h1);
    await settled();
  });

  it('shoots a host that was killed, and takes over', async (t) => {
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

  /** A pair in transition refuses the next order. */
  async function settled(): Promise<void> {
    const isSettled = async () => {
      const held = await Promise.all(pair.hosts.map((host) => pair.heldBy(host)));
      return !held.includes('transition') && !held.includes('');
    };
    await until('the pair has settled', isSettled, { limitMs: 20_000, everyMs: 100 });
  }
});
