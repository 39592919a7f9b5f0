/** The daemon as a process: on time, stopped, killed, told to read its configuration again. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { recordsOf } from '../cli/in-process.ts';
import { closedPort, GreenWorld, type PlanText } from './false-green-world.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const PATIENCE_MS = 40_000;

class Daemon implements AsyncDisposable {
  readonly #child: ChildProcess;
  #said = '';

  constructor(world: GreenWorld) {
    const args = [MAIN, '-c', world.at('holdfast.yaml'), 'serve', '--json'];
    this.#child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) stream.on('data', (part) => (this.#said += part));
  }

  get said(): string {
    return this.#said;
  }

  async until(pattern: RegExp): Promise<void> {
    await until(
      () => pattern.test(this.#said),
      () => `${pattern} in: ${this.#said}`,
    );
  }

  /** @returns exit code, or the signal that ended it */
  async end(signal: NodeJS.Signals): Promise<number | string | null> {
    this.#child.kill(signal);
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'exit');
    return this.#child.exitCode ?? this.#child.signalCode;
  }

  hangUp(): void {
    this.#child.kill('SIGHUP');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end('SIGKILL');
  }
}

async function until(isSo: () => boolean | Promise<boolean>, what: () => string): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (!(await isSo())) {
    if (Date.now() > end) assert.fail(`waited in vain for ${what()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function opened(plan: (world: GreenWorld) => PlanText, more: Record<string, unknown> = {}): Promise<GreenWorld> {
  const world = await GreenWorld.open();
  await world.makeVault(world.at('vault'));
  world.configure('etc', plan(world), more);
  return world;
}

const everyFewSeconds = (world: GreenWorld): PlanText => ({
  sources: [{ files: [world.at('source')] }],
  schedule: '*/3 * * * * *',
});

type RunRecord = { id: number; status: string; trigger: string; due: string | null; snapshot_id: string | null };

async function runs(world: GreenWorld): Promise<RunRecord[]> {
  const records = recordsOf(await world.holdfast('history', 'etc', '--latest', '1000', '--json'));
  return records.filter((record) => record['message_type'] === 'run') as unknown as RunRecord[];
}

it('runs what is due, answers with metrics, and stops when it is told to', async () => {
  const listen = `127.0.0.1:${await closedPort()}`;
  await using world = await opened(everyFewSeconds, { daemon: { listen } });
  const textfile = world.at('holdfast.prom');
  world.configure('etc', everyFewSeconds(world), { daemon: { listen, textfile } });
  await using daemon = new Daemon(world);
  await daemon.until(/"event":"ready"/);
  await until(
    async () => (await runs(world)).filter(({ status }) => status === 'success').length >= 2,
    () => daemon.said,
  );
  const metrics = await (await fetch(`http://${listen}/metrics`)).text();
  assert.match(metrics, /^holdfast_\w*last_success\w*\{[^}]*plan="etc"[^}]*\} \d+/m);
  assert.equal((await fetch(`http://${listen}/healthz`)).status, 200);
  assert.equal((await fetch(`http://${listen}/etc/passwd`)).status, 404);
  assert.match(readFileSync(textfile, 'utf8'), /^holdfast_/m);
  const code = await daemon.end('SIGTERM');
  assert.equal(code, 0, daemon.said);
  assert.ok((await runs(world)).every(({ status }) => status !== 'running'));
});

it('that is killed in the middle of a run loses none and does none twice', async () => {
  const slow = (world: GreenWorld): PlanText => ({
    sources: [{ command: ['sh', '-c', `echo x >>${world.at('count')}; seq 1000; sleep 3`], as: 'numbers' }],
    schedule: '*/20 * * * * *',
  });
  await using world = await opened(slow);
  {
    await using daemon = new Daemon(world);
    await until(
      async () => (await runs(world)).some(({ status }) => status === 'running'),
      () => daemon.said,
    );
    await daemon.end('SIGKILL');
  }
  await using daemon = new Daemon(world);
  await daemon.until(/"event":"run-lost"/);
  await until(
    async () => (await runs(world)).some(({ status }) => status === 'success'),
    () => daemon.said,
  );
  await daemon.end('SIGTERM');
  const all = await runs(world);
  const lost = all.find(({ status }) => status === 'lost')!;
  const again = all.find(({ due, status }) => due === lost.due && status === 'success')!;
  assert.ok(again !== undefined, JSON.stringify(all));
  assert.equal(again.trigger, 'retry');
  const dues = all.filter(({ status }) => status === 'success').map(({ due }) => due);
  assert.equal(new Set(dues).size, dues.length, 'a due time was run twice');
  assert.deepEqual(
    world.heard.map(({ kind }) => kind),
    ['failure', 'recovery'],
  );
});

it('takes a new configuration with SIGHUP, and keeps the old one when the new is wrong', async () => {
  await using world = await opened(everyFewSeconds);
  await using daemon = new Daemon(world);
  await daemon.until(/"event":"ready"/);
  const good = readFileSync(world.at('holdfast.yaml'), 'utf8');
  writeFileSync(world.at('holdfast.yaml'), good.replace('"vault":"main"', '"vault":"mian"'));
  daemon.hangUp();
  await daemon.until(/"event":"reload-failed"/);
  assert.match(daemon.said, /mian/);
  await until(
    () => world.heard.some(({ kind }) => kind === 'failure'),
    () => JSON.stringify(world.heard),
  );
  writeFileSync(world.at('holdfast.yaml'), good);
  const before = (await runs(world)).length;
  await until(
    async () => (await runs(world)).length > before,
    () => daemon.said,
  );
  daemon.hangUp();
  await daemon.until(/"event":"reloaded"/);
});

it('is alone with its state directory, and leaves it when it is killed', async () => {
  await using world = await opened(everyFewSeconds);
  {
    await using first = new Daemon(world);
    await first.until(/"event":"ready"/);
    await using second = new Daemon(world);
    await second.until(/"message_type":"error"/);
    assert.match(second.said, /another|already|process \d+/);
    await first.end('SIGKILL');
  }
  await using third = new Daemon(world);
  await third.until(/"event":"ready"/);
});
