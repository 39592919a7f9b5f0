/** No false green over several nights: what must still be there, and may not look better than it is, after a bad week. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createRunner, openRunWorld } from '../../src/daemon.ts';
import { systemClock, systemIdentity, systemProcesses } from '../../src/host.ts';
import { recordsOf, runHoldfast } from '../cli/in-process.ts';
import { describePeer } from '../peers.ts';
import { GreenWorld, type PlanText } from './false-green-world.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const DAY_MS = 24 * 3_600_000;
const KEEP_TWO = { ladder: [{ keep: 2 }] };

async function opened(plan: (world: GreenWorld) => PlanText): Promise<GreenWorld> {
  const world = await GreenWorld.open();
  await world.makeVault(world.at('vault'));
  world.configure('etc', plan(world));
  return world;
}

async function snapshots(world: GreenWorld): Promise<{ id: string; tags: string[]; hostname: string }[]> {
  const listed = await world.holdfast('-r', 'main', 'snapshots', '--json');
  assert.equal(listed.status, 0, listed.stderr);
  return recordsOf(listed).filter((record) => record['message_type'] === 'snapshot') as never;
}

const run = async (world: GreenWorld, exit: number): Promise<void> => {
  const ran = await world.holdfast('run', 'etc');
  assert.equal(ran.status, exit, `${ran.text}${ran.stderr}`);
};

it('nights that are incomplete, or fail at the end, push no good point out', async () => {
  await using world = await opened((given) => {
    mkdirSync(given.at('second'));
    writeFileSync(given.at('second/file'), 'second');
    return { sources: [{ files: [given.at('source'), given.at('second')] }], retention: KEEP_TWO };
  });
  await run(world, 0);
  await run(world, 0);
  const good = (await snapshots(world)).map(({ id }) => id);
  rmSync(world.at('second'), { recursive: true });
  for (let night = 0; night < 4; night++) await run(world, 3);
  const left = (await snapshots(world)).map(({ id }) => id);
  assert.ok(
    good.every((id) => left.includes(id)),
    'a good point was forgotten for incomplete ones',
  );
  assert.equal(left.length, 4, 'two good and the newest two incomplete ones');
  assert.equal((await world.status('etc'))['state'], 'incomplete');
});

it('machines that share a plan and a vault leave the points of each other alone', async () => {
  const plan = (hostname: string) => (world: GreenWorld) => ({
    sources: [{ files: [world.at('source')] }],
    retention: KEEP_TWO,
    hostname,
  });
  await using world = await opened(plan('node1'));
  await run(world, 0);
  world.configure('etc', plan('node2')(world));
  for (let night = 0; night < 4; night++) await run(world, 0);
  const left = await snapshots(world);
  assert.equal(left.filter(({ hostname }) => hostname === 'node1').length, 1);
  assert.equal(left.filter(({ hostname }) => hostname === 'node2').length, 2);
});

it('an unusual run is held from the moment its snapshot is there, though it is killed before its end', async () => {
  const usual = (world: GreenWorld): PlanText => ({ sources: [{ files: [world.at('source')] }], retention: KEEP_TWO });
  await using world = await opened(usual);
  for (let file = 0; file < 40; file++) writeFileSync(world.at(`source/file${file}`), 'x'.repeat(9000));
  for (let night = 0; night < 4; night++) await run(world, 0);
  for (const name of readdirSync(world.at('source'))) rmSync(world.at(`source/${name}`));
  writeFileSync(world.at('source/one'), 'left');
  world.configure('etc', { ...usual(world), hooks: { after: [{ command: ['sleep', '60'] }] } });
  const child = spawn(process.execPath, [MAIN, '-c', world.at('holdfast.yaml'), 'run', 'etc'], { stdio: 'ignore' });
  while (((await world.status('etc'))['held_runs'] as number[]).length === 0) await systemClock.sleep(50);
  child.kill('SIGKILL');
  await once(child, 'exit');
  world.configure('etc', usual(world));
  for (let night = 0; night < 3; night++) await run(world, 0);
  const status = await world.status('etc');
  assert.equal(status['state'], 'held');
  const points = (await snapshots(world)).map(({ tags }) =>
    Number(tags.find((tag) => tag.startsWith('point:'))?.slice(6)),
  );
  assert.ok(points.includes(4), `the last good point is gone: ${points}`);
  const proven = (await snapshots(world)).find(({ id }) => id === status['proven_snapshot']);
  assert.ok(proven?.tags.includes('point:4'), 'what follows on an unusual run is shown as proven');
});

it('a point that was forgotten by others is not shown as proven any more', async () => {
  await using world = await opened((given) => ({ sources: [{ files: [given.at('source')] }] }));
  await run(world, 0);
  const [snapshot] = await snapshots(world);
  assert.equal((await world.holdfast('-r', 'main', 'forget', snapshot!.id)).status, 0);
  const before = await world.holdfast('status', '--check');
  assert.equal(before.status, 1);
  assert.match(
    before.text,
    /proven readable: holdfast run --verify main; if .* any more, a new run: holdfast run etc$/m,
  );
  assert.match(before.stderr, /hint: Read it back: holdfast run --verify main$/m);
  assert.equal((await world.holdfast('run', '--verify', 'main')).status, 0);
  const { state, proven_snapshot: proven } = await world.status('etc');
  assert.deepEqual([state, proven], ['unproven', null]);
  const after = await world.holdfast('status', '--check');
  assert.equal(after.status, 1);
  assert.match(after.text, /etc: the vault holds no point of it any more; a new run: holdfast run etc$/m);
  assert.match(after.stderr, /hint: Make a new point: holdfast run etc$/m);
  assert.equal((await world.holdfast('run', 'etc')).status, 0);
  assert.equal((await world.holdfast('status', '--check')).status, 0);
});

it('another vault of the same name proves nothing', async () => {
  await using world = await opened((given) => ({ sources: [{ files: [given.at('source')] }] }));
  await run(world, 0);
  rmSync(world.at('vault'), { recursive: true });
  await world.makeVault(world.at('vault'));
  assert.equal((await world.holdfast('run', '--verify', 'main')).status, 0);
  assert.equal((await world.status('etc'))['proven_snapshot'], null);
});

it('a pack that is gone, or was cut off, fails the next run that needs it', async () => {
  for (const cut of [undefined, 10]) {
    await using world = await opened((given) => ({ sources: [{ files: [given.at('source')] }] }));
    writeFileSync(
      world.at('source/large'),
      Buffer.alloc(300_000, 'incompressible').map((byte, at) => (byte * at) % 253),
    );
    await run(world, 0);
    const good = await world.status('etc');
    const packs = readdirSync(world.at('vault/data'), { recursive: true, withFileTypes: true })
      .filter((each) => each.isFile())
      .map((each) => join(each.parentPath, each.name))
      .sort((a, b) => statSync(b).size - statSync(a).size);
    chmodSync(packs[0]!, 0o600);
    if (cut === undefined) rmSync(packs[0]!);
    else writeFileSync(packs[0]!, 'cut off');
    world.heard.length = 0;
    await run(world, 1);
    const bad = await world.status('etc');
    assert.equal(bad['last_success'], good['last_success']);
    assert.equal(bad['proven_snapshot'], null);
    assert.deepEqual(
      world.heard.map(({ kind }) => kind),
      ['failure'],
    );
  }
});

it('a folder without files is a failure unless it may be', async () => {
  await using world = await opened((given) => {
    mkdirSync(given.at('unmounted'));
    return { sources: [{ files: [given.at('unmounted')] }] };
  });
  await run(world, 1);
  assert.equal((await world.status('etc'))['last_success'], null);
  world.configure('etc', { sources: [{ files: [world.at('unmounted')], minFiles: 0 }] });
  await run(world, 0);
});

it('a success of a clock that was ahead stops no later run for long, and is not believed', async () => {
  await using world = await opened((given) => ({ sources: [{ files: [given.at('source')] }] }));
  await using ahead = await openRunWorld({
    configFile: world.at('holdfast.yaml'),
    environment: {},
    version: '0.0.0',
    readOnly: false,
    clock: { ...systemClock, nowMs: () => Date.now() + 40 * DAY_MS },
    identity: systemIdentity(),
    processes: systemProcesses,
    onProblem: (text) => assert.fail(text),
  });
  const request = { kind: 'backup', subject: 'etc', trigger: 'manual', dueMs: undefined } as const;
  const early = await createRunner(() => ahead.world)(request, { signal: new AbortController().signal });
  assert.equal(early.status, 'success');
  assert.notEqual((await world.status('etc'))['state'], 'ok');
  await run(world, 0);
  assert.equal((await world.status('etc'))['state'], 'ok');
});

it('an interrupted run runs the hooks of a failure', async () => {
  const marker = (world: GreenWorld): string => world.at('database-is-down');
  await using world = await opened((given) => ({
    sources: [{ command: ['sleep', '60'], as: 'dump' }],
    hooks: {
      before: [{ command: ['touch', marker(given)] }],
      failure: [{ command: ['rm', marker(given)] }],
    },
  }));
  const child = spawn(process.execPath, [MAIN, '-c', world.at('holdfast.yaml'), 'run', 'etc'], { stdio: 'ignore' });
  const isDown = (): boolean => readdirSync(world.place).includes('database-is-down');
  while (!isDown()) await systemClock.sleep(20);
  child.kill('SIGTERM');
  const [code] = await once(child, 'exit');
  assert.equal(code, 130);
  assert.equal(isDown(), false);
  assert.equal((await world.status('etc'))['state'], 'failed');
});

it('a secret that a hook prints is in no log', async () => {
  await using world = await opened((given) => ({
    sources: [{ files: [given.at('source')] }],
    hooks: {
      before: [{ command: ['cat', given.at('password')] }],
      after: [{ command: ['cat', given.at('password')] }],
    },
  }));
  await run(world, 0);
  const log = await world.holdfast('history', '--log', '1');
  assert.equal(log.status, 0, log.stderr);
  assert.equal(log.text.match(/\(hidden\)/g)?.length, 2);
  assert.doesNotMatch(log.text, /secret/);
});

it('one busy plan keeps the others from nothing', async () => {
  await using world = await opened(() => ({ sources: [{ command: ['sh', '-c', 'seq 9; sleep 4'], as: 'slow' }] }));
  world.configure('other', { sources: [{ files: [world.at('source')] }] });
  const slow = world.holdfast('run', 'etc');
  while ((await world.status('etc'))['running'] === null) await systemClock.sleep(20);
  const both = await world.holdfast('run', '--all');
  assert.equal(both.status, 1);
  assert.match(both.stderr, /under way/);
  assert.equal((await world.status('other'))['state'], 'ok');
  assert.equal((await slow).status, 0);
});

describePeer('no false green with a full state directory', ['root'], () => {
  it('the run ends, is told of, and blocks no later one', async () => {
    await using world = await GreenWorld.open();
    await world.makeVault(world.at('vault'));
    world.mount('state', '3m');
    const filler = world.at('state/filler');
    const fill = `dd if=/dev/zero of=${filler} bs=4k 2>/dev/null; seq 1000`;
    world.configure('etc', { sources: [{ command: ['sh', '-c', fill], as: 'numbers' }] });
    const full = await runHoldfast(['-c', world.at('holdfast.yaml'), 'run', 'etc'], {
      PATH: process.env['PATH'] ?? '',
    });
    assert.notEqual(full.status, 0);
    rmSync(filler);
    world.configure('etc', { sources: [{ command: ['seq', '1000'], as: 'numbers' }] });
    await run(world, 0);
    assert.equal((await world.status('etc'))['state'], 'ok');
    assert.ok(world.heard.some(({ kind }) => kind === 'failure'));
  });
});
