/** Commands that change a vault, and locks: what one of us and stock restic has done is good for the other. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type RunResult, recordsOf, runHoldfast } from '../cli/in-process.ts';
import { describePeer } from '../peers.ts';
import { type CommandWorld, holdfast, openWorld } from './command-world.ts';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;

describePeer('changing beside restic', ['restic', 'root', 'setfattr', 'setfacl'], () => {
  let world: CommandWorld;
  before(async () => {
    world = await openWorld();
  });
  after(() => world[Symbol.dispose]());

  describe('changing', () => {
    it('tags so that restic sees it, keeping the first id', async () => {
      const [before] = await world.ids();
      assert.equal((await world.run('tag', '--add', 'new tag,c', '--remove', 'a', before!)).status, 0);
      const theirs = JSON.parse(await world.ok(['snapshots', '--json', '--tag', 'c'])) as Record<string, unknown>[];
      assert.deepEqual(
        [theirs.length, theirs[0]?.['tags'], theirs[0]?.['original']],
        [1, ['b', 'new tag', 'c'], before],
      );
      await world.ok(['tag', '--set', 'd', '--tag', 'c']);
      const ours = recordsOf(await world.run('snapshots', '--json', '--tag', 'd'));
      assert.deepEqual([ours.length, ours[0]?.['original']], [2, before]);
      assert.equal((await world.run('tag')).status, 2);
    });

    it('shares keys with restic', async () => {
      const file = join(world.restic.directory, 'second');
      writeFileSync(file, 'second password\n');
      assert.equal(
        (await world.run('key', 'add', '--new-password-file', file, '--user', 'u', '--host', 'h')).status,
        0,
      );
      const second = { RESTIC_PASSWORD: 'second password' };
      const listed = JSON.parse((await world.restic.run(['key', 'list', '--json'], second)).stdout) as Record<
        string,
        unknown
      >[];
      assert.deepEqual(listed.map(({ userName, current }) => [userName, current]).sort(), [
        ['root', false],
        ['u', true],
      ]);
      const keys = recordsOf(await holdfast(world.vault, ['key', 'list', '--json'], 'second password')).slice(0, -1);
      const current = keys.find((key) => key['current'])!;
      assert.deepEqual(keys.map(({ id }) => String(id).slice(0, 8)).sort(), listed.map(({ id }) => id).sort());
      assert.equal(
        (await holdfast(world.vault, ['key', 'remove', String(current['id'])], 'second password')).status,
        20,
      );
      writeFileSync(file, 'third');
      assert.equal(
        (await holdfast(world.vault, ['key', 'passwd', '--new-password-file', file], 'second password')).status,
        0,
      );
      assert.equal((await holdfast(world.vault, ['snapshots'], 'second password')).status, 12);
      const third = recordsOf(await holdfast(world.vault, ['key', 'list', '--json'], 'third')).find(
        (key) => key['current'],
      )!;
      assert.equal((await world.run('key', 'remove', String(third['id']).slice(0, 10))).status, 0);
      const [last] = readdirSync(join(world.vault, 'keys'));
      const refused = await world.run('key', 'remove', last!);
      assert.deepEqual([refused.status, readdirSync(join(world.vault, 'keys'))], [20, [last]]);
      assert.match(refused.stderr, /the last key/);
    });

    it('copies so that restic takes the copies for its own', async () => {
      const second = join(world.restic.directory, 'copy');
      const other = { HOLDFAST_PASSWORD: 'quick', HOLDFAST_FROM_PASSWORD: 'quick', HOLDFAST_FROM_VAULT: world.vault };
      const from = (...args: string[]): Promise<RunResult> => runHoldfast(['-r', second, '--no-cache', ...args], other);
      assert.equal((await from('init', '--copy-chunker-params')).status, 0);
      const copied = recordsOf(await from('copy', '--json'));
      assert.deepEqual([copied.at(-1)?.['copied'], copied.at(-1)?.['skipped']], [2, 0]);
      const again = recordsOf(await from('copy', '--json')).at(-1)!;
      assert.deepEqual([again['copied'], again['skipped'], again['blobs']], [0, 2, 0]);
      const there = { RESTIC_REPOSITORY: second };
      assert.equal((await world.restic.run(['check', '--read-data'], there)).status, 0);
      const settings = { ...there, RESTIC_FROM_REPOSITORY: world.vault, RESTIC_FROM_PASSWORD: 'quick' };
      const theirs = await world.restic.run(['copy'], settings);
      assert.equal(theirs.stdout.match(/was already copied/g)?.length, 2, theirs.stdout + theirs.stderr);
      assert.equal((await from('copy', '--from-password-file', '/nowhere')).status, 2);
    });
  });

  describe('locks', () => {
    it("our shared lock blocks restic's prune; unlock leaves it and us alive; SIGHUP kills nobody", async () => {
      const args = ['-r', world.vault, 'backup', '--stdin', '--no-cache'];
      const child = spawn(process.execPath, [MAIN, ...args], { env: { ...process.env, HOLDFAST_PASSWORD: 'quick' } });
      let said = '';
      child.stderr.on('data', (chunk) => (said += chunk));
      const ended = new Promise((resolve) => child.on('close', (code, signal) => resolve([code, signal])));
      await until(() => readdirSync(join(world.vault, 'locks')).length > 0);
      const prune = await world.restic.run(['prune']);
      assert.notEqual(prune.status, 0);
      assert.match(prune.stderr, new RegExp(`already locked by PID ${child.pid} `));
      assert.equal((await world.restic.run(['unlock'])).status, 0);
      const ours = await world.run('unlock');
      assert.match(ours.text, new RegExp(`^Kept shared lock .*process ${child.pid},`));
      const locked = await world.run('tag', '--add', 'x', 'latest');
      assert.equal(locked.status, 11);
      assert.match(locked.stderr, new RegExp(`shared lock of .*process ${child.pid}`));
      assert.equal(child.exitCode, null);
      child.stdin.end('done');
      assert.deepEqual(await ended, [0, null], said);
      assert.deepEqual(readdirSync(join(world.vault, 'locks')), []);
    });
  });
});

describe('opening', () => {
  it('has a message and an exit code for each thing that can be wrong', async () => {
    const directory = process.env['TMPDIR'] ?? '/tmp';
    const missing = await holdfast(join(directory, 'holdfast-nothing-here'), ['snapshots']);
    assert.deepEqual([missing.status, missing.stderr.split(':')[1]], [10, ' there is no vault here']);
    const foreign = await holdfast(directory, ['snapshots']);
    assert.deepEqual([foreign.status, foreign.stderr.split(':')[1]], [10, ' this is not a vault']);
    const nothing = await runHoldfast(['-r', directory, 'snapshots'], {});
    assert.deepEqual([nothing.status, nothing.stderr.split('\n')[0]], [2, 'error: no password given']);
  });
});

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries++) {
    assert.ok(tries < 500, 'waited too long');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
