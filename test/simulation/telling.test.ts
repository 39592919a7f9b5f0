/** What must be heard of, also when a process dies at a bad moment or a hand interferes. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRunner, openRunWorld } from '../../src/daemon.ts';
import { processIdentity, systemIdentity, systemProcesses } from '../../src/host.ts';
import { recordsOf } from '../cli/in-process.ts';
import { settableClock } from '../daemon/world.ts';
import { GreenWorld, type PlanText } from './false-green-world.ts';

const MINUTE = 60_000;
const DEAD = processIdentity().replace(/^\d+:\d+/, '1:1');

async function openedWith(plan: PlanText = {}, more: Record<string, unknown> = {}): Promise<GreenWorld> {
  const world = await GreenWorld.open();
  await world.makeVault(world.at('vault'));
  world.configure('etc', { sources: [{ files: [world.at('source')] }], ...plan }, more);
  return world;
}

function inLedger(world: GreenWorld, change: (ledger: DatabaseSync) => void): void {
  const ledger = new DatabaseSync(join(world.stateDirectory, 'ledger.sqlite'));
  change(ledger);
  ledger.close();
}

const told = ({ heard }: GreenWorld): string[] => heard.map(({ kind, plan }) => `${kind} ${plan}`);

it('a process killed between the end of a run and its notice leaves the notice to the next', async () => {
  await using world = await openedWith({ hooks: { after: [{ command: ['false'] }] } });
  assert.equal((await world.holdfast('run', 'etc')).status, 1);
  assert.deepEqual(told(world), ['failure etc']);
  world.heard.length = 0;
  inLedger(world, (ledger) => {
    ledger.prepare('UPDATE run SET is_told = 0, process = ?').run(DEAD);
  });
  world.configure('etc', { sources: [{ files: [world.at('source')] }] });
  assert.equal((await world.holdfast('run', 'etc')).status, 0);
  assert.deepEqual(told(world), ['failure etc', 'recovery etc']);
  assert.equal((await world.holdfast('run', 'etc')).status, 0);
  assert.equal(world.heard.length, 2, 'once');
});

it('a run that is not begun leaves no log behind', async () => {
  await using world = await openedWith();
  assert.equal((await world.holdfast('run', 'etc')).status, 0);
  const logs = (): string[] => readdirSync(join(world.stateDirectory, 'logs'), { recursive: true }).map(String).sort();
  const before = logs();
  assert.ok(
    before.some((name) => name.endsWith('.jsonl')),
    before.join(),
  );
  inLedger(world, (ledger) => {
    const sql = "UPDATE run SET status = 'running', ended_ms = NULL, snapshot_id = NULL, process = ?";
    ledger.prepare(sql).run(identityOf(process.ppid));
  });
  assert.equal((await world.holdfast('run', 'etc')).status, 1);
  assert.deepEqual(logs(), before);
});

it('what hangs is given up when its time is over, and the run has failed', async () => {
  await using world = await openedWith({ hooks: { before: [{ command: ['never'] }] }, timeLimit: '1s' });
  const clock = settableClock(Date.now());
  await using opened = await openRunWorld({
    configFile: world.at('holdfast.yaml'),
    environment: {},
    version: '0.0.0',
    readOnly: false,
    clock,
    identity: systemIdentity(),
    // As a program that reads from a dead mount: no signal ends it.
    processes: { ...systemProcesses, run: () => new Promise<never>(() => {}) },
    onProblem: (text) => assert.fail(text),
  });
  const request = { kind: 'backup', subject: 'etc', trigger: 'manual', dueMs: undefined } as const;
  const ended = createRunner(() => opened.world)(request, { signal: new AbortController().signal });
  await sleep(1500);
  assert.equal(opened.world.ledger.runs({ statuses: ['running'] }).length, 1, 'it is given time to stop');
  await clock.advance(MINUTE + 1);
  const { status, errorCode } = await ended;
  assert.deepEqual([status, errorCode], ['failed', 'command-timeout']);
  assert.deepEqual(told(world), ['failure etc']);
});

it('what is forgotten, repaired or rewritten by hand is not proven any more', async () => {
  await using world = await openedWith();
  const proven = async (): Promise<unknown> => (await world.status('etc'))['proven_snapshot'];
  const points: unknown[] = [];
  // The first point is one pack, of which the second needs half.
  for (const names of [['a', 'b'], ['a'], ['c']]) {
    for (const name of readdirSync(world.at('source'))) rmSync(world.at(`source/${name}`));
    for (const name of names) writeFileSync(world.at(`source/${name}`), randomOf(name));
    assert.equal((await world.holdfast('run', 'etc')).status, 0);
    points.push(await proven());
  }
  const [first, second, third] = points.map(String);
  assert.equal((await world.holdfast('-r', 'main', 'forget', third!, first!)).status, 0);
  assert.equal(await proven(), second, 'the newest that is left');
  const vault = ['-r', world.at('vault'), '-p', world.at('password')];
  const pruned = await world.holdfast(...vault, 'prune', '--max-unused', '0');
  assert.match(pruned.text, /1 snapshot not proven any more until the next verification: holdfast run --verify VAULT/);
  const { state, proven_snapshot } = await world.status('etc');
  assert.deepEqual([state, proven_snapshot], ['unproven', null]);
  assert.equal((await world.holdfast('run', '--verify', 'main')).status, 0);
  assert.equal(await proven(), second);
  assert.equal((await world.holdfast('-r', 'main', 'repair', 'index')).status, 0);
  assert.equal(await proven(), null);
});

it('a prune of the daemon reads back what it wrote, and no more', async () => {
  await using world = await openedWith();
  const main = { url: world.at('vault'), password: { file: world.at('password') }, prune: { maxUnused: '0' } };
  world.configure(
    'etc',
    { sources: [{ files: [world.at('source')] }], retention: { keepLast: 1 } },
    { vaults: { main } },
  );
  for (const names of [['a', 'b'], ['a'], ['a', 'c']]) {
    for (const name of readdirSync(world.at('source'))) rmSync(world.at(`source/${name}`));
    for (const name of names) writeFileSync(world.at(`source/${name}`), randomOf(name));
    const run = await world.holdfast('run', 'etc');
    assert.equal(run.status, 0, run.stderr);
  }
  const before = new Set(packs(world));
  const pruned = await world.holdfast('run', '--prune', 'main');
  assert.equal(pruned.status, 0, pruned.stderr);
  const written = packs(world).filter((pack) => !before.has(pack));
  assert.ok(written.length > 0 && written.length < packs(world).length, `${written.length} of ${packs(world).length}`);
  const [run] = recordsOf(await world.holdfast('history', '--kind', 'prune', '--json'));
  const bytes = written.reduce((sum, pack) => sum + statSync(join(world.at('vault/data'), pack)).size, 0);
  assert.equal(run!['bytes_verified'], bytes, JSON.stringify(run));
  assert.equal((await world.status('etc'))['state'], 'ok', 'its new packs were read back, so it is proven');
});

/** The same for the same name, and not to be compressed. */
function randomOf(name: string): Buffer {
  return Buffer.concat(Array.from({ length: 30_000 }, (_, at) => createHash('sha256').update(`${name}${at}`).digest()));
}

/** As `processIdentity` of another process (proc_pid_stat(5): the start is field 22). */
function identityOf(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const start = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[22 - 3];
  return `${pid}:${start}:${processIdentity().split(':')[2]}`;
}

function packs(world: GreenWorld): string[] {
  return readdirSync(world.at('vault/data'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.name.slice(0, 2), entry.name));
}
