/** Streams that become files of a snapshot beside the files found on disk: all of them, or no snapshot. */
import { AppError } from '../base/errors.ts';
import { FILE_NAME_BYTES_MAX } from '../base/limits.ts';
import { TaskGroup } from '../base/tasks.ts';
import type { Vault, WriteSession } from '../vault.ts';
import { type EntryOrigin, streamNode } from './stream-node.ts';
import { StreamThread } from './stream-thread.ts';
import type { PlacedNode } from './stream-tree.ts';

export interface CapturedStream {
  /** Name of the file at the top of the snapshot, or its path from there, as `lab/n1/hosts`: such folders are made up. Text. */
  name: string;
  /** Rights of the file; 0644 when absent. */
  mode?: number;
  /**
   * The bytes; ends with an error when they are not to be believed. Given as a function, it is called when its turn has
   * come, with a signal that is aborted when the backup fails for another reason: a silent program is stopped by that.
   */
  stream: AsyncIterable<Uint8Array> | ((signal: AbortSignal) => AsyncIterable<Uint8Array>);
}

/** @throws {AppError} `usage` for names that are no file names, and for one that comes twice */
export function checkNames(streams: readonly CapturedStream[]): void {
  const seen = new Set<string>();
  for (const { name } of streams) {
    if (!name.split('/').every(isFileName))
      throw new AppError('usage', { detail: `not a file name for a stream: ${JSON.stringify(name)}` });
    if (seen.has(name)) throw clash(`two streams are to become ${name}`);
    seen.add(name);
  }
  for (const { name } of streams)
    for (const folder of foldersOf(name))
      if (seen.has(folder)) throw clash(`${folder} is to become a file, and the folder of ${name}`);
}

function isFileName(name: string): boolean {
  const isName = name !== '' && name !== '.' && name !== '..' && !name.includes('\0') && name.isWellFormed();
  return isName && Buffer.byteLength(name) <= FILE_NAME_BYTES_MAX;
}

/** `a/b/c` lies in `a` and `a/b`. */
function foldersOf(name: string): string[] {
  const parts = name.split('/').slice(0, -1);
  return parts.map((_, at) => parts.slice(0, at + 1).join('/'));
}

/** Of a stream, what stands at the top of the snapshot. */
export function topOf({ name }: CapturedStream): string {
  return name.split('/')[0]!;
}

/** `taken` has the raw names at the top of the snapshot. @throws {AppError} `usage` */
export function refuseClash(streams: readonly CapturedStream[], taken: ReadonlyMap<string, unknown>): void {
  for (const each of streams) {
    const top = topOf(each);
    if (taken.has(rawName(top))) throw clash(`a stream and a file are both to become /${top}`);
  }
}

function clash(detail: string): AppError {
  return new AppError('usage', { detail, hint: 'Give the stream another name.' });
}

/** Names in trees are bytes, one to a char. */
export function rawName(name: string): string {
  return Buffer.from(name).toString('latin1');
}

export interface StreamParts extends EntryOrigin {
  vault: Vault;
  session: WriteSession;
  streams: readonly CapturedStream[];
  signal: AbortSignal;
  /** Called with the bytes that were read of the stream of that name since the last call. */
  onBytes: (name: string, bytes: number) => void;
}

/** What the work beside the streams gets of them. */
export interface Beside {
  /** Their nodes, in the order given, once all are stored. */
  nodes: Promise<readonly PlacedNode[]>;
  /** Aborted when a stream fails. */
  signal: AbortSignal;
  storeTree: (text: string) => Promise<string>;
}

/**
 * Stores the streams, one after the other, while `work` is done; the first failure of either stops both and is thrown.
 */
export async function besideStreams<T>(parts: StreamParts, work: (beside: Beside) => Promise<T>): Promise<T> {
  await using thread = StreamThread.start(parts.vault, parts.session);
  const group = new TaskGroup(AbortSignal.any([parts.signal, parts.session.signal]));
  const { promise: nodes, resolve, reject } = Promise.withResolvers<readonly PlacedNode[]>();
  // Who has failed before asking for the nodes does not hear of theirs.
  nodes.catch(() => {});
  group.run(async (signal) => {
    await storeStreams(thread, parts, signal).then(resolve, (error: unknown) => {
      reject(error);
      throw error;
    });
  });
  const done: T[] = [];
  group.run(async (signal) => {
    done.push(await work({ nodes, signal, storeTree: (text) => thread.storeTree(text) }));
  });
  await group.join();
  await thread.flush();
  return done[0]!;
}

async function storeStreams(thread: StreamThread, parts: StreamParts, signal: AbortSignal): Promise<PlacedNode[]> {
  const nodes: PlacedNode[] = [];
  for (const { name, mode, stream } of parts.streams) {
    signal.throwIfAborted();
    const opened = typeof stream === 'function' ? stream(signal) : stream;
    const stored = await thread.store(opened, { signal, onBytes: (bytes) => parts.onBytes(name, bytes) });
    const folders = rawName(name).split('/');
    nodes.push({ node: streamNode(folders.pop()!, stored, { ...parts, mode }), folders });
  }
  return nodes;
}
