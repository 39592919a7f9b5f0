/** Names and nodes of snapshots, as people and programs see them. Raw names have one char per byte. */
import { isUtf8 } from 'node:buffer';
import { type Node, type Snapshot, treeText } from '../vault.ts';
import { pad, textOfName } from './text.ts';
import { formatTimeNs } from './time.ts';

/** Bits of Go's os.FileMode from the top, as its text form names them. */
const TYPE_LETTERS = 'dalTLDpSugct?';
const PERMISSION_LETTERS = 'rwxrwxrwx';

/** `path` as text, and its exact bytes as `path_raw` in base64 where text cannot hold them. */
export function pathFields(raw: string): { path: string; path_raw?: string } {
  const bytes = Buffer.from(raw, 'latin1');
  const path = bytes.toString('utf8');
  return isUtf8(bytes) ? { path } : { path, path_raw: bytes.toString('base64') };
}

/** A snapshot as restic's users know it from JSON, with the type in `struct_type` as well. */
export function snapshotFields(snapshot: Snapshot): Record<string, unknown> {
  const { id, time, parent, tree, paths, hostname, username, uid, gid, excludes, tags, original } = snapshot;
  const { programVersion, summary } = snapshot;
  return {
    time,
    ...(parent === undefined ? {} : { parent }),
    tree,
    paths,
    hostname,
    username,
    ...(uid === 0 ? {} : { uid }),
    ...(gid === 0 ? {} : { gid }),
    ...(excludes.length === 0 ? {} : { excludes }),
    ...(tags.length === 0 ? {} : { tags }),
    ...(original === undefined ? {} : { original }),
    ...(programVersion === '' ? {} : { program_version: programVersion }),
    ...(summary === undefined ? {} : { summary: snakeKeys(summary) }),
    id,
    short_id: id.slice(0, 8),
    struct_type: 'snapshot',
  };
}

/** A node as `ls --json` of restic gives it, with links and inode beside. */
export function nodeFields(node: Node, path: string): Record<string, unknown> {
  const { type, uid, gid, user, group, mode, inode, links } = node;
  return {
    name: Buffer.from(node.name, 'latin1').toString('utf8'),
    type,
    ...pathFields(path),
    uid,
    gid,
    ...(user === '' ? {} : { user }),
    ...(group === '' ? {} : { group }),
    ...(type === 'file' ? { size: node.size } : {}),
    mode,
    permissions: permissionsOf(mode),
    mtime: timeText(node.mtimeNs),
    atime: timeText(node.atimeNs),
    ctime: timeText(node.ctimeNs),
    ...(inode === 0n ? {} : { inode }),
    ...(links === 0 ? {} : { links }),
    ...(type === 'symlink' ? { linktarget: Buffer.from(node.linkTarget, 'latin1').toString('utf8') } : {}),
    struct_type: 'node',
  };
}

/** One line as `ls -l` of restic has it: mode, owner, group, size, time, path, and where a symlink points. */
export function longLine(node: Node, path: string): string {
  const { mode, uid, gid, type } = node;
  const size = type === 'file' ? node.size : 0;
  const columns = [pad(String(uid), 5, 'right'), pad(String(gid), 5, 'right'), pad(String(size), 11, 'right')];
  const target = type === 'symlink' ? ` -> ${textOfName(node.linkTarget)}` : '';
  return `${permissionsOf(mode)} ${columns.join(' ')} ${formatTimeNs(node.mtimeNs)} ${textOfName(path)}${target}`;
}

/** `drwxr-xr-x`, in Go's form: a device is `D`, a symlink `L`, special bits are letters in front. */
function permissionsOf(mode: number): string {
  const letters = [...TYPE_LETTERS].filter((_, at) => ((mode >>> (31 - at)) & 1) === 1).join('');
  const permissions = [...PERMISSION_LETTERS].map((letter, at) => (((mode >>> (8 - at)) & 1) === 1 ? letter : '-'));
  return (letters || '-') + permissions.join('');
}

function timeText(ns: bigint): string {
  const seconds = ns / 1_000_000_000n;
  const nanos = ns % 1_000_000_000n;
  const isBefore = nanos < 0n;
  return treeText.encodeTimeParts(
    Number(isBefore ? seconds - 1n : seconds),
    Number(isBefore ? nanos + 1_000_000_000n : nanos),
  );
}

function snakeKeys(values: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [
      key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      value,
    ]),
  );
}
