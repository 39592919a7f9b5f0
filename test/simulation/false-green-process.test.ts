/** No false green, where it takes a process, another machine or another clock to see it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createRunner, openRunWorld } from '../../src/daemon.ts';
import { type Clock, systemClock, systemIdentity, systemProcesses } from '../../src/host.ts';
import { describePeer } from '../peers.ts';
import { closedPort, GreenWorld } from './false-green-world.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const HOUR_MS = 3_600_000;

async function opened(): Promise<GreenWorld> {
  const world = await GreenWorld.open();
  await world.makeVault(world.at('vault'));
  return world;
}

it('a run that is killed is no success, is told of by whoever comes next, and can be done again', async () => {
  await using world = await opened();
  const quick = { sources: [{ command: ['seq', '1000'], as: 'numbers' }] };
  world.configure('nightly', quick);
  assert.equal((await world.holdfast('run', 'nightly')).status, 0);
  const good = await world.status('nightly');
  world.configure('nightly', { sources: [{ command: ['sh', '-c', 'seq 1000; exec sleep 30'], as: 'numbers' }] });
  const child = spawn(process.execPath, [MAIN, '-c', world.at('holdfast.yaml'), 'run', 'nightly'], { stdio: 'ignore' });
  while ((await world.status('nightly'))['running'] === null) await systemClock.sleep(20);
  child.kill('SIGKILL');
  await once(child, 'exit');
  const killed = await world.status('nightly');
  assert.deepEqual([killed['last_success'], killed['running']], [good['last_success'], null], JSON.stringify(killed));
  assert.equal(killed['state'], 'failed');
  world.heard.length = 0;
  world.configure('nightly', quick);
  const again = await world.holdfast('run', 'nightly');
  assert.equal(again.status, 0, again.stderr);
  assert.deepEqual(
    world.heard.map(({ kind, plan }) => [kind, plan]),
    [
      ['failure', 'nightly'],
      ['recovery', 'nightly'],
    ],
  );
  assert.match(world.heard[0]!.lines.join('\n'), /killed/);
  assert.ok(String((await world.status('nightly'))['last_success']) > String(good['last_success']));
});

it('a run that takes too long is stopped, and is no success', async () => {
  await using world = await opened();
  world.configure('slow', { sources: [{ command: ['sleep', '60'], as: 'nothing' }], timeLimit: '1s' });
  const run = await world.holdfast('run', 'slow');
  assert.equal(run.status, 1, run.text);
  const { last_success, last_run } = await world.status('slow');
  assert.deepEqual([last_success, (last_run as Record<string, unknown>)['error_code']], [null, 'command-timeout']);
  assert.deepEqual(
    world.heard.map(({ kind }) => kind),
    ['failure'],
  );
});

it('a clock that was set back makes no success, though the snapshot is kept', async () => {
  await using world = await opened();
  world.configure('etc', { sources: [{ files: [world.at('source')] }] });
  assert.equal((await world.holdfast('run', 'etc')).status, 0);
  const good = await world.status('etc');
  world.heard.length = 0;
  const late: Clock = { ...systemClock, nowMs: () => Date.now() - HOUR_MS };
  const run = await runWith(world, late);
  assert.deepEqual([run.status, run.errorCode], ['failed', 'clock-behind']);
  assert.ok(run.snapshotId !== undefined);
  const bad = await world.status('etc');
  assert.equal(bad['last_success'], good['last_success']);
  assert.equal(bad['state'], 'failed');
  assert.deepEqual(
    world.heard.map(({ kind }) => kind),
    ['failure'],
  );
  assert.equal((await world.holdfast('run', 'etc')).status, 0);
  assert.equal((await world.status('etc'))['state'], 'ok');
});

it('two runs of one plan at the same time are one run', async () => {
  await using world = await opened();
  world.configure('one', { sources: [{ command: ['sh', '-c', 'seq 1000; sleep 2'], as: 'numbers' }] });
  const runs = await Promise.all([world.holdfast('run', 'one', '--json'), world.holdfast('run', 'one', '--json')]);
  assert.deepEqual(runs.map(({ status }) => status).sort(), [0, 1]);
  const refused = runs.find(({ status }) => status === 1)!;
  assert.match(refused.text, /"code":"plan-busy"/);
});

describePeer('no false green over ssh', ['ssh-keygen'], () => {
  it('when the host is not reachable', async () => {
    await using world = await opened();
    const port = await closedPort();
    const hosts = { far: { address: '127.0.0.1', port, connectTimeout: '2s', configFile: '/dev/null' } };
    world.configure('far', { sources: [{ command: ['seq', '10'], as: 'numbers', host: 'far' }] }, { hosts });
    const run = await world.holdfast('run', 'far', '--json');
    assert.equal(run.status, 1, run.text);
    assert.match(run.text, /"code":"host-unreachable"/);
    assert.equal((await world.status('far'))['last_success'], null);
    assert.deepEqual(
      world.heard.map(({ kind }) => kind),
      ['failure'],
    );
  });
});

async function runWith(world: GreenWorld, clock: Clock): ReturnType<ReturnType<typeof createRunner>> {
  await using opened = await openRunWorld({
    configFile: join(world.place, 'holdfast.yaml'),
    environment: {},
    version: '0.0.0',
    readOnly: false,
    clock,
    identity: systemIdentity(),
    processes: systemProcesses,
    onProblem: (text) => assert.fail(text),
  });
  const request = { kind: 'backup', subject: 'etc', trigger: 'manual', dueMs: undefined } as const;
  return await createRunner(() => opened.world)(request, { signal: new AbortController().signal });
}
