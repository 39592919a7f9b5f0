/** Sources that were encrypted or emptied: their points are kept, reported, and never climb the ladder. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { it } from 'node:test';
import { openLedger } from '../../src/ledger.ts';
import { type RunResult, recordsOf } from '../cli/in-process.ts';
import { GreenWorld } from './false-green-world.ts';

const FILES = 150;

interface Point {
  point: number;
  keep: boolean;
  level: number | null;
  held: boolean;
  reasons: string[];
}

/** Five usual runs of a plan whose every third point is promoted. */
async function withHistory(): Promise<GreenWorld> {
  const world = await GreenWorld.open();
  await world.makeVault(world.at('vault'));
  for (let file = 0; file < FILES; file++) writeFileSync(world.at(`source/file${file}`), `line ${file}\n`.repeat(2000));
  world.configure('etc', {
    sources: [{ files: [world.at('source')] }],
    retention: { ladder: [{ keep: 3 }, { keep: 4, every: 3 }] },
  });
  for (let run = 0; run < 5; run++) {
    writeFileSync(world.at('source/log'), `run ${run}\n`.repeat(run + 1));
    assert.equal((await world.holdfast('run', 'etc')).status, 0);
  }
  world.heard.length = 0;
  return world;
}

async function points(world: GreenWorld): Promise<Point[]> {
  const shown = await world.holdfast('forget', '--plan', 'etc', '--dry-run', '--json');
  assert.equal(shown.status, 0, shown.stderr);
  return recordsOf(shown).filter((record) => record['message_type'] === 'point') as unknown as Point[];
}

async function runAgain(world: GreenWorld): Promise<RunResult> {
  const run = await world.holdfast('run', 'etc');
  assert.equal(run.status, 0, run.stderr);
  return run;
}

function encrypt(world: GreenWorld): void {
  for (const name of readdirSync(world.at('source'))) writeFileSync(world.at(`source/${name}`), randomBytes(18_000));
}

it('an encrypted daily point never becomes a weekly one, and the last good one stays', async () => {
  await using world = await withHistory();
  encrypt(world);
  const unusual = await runAgain(world);
  assert.match(unusual.text, /where the median of 5 runs is/);
  assert.deepEqual(
    world.heard.map(({ kind, plan }) => [kind, plan]),
    [['anomaly', 'etc']],
  );
  assert.equal((await world.status('etc'))['state'], 'held');
  // Point 6 would have been promoted; nights go by, and the good point 5 is promoted in its stead and stays.
  for (let night = 0; night < 8; night++) await runAgain(world);
  const all = await points(world);
  const encrypted = all.find(({ point }) => point === 6)!;
  assert.deepEqual([encrypted.keep, encrypted.held, encrypted.level], [true, true, null]);
  const good = all.find(({ point }) => point === 5);
  assert.equal(good?.keep, true, JSON.stringify(all));
  assert.equal(good?.level, 2);
});

it('an emptied source is held as well, until a person says that it is right', async () => {
  await using world = await withHistory();
  for (const name of readdirSync(world.at('source'))) rmSync(world.at(`source/${name}`));
  writeFileSync(world.at('source/README'), 'moved');
  await runAgain(world);
  const status = await world.status('etc');
  assert.equal(status['state'], 'held');
  const [run] = status['held_runs'] as number[];
  const released = await world.holdfast('history', '--release', String(run));
  assert.equal(released.status, 0, released.stderr);
  assert.equal((await world.status('etc'))['state'], 'ok');
  assert.deepEqual(
    (await points(world)).filter(({ held }) => held),
    [],
  );
  const again = await world.holdfast('history', '--release', String(run));
  assert.equal(again.status, 1, 'there is nothing left to release');
});

it('a source that merely grows is as usual', async () => {
  await using world = await withHistory();
  for (let file = 0; file < 40; file++) writeFileSync(world.at(`source/more${file}`), `more ${file}\n`.repeat(2000));
  await runAgain(world);
  assert.equal((await world.status('etc'))['state'], 'ok');
  assert.deepEqual(world.heard, []);
});

