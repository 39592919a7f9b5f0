/** The records of a zip archive (APPNOTE.TXT 6.3, section 4.3), with the 64-bit forms where numbers need them. */
const LOCAL = 0x04034b50;
const DESCRIPTOR = 0x08074b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;

const U16_MAX = 0xffff;
const U32_MAX = 0xffff_ffff;
/** Sizes are written after the content; names are UTF-8. */
const FLAG_STREAMED = 1 << 3;
const FLAG_UTF8 = 1 << 11;
/** 4.5 of the format, on Unix. */
const VERSION = 45;
const MADE_BY = (3 << 8) | VERSION;
const EXTRA_64 = 0x0001;
const EXTRA_TIME = 0x5455;
const EXTRA_OWNER = 0x7875;
const DOS_DIRECTORY = 0x10;
const NS_PER_S = 1_000_000_000n;
const I32_MAX = 2 ** 31 - 1;

export const METHOD_STORED = 0;
export const METHOD_DEFLATED = 8;

export interface ZipMember {
  name: Uint8Array;
  /** The name is UTF-8. */
  isText: boolean;
  isStreamed: boolean;
  /** Sizes after the content take 64 bits; known before the content is. */
  isLarge: boolean;
  method: number;
  mtimeNs: bigint;
  /** As st_mode. */
  mode: number;
  isDirectory: boolean;
  uid: number;
  gid: number;
  crc: number;
  size: number;
  packedSize: number;
  /** Of its local header, from the start of the archive. */
  offset: number;
}

/** Whether a file of this size may need 64 bits, with room for data that grows when deflated. */
export function isLarge(size: number): boolean {
  return size > 0xf000_0000;
}

export function localHeader(member: ZipMember): Uint8Array {
  const large = member.isLarge ? [extra(EXTRA_64, [u64(0), u64(0)])] : [];
  const extras = Buffer.concat([...large, ...attributes(member)]);
  const sizes = member.isLarge ? [u32(U32_MAX), u32(U32_MAX)] : [u32(member.packedSize), u32(member.size)];
  return Buffer.concat([
    u32(LOCAL),
    u16(VERSION),
    ...commonFields(member),
    u32(member.isStreamed ? 0 : member.crc),
    ...sizes,
    u16(member.name.length),
    u16(extras.length),
    member.name,
    extras,
  ]);
}

export function localDescriptor({ crc, size, packedSize, isLarge: isWide }: ZipMember): Uint8Array {
  const number = isWide ? u64 : u32;
  return Buffer.concat([u32(DESCRIPTOR), u32(crc), number(packedSize), number(size)]);
}

export function centralRecord(member: ZipMember): Uint8Array {
  const { size, packedSize, offset, mode, isDirectory } = member;
  const wide = [size, packedSize, offset].filter((value) => value >= U32_MAX).map(u64);
  const extras = Buffer.concat([...(wide.length === 0 ? [] : [extra(EXTRA_64, wide)]), ...attributes(member)]);
  return Buffer.concat([
    u32(CENTRAL),
    u16(MADE_BY),
    u16(VERSION),
    ...commonFields(member),
    u32(member.crc),
    u32(Math.min(packedSize, U32_MAX)),
    u32(Math.min(size, U32_MAX)),
    u16(member.name.length),
    u16(extras.length),
    u16(0),
    u16(0),
    u16(0),
    u32(((mode << 16) | (isDirectory ? DOS_DIRECTORY : 0)) >>> 0),
    u32(Math.min(offset, U32_MAX)),
    member.name,
    extras,
  ]);
}

/** What closes the archive. `start` and `length` are of the list of all members. */
export function endRecords({ count, start, length }: { count: number; start: number; length: number }): Uint8Array {
  const isWide = count >= U16_MAX || start >= U32_MAX || length >= U32_MAX;
  const shortCount = u16(Math.min(count, U16_MAX));
  const end = [
    u32(END),
    u16(0),
    u16(0),
    shortCount,
    shortCount,
    u32(Math.min(length, U32_MAX)),
    u32(Math.min(start, U32_MAX)),
    u16(0),
  ];
  return Buffer.concat(isWide ? [...wideEnd({ count, start, length }), ...end] : end);
}

function wideEnd({ count, start, length }: { count: number; start: number; length: number }): Buffer[] {
  const rest = [u16(MADE_BY), u16(VERSION), u32(0), u32(0), u64(count), u64(count), u64(length), u64(start)];
  const restLength = rest.reduce((sum, each) => sum + each.length, 0);
  const locator = [u32(LOCATOR_64), u32(0), u64(start + length), u32(1)];
  return [u32(END_64), u64(restLength), ...rest, ...locator];
}

function commonFields({ isStreamed, isText, method, mtimeNs }: ZipMember): Buffer[] {
  const flags = (isStreamed ? FLAG_STREAMED : 0) | (isText ? FLAG_UTF8 : 0);
  return [u16(flags), u16(method), ...dosTime(mtimeNs)];
}

/** Time in UTC and owner, as Info-ZIP keeps them. */
function attributes({ mtimeNs, uid, gid }: ZipMember): Buffer[] {
  const seconds = Number(mtimeNs / NS_PER_S);
  const hasTime = seconds >= 0 && seconds <= I32_MAX;
  const owner = extra(EXTRA_OWNER, [Buffer.of(1, 4), u32(uid), Buffer.of(4), u32(gid)]);
  return hasTime ? [extra(EXTRA_TIME, [Buffer.of(1), u32(seconds)]), owner] : [owner];
}

/** Local time in steps of two seconds, from 1980 to 2107. */
function dosTime(ns: bigint): Buffer[] {
  const date = new Date(Number(ns / 1_000_000n));
  const year = date.getFullYear();
  if (year < 1980) return [u16(0), u16((1 << 5) | 1)];
  if (year > 2107) return [u16((23 << 11) | (59 << 5) | 29), u16((127 << 9) | (12 << 5) | 31)];
  const time = (date.getHours() << 11) | (date.getMinutes() << 5) | (date.getSeconds() >> 1);
  return [u16(time), u16(((year - 1980) << 9) | ((date.getMonth() + 1) << 5) | date.getDate())];
}

function extra(id: number, fields: Buffer[]): Buffer {
  const body = Buffer.concat(fields);
  return Buffer.concat([u16(id), u16(body.length), body]);
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}
