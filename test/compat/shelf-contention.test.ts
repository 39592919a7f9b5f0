/** Transfers that meet a full disk, each other, and their own end. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { processIdentity } from '../../src/host.ts';
import { describePeer } from '../peers.ts';
import { type Sshd, startSshd } from '../sshd.ts';
import { MIB, partialOf, pathOf, ShelfWorld } from './shelf-world.ts';

const LOCK = '.holdfast-transfer.holdfast-part';

describePeer('transfers that meet a full disk', ['sshd', 'ssh-keygen', 'root'], () => {
  let sshd: Sshd;
  before(async () => {
    sshd = await startSshd();
  });
  after(() => sshd[Symbol.asyncDispose]());

  test('nothing is sent that has no room, nothing after it, and purging helps', async () => {
    await using world = new ShelfWorld(sshd.address());
    using _ = smallDisk(world.targetRoot, 10);
    for (const [day, bytes] of [
      [8, 4 * MIB],
      [9, 8 * MIB],
      [10, 1000],
    ] as const)
      world.put(day, bytes);
    const report = await world.run();
    assert.deepEqual(
      report.outcomes.map(({ result, error }) => [result, error?.code]),
      [
        ['sent', undefined],
        ['failed', 'storage-full'],
        ['left', 'storage-full'],
      ],
    );
    assert.match(report.outcomes[1]!.error!.message, /free, .*05\/09.* needs 8\.00 MiB/);
    assert.deepEqual([report.missing, report.sentBytes], [2, 4 * MIB]);
    rmSync(join(world.targetRoot, pathOf(8)));
    rmSync(join(world.sourceRoot, pathOf(8)));
    assert.equal((await world.run()).missing, 0);
    assert.ok(world.read('target', pathOf(9)).equals(world.read('source', pathOf(9))));
  });

  test('a disk that fills up in the middle of a file stops it, and it goes on from there', async () => {
    await using world = new ShelfWorld(sshd.address());
    using _ = smallDisk(world.targetRoot, 40);
    const path = world.put(8, 30 * MIB);
    const plan = await world.plan();
    const report = await world.execute(plan, world.target, {
      bandwidth: 2 * MIB,
      onEvent: (event) => {
        if (event.kind === 'progress' && event.bytes > 9 * MIB) fill(world);
      },
    });
    const [outcome] = report.outcomes;
    assert.deepEqual([outcome!.result, outcome!.error?.code], ['failed', 'storage-full']);
    assert.match(outcome!.error!.message, /No space left on device/);
    const left = statSync(join(world.targetRoot, partialOf(path))).size;
    assert.ok(left >= 5 * MIB, `${left} bytes stay`);
    rmSync(join(world.targetRoot, 'filler'));
    const { outcomes } = await world.execute(plan);
    assert.deepEqual([outcomes[0]!.result, outcomes[0]!.sentBytes], ['sent', 30 * MIB - left]);
    world.assertSame([path]);
  });
});

describePeer('transfers that meet each other', ['sshd', 'ssh-keygen'], () => {
  let sshd: Sshd;
  before(async () => {
    sshd = await startSshd();
  });
  after(() => sshd[Symbol.asyncDispose]());

  test('of two at once exactly one works, and the other says so', async () => {
    await using world = new ShelfWorld(sshd.address());
    const paths = [8, 9].map((day) => world.put(day, 2 * MIB));
    const plan = await world.plan();
    // Slow enough for the lock to be seen to be kept, which takes 6 seconds, and given up for stale only after 20.
    const options = { bandwidth: MIB / 10, haste: 2.5 };
    const ends = await Promise.allSettled([
      world.execute(plan, world.target, { ...options, identity: processIdentity() }),
      world.execute(plan, world.target, { ...options, identity: '7:7:00000000-0000-4000-8000-000000000000@other' }),
    ]);
    const failed = ends.filter((end) => end.status === 'rejected');
    assert.deepEqual(
      failed.map(({ reason }) => reason.code),
      ['shelf-busy'],
    );
    assert.match(failed[0]!.reason.message, /another transfer to this shelf is under way: far:.*, by process \d+:/);
    const [worked] = ends.filter((end) => end.status === 'fulfilled');
    assert.equal(worked!.value.missing, 0);
    world.assertSame(paths);
  });

  test('a lock whose process is gone gives way at once, one of another machine when it stands still', async () => {
    await using world = new ShelfWorld(sshd.address());
    const path = world.put(8, 1000);
    const plan = await world.plan();
    const ended = processIdentity().replace(/^\d+:\d+/, '1:99999999999');
    for (const holder of [ended, '7:7:00000000-0000-0000-0000-000000000000@other']) {
      world.place(LOCK, JSON.stringify({ holder, token: 'theirs', beat: 3 }));
      assert.equal((await world.execute(plan)).missing, 0);
      assert.equal(
        world.events.some(({ kind }) => kind === 'waiting'),
        holder !== ended,
      );
      world.assertSame([path]);
    }
    world.place(LOCK, 'not of ours');
    assert.equal((await world.execute(plan)).missing, 0);
    assert.ok(!world.has(LOCK));
  });

  test('a lock that is taken away stops the transfer', async () => {
    await using world = new ShelfWorld(sshd.address());
    world.put(8, 20 * MIB);
    world.put(9, 1000);
    const stolen = JSON.stringify({ holder: 'thief', token: 'theirs', beat: 0 });
    const report = await world.run({
      bandwidth: MIB / 4,
      onEvent: ({ kind }) => {
        if (kind === 'progress') world.place(LOCK, stolen);
      },
    });
    assert.deepEqual(
      report.outcomes.map(({ error }) => error?.code),
      ['shelf-busy', 'shelf-busy'],
    );
    assert.deepEqual(
      report.outcomes.map(({ result }) => result),
      ['failed', 'left'],
    );
    assert.equal(world.read('target', LOCK).toString(), stolen);
  });

  test('a process that is killed is followed by another that goes on', async () => {
    await using world = new ShelfWorld(sshd.address());
    const path = world.put(8, 20 * MIB);
    const script = fileURLToPath(new URL('./shelf-sender.ts', import.meta.url));
    const args = [script, world.folder, String(sshd.port), sshd.directory];
    const sender = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    for await (const chunk of sender.stdout) {
      said += chunk;
      if (/sending 1\d{7}\n/.test(said)) break;
    }
    sender.kill('SIGKILL');
    if (sender.exitCode === null && sender.signalCode === null) await once(sender, 'exit');
    assert.equal(sender.signalCode, 'SIGKILL');
    assert.ok(world.has(LOCK) && world.has(partialOf(path)) && !world.has(path));
    const { outcomes } = await world.run();
    assert.equal(outcomes[0]!.result, 'sent');
    assert.ok(outcomes[0]!.sentBytes < 15 * MIB, `${outcomes[0]!.sentBytes} bytes were sent again`);
    world.assertSame([path]);
  });
});

/** A file system of so many MiB at `path`. */
function smallDisk(path: string, mib: number): Disposable {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mib}m`, 'holdfast-test', path]);
  return { [Symbol.dispose]: () => void execFileSync('umount', ['-l', path]) };
}

/** Takes all but a few blocks. */
function fill(world: ShelfWorld): void {
  try {
    world.place('filler', randomBytes(40 * MIB));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}
