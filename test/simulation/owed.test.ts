/** Messages that a real mail server does not take at first, and a ledger on a disk without space. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, errnoOf } from '../../src/base/errors.ts';
import { createRunner, openRunWorld, type RunWorld, service } from '../../src/daemon.ts';
import { systemIdentity, systemProcesses } from '../../src/host.ts';
import { settableClock } from '../daemon/world.ts';
import { startMailServer } from '../mail-server.ts';
import { describePeer } from '../peers.ts';
import { freePort } from '../sshd.ts';
import { GreenWorld } from './false-green-world.ts';

const MINUTE = 60_000;
const ETC = { kind: 'backup', subject: 'etc', trigger: 'manual', dueMs: undefined } as const;

type Clock = ReturnType<typeof settableClock>;

async function opened(world: GreenWorld, clock: Clock): Promise<Awaited<ReturnType<typeof openRunWorld>>> {
  const common = { environment: {}, version: '0.0.0', readOnly: false, identity: systemIdentity() };
  const configFile = world.at('holdfast.yaml');
  return await openRunWorld({ ...common, configFile, clock, processes: systemProcesses, onProblem: () => undefined });
}

/** Lets time pass, slowly enough for what the network does meanwhile. */
async function passing<T>(clock: Clock, work: Promise<T>): Promise<T> {
  let isDone = false;
  const ended = work.finally(() => {
    isDone = true;
  });
  while (!isDone) {
    await clock.advance(500);
    await sleep(20);
  }
  return await ended;
}

async function planWith(mail: Record<string, unknown>, isGood = false): Promise<GreenWorld> {
  const world = await GreenWorld.open();
  await world.makeVault(world.at('vault'));
  configure(world, mail, isGood);
  return world;
}

function configure(world: GreenWorld, mail: Record<string, unknown>, isGood: boolean): void {
  const hooks = { after: isGood ? [] : [{ command: ['false'] }] };
  const notifications = { targets: { ops: { mail } } };
  world.configure('etc', { sources: [{ files: [world.at('source')] }], hooks }, { notifications });
}

async function run(world: GreenWorld, clock: Clock): Promise<string> {
  await using parts = await opened(world, clock);
  const { status } = await passing(
    clock,
    createRunner(() => parts.world)(ETC, { signal: new AbortController().signal }),
  );
  return status;
}

describePeer('a mail server that is away', ['exim4', 'openssl', 'root'], () => {
  it('for longer than three attempts gets the failure when it is back, once, also after a restart', async () => {
    const port = await freePort();
    const mail = { to: ['admin@example.org'], smtp: { host: '127.0.0.1', port, tls: 'none' } };
    await using world = await planWith(mail);
    const clock = settableClock(Date.now());
    assert.equal(await run(world, clock), 'failed');
    await using server = await startMailServer({ port, hasTls: false });
    {
      await using parts = await opened(world, clock);
      assert.equal(parts.world.ledger.owed().length, 1);
      await clock.advance(2 * MINUTE);
      await passing(clock, parts.world.tellOwed());
      await passing(clock, parts.world.tellOwed());
      assert.deepEqual(parts.world.ledger.owed(), []);
    }
    const [text] = await server.take(1);
    assert.match(text!, /^Subject: \[Holdfast\] failure: plan etc/m);
    assert.match(text!, /The run failed/);
    await sleep(200);
    assert.equal(server.count(), 0);
  });

  it('hears of failure and recovery in one, from the next run and without a daemon', async () => {
    const port = await freePort();
    const mail = { to: ['admin@example.org'], smtp: { host: '127.0.0.1', port, tls: 'none' } };
    await using world = await planWith(mail);
    const clock = settableClock(Date.now());
    assert.equal(await run(world, clock), 'failed');
    configure(world, mail, true);
    await using server = await startMailServer({ port, hasTls: false });
    assert.equal(await run(world, clock), 'success');
    const [text] = await server.take(1);
    assert.match(text!, /^Subject: \[Holdfast\] recovery: plan etc/m);
    // Folded as quoted-printable has it.
    assert.match(text!.replaceAll('=\n', ''), /Could not be delivered at .*: failure: plan etc/);
    await sleep(200);
    assert.equal(server.count(), 0);
  });

  it('that puts off whom it does not know gets the message when it has made up its mind', async () => {
    await using server = await startMailServer({ hasTls: false });
    const { port } = server;
    await using world = await planWith({ to: ['grey@example.org'], smtp: { host: '127.0.0.1', port, tls: 'none' } });
    const clock = settableClock(Date.now());
    assert.equal(await run(world, clock), 'failed');
    await using parts = await opened(world, clock);
    const tries = async (): Promise<void> => {
      await clock.advance(MINUTE);
      await passing(clock, parts.world.tellOwed());
    };
    for (let minute = 0; minute < 5; minute++) await tries();
    assert.equal(server.count(), 0);
    server.welcome();
    for (let minute = 0; minute < 5; minute++) await tries();
    const [text] = await server.take(1);
    assert.match(text!, /failure: plan etc/);
  });
});

