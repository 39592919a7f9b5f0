/** Archives of the pax form: ustar headers, with an extended header before each entry that needs one. */
import { AppError } from '../base/errors.ts';
import { type Node, type NodeType, treeText } from '../vault.ts';
import type { ArchiveEntry } from './entry.ts';
import { PaxRecords } from './pax.ts';

export type TarPart = { kind: 'entry'; entry: ArchiveEntry } | { kind: 'content'; bytes: Uint8Array };

const BLOCK_BYTES = 512;
const NAME_BYTES_MAX = 100;
/** With the zero byte that ends them. */
const OWNER_BYTES_MAX = 31;
/** Seven and eleven octal digits. */
const ID_MAX = 0o7777777;
const SIZE_MAX = 0o77777777777;
const NS = 1_000_000_000n;

const TYPE_FLAGS: Readonly<Partial<Record<NodeType, string>>> = {
  file: '0',
  symlink: '2',
  chardev: '3',
  dev: '4',
  dir: '5',
  fifo: '6',
};
const HARD_LINK = '1';
const EXTENDED = 'x';

/** @throws {AppError} `failed` when the content of a file is not as long as its entry says */
export async function* tarOf(parts: AsyncIterable<TarPart>): AsyncGenerator<Uint8Array, void> {
  let left = 0;
  let padding = 0;
  for await (const part of parts) {
    if (part.kind === 'entry') {
      if (left !== 0) throw wrongLength();
      if (padding > 0) yield new Uint8Array(padding);
      yield headersOf(part.entry);
      left = part.entry.size;
      padding = paddingOf(left);
    } else {
      left -= part.bytes.length;
      if (left < 0) throw wrongLength();
      yield part.bytes;
    }
  }
  if (left !== 0) throw wrongLength();
  yield new Uint8Array(padding + 2 * BLOCK_BYTES);
}

function wrongLength(): AppError {
  return new AppError('failed', { detail: 'a file is not as long as its blobs; the archive would be damaged' });
}

/** The header of an entry, with the extended header before it where there must be one. */
export function headersOf(entry: ArchiveEntry): Uint8Array {
  const { node, linkTo, size } = entry;
  const records = new PaxRecords();
  const name = nameField(records, 'path', node.type === 'dir' ? `${entry.path}/` : entry.path);
  const target = linkTo ?? (node.type === 'symlink' ? node.linkTarget : '');
  const header = encodeHeader({
    name,
    mode: treeText.unixMode(node.mode) & 0o7777,
    uid: numberField(records, 'uid', node.uid, ID_MAX),
    gid: numberField(records, 'gid', node.gid, ID_MAX),
    size: numberField(records, 'size', size, SIZE_MAX),
    mtime: timeField(records, node),
    type: linkTo === undefined ? (TYPE_FLAGS[node.type] ?? '0') : HARD_LINK,
    linkName: nameField(records, 'linkpath', target),
    user: ownerField(records, 'uname', node.user),
    group: ownerField(records, 'gname', node.group),
    device: node.device,
  });
  if (linkTo === undefined) for (const attribute of node.extendedAttributes) records.addAttribute(attribute);
  return records.isEmpty ? header : Buffer.concat([extendedHeader(name, records.bytes()), header]);
}

interface Header {
  /** Raw, at most 100 bytes. */
  name: string;
  mode: number;
  uid: number;
  gid: number;
  size: number;
  /** Seconds since 1970. */
  mtime: number;
  type: string;
  linkName: string;
  user: string;
  group: string;
  device: bigint;
}

