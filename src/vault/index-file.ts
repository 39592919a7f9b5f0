/** Index documents: which blobs lie in which pack. Written as restic does, read in one pass without building objects. */
import { ID_BYTES, type PackId } from '../base/ids.ts';
import { JsonCursor } from './json-cursor.ts';
import { KeySet } from './key-set.ts';
import type { BlobKind, PackedBlob } from './model.ts';
import { SEAL_OVERHEAD } from './seal.ts';

const U32_MAX = 0xffff_ffff;
const OPEN_ARRAY = 0x5b;

const DOCUMENT_KEYS = new KeySet(['packs', 'supersedes']);
const PACK_KEYS = new KeySet(['id', 'blobs']);
const BLOB_KEYS = new KeySet(['id', 'type', 'offset', 'length', 'uncompressed_length']);
const KIND_NAMES = new KeySet(['data', 'tree']);
/** The values as they mostly stand, so that they need no search. */
const DATA = Buffer.from('"data"');
const TREE = Buffer.from('"tree"');
const KINDS: BlobKind[] = ['data', 'tree'];
/** Text turned into bytes at a time. */
const PIECE_CHARS = 1 << 16;

/** What a reader of an index wants to be told, in the order of the document. */
export interface IndexSink {
  /** What is read, for messages: `index 1a2b…`. */
  name: string;
  /** The blobs that follow lie in this pack. */
  pack: (id: PackId) => void;
  /** `id` is the same 32 bytes every time: copy what is kept. `uncompressedLength` is 0 for a blob stored as it is. */
  blob: (id: Uint8Array, kind: BlobKind, offset: number, length: number, uncompressedLength: number) => void;
  /** An index file this one replaces, as written by restic up to 0.14. */
  supersedes?: (id: string) => void;
}

/** The text of an index file, as bytes: made piece by piece, as the whole of it takes 10 MB and strings take more. */
export function encodeIndex(packs: readonly { pack: string; readonly blobs: readonly PackedBlob[] }[]): Buffer {
  const pieces: Buffer[] = [];
  let text = '{"packs":[';
  for (const [number, { pack, blobs }] of packs.entries()) {
    text += `${number === 0 ? '' : ','}{"id":"${pack}","blobs":[`;
    for (const [at, blob] of blobs.entries()) {
      text += at === 0 ? encodeBlob(blob) : `,${encodeBlob(blob)}`;
      if (text.length < PIECE_CHARS) continue;
      pieces.push(Buffer.from(text, 'latin1'));
      text = '';
    }
    text += ']}';
  }
  pieces.push(Buffer.from(`${text}]}\n`, 'latin1'));
  return Buffer.concat(pieces);
}

function encodeBlob({ id, kind, offset, length, uncompressedLength }: PackedBlob): string {
  const uncompressed = uncompressedLength === 0 ? '' : `,"uncompressed_length":${uncompressedLength}`;
  return `{"id":"${id}","type":"${kind}","offset":${offset},"length":${length}${uncompressed}}`;
}

/**
 * Reads an index document; keys may come in any order and unknown ones are skipped. The bare array of packs of the
 * oldest vaults is read too.
 * @throws {AppError} `file-damaged` with the byte position; the sink may have been told of part of it by then
 */
export function readIndex(bytes: Uint8Array, sink: IndexSink): void {
  new IndexReader(bytes, sink).read();
}

class IndexReader {
  readonly #cursor: JsonCursor;
  readonly #sink: IndexSink;
  readonly #id = new Uint8Array(ID_BYTES);

  constructor(bytes: Uint8Array, sink: IndexSink) {
    this.#cursor = new JsonCursor(bytes, { code: 'file-damaged', name: sink.name });
    this.#sink = sink;
  }

  read(): void {
    const cursor = this.#cursor;
    if (cursor.peek() === OPEN_ARRAY) this.#packs();
    else {
      for (let more = cursor.enterObject(); more; more = cursor.nextMember()) this.#member();
    }
    cursor.finish();
  }

  #member(): void {
    const cursor = this.#cursor;
    const place = cursor.key(DOCUMENT_KEYS, 0);
    if (place === 0) this.#packs();
    else if (place === 1) this.#supersedes();
    else cursor.skip();
  }

  #supersedes(): void {
    const cursor = this.#cursor;
    if (cursor.tryNull()) return;
    for (let more = cursor.enterArray(); more; more = cursor.nextItem()) {
      // Read first: the argument of a call that is not made is not evaluated.
      const id = this.#readId();
      this.#sink.supersedes?.(id);
    }
  }

  #packs(): void {
    const cursor = this.#cursor;
    if (cursor.tryNull()) return;
    for (let more = cursor.enterArray(); more; more = cursor.nextItem()) this.#pack();
  }

  /** The sink learns the pack before its blobs, so blobs that come before the id are passed over and read afterwards. */
  #pack(): void {
    const cursor = this.#cursor;
    let id: string | undefined;
    let passedAt = -1;
    for (let more = cursor.enterObject(); more; more = cursor.nextMember()) {
      const place = cursor.key(PACK_KEYS, id === undefined ? 0 : 1);
      if (place === 0) id = this.#packId(id);
      else if (place === 1 && id !== undefined) this.#blobs();
      else {
        if (place === 1) passedAt = cursor.at;
        cursor.skip();
      }
    }
    if (id === undefined) cursor.fail('pack without id');
    if (passedAt >= 0) this.#blobsAt(passedAt);
  }

  #packId(known: string | undefined): string {
    if (known !== undefined) this.#cursor.fail('second pack id');
    const id = this.#readId();
    this.#sink.pack(id as PackId);
    return id;
  }

  #blobsAt(at: number): void {
    const end = this.#cursor.at;
    this.#cursor.at = at;
    this.#blobs();
    this.#cursor.at = end;
  }

  #blobs(): void {
    const cursor = this.#cursor;
    if (cursor.tryNull()) return;
    for (let more = cursor.enterArray(); more; more = cursor.nextItem()) this.#blob();
  }

  #blob(): void {
    const cursor = this.#cursor;
    const start = cursor.at;
    let place = -1;
    let kind = -1;
    let hasId = false;
    let offset = 0;
    let length = 0;
    let uncompressedLength = 0;
    for (let more = cursor.enterObject(); more; more = cursor.nextMember()) {
      place = cursor.key(BLOB_KEYS, place + 1);
      if (place === 0) {
        cursor.hex(this.#id);
        hasId = true;
      } else if (place === 1) kind = this.#readKind();
      else if (place === 2) offset = cursor.integer();
      else if (place === 3) length = cursor.integer();
      else if (place === 4) uncompressedLength = cursor.integer();
      else cursor.skip();
    }
    if (!hasId || kind < 0) cursor.fail('blob without id or type', start);
    if (length < SEAL_OVERHEAD || offset + length > U32_MAX || uncompressedLength > U32_MAX)
      cursor.fail('blob at an impossible place', start);
    this.#sink.blob(this.#id, KINDS[kind]!, offset, length, uncompressedLength);
  }

  #readKind(): number {
    const cursor = this.#cursor;
    if (cursor.tryBytes(DATA)) return 0;
    if (cursor.tryBytes(TREE)) return 1;
    cursor.span();
    const kind = cursor.isLiteral
      ? KIND_NAMES.find(cursor.bytes, cursor.from, cursor.to)
      : KIND_NAMES.findText(cursor.text());
    if (kind < 0) cursor.fail('unknown blob type', cursor.from);
    return kind;
  }

  #readId(): string {
    this.#cursor.hex(this.#id);
    return this.#cursor.latin1();
  }
}
