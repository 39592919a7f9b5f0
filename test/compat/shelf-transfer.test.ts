/** Transfers over a real sshd, with everything that goes wrong on the way. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { describePeer } from '../peers.ts';
import { freePort, makeKey, type Sshd, startProxy, startSshd } from '../sshd.ts';
import { MIB, partialOf, pathOf, ShelfWorld } from './shelf-world.ts';

describePeer('a transfer over ssh', ['sshd', 'ssh-keygen'], () => {
  // Mostly waiting for each other's programs.
  describe('keeps its word', { concurrency: 4 }, keepsItsWord);
});

function keepsItsWord(): void {
  let sshd: Sshd;
  before(async () => {
    sshd = await startSshd();
  });
  after(() => sshd[Symbol.asyncDispose]());

  test('brings what is missing, with its time and sidecars, and the second time nothing', async () => {
    await using world = new ShelfWorld(sshd.address());
    const paths = [world.put(8, 9 * MIB), world.put(9, 7000), world.put(10, 0)];
    world.put(11, 5000, { dna: false });
    const plan = await world.plan();
    assert.deepEqual(
      [plan.steps.length, plan.bytes, plan.unfit.map(({ why }) => why)],
      [3, 9 * MIB + 7000, ['has no sidecar']],
    );
    const report = await world.execute(plan);
    assert.deepEqual(
      report.outcomes.map(({ result }) => result),
      ['sent', 'sent', 'sent'],
    );
    assert.deepEqual([report.sentBytes, report.missing], [9 * MIB + 7000, 0]);
    world.assertSame(paths);
    for (const path of paths)
      assert.equal(statSync(join(world.targetRoot, path)).mtimeMs, statSync(join(world.sourceRoot, path)).mtimeMs);
    const again = await world.plan();
    assert.deepEqual([again.steps.length, again.present.length], [0, 3]);
    assert.equal((await world.execute(again)).outcomes.length, 0);
  });

  test('a network that is cut in the middle of a file is waited for, and the rest is sent', async () => {
    await using world = new ShelfWorld(sshd.address());
    await using proxy = await startProxy(sshd.port);
    const path = world.put(8, 40 * MIB);
    const plan = await world.plan();
    const target = world.targetBy(sshd.address({ port: proxy.port }));
    let cuts = 0;
    const report = await world.execute(plan, target, {
      onEvent: (event) => {
        // In the first sending and in the second, to see that an attempt that got further is not counted.
        if (event.kind === 'progress' && event.stage === 'sending' && event.bytes > cuts * 12 * MIB && cuts < 2) {
          cuts++;
          proxy.cutAfter(10 * MIB);
        }
      },
      retries: 1,
    });
    assert.deepEqual([cuts, report.missing], [2, 0]);
    world.assertSame([path]);
    assert.ok(world.events.filter(({ kind }) => kind === 'retry').length >= 2);
    assert.ok(proxy.sentBytes() < 60 * MIB, `${proxy.sentBytes()} bytes went over`);
  });

  test('a server that is killed in the middle of a file is waited for', async () => {
    await using own = await startSshd();
    await using world = new ShelfWorld(own.address());
    const path = world.put(8, 30 * MIB);
    const stops: Promise<void>[] = [];
    const report = await world.run({
      onEvent: (event) => {
        if (event.kind === 'progress' && event.stage === 'sending' && event.bytes > 9 * MIB && stops.length === 0)
          stops.push(own.stop());
        if (event.kind === 'retry') stops.push(own.start());
      },
    });
    await Promise.all(stops);
    assert.deepEqual([report.missing, stops.length], [0, 2]);
    world.assertSame([path]);
    const compared = world.events.find((event) => event.kind === 'progress' && event.stage === 'comparing');
    assert.ok(compared?.kind === 'progress' && compared.bytes >= MIB, 'it went on from what was there');
  });

  test('a line that goes silent is noticed and left', async () => {
    await using world = new ShelfWorld(sshd.address());
    await using proxy = await startProxy(sshd.port);
    const path = world.put(8, 30 * MIB);
    const plan = await world.plan();
    let isFrozen = false;
    const target = world.targetBy(sshd.address({ port: proxy.port, connectTimeoutMs: 1000 }));
    const report = await world.execute(plan, target, {
      retries: 4,
      onEvent: (event) => {
        if (event.kind === 'progress' && event.bytes > 8 * MIB && !isFrozen) {
          isFrozen = true;
          proxy.freeze();
        }
        if (event.kind === 'retry') proxy.thaw();
      },
    });
    assert.deepEqual([report.missing, isFrozen], [0, true]);
    world.assertSame([path]);
  });

  test('a host that is never there fails after its retries, and one that refuses at once', async () => {
    await using world = new ShelfWorld(sshd.address());
    world.put(8, 1000);
    const plan = await world.plan();
    const nowhere = world.targetBy(sshd.address({ address: 'no-such-host.invalid' }));
    await assert.rejects(world.execute(plan, nowhere), { code: 'host-unreachable', message: /resol|not known/ });
    assert.deepEqual(
      world.events.map(({ kind }) => kind),
      ['retry', 'retry'],
    );
    const closed = world.targetBy(sshd.address({ port: await freePort() }));
    await assert.rejects(world.execute(plan, closed, { retries: 0 }), { code: 'host-unreachable', message: /refused/ });
    const locked = join(world.folder, 'locked');
    makeKey(locked, 'a passphrase');
    const asking = world.targetBy(sshd.address({ identityFile: locked }));
    await assert.rejects(world.execute(plan, asking), { code: 'host-refused' });
    assert.equal(world.events.length, 0);
    assert.deepEqual(world.files(), []);
  });

  test('a host that goes away keeps the other archives waiting no longer than one attempt each', async () => {
    await using own = await startSshd();
    await using world = new ShelfWorld(own.address());
    for (const day of [8, 9, 10]) world.put(day, 20 * MIB);
    let stopped: Promise<void> | undefined;
    const report = await world.run({
      onEvent: (event) => {
        if (event.kind === 'progress' && event.bytes > 9 * MIB) stopped ??= own.stop();
      },
    });
    await stopped;
    assert.deepEqual(
      report.outcomes.map(({ error }) => error?.code),
      Array(3).fill('host-unreachable'),
    );
    assert.equal(world.events.filter(({ kind }) => kind === 'retry').length, 2);
    await own.start();
    assert.equal((await world.run()).missing, 0);
    world.assertSame([8, 9, 10].map(pathOf));
  });

  test('what is there in part is gone on from when it is right, and not when it is wrong', async () => {
    await using world = new ShelfWorld(sshd.address());
    const paths = [8, 9, 10, 11].map((day) => world.put(day, 3 * MIB));
    const [right, corrupt, longer, whole] = paths.map((path) => world.read('source', path)) as [
      Buffer,
      Buffer,
      Buffer,
      Buffer,
    ];
    const damaged = Buffer.from(corrupt.subarray(0, 2 * MIB));
    damaged[MIB]! ^= 1;
    world.place(partialOf(paths[0]!), right.subarray(0, 2 * MIB + 77));
    world.place(partialOf(paths[1]!), damaged);
    world.place(partialOf(paths[2]!), Buffer.concat([longer, randomBytes(10)]));
    world.place(partialOf(paths[3]!), whole);
    const report = await world.run();
    assert.deepEqual(
      report.outcomes.map(({ result, sentBytes }) => [result, sentBytes]),
      [
        ['sent', MIB - 77],
        ['sent', 3 * MIB],
        ['sent', 3 * MIB],
        ['completed', 0],
      ],
    );
    world.assertSame(paths);
    const restarts = world.events.filter((event) => event.kind === 'restart');
    assert.deepEqual(
      restarts.map(({ archive }) => archive.path),
      [paths[1], paths[2]],
    );
  });

  test('what older tools left at the target is made good of', async () => {
    await using world = new ShelfWorld(sshd.address());
    const paths = [8, 9, 10, 11].map((day) => world.put(day, 2 * MIB));
    const [cut, unmarked, small, other] = paths.map((path) => world.read('source', path)) as [
      Buffer,
      Buffer,
      Buffer,
      Buffer,
    ];
    // A transfer that was cut, one that lacks the sidecar only, one that was cut after its sidecar, and another archive.
    world.place(paths[0]!, cut.subarray(0, MIB));
    world.place(paths[1]!, unmarked);
    world.place(paths[2]!, small.subarray(0, MIB));
    world.place(`${paths[2]}.dna`, world.read('source', `${paths[2]}.dna`));
    world.place(paths[3]!, randomBytes(other.length));
    world.place(`${paths[3]}.dna`, `{'dig': '${'0'.repeat(32)}', 'size': ${other.length}}`);
    const plan = await world.plan();
    assert.deepEqual(
      plan.steps.map(({ action }) => action),
      ['send', 'send', 'send', 'replace'],
    );
    const report = await world.execute(plan);
    const told = report.outcomes.map(({ result, sentBytes }) => [result, sentBytes]);
    assert.deepEqual(told, [
      ['sent', MIB],
      ['completed', 0],
      ['sent', MIB],
      ['sent', 2 * MIB],
    ]);
    world.assertSame(paths);
  });

  test('a wrong sidecar at the source finishes nothing, and the others go', async () => {
    await using world = new ShelfWorld(sshd.address());
    const wrong = world.put(8, MIB, { dna: `{'dig': '${'0'.repeat(32)}', 'size': ${MIB}}` });
    const right = world.put(9, MIB);
    const gone = world.put(10, MIB);
    const plan = await world.plan();
    truncateSync(join(world.sourceRoot, gone), 5);
    const { outcomes, missing } = await world.execute(plan);
    assert.deepEqual(
      outcomes.map(({ error }) => error?.code),
      ['archive-damaged', undefined, 'archive-damaged'],
    );
    assert.match(outcomes[0]!.error!.message, /MD5 is not that of \.dna/);
    assert.match(outcomes[2]!.error!.message, /5 bytes now, and had 1048576/);
    assert.equal(missing, 2);
    assert.ok(!world.has(wrong) && !world.has(`${wrong}.dna`));
    assert.ok(world.has(`${right}.dna`));
  });

  test('what changed at the target since the plan is left alone', async () => {
    await using world = new ShelfWorld(sshd.address());
    const path = world.put(8, MIB);
    const plan = await world.plan();
    world.place(path, 'somebody else’s');
    const { outcomes } = await world.execute(plan);
    assert.deepEqual([outcomes[0]!.result, outcomes[0]!.error?.code], ['failed', 'refused']);
    assert.equal(world.read('target', path).toString(), 'somebody else’s');
  });

  test('an abort and a time limit leave what has arrived, and give the lock back', async () => {
    await using world = new ShelfWorld(sshd.address());
    const path = world.put(8, 20 * MIB);
    const plan = await world.plan();
    const abort = new AbortController();
    const stopping = world.execute(plan, world.target, {
      signal: abort.signal,
      onEvent: (event) => {
        if (event.kind === 'progress' && event.bytes > 9 * MIB) abort.abort(new Error('enough'));
      },
    });
    await assert.rejects(stopping, /enough/);
    assert.deepEqual(world.files(), [partialOf(path)]);
    writeFileSync(join(world.targetRoot, partialOf(path)), '');
    const slow = await world.execute(plan, world.target, { bandwidth: MIB / 10, timeLimitMs: 20_000 });
    assert.deepEqual([slow.outcomes[0]!.error?.code, slow.missing], ['command-timeout', 1]);
    assert.deepEqual(world.files(), [partialOf(path)]);
    assert.equal((await world.execute(plan)).missing, 0);
    world.assertSame([path]);
  });
}
