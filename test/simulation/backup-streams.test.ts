/** Several sources in one snapshot when one of them goes wrong: then there is none, and nothing is left running. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CapturedStream } from '../../src/backup.ts';
import { MIB } from '../../src/base/bytes.ts';
import { AppError } from '../../src/base/errors.ts';
import { systemProcesses } from '../../src/host.ts';
import { faultStorage, type Storage } from '../../src/storage.ts';
import { noise, type Ran, World } from '../compat/backup-world.ts';
import { assertSound, namesOf } from '../vaults.ts';

const DUMP = noise(3, 3 * MIB);

function streamOf(name: string, parts: () => AsyncGenerator<Uint8Array>): CapturedStream {
  return { name, stream: parts() };
}

/** The output of a shell script, to be believed when it succeeds. */
function command(name: string, script: string, ended: string[] = []): CapturedStream {
  async function* output(signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const run = systemProcesses.stream('sh', ['-c', script], { signal });
    try {
      yield* run.output;
      const { exitCode } = await run.ended;
      if (exitCode !== 0) throw new AppError('source-failed', { detail: `exit code ${exitCode}` });
    } finally {
      ended.push(name);
    }
  }
  return { name, stream: output };
}

describe('a backup of files and streams', () => {
  let world: World;
  beforeEach(async () => {
    world = new World();
    await world.init();
    for (let i = 0; i < 20; i++) writeFileSync(world.at(`file ${i}`), noise(i, 50_000));
  });
  afterEach(() => world[Symbol.dispose]());

  async function assertNoSnapshot(): Promise<void> {
    assert.deepEqual(await namesOf(world.storage(), 'snapshot'), []);
    await using vault = await world.open();
    await assertSound(world.storage(), vault, new Map());
  }

  const BROKEN: Record<string, [script: string, code: string]> = {
    'fails at once': ['exit 3', 'source-failed'],
    'fails in the middle of its output': ['head -c 3000000 /dev/zero; exit 1', 'source-failed'],
    'is killed': ['echo some; kill -9 $$', 'command-failed'],
  };
  for (const [what, [script, code]] of Object.entries(BROKEN))
    for (const targets of [['.'], []])
      it(`makes no snapshot when a command ${what}, ${targets.length === 0 ? 'without' : 'with'} files`, async () => {
        const begun: string[] = [];
        const streams = [command('good', 'echo fine'), command('bad', script), command('later', 'echo x', begun)];
        await assert.rejects(world.ours(targets, { streams }), { code });
        assert.deepEqual(begun, [], 'what comes after it is not begun');
        await assertNoSnapshot();
      });

  it('makes one with all of them when the same is tried again, and stores nothing twice', async () => {
    async function* torn(): AsyncGenerator<Uint8Array> {
      yield DUMP;
      await sleep(20);
      throw new Error('the database went away');
    }
    await assert.rejects(world.ours(['.'], { streams: [streamOf('db', torn)] }), /the database went away/);
    await assertNoSnapshot();
    const again = (): CapturedStream[] => [command('list', 'echo a list'), streamOf('db', whole)];
    await world.ours(['.'], { streams: again() });
    const { dataAdded } = await world.ours(['.'], { streams: again() });
    assert.ok(dataAdded < 10_000, `${dataAdded} bytes are new`);
    await using vault = await world.open();
    const { nodes } = await vault.loadTree((await vault.listSnapshots())[0]!.tree);
    assert.deepEqual([nodes.length, nodes.find(({ name }) => name === 'db')?.size], [22, DUMP.length]);
  });

  async function* whole(): AsyncGenerator<Uint8Array> {
    yield DUMP;
  }

  it('stops a silent command when the files cannot be read', async () => {
    const ended: string[] = [];
    const streams = [command('silent', 'echo begun; sleep 1000', ended)];
    const gone = world.ours(['gone'], { streams });
    await assert.rejects(gone, { code: 'source-missing' });
    await assertNoSnapshot();
  });

  for (const [what, effect] of [
    ['is full', { effect: 'fail', code: 'storage-full' }],
    ['loses its connection', { effect: 'fail', code: 'storage-failed' }],
  ] as const)
    it(`stops a silent command when the vault ${what}`, async () => {
      const ended: string[] = [];
      const storage = faultStorage(world.storage(), { script: [{ call: 'save', kind: 'pack', ...effect }] });
      const run = ours(storage, [], [command('silent', 'head -c 30000000 /dev/urandom; sleep 1000', ended)]);
      await assert.rejects(run, { code: effect.code });
      await until(() => ended.length === 1);
      await assertNoSnapshot();
    });

  it('stops when told to, whether a stream is silent, busy or deaf', async () => {
    async function* busy(): AsyncGenerator<Uint8Array> {
      for (;;) yield DUMP.subarray(0, 100_000);
    }
    const deaf: AsyncIterable<Uint8Array> = {
      [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }),
    };
    const ended: string[] = [];
    for (const targets of [['.'], []]) {
      const silent = command('silent', 'sleep 1000', ended);
      for (const stream of [silent, streamOf('busy', busy), { name: 'deaf', stream: deaf }]) {
        const stop = new AbortController();
        const run = world.ours(targets, { streams: [stream], signal: stop.signal });
        setTimeout(() => stop.abort(new AppError('interrupted')), 300);
        await assert.rejects(run, { code: 'interrupted' }, `${stream.name} ${targets}`);
      }
    }
    await until(() => ended.length === 2);
    await assertNoSnapshot();
  });

  it('reads no more of a stream than it can store', async () => {
    const let_go = Promise.withResolvers<void>();
    const inner = world.storage();
    const held: Storage = Object.assign(Object.create(inner) as Storage, {
      list: inner.list.bind(inner),
      load: inner.load.bind(inner),
      stat: inner.stat.bind(inner),
      close: inner.close.bind(inner),
      save: async (...args: Parameters<Storage['save']>) => {
        if (args[0].kind === 'pack') await let_go.promise;
        await inner.save(...args);
      },
    });
    let pulled = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (; pulled < 200; pulled++) yield noise(pulled, MIB);
    }
    const run = ours(held, [], [streamOf('large', endless)]);
    let before = -1;
    await until(async () => {
      const isStill = pulled > 0 && pulled === before;
      before = pulled;
      await sleep(400);
      return isStill;
    });
    // Seven packs of 4 MiB and their slack, a chunk in the making and a part on each side of the thread.
    assert.ok(pulled < 100, `${pulled} MiB were read`);
    let_go.resolve();
    const { counts } = await run;
    assert.equal(counts.bytes, 200 * MIB);
  });

  async function ours(storage: Storage, targets: string[], streams: CapturedStream[]): Promise<Ran> {
    await using into = await world.open('vault', storage);
    return await world.ours(targets, { streams, into, packBytesTarget: 4 * MIB });
  }
});

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await holds()); tries++) {
    assert.ok(tries < 200, 'it takes too long');
    await sleep(50);
  }
}
