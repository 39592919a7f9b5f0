/** One entry of a tree as text, byte for byte as restic writes it, and its mode word. Reading is in `node-reader.ts`. */
import { isUtf8, jsonString, nameJson, rawJsonString } from './go-quote.ts';
import type { ExtendedAttribute, Node, NodeType } from './model.ts';
import { encodeTime } from './time.ts';

/** File types of st_mode, and the bits of Go's os.FileMode that stand for them. */
const TYPES: { type: NodeType; format: number; bits: number }[] = [
  { type: 'file', format: 0o100000, bits: 0 },
  { type: 'dir', format: 0o040000, bits: 0x8000_0000 },
  { type: 'symlink', format: 0o120000, bits: 0x0800_0000 },
  { type: 'dev', format: 0o060000, bits: 0x0400_0000 },
  { type: 'chardev', format: 0o020000, bits: 0x0420_0000 },
  { type: 'fifo', format: 0o010000, bits: 0x0200_0000 },
  { type: 'socket', format: 0o140000, bits: 0x0100_0000 },
  { type: 'irregular', format: 0, bits: 0x0008_0000 },
];
const IRREGULAR = TYPES.at(-1)!;
const FORMAT_MASK = 0o170000;
const BY_FORMAT = new Map(TYPES.map((entry) => [entry.format, entry]));
/** All type bits of Go together. */
const TYPE_BITS = TYPES.reduce((all, { bits }) => (all | bits) >>> 0, 0);

/** setuid, setgid and sticky: bit of st_mode, bit of Go's mode. */
const SPECIAL_BITS = [
  [0o4000, 0x0080_0000],
  [0o2000, 0x0040_0000],
  [0o1000, 0x0010_0000],
] as const;

/** Type of an st_mode; `irregular` for what no Linux has. */
export function nodeTypeOf(stMode: number): NodeType {
  return (BY_FORMAT.get(stMode & FORMAT_MASK) ?? IRREGULAR).type;
}

/** Mode word of the format for an st_mode. */
export function nodeMode(stMode: number): number {
  let mode = (stMode & 0o777) | (BY_FORMAT.get(stMode & FORMAT_MASK) ?? IRREGULAR).bits;
  for (const [unix, go] of SPECIAL_BITS) if ((stMode & unix) !== 0) mode |= go;
  return mode >>> 0;
}

/** The st_mode of a mode word: permissions, setuid, setgid, sticky, and the file type. */
export function unixMode(mode: number): number {
  const typeBits = (mode & TYPE_BITS) >>> 0;
  let stMode = (mode & 0o777) | (TYPES.find(({ bits }) => bits === typeBits) ?? IRREGULAR).format;
  for (const [unix, go] of SPECIAL_BITS) if ((mode & go) !== 0) stMode |= unix;
  return stMode;
}

/** The JSON text of a node; its UTF-8 bytes are what a tree holds. */
export function encodeNode(node: Node): string {
  const { type, mode, uid, gid, size, links, subtree, error } = node;
  const mtime = encodeTime(node.mtimeNs);
  const atime = node.atimeNs === node.mtimeNs ? mtime : encodeTime(node.atimeNs);
  return (
    `{"name":${nameJson(node.name)},"type":"${type}",${numberMember('mode', mode)}` +
    `"mtime":"${mtime}","atime":"${atime}","ctime":"${encodeTime(node.ctimeNs)}","uid":${uid},"gid":${gid},` +
    `${textMember('user', node.user)}${textMember('group', node.group)}` +
    `${numberMember('inode', node.inode)}${numberMember('device_id', node.deviceId)}` +
    `${numberMember('size', size)}${numberMember('links', links)}${attributeMembers(node)}` +
    `${numberMember('device', node.device)}"content":${contentJson(node.content)}` +
    `${subtree === undefined ? '' : `,"subtree":"${subtree}"`}${error === '' ? '' : `,"error":${jsonString(error)}`}}`
  );
}

function numberMember(name: string, value: number | bigint): string {
  return value === 0 || value === 0n ? '' : `"${name}":${value},`;
}

function textMember(name: string, text: string): string {
  return text === '' ? '' : `"${name}":${jsonString(text)},`;
}

function attributeMembers({ linkTarget, extendedAttributes, genericAttributes }: Node): string {
  const link = linkTarget === '' ? '' : linkMembers(linkTarget);
  const extended = extendedAttributes.map(attributeJson).join(',');
  const generic = genericAttributes === '' ? '' : `"generic_attributes":${genericAttributes},`;
  return `${link}${extended === '' ? '' : `"extended_attributes":[${extended}],`}${generic}`;
}

/** A target that is not UTF-8 loses bytes in its text, so it is repeated in base64 (restic since 0.16). */
function linkMembers(raw: string): string {
  const exact = isUtf8(raw) ? '' : `"linktarget_raw":"${Buffer.from(raw, 'latin1').toString('base64')}",`;
  return `"linktarget":${rawJsonString(raw)},${exact}`;
}

function attributeJson({ name, value }: ExtendedAttribute): string {
  return `{"name":${rawJsonString(name)},"value":"${Buffer.from(value).toString('base64')}"}`;
}

function contentJson(ids: readonly string[] | undefined): string {
  if (ids === undefined) return 'null';
  return ids.length === 0 ? '[]' : `["${ids.join('","')}"]`;
}
