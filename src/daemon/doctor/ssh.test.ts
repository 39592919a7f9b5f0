/** Connections against a real sshd: each way to be kept out has its own words. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { describePeer } from '../../../test/peers.ts';
import { freePort, makeKey, type Sshd, startMute, startSshd } from '../../../test/sshd.ts';
import { ssh, systemClock, systemProcesses } from '../../host.ts';
import type { Finding } from './finding.ts';
import { examineHost } from './host.ts';

const { signal } = new AbortController();

describePeer('ssh to a host', ['sshd', 'ssh-keygen'], () => {
  let sshd: Sshd;
  before(async () => {
    sshd = await startSshd();
  });
  after(() => sshd[Symbol.asyncDispose]());

  async function examined(
    change: Partial<ssh.SshAddress> = {},
    environment: Record<string, string> = {},
  ): Promise<Finding[]> {
    const address = { ...sshd.address({ port: change.port ?? sshd.port }), ...change };
    const processes = ssh.sshProcesses(systemProcesses, address);
    const parts = { address, local: systemProcesses, environment, signal };
    return examineHost({ name: 'far', processes, clock: systemClock, timeLimitMs: 20_000, signal, ssh: parts });
  }
  const expectError = async (found: Promise<Finding[]>, text: RegExp, remedy: RegExp): Promise<void> => {
    const [finding, ...more] = await found;
    assert.deepEqual([finding!.level, more.length], ['error', 0], JSON.stringify(finding));
    assert.match(finding!.text, text);
    assert.match(finding!.remedy, remedy);
  };
  const file = (name: string): string => join(sshd.directory, name);

  it('answers, asks nothing, and has the same clock', async () => {
    const found = await examined();
    assert.deepEqual(
      found.map(({ area, level }) => `${area} ${level}`),
      ['host ok', 'clock ok'],
    );
    assert.match(found[0]!.text, /answers in \d+ ms, and asks for nothing/);
  });

  it('whose name does not resolve', async () => {
    const found = examined({ address: 'no-such-host.invalid' });
    await expectError(found, /^the name no-such-host\.invalid does not resolve$/, /hosts\.far\.address/);
  });

  it('where nobody listens', async () => {
    const port = await freePort();
    await expectError(examined({ port }), new RegExp(`nobody listens there on port ${port}`), /hosts\.far\.port/);
  });

  it('that does not answer', async () => {
    await using mute = await startMute();
    await expectError(examined({ port: mute.port, connectTimeoutMs: 1000 }), /no answer within 1 s/, /connectTimeout/);
  });

  it('whose host key is not known', async () => {
    writeFileSync(file('none-known'), '');
    const found = examined({ knownHostsFile: file('none-known') });
    await expectError(found, /host key is not known/, /UserKnownHostsFile=.*none-known -p \d+ .*@127\.0\.0\.1/);
  });

  it('whose host key is another one', async () => {
    const [type, key] = readFileSync(file('stranger.pub'), 'utf8').split(' ');
    writeFileSync(file('other-known'), `[127.0.0.1]:${sshd.port} ${type} ${key}\n`);
    const found = examined({ knownHostsFile: file('other-known') });
    await expectError(
      found,
      /host key is another one than is known/,
      /ssh-keygen -R '\[127\.0\.0\.1\]:\d+' -f .*other-known/,
    );
  });

  it('whose key others may read', async () => {
    copyFileSync(file('key'), file('open-key'));
    chmodSync(file('open-key'), 0o644);
    const found = examined({ identityFile: file('open-key') });
    await expectError(found, /others may read the key .*open-key \(mode 0644\)/, /^chmod 600 .*open-key$/);
  });

  it('whose key is missing, or none', async () => {
    const missing = examined({ identityFile: file('no-key') });
    await expectError(missing, /^the key .*no-key is not there$/, /ssh-keygen/);
    writeFileSync(file('nonsense'), 'no key at all\n', { mode: 0o600 });
    await expectError(
      examined({ identityFile: file('nonsense') }),
      /the key .*nonsense cannot be used/,
      /ssh-keygen -y/,
    );
  });

  it('that does not know the key', async () => {
    const found = examined({ identityFile: file('stranger') });
    await expectError(
      found,
      /the account \S+ there takes none of our keys \(.*stranger\)/,
      /ssh-copy-id -i .*stranger -p/,
    );
  });

  it('whose configuration for ssh is wrong', async () => {
    writeFileSync(file('bad-config'), 'NoSuchOption yes\n');
    await expectError(
      examined({ configFile: file('bad-config') }),
      /configuration is refused: .*nosuchoption/i,
      /ssh -G/,
    );
  });

  it('whose account runs no commands', async () => {
    await using forced = await startSshd({ keyOptions: 'command="echo go away"' });
    const found = await examined({ ...forced.address() });
    assert.equal(found[0]!.level, 'error');
    assert.match(found[0]!.text, /does not run commands: go away/);
    assert.match(found[0]!.remedy, /forced command/);
  });

  it('whose key has a passphrase: without an agent, with a dead one, with one that has nothing', async () => {
    if (!existsSync(file('locked'))) makeKey(file('locked'), 'correct horse');
    const locked = { identityFile: file('locked') };
    const isLocked = /the key .*locked has a passphrase, and /;
    const own = /identityFile$/;
    await expectError(examined(locked), new RegExp(`${isLocked.source}there is no agent`), own);
    const dead = { SSH_AUTH_SOCK: file('dead-socket') };
    await expectError(examined(locked, dead), /and no agent answers at .*dead-socket/, own);
    await using agent = await startAgent(file('agent'));
    await expectError(examined(locked, agent.environment), /the agent holds no key/, own);
  });

  it('that only the agent of this session opens', async () => {
    await using agent = await startAgent(file('agent-2'));
    makeKey(file('held'), 'correct horse');
    writeFileSync(file('authorized'), readFileSync(file('held.pub')), { flag: 'a' });
    // The programs see the agent as they see all of the environment.
    process.env['SSH_AUTH_SOCK'] = agent.environment['SSH_AUTH_SOCK'];
    try {
      const ask = file('ask');
      writeFileSync(ask, '#!/bin/sh\necho correct horse\n', { mode: 0o700 });
      const env = { SSH_ASKPASS: ask, SSH_ASKPASS_REQUIRE: 'force' };
      const added = await systemProcesses.run('ssh-add', [file('held')], { env });
      assert.equal(added.exitCode, 0, added.errorText);
      const found = await examined({ identityFile: file('held') }, agent.environment);
      assert.deepEqual(
        found.map(({ area, level }) => `${area} ${level}`),
        ['host ok', 'host warning', 'clock ok'],
      );
      assert.match(found[1]!.text, /only the agent of this session opens it/);
      const plain = await examined({}, agent.environment);
      assert.deepEqual(
        plain.map(({ level }) => level),
        ['ok', 'ok'],
        'a key of its own needs no agent',
      );
    } finally {
      delete process.env['SSH_AUTH_SOCK'];
    }
  });
});

async function startAgent(socket: string): Promise<{ environment: Record<string, string> } & AsyncDisposable> {
  const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
  for (let waitedMs = 0; !existsSync(socket); waitedMs += 10) {
    assert.ok(waitedMs < 5000, 'ssh-agent does not come up');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return {
    environment: { SSH_AUTH_SOCK: socket },
    async [Symbol.asyncDispose]() {
      agent.kill();
      await once(agent, 'exit');
    },
  };
}
