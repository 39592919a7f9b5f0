/** `shelf … --notify`: failures at a shelf are in the ledger and leave as notices, and so does their end. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { GreenWorld } from '../simulation/false-green-world.ts';
import { recordsOf } from './in-process.ts';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;

type Result = ReturnType<GreenWorld['holdfast']>;

/** A shelf with an archive of each of these items, and a way to call commands there. */
async function openShelf(...items: string[]) {
  const world = await GreenWorld.open();
  mkdirSync(world.at('shelf'));
  const named = items.map((item) => item.split('/') as [string, string]);
  const shelves = { dumps: { root: world.at('shelf'), items: named.map(([category, name]) => ({ category, name })) } };
  world.configure('etc', { sources: [{ files: [world.at('source')] }] }, { shelves });
  for (const item of items) {
    const put = await world.holdfast('shelf', 'put', '--item', item, '--folder', world.at('source'), 'dumps');
    assert.equal(put.status, 0, put.stderr);
  }
  const call = (line: string): Result => world.holdfast('shelf', ...line.split(' '), '--notify', 'dumps');
  const listed = recordsOf(await world.holdfast('shelf', 'ls', '--json')).filter(({ path }) => path !== undefined);
  const paths = new Map(
    items.map((item) => [item, String(listed.find(({ path }) => String(path).startsWith(item))!['path'])]),
  );
  const pathOf = (item: string): string => world.at(`shelf/${paths.get(item)}`);
  const heard = (): string[] => world.heard.map(({ kind }) => kind);
  return { world, call, pathOf, heard };
}

/** Changes bytes of an archive, so that it does not match its sidecars. @returns what makes it right again */
function damage(path: string): () => void {
  const right = readFileSync(path);
  writeFileSync(path, Buffer.from(right).fill(0, 20, 30));
  return () => {
    writeFileSync(`${path}.mended`, right);
    renameSync(`${path}.mended`, path);
  };
}

it('a failure is taken down and told once, and the next success as well', async () => {
  await using world = await GreenWorld.open();
  mkdirSync(world.at('shelf'));
  const shelves = { dumps: { root: world.at('shelf'), items: [{ category: 'db', name: 'shop' }] } };
  world.configure('etc', { sources: [{ files: [world.at('source')] }] }, { shelves });
  const put = await world.holdfast('shelf', 'put', '--item', 'db/shop', '--folder', world.at('source'), 'dumps');
  assert.equal(put.status, 0, put.stderr);
  const check = (): ReturnType<GreenWorld['holdfast']> => world.holdfast('shelf', 'check', '--notify', 'dumps');
  assert.equal((await check()).status, 0);
  assert.deepEqual(world.heard, [], 'nobody is told that all is well');
  const listed = recordsOf(await world.holdfast('shelf', 'ls', '--json'));
  const path = world.at(`shelf/${listed.find((record) => record['path'] !== undefined)?.['path']}`);
  const right = readFileSync(path);
  writeFileSync(path, Buffer.from(right).fill(0, 20, 30));
  assert.equal((await check()).status, 1);
  assert.deepEqual(
    world.heard.map(({ kind, plan }) => [kind, plan]),
    [['failure', null]],
  );
  writeFileSync(world.at('mended'), right);
  renameSync(world.at('mended'), path);
  assert.equal((await check()).status, 0);
  assert.deepEqual(
    world.heard.map(({ kind }) => kind),
    ['failure', 'recovery'],
  );
  const runs = recordsOf(await world.holdfast('history', '--kind', 'shelf', '--json'));
  assert.deepEqual(
    runs.filter((record) => record['message_type'] === 'run').map(({ subject, status }) => [subject, status]),
    [
      ['dumps', 'success'],
      ['dumps', 'failed'],
      ['dumps', 'success'],
    ],
  );
});

it('a success ends only the failures of what it has looked at', async () => {
  const { world, call, pathOf, heard } = await openShelf('db/shop', 'folders/svnsetup');
  await using _world = world;
  const mend = damage(pathOf('db/shop'));
  assert.equal((await call('check')).status, 1);
  assert.deepEqual(heard(), ['failure']);
  for (const other of ['ls', 'check --item folders/svnsetup', 'check ls --item folders/svnsetup'])
    assert.equal((await call(other)).status, 0, other);
  assert.deepEqual(heard(), ['failure'], 'the archive is still damaged');
  assert.equal((await call('check --item db/shop')).status, 1);
  mend();
  assert.equal((await call('check --item db/shop')).status, 0);
  const [, , part] = world.heard;
  assert.match(part!.title, /^recovery: shelf dumps \(check --item db\/shop\) on /);
  assert.equal(part!.lines[0], 'This is well again; not so: check.');
  assert.equal((await call('ls check')).status, 0);
  assert.deepEqual(heard(), ['failure', 'failure', 'recovery', 'recovery']);
  assert.match(world.heard[3]!.title, /^recovery: shelf dumps \(check\) on /);
  assert.equal(world.heard[3]!.lines[0], 'All is well again.');
});

