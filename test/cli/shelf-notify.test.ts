/** `shelf … --notify`: failures at a shelf are in the ledger and leave as notices, and so does their end. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { it } from 'node:test';
import { GreenWorld } from '../simulation/false-green-world.ts';
import { recordsOf } from './in-process.ts';

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
