/** A pair reached over ssh, of which something does not answer, or not the same: named, and never guessed over. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { describePeer } from '../peers.ts';
import { placesOf } from './bed.ts';
import { DESK_PEERS, NODES, useDesk } from './desk.ts';
import { until } from './wait.ts';

describePeer('a pair over ssh, in trouble', DESK_PEERS, () => {
  const bed = useDesk();

  it('is not ready while the peer cannot reach the board of the node that gives something up', async () => {
    const { ask, lab } = bed();
    lab.power.setFault('n1', 'error');
    const { exitCode, text } = await ask('standby', 'n1', '--on', 'n2', '--dry-run');
    lab.power.setFault('n1', undefined);
    assert.equal(exitCode, 0, text);
    assert.match(text, /✘ fencing of n1: /);
    assert.match(text, /^NOT ready/m);
  });

  it('names a host that may not ask, one without tools, and one that hangs, beside what the other says', async () => {
    const { ask, lab, desk } = bed();
    await lab.host('n1').must(['sh', '-c', "useradd -M outsider && usermod -p '*' outsider"]);
    const denied = await ask('status', 'n2', 'outsider');
    assert.equal(denied.exitCode, 1, denied.text);
    assert.match(denied.text, /✘ outsider: the cluster refused to answer: .*(?:privileges|denied)/);
    assert.match(denied.text, /as told by n2/);
    await desk.must(['rm', '/usr/sbin/crm_mon', '/usr/bin/cl_status']);
    const bare = await ask('status', 'n2', 'bare');
    assert.equal(bare.exitCode, 1, bare.text);
    assert.match(bare.text, /✘ bare: a command was not found: neither crm_mon nor cl_status on bare/);
    const hang = 'mv "$0" "$0.real" && printf "#!/bin/sh\\nexec sleep 600\\n" >"$0" && chmod 755 "$0"';
    await lab.host('n1').must(['sh', '-c', hang, '/usr/sbin/crm_mon']);
    const hung = await ask('status', 'n2', 'n1', '--time-limit', '4');
    assert.equal(hung.exitCode, 1, hung.text);
    assert.match(hung.text, /✘ n1: a command took too long and was stopped: crm_mon on n1, after 4 s/);
    assert.match(hung.text, /as told by n2/);
    // It is ended there some seconds after the answer was given up.
    const isOver = async () => (await lab.host('n1').exec(['pgrep', '-f', 'sleep 600'])).output === '';
    await until('nothing hangs there any more', isOver, { limitMs: 15_000, everyMs: 200 });
    await lab.host('n1').must(['sh', '-c', 'mv "$0.real" "$0"', '/usr/sbin/crm_mon']);
  });

  it('is told apart from both sides when each counts the other as gone, and nothing is moved then', async () => {
    const { ask, lab, cluster } = bed();
    for (const node of NODES) lab.power.setFault(node, 'error');
    await lab.isolatePair('n1', 'n2');
    const isSplit = async (): Promise<boolean> => {
      const seen = await Promise.all(NODES.map((name) => cluster.online(lab.host(name))));
      return seen.map((names) => names.join()).join(' ') === 'n1 n2';
    };
    await until('each is alone', isSplit, { limitMs: 30_000, everyMs: 200, explain: () => cluster.describe() });
    const { exitCode, text } = await ask('status', 'n1', 'n2');
    assert.equal(exitCode, 1, text);
    const { views, disagreements } = await bed().summaryOf('n1', 'n2');
    assert.equal(views, 2);
    assert.ok(disagreements.length > 0);
    for (const node of NODES) assert.match(text, new RegExp(`AS TOLD BY ${node} `));
    assert.match(text, /THE NODES DISAGREE/);
    for (const through of NODES) {
      const refused = await ask('move', 'meta0', 'n2', '--on', through);
      assert.equal(refused.exitCode, 20, refused.text);
    }
    assert.deepEqual(placesOf(lab), { meta0: ['n1'], object0: ['n2'] });
  });
});