it('a failure names the archives and why, and its log has every line', async () => {
  const items = Array.from({ length: 7 }, (_, number) => `db/shop${number}`);
  const { world, call, pathOf } = await openShelf(...items);
  await using _world = world;
  for (const item of items) damage(pathOf(item));
  rmSync(`${pathOf('db/shop0')}.dna`);
  rmSync(`${pathOf('db/shop0')}.sha256`);
  const failed = await call('check');
  assert.equal(failed.status, 1);
  const { lines } = world.heard[0]!;
  assert.ok(lines.includes('Commands: check'), lines.join('\n'));
  assert.match(lines.join('\n'), /^UNFINISHED db\/shop0\S+: has no sidecar$/m);
  assert.match(lines.join('\n'), /^DAMAGED db\/shop1\S+: MD5 is not that of \.dna, SHA-256 is not that of \.sha256$/m);
  assert.equal(lines.filter((line) => /^(?:DAMAGED|UNFINISHED|MISSING) /.test(line)).length, 5);
  assert.match(lines.join('\n'), /^and \d+ more: see the log$/m);
  const log = lines.find((line) => line.startsWith('Log: '))!.slice('Log: '.length);
  assert.ok(existsSync(log), log);
  const [run] = recordsOf(await world.holdfast('history', '--kind', 'shelf', '--json'));
  const shown = await world.holdfast('history', '--log', String(run!['id']));
  for (const number of [1, 2, 3, 4, 5, 6]) assert.match(shown.text, new RegExp(`error: DAMAGED db/shop${number}/`));
  const bad = failed.text.match(/^(?:DAMAGED|UNFINISHED|MISSING) .*$/gm)!;
  assert.equal(shown.text.match(/ error: (?:DAMAGED|UNFINISHED|MISSING) /g)!.length, bad.length);
  assert.match(shown.text, /error: failed: an archive does not match its sidecar: shelf dumps .* 6 damaged/);
  assert.match((await world.holdfast('history', '--kind', 'shelf')).text, /DAMAGED db\/shop1/);
});

it('a killed check of everything ends with the next one of everything, and with no smaller one', async () => {
  const { world, call, pathOf, heard } = await openShelf('db/shop', 'folders/svnsetup');
  await using _world = world;
  const path = pathOf('db/shop');
  const [right, sidecars] = [
    readFileSync(path),
    ['.dna', '.sha256'].map((end) => readFileSync(`${path}${end}`, 'utf8')),
  ];
  // Of holes, but long to read: the check is under way when it is killed.
  truncateSync(path, 2 ** 36);
  writeFileSync(`${path}.dna`, sidecars[0]!.replace(String(right.length), String(2 ** 36)));
  const arguments_ = [MAIN, '-c', world.at('holdfast.yaml'), 'shelf', 'check', '--notify', 'dumps'];
  const killed = spawn(process.execPath, arguments_, { stdio: 'ignore', env: { PATH: process.env['PATH'] } });
  for (let tries = 0; (await runsOf(world)).length === 0; tries++) {
    assert.ok(tries < 300, 'the check does not begin');
    await wait(100);
  }
  const busy = await call('ls');
  assert.match(busy.stderr, /shelf of dumps is under way/);
  assert.equal(readdirSync(world.at('state/logs/shelf-dumps')).length, 1, 'what was not begun has no log');
  killed.kill('SIGKILL');
  await once(killed, 'exit');
  writeFileSync(path, right);
  for (const [at, end] of ['.dna', '.sha256'].entries()) writeFileSync(`${path}${end}`, sidecars[at]!);
  assert.equal((await call('check --item folders/svnsetup')).status, 0);
  assert.deepEqual(heard(), ['failure']);
  assert.match(world.heard[0]!.title, /shelf dumps \(check\) on /);
  assert.equal((await call('check')).status, 0);
  assert.deepEqual(heard(), ['failure', 'recovery']);
});

async function runsOf(world: GreenWorld): Promise<Record<string, unknown>[]> {
  const records = recordsOf(await world.holdfast('history', '--kind', 'shelf', '--json'));
  return records.filter((record) => record['message_type'] === 'run');
}
