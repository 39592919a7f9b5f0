import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { AppError, type ErrorCode } from '../base/errors.ts';
import { type Clock, processIdentity, simulated, systemClock } from '../host.ts';
import { listShelf } from './listing.ts';
import { localEnd } from './local-end.ts';
import type { ShelfEnd, ShelfOptions } from './model.ts';
import { executeTransfer, planTransfer, type TransferDeps, type TransferReport } from './transfer.ts';
import { LOCK_PATH } from './transfer-lock.ts';

const MIB = 1024 * 1024;
const PATHS = [
  'svn/d/2013/05/08/104701/a.tar.gz',
  'svn/d/2013/05/09/104701/a.tar.gz',
  'svn/d/2013/05/10/104701/a.tar.gz',
];
const SHELF: ShelfOptions = {
  name: 's',
  root: '',
  layout: 'dated',
  items: [{ category: 'svn', name: 'd', file: '*', perDay: 1, minBytes: 1, keep: 3 }],
  sidecars: ['dna', 'sha256'],
  timezone: undefined,
};
/** Of a process that is gone. */
const GONE = processIdentity().replace(/^\d+:\d+/, '1:99999999999');
/** Time limits stay long, pauses do not. */
const quick: Clock = {
  ...systemClock,
  monotonicMs: () => systemClock.monotonicMs() * 1000,
  sleep: (ms, signal) => systemClock.sleep(ms < 3_600_000 ? Math.min(ms / 1000, 20) : ms / 1000, signal),
};

interface World {
  target: string;
  ends: { source: ShelfEnd; target: ShelfEnd };
  run(target?: ShelfEnd, change?: Partial<TransferDeps>): Promise<TransferReport>;
}

