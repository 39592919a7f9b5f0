/** The byte loops our work consists of, each over memory that is already there. */
import { randomFillSync } from 'node:crypto';
import { codec } from '../../src/host.ts';
import { COMPRESS_PROBE_BYTES, compressionLevel, looksIncompressible } from '../../src/vault/compression.ts';
import { blobs } from '../../src/vault.ts';
import type { Sample } from './sample.ts';

export const KERNELS = ['sha256', 'chunk', 'compress', 'aes', 'poly1305', 'decompress'] as const;

export type Kernel = (typeof KERNELS)[number];

/** Does one round of work. @returns plaintext bytes it was done for */
type Round = () => number;

const BLOCK_BYTES = 2 ** 20;
const NOISE_BYTES = 32 * 2 ** 20;
/** Any irreducible polynomial is as fast as another. */
const POLYNOMIAL = '3da3358b4dc173';

/** Blobs of the sample and, where it is worth storing them so, their frames. */
interface Blobs {
  plain: Uint8Array[];
  frames: (Uint8Array | undefined)[];
  plainBytes: number;
}

/** @returns the kernels, and the share of the sample's size that is left after compression. */
export function loadKernels(sample: Sample): { rounds: Record<Kernel, Round>; storedShare: number } {
  const blobs = compressAll(piecesOf(sample));
  const block = randomFillSync(new Uint8Array(BLOCK_BYTES));
  const stored = blobs.plain.reduce((sum, plain, i) => sum + (blobs.frames[i]?.length ?? plain.length), 0);
  const rounds = {
    ...blockRounds(block),
    chunk: chunkRound(),
    compress: compressRound(blobs),
    decompress: decompressRound(blobs),
  };
  return { rounds, storedShare: stored / blobs.plainBytes };
}

function blockRounds(block: Uint8Array): Record<'sha256' | 'aes' | 'poly1305', Round> {
  const digest = new Uint8Array(32);
  const cipher = new codec.CtrCipher(randomFillSync(new Uint8Array(32)));
  const iv = new Uint8Array(16);
  const poly = new codec.Poly1305();
  const key = new Uint8Array(32).fill(1);
  const tag = new Uint8Array(16);
  const each = (work: () => void): Round => {
    return () => {
      work();
      return block.length;
    };
  };
  return {
    sha256: each(() => codec.sha256Into(block, digest)),
    aes: each(() => cipher.apply(iv, block)),
    poly1305: each(() => poly.tagInto(key, block, tag)),
  };
}

function chunkRound(): Round {
  const chunker = new blobs.Chunker(POLYNOMIAL, NOISE_BYTES);
  for (let at = 0; at < NOISE_BYTES; at += BLOCK_BYTES) randomFillSync(chunker.buffer, at, BLOCK_BYTES);
  return () => {
    for (let start = 0; start < NOISE_BYTES; ) start = chunker.cut(start, NOISE_BYTES) ?? NOISE_BYTES;
    return NOISE_BYTES;
  };
}

function compressRound({ plain, plainBytes }: Blobs): Round {
  const compress = compressor();
  return () => {
    for (const blob of plain) compress(blob);
    return plainBytes;
  };
}

function decompressRound({ frames, plainBytes }: Blobs): Round {
  const zstd = new codec.Zstd();
  const out = new Uint8Array(2 * BLOCK_BYTES);
  return () => {
    for (const frame of frames) if (frame !== undefined) zstd.decompress(frame, out);
    return plainBytes;
  };
}

function piecesOf({ bytes, ends }: Sample): Uint8Array[] {
  return ends.map((end, i) => new Uint8Array(bytes).subarray(ends[i - 1] ?? 0, end));
}

function compressAll(plain: Uint8Array[]): Blobs {
  const compress = compressor();
  const frames = plain.map((blob) => compress(blob)?.slice());
  return { plain, frames, plainBytes: plain.reduce((sum, { length }) => sum + length, 0) };
}

/** As the vault does it: a look first, then the level of `auto`. */
function compressor(): (blob: Uint8Array) => Uint8Array | undefined {
  const zstd = new codec.Zstd();
  const prober = new codec.Zstd();
  const scratch = new Uint8Array(COMPRESS_PROBE_BYTES);
  const out = new Uint8Array(2 * BLOCK_BYTES);
  return (blob) => {
    if (looksIncompressible(prober, blob, scratch)) return undefined;
    const length = zstd.compress(blob, out.subarray(0, blob.length), compressionLevel('auto', 'data', blob.length)!);
    return length === undefined ? undefined : out.subarray(0, length);
  };
}
