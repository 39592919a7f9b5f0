/** Which files a node gets: its own from the backup, the cluster's from a living peer. Pure. */
import { corosyncOf } from '../capture/gather.ts';
import { itemOf } from '../capture/items.ts';
import { digestOf, type ReadFile, type ReadNode } from '../capture/read.ts';
import type { NodeLook } from './look.ts';
import type { WantedFile } from './model.ts';
import type { StoredConfiguration, StoredFile } from './stored.ts';

export interface FilePlan {
  files: readonly WantedFile[];
  notes: readonly string[];
  /** What keeps it from being known which file is right. */
  doubts: readonly string[];
}

type Origin = Omit<WantedFile, 'now'>;
type Choice = { file: Origin; note?: string } | { note: string } | { doubt: string } | undefined;

/** Scripts that packages bring as well: what is there stays. */
const KEPT_FOLDER = '/etc/ha.d/resource.d/';

/** @param peer the living one, with its files; undefined when the backup is all there is */
export function planFiles(
  stored: StoredConfiguration,
  { target, peer }: { target: ReadNode; peer: (NodeLook & { read: ReadNode }) | undefined },
): FilePlan {
  const paths = new Set(stored.files.map(({ path }) => path));
  for (const { path } of peer?.read.files ?? []) if (itemOf(path)?.belonging === 'cluster') paths.add(path);
  const choices = [...paths].sort().map((path) => chooseFile(path, stored, { target, peer }));
  const chosen = choices.flatMap((choice) => (choice !== undefined && 'file' in choice ? [choice.file] : []));
  const keyFile = corosyncOf(chosen.map(({ path, content }) => ({ path, bytes: Buffer.from(content) })))?.crypto
    .keyFile;
  const isPlaced = ({ path }: Origin): boolean => itemOf(path) !== undefined || path === keyFile;
  return {
    files: chosen.filter(isPlaced).map((file) => ({ ...file, now: nowOf(file, target) })),
    notes: [
      ...choices.flatMap((choice) =>
        choice !== undefined && 'note' in choice && choice.note !== undefined ? [choice.note] : [],
      ),
      ...chosen
        .filter((file) => !isPlaced(file))
        .map(({ path }) => `${path} is left out: corosync.conf does not name it as its key`),
    ],
    doubts: choices.flatMap((choice) => (choice !== undefined && 'doubt' in choice ? [choice.doubt] : [])),
  };
}

function chooseFile(
  path: string,
  stored: StoredConfiguration,
  { target, peer }: { target: ReadNode; peer: (NodeLook & { read: ReadNode }) | undefined },
): Choice {
  const own = stored.files.find((file) => file.path === path);
  const belonging = itemOf(path)?.belonging ?? 'cluster';
  if (belonging === 'state') return undefined;
  if (belonging === 'cluster' && peer !== undefined) return chooseShared(path, { own, peer, stored });
  if (own === undefined) return undefined;
  const there = target.files.find((file) => file.path === path);
  if (!path.startsWith(KEPT_FOLDER) || there === undefined) return { file: fromBackup(own) };
  return digestOf(there.bytes) === own.sha256
    ? undefined
    : { note: `${path} is not as in the backup, and stays as it is` };
}

function chooseShared(
  path: string,
  {
    own,
    peer,
    stored,
  }: { own: StoredFile | undefined; peer: NodeLook & { read: ReadNode }; stored: StoredConfiguration },
): Choice {
  const unreadable = peer.read.unreadable.find((each) => each.path === path);
  if (unreadable !== undefined) return { doubt: `${path} of ${peer.name}: ${unreadable.why}` };
  const now = peer.read.files.find((file) => file.path === path);
  const then = stored.record.nodes
    .find(({ name }) => name === peer.name)
    ?.files.find((file) => file.path === path)?.sha256;
  if (now === undefined) {
    if (own === undefined) return undefined;
    return then === undefined
      ? { file: fromBackup(own) }
      : { note: `${path} is left out: ${peer.name} had it when it was backed up, and has it no more` };
  }
  if (own === undefined)
    return then === undefined
      ? { file: fromPeer(now, peer.name), note: `${path} is taken from ${peer.name}: the backup has none` }
      : undefined;
  const digest = digestOf(now.bytes);
  if (digest === own.sha256) return { file: fromBackup(own) };
  const wasAlike = then === undefined || then === own.sha256;
  if (wasAlike)
    return {
      file: fromPeer(now, peer.name),
      note: `${path} differs from the backup: that of ${peer.name}, which lives, is taken`,
    };
  // Such as ha.cf, in which each node may name the address of the other.
  if (digest === then) return { file: fromBackup(own) };
  return { doubt: `${path} was not the same on the nodes, and ${peer.name} has changed its own since` };
}

function fromBackup({ path, content, mode, user, group, uid, gid }: StoredFile): Origin {
  return { path, content, mode: Number.parseInt(mode, 8), user, group, uid, gid, from: 'the backup' };
}

function fromPeer({ path, bytes, mode, user, group, uid, gid }: ReadFile, peer: string): Origin {
  return { path, content: bytes, mode, user, group, uid, gid, from: peer };
}

/** As it is now, by content, rights and owner. */
export function nowOf(file: Origin, { files, unreadable }: ReadNode): WantedFile['now'] {
  const there = files.find(({ path }) => path === file.path);
  if (there === undefined) return unreadable.some(({ path }) => path === file.path) ? 'different' : 'absent';
  const isOwned = hasName(file.user) ? there.user === file.user : there.uid === file.uid;
  const isGrouped = hasName(file.group) ? there.group === file.group : there.gid === file.gid;
  const isSame = there.bytes.equals(file.content) && there.mode === file.mode && isOwned && isGrouped;
  return isSame ? 'same' : 'different';
}

/** stat(1) has this word for a number that nobody has. */
export function hasName(owner: string): boolean {
  return owner !== 'UNKNOWN';
}
