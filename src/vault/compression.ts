/** How hard blobs are compressed, and the quick look that spares compressing what will not shrink. */
import type { codec } from '../host.ts';
import type { BlobKind } from './model.ts';

/** `auto`: fast, skipping what does not shrink; `max`: as small as it gets; `off`: data blobs as they are. */
export type Compression = 'auto' | 'off' | 'max';

export const COMPRESSIONS: readonly Compression[] = ['auto', 'off', 'max'];

/**
 * Measured on system files, sources, texts and a database: level 3 saves another 1 to 2 % and takes up to half as long
 * again. Below 16 KiB levels 1 and 2 end within 0.3 % of each other, and the first is up to a third faster.
 */
const LEVEL_AUTO = 2;
const LEVEL_AUTO_SMALL = 1;
const SMALL_BYTES_MAX = 16 * 1024;
const LEVEL_MAX = 19;
const LEVEL_PROBE = 1;
const SAMPLE_BYTES = 8 * 1024;
const SAMPLES = 4;
/** A sample that keeps more than this share of its size is not worth the time. */
const WORTHWHILE_SHARE = 0.97;
/** Below this size compressing costs less than looking. */
const PROBE_FROM_BYTES = 128 * 1024;

export const COMPRESS_PROBE_BYTES = SAMPLE_BYTES;

/** Zstandard level for a blob of `bytes`, or undefined to store it as it is. Trees are always compressed (format, section on trees). */
export function compressionLevel(compression: Compression, kind: BlobKind, bytes: number): number | undefined {
  if (compression === 'max') return LEVEL_MAX;
  if (compression === 'off' && kind === 'data') return undefined;
  return bytes <= SMALL_BYTES_MAX ? LEVEL_AUTO_SMALL : LEVEL_AUTO;
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