function extendedHeader(name: string, records: Buffer): Buffer {
  const base = name.replace(/\/$/, '').replace(/^.*\//s, '').slice(0, 80);
  const header = encodeHeader({
    name: `PaxHeaders/${base}`,
    mode: 0o644,
    uid: 0,
    gid: 0,
    size: records.length,
    mtime: 0,
    type: EXTENDED,
    linkName: '',
    user: '',
    group: '',
    device: 0n,
  });
  return Buffer.concat([header, records, Buffer.alloc(paddingOf(records.length))]);
}

function encodeHeader(header: Header): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES);
  block.write(header.name, 0, NAME_BYTES_MAX, 'latin1');
  writeOctal(block, header.mode, 100, 7);
  writeOctal(block, header.uid, 108, 7);
  writeOctal(block, header.gid, 116, 7);
  writeOctal(block, header.size, 124, 11);
  writeOctal(block, header.mtime, 136, 11);
  block.write(header.type, 156, 'latin1');
  block.write(header.linkName, 157, NAME_BYTES_MAX, 'latin1');
  block.write('ustar\x0000', 257, 'latin1');
  block.write(header.user, 265, OWNER_BYTES_MAX, 'latin1');
  block.write(header.group, 297, OWNER_BYTES_MAX, 'latin1');
  writeOctal(block, majorOf(header.device), 329, 7);
  writeOctal(block, minorOf(header.device), 337, 7);
  writeChecksum(block);
  return block;
}

/** The sum of all bytes, its own field counted as spaces. */
function writeChecksum(block: Buffer): void {
  block.fill(' ', 148, 156);
  const sum = block.reduce((all, byte) => all + byte, 0);
  writeOctal(block, sum, 148, 6);
  block[154] = 0;
}

function writeOctal(block: Buffer, value: number, at: number, digits: number): void {
  block.write(value.toString(8).padStart(digits, '0'), at, digits, 'latin1');
}

/** Text that is neither ASCII nor broken is named in the extended header too, which says that it is UTF-8. */
function nameField(records: PaxRecords, key: string, raw: string): string {
  const isAscii = /^[\x01-\x7f]*$/.test(raw);
  const fits = raw.length <= NAME_BYTES_MAX;
  if (!fits || (!isAscii && isText(raw))) records.addName(key, raw);
  return raw.slice(0, NAME_BYTES_MAX);
}

function isText(raw: string): boolean {
  return Buffer.from(Buffer.from(raw, 'latin1').toString('utf8')).toString('latin1') === raw;
}

function ownerField(records: PaxRecords, key: string, name: string): string {
  const raw = Buffer.from(name).toString('latin1');
  if (raw.length > OWNER_BYTES_MAX || raw !== name) records.addName(key, raw);
  return raw.slice(0, OWNER_BYTES_MAX);
}

function numberField(records: PaxRecords, key: string, value: number, max: number): number {
  if (value <= max) return value;
  records.add(key, String(value));
  return 0;
}

/** Seconds rounded down; the extended header has the rest, and what lies before 1970 or too far ahead. */
function timeField(records: PaxRecords, { mtimeNs, atimeNs }: Node): number {
  if (atimeNs !== mtimeNs) records.add('atime', decimal(atimeNs));
  const isPlain = mtimeNs % NS === 0n && mtimeNs >= 0n && mtimeNs / NS <= BigInt(SIZE_MAX);
  if (isPlain) return Number(mtimeNs / NS);
  records.add('mtime', decimal(mtimeNs));
  return mtimeNs < 0n || mtimeNs / NS > BigInt(SIZE_MAX) ? 0 : Number(mtimeNs / NS);
}

/** `-1.5` for one and a half seconds before 1970. */
function decimal(ns: bigint): string {
  const size = ns < 0n ? -ns : ns;
  const fraction = String(size % NS)
    .padStart(9, '0')
    .replace(/0+$/, '');
  return `${ns < 0n ? '-' : ''}${size / NS}${fraction === '' ? '' : `.${fraction}`}`;
}

function paddingOf(size: number): number {
  return (BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES;
}

/** As makedev(3) puts them together, kept to what seven octal digits hold. */
function majorOf(device: bigint): number {
  return Number(((device >> 8n) & 0xfffn) | ((device >> 32n) & 0x1ff000n));
}

function minorOf(device: bigint): number {
  return Number((device & 0xffn) | ((device >> 12n) & 0x1fff00n));
}
