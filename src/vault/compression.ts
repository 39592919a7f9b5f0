/** How hard blobs are compressed, and the quick look that spares compressing what will not shrink. */
import type { codec } from '../host.ts';
import type { BlobKind } from './model.ts';

/** `auto`: fast, skipping what does not shrink; `max`: as small as it gets; `off`: data blobs as they are. */
export type Compression = 'auto' | 'off' | 'max';

export const COMPRESSIONS: readonly Compression[] = ['auto', 'off', 'max'];

const LEVEL_AUTO = 3;
const LEVEL_MAX = 19;
const LEVEL_PROBE = 1;
const SAMPLE_BYTES = 8 * 1024;
const SAMPLES = 4;
/** A sample that keeps more than this share of its size is not worth the time. */
const WORTHWHILE_SHARE = 0.97;
/** Below this size compressing costs less than looking. */
const PROBE_FROM_BYTES = 128 * 1024;

export const COMPRESS_PROBE_BYTES = SAMPLE_BYTES;

/** Zstandard level for a blob, or undefined to store it as it is. Trees are always compressed (format, section on trees). */
export function compressionLevel(compression: Compression, kind: BlobKind): number | undefined {
  if (compression === 'max') return LEVEL_MAX;
  if (compression === 'off' && kind === 'data') return undefined;
  return LEVEL_AUTO;
}

/** True when none of the samples, spread over `data`, shrinks. `scratch` has room for `COMPRESS_PROBE_BYTES`. */
export function looksIncompressible(zstd: codec.Zstd, data: Uint8Array, scratch: Uint8Array): boolean {
  if (data.length < PROBE_FROM_BYTES) return false;
  const goal = scratch.subarray(0, Math.floor(SAMPLE_BYTES * WORTHWHILE_SHARE));
  const step = Math.floor((data.length - SAMPLE_BYTES) / (SAMPLES - 1));
  for (let i = 0; i < SAMPLES; i++) {
    const sample = data.subarray(i * step, i * step + SAMPLE_BYTES);
    if (zstd.compress(sample, goal, LEVEL_PROBE) !== undefined) return false;
  }
  return true;
}
