/** The parent snapshot's tree of a directory, as the text it is stored as. */
import { type blobs, treeText } from '../vault.ts';
import type { ComparePolicy, Problem } from './jobs.ts';

const { encodeTimeParts, parseInstant, splitTree } = treeText;

const CONTENT = '"content":[';
const SUBTREE = '"subtree":"';
const ID_CHARS = 64;

/** Looks entries up in name order; lookups in any other order are right as well, only slower. */
export class ParentTree {
  /** One char per byte. */
  readonly text: string;
  readonly #spans: treeText.NodeSpan[];
  #next = 0;

  constructor(text: string) {
    this.text = text;
    this.#spans = text === '' ? [] : splitTree(text);
  }

  /** False for a text that would not be made like this again, though it says the same. */
  get isCanonical(): boolean {
    const last = this.#spans.at(-1);
    const first = this.#spans[0];
    if (first === undefined || last === undefined) return false;
    return first.start === treeText.TREE_HEAD.length && this.text.length === last.end + treeText.TREE_TAIL.length;
  }

  get count(): number {
    return this.#spans.length;
  }

  find(name: string): treeText.NodeSpan | undefined {
    const spans = this.#spans;
    if (this.#next > 0 && name <= spans[this.#next - 1]!.name) this.#next = 0;
    while (this.#next < spans.length && spans[this.#next]!.name < name) this.#next++;
    const span = spans[this.#next];
    return span?.name === name ? span : undefined;
  }

  /** Text of a tree with just the entries from `first` to `last`, both included. */
  slice(first: string, last: string): string {
    const inside = this.#spans.filter((span) => span.name >= first && span.name <= last);
    if (inside.length === 0) return '';
    return `{"nodes":[${inside.map((span) => this.text.slice(span.start, span.end)).join(',')}]}\n`;
  }
}

/** The directory is read as if it were new, and its tree stored anew even if it is the same: see `BlobTable.hide`. */
export function damagedParent(path: string, why: string): Problem {
  const message = `its tree in the parent snapshot cannot be read, so all was read again; ${why}; run: holdfast check`;
  return { path, message, harmless: false };
}

/** The text from `"content":[` on, when every blob it names is in the vault. */
export function contentIdsAt(node: string, table: blobs.BlobTable): string | undefined {
  const start = node.lastIndexOf(CONTENT);
  if (start < 0) return undefined;
  let at = start + CONTENT.length;
  while (node.charCodeAt(at) === 0x22) {
    if (table.findHexAt('data', node, at + 1) < 0) return undefined;
    at += ID_CHARS + 2;
    if (node.charCodeAt(at) === 0x2c) at++;
  }
  return node.startsWith(']}', at) ? node.slice(start) : undefined;
}

/** The id of a directory node's tree, or empty. */
export function subtreeOf(node: string): string {
  const at = node.lastIndexOf(SUBTREE);
  return at < 0 ? '' : node.slice(at + SUBTREE.length, at + SUBTREE.length + ID_CHARS);
}

/** Whether a node's link target may be only what is left of one that was not text: restic before 0.16 keeps no more. */
export function hasLostBytes(node: string): boolean {
  return node.includes('\\ufffd') || node.includes('\xef\xbf\xbd');
}

/** Whether the parent's node is of a file with the same content, by size, times and inode as the policy says. */
export function sameContent(node: string, stat: treeText.NodeStat, policy: ComparePolicy): boolean {
  const has = (text: string): boolean => node.includes(text);
  return (
    has('"type":"file",') &&
    has(stat.size === 0 ? '"content":[]' : `"size":${stat.size},`) &&
    hasTime(node, '"mtime":"', { seconds: stat.mtimeSeconds, nanos: stat.mtimeNanos }) &&
    (policy.ignoreCtime || hasTime(node, '"ctime":"', { seconds: stat.ctimeSeconds, nanos: stat.ctimeNanos })) &&
    (policy.ignoreInode || has(`"inode":${stat.inodeText},`))
  );
}

/** Compares instants, not texts: restic writes times with the zone offset of its host. */
function hasTime(node: string, key: string, { seconds, nanos }: treeText.Instant): boolean {
  const at = node.indexOf(key);
  if (at < 0) return false;
  const start = at + key.length;
  if (node.startsWith(`${encodeTimeParts(seconds, nanos)}"`, start)) return true;
  const instant = parseInstant(node.slice(start, node.indexOf('"', start)));
  return instant !== undefined && instant.seconds === seconds && instant.nanos === nanos;
}
