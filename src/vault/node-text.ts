/**
 * The text of a tree's entries made straight from what the kernel said, without a `Node` in between: this runs once for
 * every file of every backup. Texts here are byte strings: one char per byte of the UTF-8 document.
 *
 * An entry is `core` ‖ `attributes` ‖ `tail`. The core holds everything a change of which also changes ctime, so an entry
 * whose core equals the parent's is unchanged as a whole and its old text can be taken over.
 */
import { isUtf8, jsonString, nameJson, rawJsonString, utf8Raw } from './go-quote.ts';
import type { ExtendedAttribute } from './model.ts';
import { nodeMode, nodeTypeOf } from './node.ts';
import { encodeTimeParts } from './time.ts';

/** What statx(2) says, as far as a node records it. */
export interface NodeStat {
  mode: number;
  uid: number;
  gid: number;
  links: number;
  size: number;
  mtimeSeconds: number;
  mtimeNanos: number;
  atimeSeconds: number;
  atimeNanos: number;
  ctimeSeconds: number;
  ctimeNanos: number;
  readonly inodeText: string;
  /** The same number as two 32-bit halves. */
  readonly inodeLow: number;
  readonly inodeHigh: number;
  readonly device: bigint;
  readonly rdev: bigint;
}

/** Names as text, empty where there is none. */
export interface NodeOwner {
  user: string;
  group: string;
}

const S_IFMT = 0o170000;
const S_IFREG = 0o100000;
const S_IFDIR = 0o040000;
const S_IFLNK = 0o120000;
const S_IFCHR = 0o020000;
const S_IFBLK = 0o060000;
const S_IFIFO = 0o010000;
const S_IFSOCK = 0o140000;

export interface CoreOptions extends NodeOwner {
  withAtime: boolean;
}

/** `{"name":…` up to and including links, with a comma at the end. `name` is raw. */
export function nodeCore(name: string, stat: NodeStat, options: CoreOptions): string {
  const mtime = encodeTimeParts(stat.mtimeSeconds, stat.mtimeNanos);
  const atime = options.withAtime ? encodeTimeParts(stat.atimeSeconds, stat.atimeNanos) : mtime;
  const ctime = encodeTimeParts(stat.ctimeSeconds, stat.ctimeNanos);
  const mode = nodeMode(stat.mode);
  const size = recordsSize(stat) ? `"size":${stat.size},` : '';
  const links = recordsLinks(stat) ? `"links":${stat.links},` : '';
  return (
    `{"name":${utf8Raw(nameJson(name))},"type":"${nodeTypeOf(stat.mode)}",${mode === 0 ? '' : `"mode":${mode},`}` +
    `"mtime":"${mtime}","atime":"${atime}","ctime":"${ctime}","uid":${stat.uid},"gid":${stat.gid},` +
    ownerText(options) +
    `${stat.inodeText === '0' ? '' : `"inode":${stat.inodeText},`}${deviceText(stat.device)}${size}${links}`
  );
}

/** The beginning of an entry made up rather than found; `name` is raw. */
export function namedHead(name: string, type: string): string {
  return `{"name":${utf8Raw(nameJson(name))},"type":"${type}",`;
}

/** Link target, extended attributes and device number, with a comma at the end where there are any. */
export function nodeAttributes(
  stat: NodeStat,
  { linkTarget, extended }: { linkTarget: string | undefined; extended: readonly ExtendedAttribute[] },
): string {
  const link = linkTarget === undefined ? '' : linkText(linkTarget);
  const attributes = extended.length === 0 ? '' : `"extended_attributes":[${extended.map(attributeText).join(',')}],`;
  const kind = stat.mode & S_IFMT;
  const isDevice = (kind === S_IFCHR || kind === S_IFBLK) && stat.rdev !== 0n;
  return `${link}${attributes}${isDevice ? `"device":${stat.rdev},` : ''}`;
}

/** A core with another size: what was read counts, not what was expected. */
export function withSize(core: string, size: number): string {
  // A quote inside a JSON string is always escaped, so `,"size":` can only be the field itself.
  const bare = core.replace(/,"size":\d+,/, ',');
  if (size === 0) return bare;
  const at = bare.lastIndexOf(',"links":');
  const end = at < 0 ? bare.length : at + 1;
  return `${bare.slice(0, end)}"size":${size},${bare.slice(end)}`;
}

/** The end of a file's entry; `ids` are its blobs in order. */
export function fileTail(ids: readonly string[]): string {
  return ids.length === 0 ? '"content":[]}' : `"content":["${ids.join('","')}"]}`;
}

/** The end of a directory's entry. */
export function directoryTail(subtree: string): string {
  return `"content":null,"subtree":"${subtree}"}`;
}

/** The end of every other entry. */
export const OTHER_TAIL = '"content":null}';

export const TREE_HEAD = '{"nodes":[';
export const TREE_TAIL = ']}\n';

export type EntryKind = 'file' | 'directory' | 'symlink' | 'special' | 'socket';

export function entryKind(stMode: number): EntryKind {
  const kind = stMode & S_IFMT;
  if (kind === S_IFREG) return 'file';
  if (kind === S_IFDIR) return 'directory';
  if (kind === S_IFLNK) return 'symlink';
  return kind === S_IFSOCK ? 'socket' : 'special';
}

export function recordsSize({ mode, size }: NodeStat): boolean {
  return (mode & S_IFMT) === S_IFREG && size > 0;
}

/** Directories and fifos record no link count. */
export function recordsLinks({ mode, links }: NodeStat): boolean {
  const kind = mode & S_IFMT;
  return kind !== S_IFDIR && kind !== S_IFIFO && links > 0;
}

let lastOwner: NodeOwner = { user: '', group: '' };
let lastOwnerText = '';

/** With a comma at the end, or nothing. */
export function ownerText({ user, group }: NodeOwner): string {
  if (user !== lastOwner.user || group !== lastOwner.group) {
    const userText = user === '' ? '' : `"user":${utf8Raw(jsonString(user))},`;
    const groupText = group === '' ? '' : `"group":${utf8Raw(jsonString(group))},`;
    lastOwner = { user, group };
    lastOwnerText = userText + groupText;
  }
  return lastOwnerText;
}

let lastDevice = 0n;
let lastDeviceText = '';

/** With a comma at the end, or nothing. */
export function deviceText(device: bigint): string {
  if (device !== lastDevice) {
    lastDevice = device;
    lastDeviceText = device === 0n ? '' : `"device_id":${device},`;
  }
  return lastDeviceText;
}

/** A raw target is repeated in base64 when it is not UTF-8, as its text then lost bytes (format since restic 0.16). */
function linkText(raw: string): string {
  if (raw === '') return '';
  const exact = isUtf8(raw) ? '' : `"linktarget_raw":"${Buffer.from(raw, 'latin1').toString('base64')}",`;
  return `"linktarget":${utf8Raw(rawJsonString(raw))},${exact}`;
}

function attributeText({ name, value }: ExtendedAttribute): string {
  return `{"name":${utf8Raw(rawJsonString(name))},"value":"${Buffer.from(value).toString('base64')}"}`;
}
