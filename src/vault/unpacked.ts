/**
 * Plaintext of the sealed files outside packs (index, snapshots, locks) in version 2: the byte 2 and one zstd frame.
 * Plain JSON is legal too; version 1 has nothing else.
 */
import { AppError } from '../base/errors.ts';
import { DOCUMENT_BYTES_MAX, JSON_RATIO_GUESS } from '../base/limits.ts';
import { codec } from '../host.ts';

const COMPRESSED = 2;
const OPEN_OBJECT = 0x7b;
const OPEN_ARRAY = 0x5b;
/** Magic number, frame header and one block header (RFC 8878 section 3.1.1). */
const FRAME_BYTES_MIN = 9;
/** What restic uses where it is not told otherwise. */
const LEVEL = 3;

const zstd = new codec.Zstd();

export function encodeUnpacked(plain: Uint8Array): Uint8Array {
  // room for data that cannot be compressed: one part in 256 and a fixed amount, as Zstandard's own bound
  const out = new Uint8Array(1 + plain.length + (plain.length >>> 8) + 512);
  out[0] = COMPRESSED;
  const length = zstd.compress(plain, out.subarray(1), LEVEL);
  if (length === undefined) throw new AppError('failed', { detail: 'Zstandard did not compress' });
  return out.subarray(0, 1 + length);
}

/**
 * @param name what is read, for messages: `index 1a2b…`
 * @returns the JSON text, which may be `plain` itself
 * @throws {AppError} `file-damaged`
 */
export function decodeUnpacked(plain: Uint8Array, name: string): Uint8Array {
  const first = plain[0];
  if (first === undefined || first === OPEN_OBJECT || first === OPEN_ARRAY) return plain;
  if (first !== COMPRESSED) throw damaged(name, `unknown encoding ${first}`);
  const frame = plain.subarray(1);
  if (frame.length < FRAME_BYTES_MIN) throw damaged(name, 'cut off');
  const size = zstd.contentSize(frame);
  if (size === undefined) return decodeUnsized(frame, name);
  if (size > DOCUMENT_BYTES_MAX) throw damaged(name, `${size} bytes when decompressed are too many`);
  const out = new Uint8Array(size);
  if (zstd.decompress(frame, out) !== size) throw damaged(name, 'cannot be decompressed');
  return out;
}

/** Frames of streaming writers do not say their size: tries with more and more room. */
function decodeUnsized(frame: Uint8Array, name: string): Uint8Array {
  for (let room = Math.max(1024, frame.length * JSON_RATIO_GUESS); ; room *= 4) {
    const out = new Uint8Array(Math.min(room, DOCUMENT_BYTES_MAX));
    const length = zstd.decompress(frame, out);
    if (length !== undefined) return out.subarray(0, length);
    if (room >= DOCUMENT_BYTES_MAX) throw damaged(name, 'cannot be decompressed');
  }
}

function damaged(name: string, why: string): AppError {
  return new AppError('file-damaged', { detail: `${name}: ${why}` });
}
