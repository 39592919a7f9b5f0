import assert from 'node:assert/strict';
import { chmodSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { describePeer, missingPeers, requirePeer } from '../../test/peers.ts';
import { freePort, makeKey, type Sshd, startMute, startProxy, startSshd } from '../../test/sshd.ts';
import { AppError } from '../base/errors.ts';
import { systemProcesses } from './processes/system.ts';
import { scriptedProcesses } from './processes.ts';
import { type SshAddress, sshArguments, sshProcesses } from './ssh.ts';

const over = (address: SshAddress) => sshProcesses(systemProcesses, address);
const MIB = 1024 * 1024;

describePeer('programs over ssh', ['sshd', 'ssh-keygen'], () => {
  let sshd: Sshd;
  before(async () => {
    sshd = await startSshd();
  });
  after(() => sshd[Symbol.asyncDispose]());

  test('output, error text and exit code come back', async () => {
    const far = over(sshd.address());
    const result = await far.run('sh', ['-c', 'cat; echo sorry >&2; exit 7'], { input: Buffer.from('in\0put') });
    assert.deepEqual(result, { exitCode: 7, output: Buffer.from('in\0put'), errorText: 'sorry\n' });
    assert.deepEqual(await far.run('true', []), { exitCode: 0, output: Buffer.alloc(0), errorText: '' });
  });

  test('arguments and variables arrive as they are, whatever is in them', async () => {
    const far = over(sshd.address());
    const texts = fc.array(
      fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\0', '').toWellFormed()),
      { minLength: 200, maxLength: 200 },
    );
    const [words] = fc.sample(texts, { numRuns: 1, seed: 7 }) as [string[]];
    const nasty = ["it's", '-n', '$HOME', '`id`', 'a\nb\n', '\\', '!!', '*', '', ' ', "'\\''", '\u001e'];
    const given = [...nasty, ...words];
    const { output } = await far.run('printf', ['%s\\0', ...given]);
    assert.deepEqual(output.toString().split('\0').slice(0, -1), given);
    const env = { ODD: given.join('|'), LINES: 'a\nb\n', HOME: undefined };
    const seen = await far.run('sh', ['-c', 'printf "%s\\0%s\\0" "$ODD" "$LINES"; env | grep -c ^HOME='], { env });
    assert.deepEqual(seen.output.toString().split('\0'), [given.join('|'), 'a\nb\n', '0\n']);
  });

  test('arguments may be longer than a command line of ssh, and are in no list of processes', async () => {
    const far = over(sshd.address());
    const { output } = await far.run('printf', ['%s', 'x'.repeat(120_000)]);
    assert.equal(output.length, 120_000);
    const script = 'for f in /proc/[0-9]*/cmdline; do tr "\\0" " " < $f; done 2>/dev/null | grep -c "hid[d]en" || true';
    assert.equal((await far.run('sh', ['-c', script], { env: { SECRET: 'hidden' } })).output.toString(), '0\n');
  });

  test('a directory is entered; one that is missing is told, and so is a program', async () => {
    const far = over(sshd.address());
    assert.equal((await far.run('pwd', [], { directory: '/usr' })).output.toString(), '/usr\n');
    const nowhere = { code: 'command-failed', message: /pwd on far: no such working directory: \/no\/such/ };
    await assert.rejects(far.run('pwd', [], { directory: '/no/such' }), nowhere);
    await assert.rejects(far.run('no-such-program', ['hidden']), {
      code: 'command-missing',
      message: 'a command was not found: no-such-program on far',
    });
  });

  test('a program with ssh’s own exit code, or one the shell uses, keeps it', async () => {
    const far = over(sshd.address());
    for (const exitCode of [1, 124, 126, 127, 254, 255]) {
      const { exitCode: told, errorText } = await far.run('sh', ['-c', `echo mine >&2; exit ${exitCode}`]);
      assert.deepEqual([told, errorText], [exitCode, 'mine\n']);
    }
    assert.equal((await far.run('sh', ['-c', 'kill -9 $$'])).exitCode, 137);
  });

  test('streams are pulled, and large input and output pass unchanged', async () => {
    const far = over(sshd.address());
    const bytes = Buffer.alloc(5 * MIB, 'binary\0\xff');
    async function* pieces() {
      for (let at = 0; at < bytes.length; at += MIB) yield bytes.subarray(at, at + MIB);
    }
    const { output, ended } = far.stream('cat', [], { input: pieces() });
    const parts: Uint8Array[] = [];
    for await (const part of output) parts.push(part);
    assert.deepEqual(Buffer.concat(parts), bytes);
    assert.equal((await ended).exitCode, 0);
    const left = far.stream('cat', ['/dev/zero']);
    for await (const _ of left.output) break;
    await assert.rejects(left.ended, { code: 'command-failed', message: /not wanted/ });
    await assert.rejects(far.run('cat', ['/dev/zero'], { outputBytesMax: 1000 }), { code: 'command-failed' });
    await assert.rejects(far.run('printf', ['%02000d', '0'], { outputBytesMax: 1999 }), { message: /1999 bytes/ });
  });

  test('a time limit ends the program there too', async () => {
    const far = over(sshd.address());
    const name = `3${process.pid}`;
    await assert.rejects(far.run('sleep', [name], { timeLimitMs: 300 }), {
      code: 'command-timeout',
      message: /sleep on far, after 0.3 s/,
    });
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error('enough')), 200);
    await assert.rejects(far.run('sleep', ['5'], { signal: controller.signal }), /enough/);
    const count = `while pgrep -f "sleep ${name}" >/dev/null; do sleep 0.1; done`;
    assert.equal(
      (await far.run('sh', ['-c', count.replace('sleep 3', 'sleep [3]')], { timeLimitMs: 8000 })).exitCode,
      0,
    );
  });

  test('a host that cannot be reached is told with its reason', async () => {
    const closed = { port: await freePort() };
    const cases: [Partial<SshAddress>, RegExp][] = [
      [closed, /far: .*Connection refused/],
      [{ address: 'no-such-host.invalid' }, /far: .*Could not resolve hostname|name resolution/],
    ];
    await using mute = await startMute();
    cases.push([{ port: mute.port, connectTimeoutMs: 1000 }, /far: .*timed out/]);
    for (const [change, message] of cases)
      await assert.rejects(over(sshd.address(change)).run('true', []), { code: 'host-unreachable', message });
  });

  test('a host that refuses is told with its reason, and nothing ever asks', async () => {
    const locked = join(sshd.directory, 'locked');
    makeKey(locked, 'a passphrase');
    const open = join(sshd.directory, 'open');
    copyFileSync(join(sshd.directory, 'key'), open);
    chmodSync(open, 0o644);
    const empty = join(sshd.directory, 'empty');
    const wrong = join(sshd.directory, 'wrong');
    writeFileSync(empty, '');
    writeFileSync(wrong, `[127.0.0.1]:${sshd.port} ${readKey(join(sshd.directory, 'stranger.pub'))}\n`);
    const cases: [Partial<SshAddress>, RegExp][] = [
      [{ identityFile: join(sshd.directory, 'stranger') }, /Permission denied/],
      [{ identityFile: locked }, /Permission denied/],
      [{ identityFile: open }, /Permission denied.*Load key .* bad permissions/],
      [{ knownHostsFile: empty }, /Host key verification failed/],
      [{ knownHostsFile: wrong }, /Host key verification failed/],
      [{ user: 'no-such-user' }, /Permission denied/],
    ];
    const start = Date.now();
    for (const [change, message] of cases)
      await assert.rejects(over(sshd.address(change)).run('true', []), { code: 'host-refused', message });
    assert.ok(Date.now() - start < 20_000);
  });

  test('an account that runs no commands is a refusal, noise before the output is not output', async () => {
    await using forced = await startSshd({
      keyOptions: 'command="echo This service allows sftp connections only.; exit 1"',
    });
    await assert.rejects(over(forced.address()).run('true', []), {
      code: 'host-refused',
      message: /does not run commands: This service allows sftp/,
    });
    const noisy = 'command="echo Welcome to the cluster; exec /bin/sh -c \\"$SSH_ORIGINAL_COMMAND\\""';
    await using chatty = await startSshd({ keyOptions: noisy });
    const far = over(chatty.address());
    assert.equal((await far.run('echo', ['mine'])).output.toString(), 'mine\n');
    const { output } = far.stream('echo', ['mine']);
    assert.equal(Buffer.concat(await Array.fromAsync(output)).toString(), 'mine\n');
  });

  test('a login that hangs is left, one whose shell is another reads the same', async () => {
    await using hung = await startSshd({ keyOptions: 'command="sleep 600"' });
    const start = Date.now();
    await assert.rejects(over(hung.address({ connectTimeoutMs: 500 })).run('true', []), {
      code: 'host-unreachable',
      message: /far: no command was begun within 2 s/,
    });
    assert.ok(Date.now() - start < 10_000);
    if (missingPeers(['fish']).length > 0) return;
    await using fish = await startSshd({
      keyOptions: `command="${requirePeer('fish')} -c \\"$SSH_ORIGINAL_COMMAND\\""`,
    });
    const words = ["it's", '\\', 'a\nb', '$HOME (x)', '!'];
    const { output } = await over(fish.address()).run('printf', ['%s|', ...words], { env: { A: '\\' } });
    assert.equal(output.toString(), `${words.join('|')}|`);
  });

  test('a connection that is cut is told by the end', async () => {
    await using proxy = await startProxy(sshd.port);
    const far = over(sshd.address({ port: proxy.port, connectTimeoutMs: 1000 }));
    const zeros = async function* () {
      for (;;) yield Buffer.alloc(MIB);
    };
    proxy.cutAfter(4 * MIB);
    const cut = far.stream('sh', ['-c', 'cat >/dev/null'], { input: zeros() });
    assert.equal((await Array.fromAsync(cut.output)).length, 0);
    await assert.rejects(cut.ended, { code: 'host-unreachable', message: /far: / });
    const killed = far.stream('cat', ['/dev/zero']);
    let bytes = 0;
    for await (const part of killed.output) {
      bytes += part.length;
      if (bytes > MIB && bytes < 2 * MIB) sshd.killConnections();
    }
    await assert.rejects(killed.ended, { code: 'host-unreachable' });
    const frozen = far.run('sleep', ['60']);
    const rejected = assert.rejects(frozen, { code: 'host-unreachable', message: /not responding|timed out/ });
    setTimeout(() => proxy.freeze(), 300);
    await rejected;
  });
});

