import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../base/errors.ts';
import { type Processes, simulated } from '../../host.ts';
import { examineHost, type HostParts } from './host.ts';

const NOW = Date.UTC(2026, 10, 21);

function parts(processes: Processes): HostParts {
  const { signal } = new AbortController();
  const ssh = { address: { name: 'node7', address: 'node7', connectTimeoutMs: 1000 }, environment: {}, signal };
  const local = simulated.scriptedProcesses(() => ({
    exitCode: 255,
    errorText: 'a@node7: Permission denied (publickey).',
  }));
  return {
    name: 'node7',
    processes,
    clock: simulated.fixedClock(NOW),
    timeLimitMs: 5000,
    signal,
    ssh: { ...ssh, local },
  };
}

const answering = (output: string) => simulated.scriptedProcesses(() => ({ output }));

test('a host that answers is fine, and its clock is compared with ours', async () => {
  const levels = async (seconds: number): Promise<string[]> =>
    (await examineHost(parts(answering(`${NOW / 1000 + seconds}\n`)))).map(({ area, level }) => `${area} ${level}`);
  assert.deepEqual(await levels(0), ['host ok', 'clock ok']);
  assert.deepEqual(await levels(3600), ['host ok', 'clock warning']);
  assert.deepEqual(await levels(-3600), ['host ok', 'clock warning']);
  const odd = await examineHost(parts(answering('Welcome to node7')));
  assert.deepEqual(
    odd.map(({ level }) => level),
    ['ok', 'warning'],
  );
});

test('a host that cannot be reached is an error, told in the words of its cause', async () => {
  for (const [code, detail, text] of [
    [
      'host-unreachable',
      'node7: ssh: Could not resolve hostname node7: Name or service not known',
      /node7 does not resolve/,
    ],
    ['host-refused', 'node7: a@node7: Permission denied (publickey).', /there is no key to offer/],
    ['command-missing', 'ssh', /not found: ssh/],
  ] as const) {
    const processes = simulated.scriptedProcesses(() => {
      throw new AppError(code, { detail });
    });
    const [finding] = await examineHost(parts(processes));
    assert.deepEqual([finding!.area, finding!.level], ['host', 'error']);
    assert.match(finding!.text, text);
    assert.notEqual(finding!.remedy, '');
  }
});

test('a host where even date fails says so', async () => {
  const failing = simulated.scriptedProcesses(() => ({ exitCode: 1, errorText: 'quota exceeded\n' }));
  const [finding] = await examineHost(parts(failing));
  assert.equal(finding!.text, 'date failed: quota exceeded');
});
