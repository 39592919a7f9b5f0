/** Reads the entries of a tree from its bytes. */
import type { BlobId } from '../base/ids.ts';
import { ID_BYTES } from '../base/ids.ts';
import { unquoteName, utf8Raw } from './go-quote.ts';
import type { JsonCursor } from './json-cursor.ts';
import { KeySet } from './key-set.ts';
import type { ExtendedAttribute, Node, NodeType } from './model.ts';
import { type Instant, parseInstantInto } from './time.ts';

const U32_MAX = 0xffff_ffff;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

const TYPES: NodeType[] = ['file', 'dir', 'symlink', 'dev', 'chardev', 'fifo', 'socket', 'irregular'];
const TYPE_NAMES = new KeySet(TYPES);
const ATTRIBUTE_KEYS = new KeySet(['name', 'value']);

/** How each member is read into a node; in the order restic writes them. */
const MEMBERS: Record<string, (reader: NodeReader, node: Node) => void> = {
  name: (reader, node) => reader.readName(node),
  type: (reader, node) => reader.readType(node),
  mode: (reader, node) => {
    node.mode = reader.u32();
  },
  mtime: (reader, node) => {
    node.mtimeNs = reader.time();
  },
  atime: (reader, node) => {
    node.atimeNs = reader.time();
  },
  ctime: (reader, node) => {
    node.ctimeNs = reader.time();
  },
  uid: (reader, node) => {
    node.uid = reader.u32();
  },
  gid: (reader, node) => {
    node.gid = reader.u32();
  },
  user: (reader, node) => {
    node.user = reader.owner(reader.user);
  },
  group: (reader, node) => {
    node.group = reader.owner(reader.group);
  },
  inode: (reader, node) => {
    node.inode = reader.cursor.bigint();
  },
  device_id: (reader, node) => {
    node.deviceId = reader.cursor.bigint();
  },
  size: (reader, node) => {
    node.size = reader.cursor.integer();
  },
  links: (reader, node) => {
    node.links = reader.cursor.integer();
  },
  linktarget: (reader, node) => {
    const text = utf8Raw(reader.cursor.string());
    // the raw target, wherever it stands, has more in it
    if (node.linkTarget === '') node.linkTarget = text;
  },
  linktarget_raw: (reader, node) => {
    node.linkTarget = reader.base64().toString('latin1');
  },
  extended_attributes: (reader, node) => {
    node.extendedAttributes = reader.attributes();
  },
  generic_attributes: (reader, node) => {
    node.genericAttributes = reader.verbatim();
  },
  device: (reader, node) => {
    node.device = reader.cursor.bigint();
  },
  content: (reader, node) => {
    node.content = reader.ids();
  },
  subtree: (reader, node) => {
    node.subtree = reader.id();
  },
  error: (reader, node) => {
    node.error = reader.cursor.string();
  },
};
const KEYS = new KeySet(Object.keys(MEMBERS));
const READERS = Object.values(MEMBERS);

/** A string read before, and where it stands. */
interface KnownText {
  from: number;
  to: number;
  text: string;
}

export class NodeReader {
  readonly cursor: JsonCursor;
  /** Which member came after each one last time: entries of a directory mostly have the same. */
  readonly #following = Int8Array.from({ length: READERS.length + 1 }, (_, place) => place);
  readonly #instant: Instant = { seconds: 0, nanos: 0 };
  readonly #id = new Uint8Array(ID_BYTES);
  readonly #time = { from: 0, to: 0 };
  #timeNs = 0n;
  readonly user: KnownText = { from: 0, to: 0, text: '' };
  readonly group: KnownText = { from: 0, to: 0, text: '' };

  constructor(cursor: JsonCursor) {
    this.cursor = cursor;
  }

