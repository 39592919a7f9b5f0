import type { Snapshot } from '../model.ts';

/** Whether `other`, of another vault, is what copying `snapshot` there would make, as restic judges it. */
export function isCopyOf(other: Snapshot, snapshot: Snapshot): boolean {
  const origin = snapshot.original ?? snapshot.id;
  return (other.original === origin || other.id === origin) && contentOf(other) === contentOf(snapshot);
}

function contentOf(snapshot: Snapshot): string {
  const { timeMs, tree, paths, hostname, username, uid, gid, excludes, tags } = snapshot;
  return JSON.stringify([timeMs, tree, paths, hostname, username, uid, gid, excludes, tags]);
}
