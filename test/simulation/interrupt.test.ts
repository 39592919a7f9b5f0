/** A backup that is stopped in the middle: what was durable by then is not stored again. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { MIB } from '../../src/base/bytes.ts';
import { World } from '../compat/backup-world.ts';
import { holdfast, lastLine } from './program.ts';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;
const FILES = 20;
const FILE_BYTES = 4 * MIB;

describe('a backup that is interrupted', { concurrency: 1 }, () => {
  const world = new World();
  before(() => {
    for (let file = 0; file < FILES; file++) writeFileSync(world.at(`file${file}`), randomBytes(FILE_BYTES));
  });
  after(() => world[Symbol.dispose]());

  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    it(`by ${signal} ends with 130, leaves no lock, and the next run takes what is there`, async () => {
      await world.init(signal);
      const root = world.path(signal);
      const environment = { HOLDFAST_VAULT: root, HOLDFAST_PASSWORD: 'quick' };
      const args = ['backup', '--pack-size', '4M', '--threads', '1', world.source];
      const child = spawn(process.execPath, [MAIN, ...args, '--json'], {
        env: { PATH: process.env['PATH'], ...environment },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const { status, output } = await stopAfterPacks(child, { root, packs: 4, signal });
      const last = JSON.parse(output.trimEnd().split('\n').at(-1)!);
      assert.deepEqual([status, last.message_type, last.code], [130, 'error', 'interrupted'], output);
      const durable = packsOf(root).reduce((sum, path) => sum + statSync(path).size, 0);
      assert.ok(durable >= 4 * MIB && durable < FILES * FILE_BYTES, `${durable} bytes were durable`);
      assert.deepEqual(leftovers(root), []);
      assert.deepEqual([readdirSync(join(root, 'snapshots')).length, readdirSync(join(root, 'index')).length], [0, 1]);
      const next = await holdfast([...args, '--json'], environment);
      assert.equal(next.status, 0, next.stderr);
      const added = Number(lastLine(next)['data_added_packed']);
      // A pack is a little larger than what is in it, and there are trees.
      assert.ok(added <= FILES * FILE_BYTES - durable + MIB, `${added} stored after ${durable} were durable`);
      const checked = await holdfast(['check', '--read-data'], environment);
      assert.match(checked.stdout, /No errors\.\n/, checked.stdout);
    });
});

async function stopAfterPacks(
  child: ChildProcess,
  { root, packs, signal }: { root: string; packs: number; signal: NodeJS.Signals },
): Promise<{ status: number | null; output: string }> {
  let output = '';
  child.stdout!.on('data', (text) => (output += text));
  const closed = once(child, 'close');
  const guard = setTimeout(() => child.kill('SIGKILL'), 60_000);
  while (packsOf(root).length < packs && child.exitCode === null) await sleep(2);
  child.kill(signal);
  const [status] = (await closed) as [number | null];
  clearTimeout(guard);
  return { status, output };
}

function packsOf(root: string): string[] {
  const all = readdirSync(join(root, 'data'), { recursive: true, encoding: 'utf8' });
  return all.filter((path) => /\/[0-9a-f]{64}$/.test(path)).map((path) => join(root, 'data', path));
}

function leftovers(root: string): string[] {
  const all = readdirSync(root, { recursive: true, encoding: 'utf8' });
  return all.filter((path) => path.includes('-tmp-') || path.startsWith('locks/'));
}