  /** Reads one node. @throws {AppError} of the cursor when it is none, or has no name that is safe to use */
  read(): Node {
    const { cursor } = this;
    const start = cursor.at;
    const node = emptyNode();
    let seen = 0;
    let place = -1;
    for (let more = cursor.enterObject(); more; more = cursor.nextMember()) {
      const before = place + 1;
      place = cursor.key(KEYS, this.#following[before]!);
      this.#following[before] = place;
      if (cursor.tryNull()) continue;
      if (place < 0) cursor.skip();
      else {
        READERS[place]!(this, node);
        // the first two are name and type, which every node must have
        seen |= 1 << place;
      }
    }
    if ((seen & 3) !== 3) cursor.fail(`node ${JSON.stringify(node.name)} without name or type`, start);
    return node;
  }

  readName(node: Node): void {
    if (node.name !== '') this.cursor.fail('second name of a node');
    node.name = readSafeName(this.cursor);
  }

  readType(node: Node): void {
    const { cursor } = this;
    cursor.span();
    const place = TYPE_NAMES.find(cursor.bytes, cursor.from, cursor.to);
    if (place < 0) cursor.fail(`node ${JSON.stringify(node.name)} of unknown type`, cursor.from);
    node.type = TYPES[place]!;
  }

  u32(): number {
    const value = this.cursor.integer();
    if (value > U32_MAX) this.cursor.fail('number too large');
    return value;
  }

  /** Nanoseconds since 1970. */
  time(): bigint {
    const { cursor } = this;
    cursor.span();
    // the access time mostly repeats the modification time
    if (this.#isRepeated(this.#time)) return this.#timeNs;
    if (!parseInstantInto(cursor.bytes, cursor, this.#instant)) cursor.fail('not a time', cursor.from);
    this.#time.from = cursor.from;
    this.#time.to = cursor.to;
    this.#timeNs = BigInt(this.#instant.seconds) * 1_000_000_000n + BigInt(this.#instant.nanos);
    return this.#timeNs;
  }

  /** A user's or group's name, mostly the same as in the node before. */
  owner(last: KnownText): string {
    const { cursor } = this;
    cursor.span();
    if (this.#isRepeated(last)) return last.text;
    last.from = cursor.from;
    last.to = cursor.to;
    last.text = cursor.text();
    return last.text;
  }

  /** Whether the string just read has the same bytes as the one known. */
  #isRepeated(known: { from: number; to: number }): boolean {
    const { bytes, from, to } = this.cursor;
    if (known.to - known.from !== to - from || from === to) return false;
    // from the end, where times differ
    for (let i = to - 1, j = known.to - 1; i >= from; i--, j--) if (bytes[i] !== bytes[j]) return false;
    return true;
  }

  base64(): Buffer {
    const text = this.cursor.string();
    if (!BASE64.test(text)) this.cursor.fail('not base64', this.cursor.from);
    return Buffer.from(text, 'base64');
  }

  id(): BlobId {
    this.cursor.hex(this.#id);
    return this.cursor.latin1() as BlobId;
  }

  ids(): BlobId[] {
    const { cursor } = this;
    const ids: BlobId[] = [];
    for (let more = cursor.enterArray(); more; more = cursor.nextItem()) ids.push(this.id());
    return ids;
  }

  /** Any value, as text. */
  verbatim(): string {
    const { cursor } = this;
    cursor.peek();
    const start = cursor.at;
    cursor.skip();
    return cursor.slice(start, cursor.at);
  }

  attributes(): ExtendedAttribute[] {
    const { cursor } = this;
    const attributes: ExtendedAttribute[] = [];
    for (let more = cursor.enterArray(); more; more = cursor.nextItem()) attributes.push(this.#attribute());
    return attributes;
  }

  #attribute(): ExtendedAttribute {
    const { cursor } = this;
    const attribute: ExtendedAttribute = { name: '', value: new Uint8Array(0) };
    let place = -1;
    for (let more = cursor.enterObject(); more; more = cursor.nextMember()) {
      place = cursor.key(ATTRIBUTE_KEYS, place + 1);
      if (cursor.tryNull()) continue;
      if (place === 0) attribute.name = utf8Raw(cursor.string());
      else if (place === 1) attribute.value = new Uint8Array(this.base64());
      else cursor.skip();
    }
    return attribute;
  }
}

/** Reads the name of an entry as raw bytes. @throws {AppError} when it could lead anywhere but into its directory */
export function readSafeName(cursor: JsonCursor): string {
  cursor.span();
  const name = cursor.isPlain ? cursor.latin1() : unquoteName(cursor.text());
  if (name === '' || name === '.' || name === '..' || name.includes('/') || name.includes('\0'))
    cursor.fail(`unsafe name ${JSON.stringify(name)}`, cursor.from);
  return name;
}

function emptyNode(): Node {
  return {
    name: '',
    type: 'file',
    mode: 0,
    mtimeNs: 0n,
    atimeNs: 0n,
    ctimeNs: 0n,
    uid: 0,
    gid: 0,
    user: '',
    group: '',
    inode: 0n,
    deviceId: 0n,
    size: 0,
    links: 0,
    linkTarget: '',
    extendedAttributes: [],
    device: 0n,
    content: undefined,
    subtree: undefined,
    error: '',
    genericAttributes: '',
  };
}
