/** `doctor` and clusters of the configuration: one node behind a real sshd, with a played cluster, and one that is not there. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { describePeer } from '../peers.ts';
import { freePort } from '../sshd.ts';
import { recordsOf, runHoldfast } from './in-process.ts';
import { type PlayedCluster, startPlayedCluster } from './played-cluster.ts';

describePeer('doctor of clusters', ['sshd', 'ssh-keygen'], () => {
  let cluster: PlayedCluster;
  before(async () => {
    cluster = await startPlayedCluster();
    cluster.play();
  });
  after(async () => await cluster?.[Symbol.asyncDispose]());

  it('tries each node as it will be reached, and asks its cluster', async () => {
    const { knownHostsFile, identityFile, user, port, address } = cluster.sshd.address();
    const host = { address, user, identityFile, knownHostsFile };
    const file = join(cluster.folder, 'doctor.yaml');
    const configure = (ports: Record<string, number>): void => {
      const hosts = Object.fromEntries(Object.entries(ports).map(([name, own]) => [name, { ...host, port: own }]));
      const clusters = { oss: { nodes: Object.keys(ports) } };
      const given = { stateDirectory: join(cluster.folder, 'state'), hosts, clusters };
      writeFileSync(file, JSON.stringify(given), { mode: 0o600 });
    };
    configure({ n1: port!, n2: port! });
    const whole = recordsOf(await runHoldfast(['doctor', '--json', '-c', file], { PATH: process.env['PATH']! }));
    const of = (records: typeof whole, area: string): string[] =>
      records.filter((each) => each['area'] === area).map(({ subject, level, text }) => `${level} ${subject}: ${text}`);
    assert.deepEqual(of(whole, 'cluster'), [
      'ok oss from n1: Pacemaker 2.1.5 answers: 2 of 2 nodes online',
      'ok oss from n2: Pacemaker 2.1.5 answers: 2 of 2 nodes online',
    ]);
    assert.ok(of(whole, 'tool').some((line) => /^ok cibadmin on n2: .*\/cibadmin$/.test(line)));
    configure({ n1: port!, n2: await freePort() });
    const half = await runHoldfast(['doctor', '--json', '-c', file], { PATH: process.env['PATH']! });
    assert.equal(half.status, 1);
    assert.equal(of(recordsOf(half), 'cluster').length, 1);
    assert.match(of(recordsOf(half), 'host').join('\n'), /^error n2: .*nobody listens/m);
  });
});