describePeer('a state directory without space', ['root'], () => {
  it('is told once, overdue is told once an hour, and health is bad', async () => {
    await using world = await GreenWorld.open();
    const state = world.mount('state', '3m');
    const port = await freePort();
    const plan = { sources: [{ files: [world.at('source')] }], overdueAfter: '1h' };
    world.configure('etc', plan, { daemon: { listen: `127.0.0.1:${port}` } });
    const clock = settableClock(Date.now());
    await using parts = await opened(world, clock);
    await using daemon = await serving(parts.world);
    const health = async (): Promise<number> => (await fetch(`http://127.0.0.1:${port}/healthz`)).status;
    await clock.advance(MINUTE);
    assert.equal(await health(), 200);
    fill(`${state}/filler`, parts.world);
    assert.equal(await health(), 503);
    for (let minute = 0; minute < 170; minute++) {
      await clock.advance(MINUTE);
      await sleep(15);
    }
    const told = world.heard.map(({ kind, plan: about }) => `${kind} ${about}`);
    assert.deepEqual(told.slice(0, 2).sort(), ['failure null', 'overdue etc'].sort(), told.join());
    assert.equal(told.filter((each) => each === 'failure null').length, 1, told.join());
    const overdue = told.filter((each) => each === 'overdue etc').length;
    assert.ok(overdue >= 1 && overdue <= 3, told.join());
    assert.match(JSON.stringify(world.heard), /storage is full/);
    rmSync(`${state}/filler`);
    await clock.advance(2 * MINUTE);
    await sleep(200);
    assert.equal(await health(), 200);
    await daemon.stop();
  });
});

it('damage in a vault reaches who hears of its plans, though no route is for all plans', async () => {
  await using world = await GreenWorld.open();
  await world.makeVault(world.at('vault'));
  const port = world.port;
  const targets = { ops: { webhook: { url: { value: `http://127.0.0.1:${port}/hook` } } } };
  const routes = [{ to: ['ops'], plans: ['etc'], severity: 'warning' }];
  world.configure('etc', { sources: [{ files: [world.at('source')] }] }, { notifications: { targets, routes } });
  assert.equal((await world.holdfast('run', 'etc')).status, 0);
  const data = world.at('vault/data');
  for (const entry of readdirSync(data, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) rmSync(join(entry.parentPath, entry.name));
  assert.equal((await world.holdfast('run', '--verify', 'main')).status, 1);
  assert.deepEqual(
    world.heard.map(({ kind, plan, severity }) => [kind, plan, severity]),
    [['failure', null, 'critical']],
  );
});

async function serving(world: RunWorld): Promise<AsyncDisposable & { stop(): Promise<void> }> {
  const controller = new AbortController();
  const events: string[] = [];
  const ended = service.serve(world, {
    signal: controller.signal,
    runnerOf: createRunner,
    reload: async () => world,
    onHangup: () => undefined,
    log: (_level, event) => void events.push(event),
  });
  for (let tries = 0; tries < 200 && !events.includes('ready'); tries++) await sleep(10);
  const stop = async (): Promise<void> => {
    controller.abort(new AppError('interrupted'));
    await ended;
  };
  return { stop, [Symbol.asyncDispose]: stop };
}

/** Also what the ledger has reserved. */
function fill(file: string, { ledger }: RunWorld): void {
  const until = (work: () => void): void => {
    try {
      for (let tries = 0; tries < 5000; tries++) work();
    } catch (error) {
      if (errnoOf(error) !== 'ENOSPC' && !(error instanceof AppError)) throw error;
    }
  };
  until(() => writeFileSync(file, Buffer.alloc(4096), { flag: 'a' }));
  let count = 0;
  until(() => ledger.openTrouble(`filler ${count++} ${'x'.repeat(2000)}`, 1));
  until(() => ledger.openTrouble(`filler ${count++}`, 1));
  assert.ok(readFileSync(file).length > 0);
}