function worldOf(context: TestContext): World {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-transfer-'));
  const [source, target] = [join(folder, 'source'), join(folder, 'target')];
  mkdirSync(target);
  PATHS.forEach((path, at) => {
    mkdirSync(dirname(join(source, path)), { recursive: true });
    const content = randomBytes(2 * MIB + at);
    const md5 = createHash('md5').update(content).digest('hex');
    writeFileSync(join(source, path), content);
    writeFileSync(join(source, `${path}.dna`), `{"dig": "${md5}", "size": ${content.length}}`);
  });
  const ends = { source: localEnd(source), target: localEnd(target) };
  const random = simulated.seededRandom(7);
  context.after(async () => {
    for (const end of Object.values(ends)) await end[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });
  return {
    target,
    ends,
    async run(through = ends.target, change = {}) {
      const signal = new AbortController().signal;
      const { archives } = await listShelf(ends.source, SHELF, signal);
      const plan = planTransfer(archives, await listShelf(ends.target, SHELF, signal));
      const options = { retries: 3, timeLimitMs: 3_600_000, sidecars: SHELF.sidecars };
      const deps = { source: ends.source, target: through, options, identity: GONE, clock: quick, random, signal };
      return await executeTransfer(plan, { ...deps, ...change });
    },
  };
}

/** `meddle` is called before every call that changes or reads the target; the bytes of writes pass by way of `passing`. */
function meddled(inner: ShelfEnd, meddle: (call: string) => void, passing = pass): ShelfEnd {
  const before = <T extends unknown[], R>(call: string, work: (...args: T) => Promise<R>) => {
    return async (...args: T): Promise<R> => {
      meddle(call);
      return await work(...args);
    };
  };
  return {
    address: inner.address,
    list: before('list', (signal) => inner.list(signal)),
    digest: before('digest', (path, signal) => inner.digest(path, signal)),
    size: before('size', (path) => inner.size(path)),
    async *read(path, offset, signal) {
      meddle('read');
      yield* inner.read(path, offset, signal);
    },
    write: before('write', (path, offset, bytes, signal) => inner.write(path, offset, passing(bytes), signal)),
    rename: before('rename', (from, to, modifiedMs) => inner.rename(from, to, modifiedMs)),
    place: before('place', (path, content) => inner.place(path, content)),
    remove: before('remove', (path) => inner.remove(path)),
    removeEmptyFolders: before('removeEmptyFolders', (under) => inner.removeEmptyFolders(under)),
    freeBytes: before('freeBytes', () => inner.freeBytes()),
    [Symbol.asyncDispose]: async () => {},
  };
}

async function* pass(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* bytes;
}

/** @returns how many archives are finished; none of them may be anything but what the source has */
function finished({ target, ends }: World): number {
  const done = PATHS.filter((path) => existsSync(join(target, `${path}.dna`)));
  for (const path of done)
    assert.ok(readFileSync(join(target, path)).equals(readFileSync(join(ends.source.address, path))), path);
  return done.length;
}

test('whatever call a process ends at, nothing wrong is finished, and the next one completes it', async (context) => {
  let calls = 0;
  for (let last = 0; last === 0 || calls >= last; last++) {
    const world = worldOf(context);
    calls = 0;
    // From its end on a process makes no calls; the reason is none that is tried again.
    const dying = meddled(world.ends.target, () => {
      if (++calls > last) throw new AppError('interrupted');
    });
    await world.run(dying).catch((error: unknown) => assert.ok(error instanceof AppError));
    const before = finished(world);
    assert.ok(before < PATHS.length || last > 15, `${before} finished after ${last} calls`);
    const { missing } = await world.run();
    assert.deepEqual([missing, finished(world)], [0, PATHS.length], `after ${last} calls`);
    const { files } = await world.ends.target.list(new AbortController().signal);
    // A lock that stays behind finished work gives way to the next one that has any.
    const own = files.filter(({ path }) => before < PATHS.length || path !== LOCK_PATH);
    assert.equal(own.length, 3 * PATHS.length, `after ${last} calls: ${own.map(({ path }) => path)}`);
  }
  assert.ok(calls > 20, `only ${calls} calls were seen`);
});

test('a host that goes and comes at any call is borne', async (context) => {
  for (const seed of [1, 2, 3, 4, 5, 6]) {
    const world = worldOf(context);
    const random = simulated.seededRandom(seed);
    const flaky = meddled(world.ends.target, () => {
      if (random.int(20) < seed) throw new AppError('host-unreachable', { detail: 'far: timed out' });
    });
    const report = await world.run(flaky, {
      options: { retries: 60, timeLimitMs: 36_000_000, sidecars: ['dna', 'sha256'] },
    });
    assert.deepEqual([report.missing, finished(world)], [0, PATHS.length], `seed ${seed}`);
  }
});

test('bytes that change on the way are found at the target, and sent once more', async (context) => {
  for (const times of [1, 2]) {
    const world = worldOf(context);
    let left = times;
    const flipping = async function* (bytes: AsyncIterable<Uint8Array>) {
      for await (const piece of bytes) {
        const copy = Buffer.from(piece);
        if (copy.length === MIB && left-- > 0) copy[5]! ^= 1;
        yield copy;
      }
    };
    const why: string[] = [];
    const report = await world.run(
      meddled(world.ends.target, () => {}, flipping),
      {
        onEvent: (event) => event.kind === 'restart' && why.push(event.why),
      },
    );
    assert.equal(finished(world), PATHS.length - report.missing);
    assert.equal(why[0], 'what has arrived is not what was read');
    assert.deepEqual([report.missing, report.outcomes[0]!.result], [0, 'sent']);
    assert.ok(report.outcomes[0]!.sentBytes >= 4 * MIB);
  }
  const world = worldOf(context);
  const always = async function* (bytes: AsyncIterable<Uint8Array>) {
    for await (const piece of bytes) yield piece.length === MIB ? Buffer.alloc(MIB) : piece;
  };
  const { outcomes } = await world.run(meddled(world.ends.target, () => {}, always));
  assert.deepEqual(
    outcomes.map(({ error }) => error?.code),
    Array(3).fill('archive-damaged'),
  );
  assert.equal(finished(world), 0);
});

test('an archive that fails keeps others from being sent only when they would fail as well', async (context) => {
  const cases: [ErrorCode, string[]][] = [
    ['storage-denied', ['failed', 'sent', 'sent']],
    ['storage-failed', ['failed', 'sent', 'sent']],
    ['storage-full', ['failed', 'left', 'left']],
    ['host-refused', ['failed', 'left', 'left']],
  ];
  for (const [code, results] of cases) {
    const world = worldOf(context);
    let digests = 0;
    const target = meddled(world.ends.target, (call) => {
      if (call === 'digest' && digests++ === 0) throw new AppError(code);
    });
    const { outcomes } = await world.run(target);
    assert.deepEqual(
      outcomes.map(({ result }) => result),
      results,
      code,
    );
  }
});

test('only the sidecars that are asked for are placed, and a wrong one there does not stay', async (context) => {
  const world = worldOf(context);
  mkdirSync(dirname(join(world.target, PATHS[0]!)), { recursive: true });
  writeFileSync(join(world.target, PATHS[0]!), readFileSync(join(world.ends.source.address, PATHS[0]!)));
  writeFileSync(join(world.target, `${PATHS[0]}.dna`), 'no sidecar');
  const options = { retries: 0, timeLimitMs: 3_600_000, sidecars: ['sha256'] as const };
  const { outcomes } = await world.run(world.ends.target, { options });
  assert.deepEqual(
    outcomes.map(({ result }) => result),
    ['completed', 'sent', 'sent'],
  );
  for (const path of PATHS) {
    assert.ok(existsSync(join(world.target, `${path}.sha256`)));
    assert.ok(!existsSync(join(world.target, `${path}.dna`)));
  }
});

test('a bug is no failure of an archive', async (context) => {
  const world = worldOf(context);
  const target = meddled(world.ends.target, (call) => {
    if (call === 'digest') throw new TypeError('a bug');
  });
  await assert.rejects(world.run(target), TypeError);
});
