/** What the fuzz tests of the parsers share: damaged input, and the promise that only registered errors come out. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { AppError } from '../src/base/errors.ts';

/** Runs a parser on hostile input; anything it throws must be an `AppError`. */
export function throwsOnlyAppError(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    assert.ok(
      error instanceof AppError,
      error instanceof Error && error.stack !== undefined ? error.stack : String(error),
    );
  }
}

/** Random bytes, and `seed` with some bytes changed, removed, doubled or cut off. */
export function damaged(seed: Uint8Array): fc.Arbitrary<Uint8Array> {
  const edit = fc.record({
    at: fc.nat(Math.max(0, seed.length - 1)),
    byte: fc.oneof(fc.nat(255), fc.constantFrom(...Buffer.from('"\\{}[]:,-0en '))),
    kind: fc.constantFrom('set', 'remove', 'insert', 'cut'),
  });
  const mutated = fc.array(edit, { minLength: 1, maxLength: 4 }).map((edits) => edits.reduce(applied, seed));
  return fc.oneof({ arbitrary: mutated, weight: 4 }, { arbitrary: fc.uint8Array({ maxLength: 200 }), weight: 1 });
}

function applied(bytes: Uint8Array, { at, byte, kind }: { at: number; byte: number; kind: string }): Uint8Array {
  if (kind === 'cut') return bytes.slice(0, at);
  const head = bytes.subarray(0, at);
  if (kind === 'remove') return Buffer.concat([head, bytes.subarray(at + 1)]);
  return Buffer.concat([head, Uint8Array.of(byte), bytes.subarray(kind === 'set' ? at + 1 : at)]);
}
