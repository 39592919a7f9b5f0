/** A pair of Heartbeat and what `ha import` made of it, when a node dies: the same groups in the same places. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { describePeer } from '../peers.ts';
import { runOn } from './program.ts';
import {
  checkAddresses,
  comesToRest,
  HOME,
  rejoin,
  restore,
  TWIN_PEERS,
  type Twin,
  useTwins,
  writeData,
} from './twins.ts';
import { until } from './wait.ts';

describePeer('an imported pair beside the old one, power', TWIN_PEERS, () => {
  const opened = useTwins();

  it('first runs the same groups on the same nodes', async () => {
    const twins = opened();
    await twins.each(async (twin) => {
      await comesToRest(twin, HOME, 30_000);
      await checkAddresses(twin);
    });
    twins.judge();
  });

  it('was looked at over ssh before it was moved: both nodes of the old pair, their files and their state', async () => {
    const twins = opened();
    const { lab } = twins.heartbeat;
    const ask = (action: string) => runOn(lab.host('h1'), ['ha', action, 'h1', 'h2']);
    const linted = await ask('lint');
    assert.equal(linted.exitCode, 0, linted.text);
    assert.match(linted.text, /everybody on h2 can read it, and line 14 has the access to external\/ipmi/);
    assert.doesNotMatch(linted.text, /opens-h/);
    const haresources = '/etc/ha.d/haresources';
    await lab.host('h2').must(['sh', '-c', 'cp "$0" /root/kept && echo "h2 Delay::1::0" >>"$0"', haresources]);
    const other = await ask('lint');
    await lab.host('h2').must(['cp', '/root/kept', haresources]);
    assert.equal(other.exitCode, 1, other.text);
    assert.match(other.text, /\(files-differ\)/);
    const seen = await ask('status');
    assert.equal(seen.exitCode, 0, seen.text);
    assert.match(seen.text, /healthy: .* 2 of 2 nodes online/);
    assert.match(seen.text, /as told by h1 and h2/);
  });

  it('does the same when a node is killed, and when it returns', async (t) => {
    await loses('h2', (twin) => twin.lab.host('h2').kill(), t.diagnostic.bind(t));
  });

  it('does the same when a node loses power, and when it returns', async (t) => {
    await loses('h1', (twin) => twin.lab.host('h1').powerLoss(), t.diagnostic.bind(t));
  });

  it('waits in the same way while the node that died cannot be fenced', async (t) => {
    const twins = opened();
    const { heartbeat, pacemaker, differences } = twins.expected('dies:h2,fence:fence-h2');
    assert.deepEqual([heartbeat, differences], [pacemaker, []]);
    assert.deepEqual(pacemaker, { object0: ['h1'], object1: [] });
    await twins.each(async (twin) => {
      await writeData(twin);
      twin.lab.power.setFault('h2', 'error');
      await twin.lab.host('h2').kill();
      const refused = () =>
        twin.lab.power.calls.filter(({ host, answer }) => host === 'h2' && answer.startsWith('ERR'));
      await comesToRest(twin, pacemaker, 10_000);
      await until('fencing was tried', () => refused().length >= 2, { limitMs: 30_000 });
      await comesToRest(twin, pacemaker, 0);
      twin.lab.power.setFault('h2', undefined);
      const tookMs = await comesToRest(twin, { object0: ['h1'], object1: ['h1'] }, 60_000);
      t.diagnostic(`${twin.name}: taken over ${tookMs.toFixed()} ms after the board was mended`);
    });
    await restore(twins);
  });

  /** As the report said of it, before and after the node is back. */
  async function loses(node: string, strike: (twin: Twin) => Promise<void>, tell: (text: string) => void) {
    const twins = opened();
    const { heartbeat, pacemaker, differences } = twins.expected(`dies:${node}`);
    assert.deepEqual([heartbeat, differences], [pacemaker, []]);
    const back = twins.expected(`returns:${node}`);
    assert.deepEqual([back.heartbeat, back.differences], [back.pacemaker, []]);
    await twins.each(async (twin) => {
      await writeData(twin);
      await strike(twin);
      const tookMs = await comesToRest(twin, twin.name === 'heartbeat' ? heartbeat : pacemaker, 90_000);
      const backMs = await rejoin(twin);
      await comesToRest(twin, back.pacemaker, 5_000);
      tell(`${twin.name}: taken over after ${tookMs.toFixed()} ms, whole again after ${backMs.toFixed()} ms`);
    });
    await restore(twins);
  }
});
