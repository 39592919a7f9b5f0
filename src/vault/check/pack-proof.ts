/** Proves a pack byte by byte: its name, its header, and every blob in it. */
import { hasCode } from '../../base/errors.ts';
import { hexAt } from '../../base/ids.ts';
import { codec } from '../../host.ts';
import type { BlobReader } from '../blob-reader.ts';
import type { BlobTable } from '../blob-table.ts';
import type { PackedBlob } from '../model.ts';
import { headerLength, LENGTH_BYTES, openHeader } from '../pack-file.ts';
import { errorFinding, type Finding, reasonOf } from './finding.ts';
import type { PackJob } from './jobs.ts';

export interface ProofParts {
  table: BlobTable;
  reader: BlobReader;
  /** Numbers of the blobs that the index says are in the pack, by their place. */
  blobs: Uint32Array;
  /** Scratch, 32 bytes. */
  digest: Uint8Array;
}

/** The bytes are opened in place and worth nothing afterwards. */
export function provePack(job: PackJob, parts: ProofParts): Finding[] {
  const found = (message: string): Finding => errorFinding('pack-damaged', job.name, `pack ${job.name} ${message}`);
  const findings: Finding[] = [];
  codec.sha256Into(job.bytes, parts.digest);
  const actual = hexAt(parts.digest);
  if (actual !== job.name) findings.push(found('does not have the content it was stored with (SHA-256 differs)'));
  const header = readHeader(job, parts);
  if (!Array.isArray(header)) findings.push(header);
  else if (!isSame(header, parts)) findings.push(found('has a header that differs from the index'));
  if (!isContiguous(parts)) findings.push(found('has gaps or overlaps in the index'));
  for (const blob of parts.blobs) {
    const damage = proveBlob(blob, job, parts);
    if (damage !== undefined) findings.push(damage);
  }
  return findings;
}

function readHeader({ bytes, name }: PackJob, { reader }: ProofParts): PackedBlob[] | Finding {
  try {
    const size = bytes.length;
    const length = headerLength(bytes, size, name) + LENGTH_BYTES;
    // A copy, because with a wrong length the header would be opened over the blobs.
    return openHeader(bytes.slice(size - length), reader, { name, size });
  } catch (error) {
    if (!hasCode(error, 'file-damaged')) throw error;
    return errorFinding('pack-damaged', name, reasonOf(error));
  }
}

function isSame(header: readonly PackedBlob[], { table, blobs }: ProofParts): boolean {
  return (
    header.length === blobs.length &&
    header.every(
      ({ id, kind, offset, length, uncompressedLength }, i) =>
        table.idOf(blobs[i]!) === id &&
        table.kindOf(blobs[i]!) === kind &&
        table.offsetOf(blobs[i]!) === offset &&
        table.lengthOf(blobs[i]!) === length &&
        table.uncompressedLengthOf(blobs[i]!) === uncompressedLength,
    )
  );
}

function isContiguous({ table, blobs }: ProofParts): boolean {
  let end = 0;
  return blobs.every((blob) => {
    const isNext = table.offsetOf(blob) === end;
    end += table.lengthOf(blob);
    return isNext;
  });
}

function proveBlob(blob: number, { bytes, name }: PackJob, { table, reader }: ProofParts): Finding | undefined {
  const id = table.idOf(blob);
  const offset = table.offsetOf(blob);
  const end = offset + table.lengthOf(blob);
  const damage = (why: string): Finding =>
    errorFinding('blob-damaged', name, `pack ${name}, ${table.kindOf(blob)} blob ${id} at byte ${offset}: ${why}`);
  if (end > bytes.length) return damage('the pack ends before it');
  try {
    reader.open(bytes.subarray(offset, end), { id, uncompressedLength: table.uncompressedLengthOf(blob) });
    return undefined;
  } catch (error) {
    if (!hasCode(error, 'file-damaged')) throw error;
    return damage(error.message.slice(error.message.lastIndexOf(': ') + 2));
  }
}
