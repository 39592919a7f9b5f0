/** Which parts of packs to load for a set of blobs: neighbours together, as a request costs more than a few bytes unused. */
import { SEGMENT_BYTES_MAX, SEGMENT_GAP_BYTES_MAX } from '../base/limits.ts';
import type { BlobTable } from './blob-table.ts';

export interface Segment {
  /** Number of the pack. */
  pack: number;
  offset: number;
  length: number;
  /** Numbers of the blobs wanted in it, by their place. */
  blobs: Uint32Array;
}

/**
 * Cuts `blobs`, ordered by pack and place, into segments of at most `bytesMax`; a larger blob is a segment of its own.
 */
export function* segmentsOf(
  table: BlobTable,
  blobs: Uint32Array,
  bytesMax = SEGMENT_BYTES_MAX,
): Generator<Segment, void> {
  let first = 0;
  for (let next = 1; next <= blobs.length; next++) {
    if (
      next < blobs.length &&
      belongs(table, { first: blobs[first]!, last: blobs[next - 1]!, next: blobs[next]! }, bytesMax)
    )
      continue;
    const offset = table.offsetOf(blobs[first]!);
    const length = endOf(table, blobs[next - 1]!) - offset;
    yield { pack: table.packOf(blobs[first]!), offset, length, blobs: blobs.slice(first, next) };
    first = next;
  }
}

function belongs(table: BlobTable, of: { first: number; last: number; next: number }, bytesMax: number): boolean {
  if (table.packOf(of.next) !== table.packOf(of.first)) return false;
  const gap = table.offsetOf(of.next) - endOf(table, of.last);
  return gap >= 0 && gap <= SEGMENT_GAP_BYTES_MAX && endOf(table, of.next) - table.offsetOf(of.first) <= bytesMax;
}

function endOf(table: BlobTable, blob: number): number {
  return table.offsetOf(blob) + table.lengthOf(blob);
}
