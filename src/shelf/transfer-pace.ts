/** A limit on how fast bytes pass. */
import { PACED_PIECE_BYTES_MIN } from '../base/limits.ts';
import type { Clock } from '../host.ts';

/** Time lost to a slow line is made up for to this much, and not later all at once. */
const LAG_MS_MAX = 1000;

export interface PaceOptions {
  bytesPerSecond: number;
  clock: Clock;
  signal: AbortSignal;
}

/** Passes the bytes on in small pieces, each as late as the limit asks for. */
export async function* paced(
  pieces: AsyncIterable<Uint8Array>,
  { bytesPerSecond, clock, signal }: PaceOptions,
): AsyncGenerator<Uint8Array> {
  const size = Math.max(PACED_PIECE_BYTES_MIN, Math.floor(bytesPerSecond / 10));
  let dueMs = clock.monotonicMs();
  for await (const piece of pieces)
    for (let at = 0; at < piece.length; at += size) {
      const waitMs = dueMs - clock.monotonicMs();
      if (waitMs > 0) await clock.sleep(waitMs, signal);
      const slice = piece.subarray(at, at + size);
      dueMs = Math.max(dueMs, clock.monotonicMs() - LAG_MS_MAX) + (slice.length / bytesPerSecond) * 1000;
      yield slice;
    }
}
