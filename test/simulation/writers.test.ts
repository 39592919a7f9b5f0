/** Several programs at one vault, and locks that are lost, left behind or cannot be read. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { after, before, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../../src/base/errors.ts';
import { LOCK_REFRESH_MS } from '../../src/base/limits.ts';
import { simulated, systemClock, systemIdentity } from '../../src/host.ts';
import { faultStorage } from '../../src/storage.ts';
import { encodeLock } from '../../src/vault/lock-file.ts';
import { openVault } from '../../src/vault/open.ts';
import { formatTime } from '../../src/vault/snapshot.ts';
import { unlock } from '../../src/vault/unlock.ts';
import { World } from '../compat/backup-world.ts';
import { describePeer, requirePeer } from '../peers.ts';
import { assertSound, contents } from '../vaults.ts';
import { holdfast, lastLine } from './program.ts';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;
const HOUR_MS = 3_600_000;

describePeer('one vault and several programs', ['restic'], () => {
  const world = new World();
  const environment = { HOLDFAST_VAULT: world.path('vault'), HOLDFAST_PASSWORD: 'quick' };

  before(async () => {
    await world.init();
    for (let file = 0; file < 20; file++) writeFileSync(world.at(`file${file}`), noise(file, 300_000));
  });
  after(() => world[Symbol.dispose]());

  it('two backups of the same files at the same time are both whole', async () => {
    const runs = await Promise.all([0, 1].map(() => start(['backup', world.source], environment)));
    for (const { status, output } of runs) assert.equal(status, 0, output);
    await using vault = await world.open();
    const kept = await contents(vault);
    assert.equal(kept.size, 2);
    assert.equal(new Set(kept.values()).size, 1, 'both hold the same');
    await assertSound(world.storage(), vault, kept);
    const checked = world.restic(['check', '--read-data']);
    assert.equal(checked.status, 0, checked.stderr);
    assert.equal((await holdfast(['prune'], environment)).status, 0);
    await assertSound(world.storage(), vault, kept);
  });

  it('an exclusive lock keeps everybody out, a shared one keeps out who needs to be alone, by name', async () => {
    await using vault = await world.open();
    const holder = new RegExp(`lock of .*@${systemIdentity().hostname}, process ${process.pid}, since 20`);
    for (const exclusive of [true, false]) {
      await using _lock = await vault.lock({ exclusive });
      for (const args of [['prune'], ['forget', '--keep-last', '9', '--prune'], ['backup', world.source], ['check']]) {
        const run = await holdfast([...args, '--json'], environment);
        const isRefused = exclusive || args[0] === 'prune' || args[0] === 'forget';
        assert.equal(run.status, isRefused ? 11 : 0, `${args.join(' ')}: ${run.stdout}`);
        if (isRefused) assert.match(String(lastLine(run)['message']), holder);
      }
      const theirs = world.restic(['backup', world.source]);
      assert.equal(theirs.status === 0, !exclusive, theirs.stderr);
      if (exclusive) assert.match(theirs.stderr, new RegExp(`locked exclusively by PID ${process.pid} on`));
    }
  });

  it('the locks of restic count as much as our own', async () => {
    const env = { PATH: '/usr/bin', RESTIC_REPOSITORY: world.path('vault'), RESTIC_PASSWORD: 'quick' };
    const restic = spawn(requirePeer('restic'), ['--no-cache', 'backup', '--stdin'], {
      env,
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    try {
      while (readdirSync(world.path('vault', 'locks')).length === 0) await sleep(20);
      await sleep(300);
      const refused = await holdfast(['prune'], environment);
      assert.equal(refused.status, 11, refused.stderr);
      assert.match(refused.stderr, new RegExp(`shared lock of .* process ${restic.pid},`));
      const beside = await holdfast(['backup', world.source], environment);
      assert.equal(beside.status, 0, beside.stderr);
    } finally {
      restic.stdin.end('content');
      await once(restic, 'exit');
    }
    assert.equal((await holdfast(['prune'], environment)).status, 0);
  });

  it('who may wait gets his turn', async () => {
    await using vault = await world.open();
    const lock = await vault.lock({ exclusive: true });
    const waiting = holdfast(['backup', '--retry-lock', '60s', world.source], environment);
    await sleep(800);
    await lock[Symbol.asyncDispose]();
    const run = await waiting;
    assert.equal(run.status, 0, run.stderr);
  });

  it('the lock of a process that has died is removed, one of another host only on demand', async () => {
    const { pid } = spawnSync('true');
    await leaveLock({ hostname: systemIdentity().hostname, pid, ageMs: 0 });
    assert.equal((await holdfast(['backup', world.source], environment)).status, 0);
    assert.deepEqual(readdirSync(world.path('vault', 'locks')), []);
    await leaveLock({ hostname: 'elsewhere', pid: 1, ageMs: 3 * HOUR_MS });
    const refused = await holdfast(['backup', world.source], environment);
    assert.equal(refused.status, 11);
    assert.match(refused.stderr, /exclusive lock of .*@elsewhere, process 1,[^\n]*\nhint: .*holdfast unlock/);
    assert.equal((await holdfast(['unlock'], environment)).status, 0);
    assert.equal((await holdfast(['backup', world.source], environment)).status, 0);
  });

  it('a lock that cannot be read stops everybody until a person removes it', async () => {
    const name = 'd'.repeat(64);
    writeFileSync(world.path('vault', 'locks', name), '');
    const refused = await holdfast(['backup', world.source], environment);
    assert.deepEqual([refused.status, /hint: .*unlock --remove-all/.test(refused.stderr)], [11, true], refused.stderr);
    const kept = await holdfast(['unlock'], environment);
    assert.match(kept.stdout, /Kept lock d+, which cannot be read/);
    assert.equal((await holdfast(['unlock', '--remove-all'], environment)).status, 0);
    assert.equal((await holdfast(['backup', world.source], environment)).status, 0);
  });

  it('a lock lost in the middle of a backup stops it: no index, no snapshot', { timeout: 60_000 }, async () => {
    const clock = simulated.fixedClock(Date.now());
    const inner = world.storage();
    let lose = async (): Promise<void> => {};
    const script = [{ call: 'save', kind: 'pack', nth: 3, effect: 'slow', ms: 1 } as const];
    const storage = faultStorage(inner, { script, pause: () => lose() });
    const vault = await openVault(storage, { password: 'quick', clock, identity: systemIdentity() });
    const locking = vault.lock({ exclusive: false });
    // The storage is a real one: time must go on once it has answered.
    while (clock.sleeping === 0) await sleep(5);
    await clock.advance(1000);
    const lock = await locking;
    lose = async () => {
      await unlock(vault, { all: true });
      await clock.advance(LOCK_REFRESH_MS);
      while (!lock.signal.aborted) await sleep(5);
    };
    const before = [await vault.documents.list('index'), await vault.documents.list('snapshot')];
    for (let file = 0; file < 20; file++) writeFileSync(world.at(`file${file}`), noise(100 + file, 300_000));
    const run = world.ours(['.'], {
      into: vault,
      signal: lock.signal,
      packBytesTarget: 2 ** 18,
      threads: 1,
      force: true,
    });
    await assert.rejects(run, (error) => {
      assert.ok(error instanceof AppError);
      assert.deepEqual([error.code, error.exitCode], ['lock-lost', 11]);
      return true;
    });
    assert.deepEqual([await vault.documents.list('index'), await vault.documents.list('snapshot')], before);
    await lock[Symbol.asyncDispose]();
  });

  async function leaveLock({ hostname, pid, ageMs }: { hostname: string; pid: number; ageMs: number }): Promise<void> {
    await using vault = await world.open();
    const time = formatTime(systemClock.nowMs() - ageMs);
    const document = { time, exclusive: true, hostname, username: 'somebody', pid, uid: 0, gid: 0 };
    await vault.documents.save('lock', encodeLock(document));
  }
});

async function start(
  args: readonly string[],
  environment: Record<string, string>,
): Promise<{ status: number | null; output: string }> {
  const env = { PATH: process.env['PATH'], ...environment };
  const child = spawn(process.execPath, [MAIN, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text));
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, output };
}

function noise(seed: number, length: number): Uint8Array {
  return simulated.seededRandom(seed).bytes(length);
}
