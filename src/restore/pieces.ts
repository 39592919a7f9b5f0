/** Cuts the order of uses into parts of packs that are read in one go. */
import {
  RESTORE_GAP_BYTES_MAX,
  RESTORE_JOB_BYTES_MAX,
  RESTORE_JOB_ENTRIES_MAX,
  RESTORE_READ_BYTES_MAX,
  RESTORE_SEGMENTS_PER_THREAD,
} from '../base/limits.ts';
import type { blobs } from '../vault.ts';
import type { UseTable } from './uses.ts';

export interface Piece {
  /** Number of the pack. */
  pack: number;
  offset: number;
  length: number;
  /** Range of the order of uses. */
  first: number;
  end: number;
}

/** A part of the order of uses. */
export interface Segment {
  first: number;
  end: number;
}

/**
 * The order cut into segments, and who takes them: each thread has a stretch of its own and works through it from its
 * start; when it is through, it takes the last segment of whoever has most left. So threads mostly write to different
 * directories and files, where the kernel lets them work side by side.
 */
export class SegmentQueues {
  readonly #queues: Segment[][];

  constructor(uses: number, threads: number) {
    const length = Math.max(1, Math.ceil(uses / (threads * RESTORE_SEGMENTS_PER_THREAD)));
    this.#queues = Array.from({ length: threads }, () => []);
    for (let first = 0, i = 0; first < uses; first += length, i++) {
      const segment = { first, end: Math.min(first + length, uses) };
      this.#queues[Math.floor(i / RESTORE_SEGMENTS_PER_THREAD)]!.push(segment);
    }
  }

  /** Segments for one thread, until there are none for any. */
  *take(thread: number): Generator<Segment, void> {
    for (let next = this.#next(thread); next !== undefined; next = this.#next(thread)) yield next;
  }

  #next(thread: number): Segment | undefined {
    const longest = this.#queues.reduce((a, b) => (b.length > a.length ? b : a));
    return this.#queues[thread]!.shift() ?? longest.pop();
  }
}

/** Uses that are settled are passed over; a blob larger than a piece may be is a piece of its own. */
export function* piecesOf(segments: Iterable<Segment>, uses: UseTable, blobs: blobs.BlobTable): Generator<Piece, void> {
  for (const segment of segments) yield* piecesOfSegment(segment, uses, blobs);
}

function* piecesOfSegment({ first, end }: Segment, uses: UseTable, blobs: blobs.BlobTable): Generator<Piece, void> {
  let piece: Piece | undefined;
  let written = 0;
  for (let at = first; at < end; at++) {
    const use = uses.order[at]!;
    if (uses.settled[use] === 1) continue;
    const blob = uses.blobOf(use);
    const isFull = written >= RESTORE_JOB_BYTES_MAX || at - (piece?.first ?? at) >= RESTORE_JOB_ENTRIES_MAX;
    if (piece !== undefined && (isFull || !fits(piece, blobs, blob))) {
      yield piece;
      piece = undefined;
    }
    const offset = blobs.offsetOf(blob);
    if (piece === undefined) {
      piece = { pack: blobs.packOf(blob), offset, length: 0, first: at, end: at };
      written = 0;
    }
    piece.length = Math.max(piece.length, offset + blobs.lengthOf(blob) - piece.offset);
    piece.end = at + 1;
    written += blobs.plainLengthOf(blob);
  }
  if (piece !== undefined) yield piece;
}

function fits(piece: Piece, blobs: blobs.BlobTable, blob: number): boolean {
  const offset = blobs.offsetOf(blob);
  return (
    blobs.packOf(blob) === piece.pack &&
    offset - (piece.offset + piece.length) <= RESTORE_GAP_BYTES_MAX &&
    offset + blobs.lengthOf(blob) - piece.offset <= RESTORE_READ_BYTES_MAX
  );
}
