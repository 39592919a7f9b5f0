/**
 * Zip archives (APPNOTE.TXT 6.3) as a stream: each file is followed by its sizes and sum, the list of all comes last.
 * Content is deflated blob by blob, in parallel: blocks that end on a byte boundary can be put one after the other.
 */
import { isUtf8 } from 'node:buffer';
import { promisify } from 'node:util';
import { constants, crc32, deflateRaw } from 'node:zlib';
import { AppError } from '../base/errors.ts';
import { treeText } from '../vault.ts';
import type { ArchiveEntry } from './entry.ts';
import {
  centralRecord,
  endRecords,
  isLarge,
  localDescriptor,
  localHeader,
  METHOD_DEFLATED,
  METHOD_STORED,
  type ZipMember,
} from './zip-records.ts';

export interface Deflated {
  kind: 'content';
  plain: Uint8Array;
  packed: Uint8Array;
}

export type ZipPart = { kind: 'entry'; entry: ArchiveEntry } | Deflated;

const deflateAsync = promisify<Uint8Array, { level: number; finishFlush: number }, Buffer>(deflateRaw);
const LEVEL = 6;
/** An empty last block: it ends what the others began. */
const LAST_BLOCK = Uint8Array.of(3, 0);

/** Deflates on one of Node's own threads; the result goes on where another begins. */
export async function deflated(plain: Uint8Array): Promise<Deflated> {
  const packed = await deflateAsync(plain, { level: LEVEL, finishFlush: constants.Z_SYNC_FLUSH });
  return { kind: 'content', plain, packed };
}

/** @throws {AppError} `failed` when the content of a file is not as long as its entry says */
export async function* zipOf(parts: AsyncIterable<ZipPart>): AsyncGenerator<Uint8Array, void> {
  const writer = new ZipWriter();
  for await (const part of parts) {
    if (part.kind === 'entry') yield* writer.begin(part.entry);
    else yield writer.add(part);
  }
  yield* writer.end();
}

class ZipWriter {
  readonly #central: Uint8Array[] = [];
  #offset = 0;
  /** The file whose content is coming. */
  #open: { member: ZipMember; expected: number } | undefined;

  *begin(entry: ArchiveEntry): Generator<Uint8Array> {
    yield* this.#finish();
    const isStreamed = entry.node.type === 'file' && entry.size > 0;
    const body = entry.node.type === 'symlink' ? Buffer.from(entry.node.linkTarget, 'latin1') : new Uint8Array(0);
    const member = memberOf(entry, { isStreamed, body, offset: this.#offset });
    yield this.#counted(localHeader(member));
    if (isStreamed) {
      this.#open = { member, expected: entry.size };
      return;
    }
    yield this.#counted(body);
    this.#central.push(centralRecord(member));
  }

  add({ plain, packed }: Deflated): Uint8Array {
    if (this.#open === undefined) throw wrongLength();
    const { member } = this.#open;
    member.crc = crc32(plain, member.crc);
    member.size += plain.length;
    member.packedSize += packed.length;
    return this.#counted(packed);
  }

  *end(): Generator<Uint8Array> {
    yield* this.#finish();
    const start = this.#offset;
    for (const record of this.#central) yield this.#counted(record);
    yield endRecords({ count: this.#central.length, start, length: this.#offset - start });
  }

  *#finish(): Generator<Uint8Array> {
    if (this.#open === undefined) return;
    const { member, expected } = this.#open;
    this.#open = undefined;
    if (member.size !== expected) throw wrongLength();
    member.packedSize += LAST_BLOCK.length;
    yield this.#counted(LAST_BLOCK);
    yield this.#counted(localDescriptor(member));
    this.#central.push(centralRecord(member));
  }

  #counted(bytes: Uint8Array): Uint8Array {
    this.#offset += bytes.length;
    return bytes;
  }
}

function wrongLength(): AppError {
  return new AppError('failed', { detail: 'a file is not as long as its blobs; the archive would be damaged' });
}

function memberOf(
  { path, node, size }: ArchiveEntry,
  { isStreamed, body, offset }: { isStreamed: boolean; body: Uint8Array; offset: number },
): ZipMember {
  const name = Buffer.from(node.type === 'dir' ? `${path}/` : path, 'latin1');
  return {
    name,
    isText: isUtf8(name),
    isStreamed,
    isLarge: isLarge(size),
    method: isStreamed ? METHOD_DEFLATED : METHOD_STORED,
    mtimeNs: node.mtimeNs,
    mode: treeText.unixMode(node.mode),
    isDirectory: node.type === 'dir',
    uid: node.uid,
    gid: node.gid,
    crc: crc32(body),
    size: body.length,
    packedSize: body.length,
    offset,
  };
}