test('what ssh is told: no prompt, no terminal, limits, and only what the address has', () => {
  const least = { name: 'a', address: 'a', connectTimeoutMs: 1500 };
  const args = sshArguments(least);
  assert.equal(args[0], '-T');
  for (const option of ['BatchMode=yes', 'ConnectTimeout=2', 'ServerAliveInterval=2', 'ControlMaster=no'])
    assert.ok(args.includes(option), option);
  for (const absent of ['-F', '-i', '-p', '-l']) assert.ok(!args.includes(absent), absent);
  assert.ok(!args.some((arg) => /StrictHostKeyChecking|IdentitiesOnly|KnownHosts/.test(arg)));
  const most = { ...least, user: 'u', port: 22, identityFile: '/i', configFile: '/c', knownHostsFile: '/a b%h' };
  const told = sshArguments(most).join(' ');
  for (const part of ['-F /c', '-i /i', '-p 22', '-l u', 'UserKnownHostsFile="/a b%%h"', 'StrictHostKeyChecking=yes'])
    assert.ok(told.includes(part), part);
});

test('an address that ssh would take for an option or a command is refused before ssh sees it', () => {
  const { run, stream } = systemProcesses;
  for (const change of [
    { address: '-oProxyCommand=id' },
    { address: '' },
    { address: 'a b' },
    { user: '-x' },
    { user: '$(id)' },
    { port: 0 },
    { connectTimeoutMs: 0 },
  ])
    assert.throws(() => sshProcesses({ run, stream }, { name: 'far', address: 'a', connectTimeoutMs: 1, ...change }), {
      code: 'config',
      message: /host far: /,
    });
});

test('what cannot be an argument or a variable is refused', async () => {
  const far = sshProcesses(
    scriptedProcesses(() => ({})),
    { name: 'far', address: 'a', connectTimeoutMs: 1 },
  );
  await assert.rejects(far.run('a\0b', []), { code: 'usage' });
  await assert.rejects(far.run('a', [], { env: { 'A=B': 'x' } }), { code: 'usage' });
});

test('errors of ssh itself pass: it may be missing', async () => {
  const missing = sshProcesses(
    scriptedProcesses(() => undefined),
    { name: 'far', address: 'a', connectTimeoutMs: 1 },
  );
  await assert.rejects(
    missing.run('true', []),
    (error: unknown) => error instanceof AppError && error.code === 'command-missing',
  );
});

function readKey(path: string): string {
  return readFileSync(path, 'utf8').split(' ').slice(0, 2).join(' ');
}
