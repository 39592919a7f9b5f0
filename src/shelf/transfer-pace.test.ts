import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { simulated } from '../host.ts';
import { paced } from './transfer-pace.ts';

const quiet = new AbortController().signal;

async function* pieces(sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  for (const size of sizes) yield Buffer.alloc(size, size % 251);
}

test('bytes pass whole and in order, as slowly as they must', async () => {
  const sizes = fc.array(fc.integer({ min: 0, max: 100_000 }), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(sizes, fc.integer({ min: 1000, max: 1_000_000 }), async (given, bytesPerSecond) => {
      const clock = simulated.fixedClock();
      const seen: Uint8Array[] = [];
      let isDone = false;
      const passing = (async () => {
        for await (const piece of paced(pieces(given), { bytesPerSecond, clock, signal: quiet })) seen.push(piece);
        isDone = true;
      })();
      const total = given.reduce((sum, size) => sum + size, 0);
      while (!isDone) await clock.advance(50);
      await passing;
      assert.ok(Buffer.concat(seen).equals(Buffer.concat(await Array.fromAsync(pieces(given)))));
      const last = seen.at(-1)?.length ?? 0;
      const leastMs = ((total - last) / bytesPerSecond) * 1000;
      assert.ok(clock.monotonicMs() >= leastMs - 1, `${clock.monotonicMs()} of ${leastMs} ms`);
      assert.ok(clock.monotonicMs() <= leastMs + 100, `${clock.monotonicMs()} of ${leastMs} ms`);
    }),
    { numRuns: 30 },
  );
});

test('after a slow stretch at most a second is made up for', async () => {
  const clock = simulated.fixedClock();
  const source = (async function* () {
    yield Buffer.alloc(1000);
    await clock.sleep(60_000);
    yield Buffer.alloc(20_000);
  })();
  const seen: number[] = [];
  const passing = (async () => {
    for await (const piece of paced(source, { bytesPerSecond: 1000, clock, signal: quiet })) seen.push(piece.length);
  })();
  await clock.advance(60_000);
  assert.equal(
    seen.reduce((sum, size) => sum + size),
    1000 + 4096,
  );
  await clock.advance(30_000);
  await passing;
  assert.equal(
    seen.reduce((sum, size) => sum + size),
    21_000,
  );
});

test('an abort ends the waiting', async () => {
  const clock = simulated.fixedClock();
  const abort = new AbortController();
  const passing = Array.fromAsync(paced(pieces([50_000]), { bytesPerSecond: 10, clock, signal: abort.signal }));
  await clock.advance(1000);
  abort.abort(new Error('enough'));
  await assert.rejects(passing, /enough/);
});
