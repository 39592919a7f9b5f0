/** A support bundle of two nodes, one over a real sshd. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { recordsOf } from '../../test/cli/in-process.ts';
import { type PlayedCluster, startPlayedCluster } from '../../test/cli/played-cluster.ts';
import { describePeer } from '../../test/peers.ts';

describePeer('ha bundle', ['sshd', 'ssh-keygen'], () => {
  let cluster: PlayedCluster;

  before(async () => {
    cluster = await startPlayedCluster();
    cluster.play();
  });
  after(async () => await cluster?.[Symbol.asyncDispose]());

  it('bundles what both nodes have, and with one of them dead', async () => {
    const to = join(cluster.folder, 'support');
    const whole = await cluster.run('bundle', '--json', '--to', to, 'local', 'n2');
    assert.equal(whole.status, 0, whole.text + whole.stderr);
    const put = recordsOf(whole).find(({ message_type }) => message_type === 'put')!;
    const archive = join(to, String(put['path']));
    for (const end of ['', '.sha256', '.dna']) assert.ok(existsSync(`${archive}${end}`), end);
    assert.match(String(put['path']), /^support\/cluster\/\d{4}\/\d\d\/\d\d\/\d{6}\/cluster\.tar\.gz$/);
    const members = spawnSync('tar', ['-tzf', archive], { encoding: 'utf8' }).stdout;
    assert.match(members, /^cluster\/manifest\.json$/m);
    for (const node of ['local', 'n2']) assert.match(members, new RegExp(`^cluster/${node}/cib-live\\.xml$`, 'm'));
    const content = spawnSync('tar', ['-xzOf', archive], { encoding: 'utf8', maxBuffer: 1e9 }).stdout;
    assert.match(content, /name="password" value="\(removed\)"/);
    assert.doesNotMatch(content, /Geh31m/);
    await cluster.sshd.stop();
    try {
      const half = await cluster.run('bundle', '--to', join(cluster.folder, 'half'), 'local', 'n2');
      assert.equal(half.status, 3, half.stderr);
      assert.match(half.text, /✘ +n2 +0 +everything: /);
    } finally {
      await cluster.sshd.start();
    }
    for (const args of [
      [],
      ['--to', to, '--shelf', 'x'],
      ['--to', to, '--item', 'a/b'],
      ['--to', to, '--name', '../x'],
      ['--shelf', 'none'],
    ])
      assert.equal((await cluster.run('bundle', ...args)).status, 2, args.join(' '));
  });
});
