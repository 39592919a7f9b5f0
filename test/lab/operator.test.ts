/** What an operator has on the hosts of a lab, and hosts that stand still. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { hasCode } from '../../src/base/errors.ts';
import { describePeer } from '../peers.ts';
import { freeze, thaw } from './freeze.ts';
import { Lab } from './lab.ts';
import { equipOperator, HOLDFAST, OPERATOR_CONFIG, OPERATOR_PEERS } from './operator.ts';
import { until } from './wait.ts';

const SSH = ['ssh', '-F', '/etc/lab/ssh_config', '-i', '/etc/lab/key', '-o', 'UserKnownHostsFile=/etc/lab/known_hosts'];

describePeer('an operator in the lab', ['root', 'namespaces', 'ip', ...OPERATOR_PEERS], () => {
  it('runs Holdfast there, and reaches the other host until that stands still', async () => {
    await using lab = await Lab.open();
    const hosts = [lab.host('a'), lab.host('b')] as const;
    const [a, b] = hosts;
    await equipOperator(lab.directory, hosts);
    await Promise.all(hosts.map((host) => host.boot()));
    const shown = await a.must([HOLDFAST, 'config', 'show', '--config', OPERATOR_CONFIG]);
    for (const own of [b.address(0), '/var/lib/lab-holdfast']) assert.ok(shown.includes(own), shown);
    const over = [...SSH, `root@${b.address(0)}`, 'hostname'];
    await until('sshd is up', async () => (await a.exec(over)).exitCode === 0, { limitMs: 15_000 });
    assert.equal(await a.must(over), 'b\n');
    const held = b.must(['sh', '-c', 'sleep 1; echo on']);
    await wait(200);
    freeze(b);
    await assert.rejects(a.must(over, { timeLimitMs: 2_000 }), (error) => hasCode(error, 'command-timeout'));
    thaw(b);
    assert.equal(await a.must(over), 'b\n');
    assert.equal(await held, 'on\n', 'what was run there goes on as well');
    // One that is off has nothing that could go on.
    await b.kill();
    thaw(b);
    assert.ok(!b.isOn);
  });
});
