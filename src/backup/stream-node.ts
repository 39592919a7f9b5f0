/** Entries of a snapshot that no file system knows: a stream as a file, and directories made up around it. */
import type { Identity } from '../host.ts';
import { treeText } from '../vault.ts';
import type { Counts } from './jobs.ts';
import type { StoredStream } from './stream-thread.ts';

const { directoryTail, encodeTimeParts, fileTail, namedHead } = treeText;

/** Of a stream whose rights nobody has said. */
const FILE_MODE = 0o644;
const DIRECTORY_MODE = 0x8000_0000 + 0o755;

/** When the entry came about, ms since 1970, and whose it is. */
export interface EntryOrigin {
  timeMs: number;
  identity: Identity;
}

/** A node with its raw name, by which nodes of a tree are ordered. */
export interface NamedNode {
  name: string;
  text: string;
}

export function streamNode(
  name: string,
  { ids, bytes }: StoredStream,
  { mode = FILE_MODE, ...origin }: EntryOrigin & { mode?: number | undefined },
): NamedNode {
  const size = bytes > 0 ? `"size":${bytes},` : '';
  return { name, text: `${namedHead(name, 'file')}${coreOf(mode, origin)}${size}${fileTail(ids)}` };
}

export function directoryNode(name: string, treeId: string, origin: EntryOrigin): NamedNode {
  return { name, text: `${namedHead(name, 'dir')}${coreOf(DIRECTORY_MODE, origin)}${directoryTail(treeId)}` };
}

/** As what a stream counts, beside the parent snapshot's node of its name; empty text when there is none. */
export function newsOf({ text }: NamedNode, parentNode: string): keyof Counts {
  if (!parentNode.includes('"type":"file",')) return 'filesNew';
  return parentNode.endsWith(text.slice(text.lastIndexOf('"content":['))) ? 'filesUnmodified' : 'filesChanged';
}

function coreOf(mode: number, { timeMs, identity: { uid, gid } }: EntryOrigin): string {
  const seconds = Math.floor(timeMs / 1000);
  const time = encodeTimeParts(seconds, Math.floor((timeMs - seconds * 1000) * 1_000_000));
  return `"mode":${mode},"mtime":"${time}","atime":"${time}","ctime":"${time}","uid":${uid},"gid":${gid},`;
}