it('a hold outlives the ledger, and so does the good point before it', async () => {
  await using world = await withHistory();
  encrypt(world);
  await runAgain(world);
  const before = (await points(world)).length;
  rmSync(world.stateDirectory, { recursive: true });
  const first = await runAgain(world);
  assert.match(first.text, /the ledger knows none of the points in the vault: nothing is forgotten in this run/);
  assert.match(first.text, /follows on snapshot [0-9a-f]{8}, which was held as unusual/);
  assert.equal((await points(world)).length, before + 1, 'all that were there, and the new one');
  for (let night = 0; night < 6; night++) await runAgain(world);
  const status = await world.status('etc');
  assert.deepEqual([status['state'], status['proven_point']], ['held', null]);
  const later = await points(world);
  const levels = (number: number): unknown[] => {
    const { keep, held } = later.find(({ point }) => point === number)!;
    return [keep, held];
  };
  assert.deepEqual(
    [levels(5), levels(6)],
    [
      [true, false],
      [true, true],
    ],
  );
  const [run] = status['held_runs'] as number[];
  assert.equal((await world.holdfast('history', '--release', String(run))).status, 0);
  assert.equal((await world.status('etc'))['state'], 'ok');
  assert.deepEqual(
    (await points(world)).filter(({ held }) => held),
    [],
  );
  world.heard.length = 0;
  await runAgain(world);
  assert.deepEqual(world.heard, [], 'what was released stays so');
});

it('what was released stays so, whatever the ledger forgets and whatever tags are added', async () => {
  await using world = await withHistory();
  encrypt(world);
  await runAgain(world);
  const [held] = (await world.status('etc'))['held_runs'] as number[];
  assert.equal((await world.holdfast('history', '--release', String(held))).status, 0);
  for (let night = 0; night < 3; night++) await runAgain(world);
  const before = (await points(world)).map(({ point, keep, level }) => [point, keep, level]);
  const unusual = recordsOf(await world.holdfast('-r', 'main', 'snapshots', '--tag', 'held:unusual', '--json'));
  const tagged = await world.holdfast('-r', 'main', 'tag', '--add', 'audit', String(unusual[0]!['id']));
  assert.equal(tagged.status, 0, tagged.stderr);
  using ledger = await openLedger({ directory: world.stateDirectory });
  ledger.forgetRuns(Date.now());
  assert.deepEqual(
    (await points(world)).map(({ point, keep, level }) => [point, keep, level]),
    before,
  );
  world.heard.length = 0;
  await runAgain(world);
  assert.deepEqual(world.heard, []);
  assert.deepEqual(
    (await points(world)).filter(({ held: isHeld }) => isHeld),
    [],
  );
});

it('who finds a later point right has looked; the earlier one stays held by itself', async () => {
  await using world = await withHistory();
  encrypt(world);
  await runAgain(world);
  for (const name of readdirSync(world.at('source'))) rmSync(world.at(`source/${name}`));
  for (let file = 0; file < FILES; file++) writeFileSync(world.at(`source/file${file}`), `new ${file}\n`.repeat(2000));
  await runAgain(world);
  const [second, first] = ((await world.status('etc'))['held_runs'] as number[]).toSorted((a, b) => b - a);
  const released = await world.holdfast('history', '--release', String(second));
  assert.match(released.text, new RegExp(`Run ${first} of etc is still held`));
  const { state, proven_point } = await world.status('etc');
  assert.equal(state, 'held');
  assert.notEqual(proven_point, null);
  const all = await points(world);
  assert.deepEqual(
    [6, 7].map((number) => all.find(({ point }) => point === number)!.held),
    [true, false],
  );
  assert.doesNotMatch(all.find(({ point }) => point === 7)!.reasons.join(), /doubt/);
  await runAgain(world);
  assert.equal((await world.status('etc'))['state'], 'held');
});

it('a point that is found wrong is held no more, and what is made from then on is judged by itself', async () => {
  await using world = await withHistory();
  encrypt(world);
  await runAgain(world);
  await runAgain(world);
  const [held] = (await world.status('etc'))['held_runs'] as number[];
  assert.equal((await world.holdfast('history', '--reject', String(held))).status, 0);
  const proven = await world.status('etc');
  assert.equal(proven['state'], 'ok');
  const all = await points(world);
  assert.deepEqual(
    all.filter(({ held: isHeld }) => isHeld),
    [],
  );
  for (let file = 0; file < FILES; file++) writeFileSync(world.at(`source/file${file}`), `line ${file}\n`.repeat(2000));
  await runAgain(world);
  const [restored] = (await world.status('etc'))['held_runs'] as number[];
  if (restored !== undefined) assert.equal((await world.holdfast('history', '--release', String(restored))).status, 0);
  assert.equal((await world.status('etc'))['state'], 'ok');
  assert.ok(String((await world.status('etc'))['proven_point']) > String(proven['proven_point']));
});
