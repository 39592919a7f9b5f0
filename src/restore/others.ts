/** Makes what has no content: links of both kinds, fifos and devices. */
import { constants } from 'node:fs';
import { syscalls } from '../host.ts';
import { clearPlace, conclude, finishMetadata, staysAsItIs, type Workshop } from './entry-writer.ts';
import { Kind, State } from './kinds.ts';

const OWNER_ONLY = 0o600;
const TYPES: Partial<Record<Kind, number>> = {
  [Kind.symlink]: constants.S_IFLNK,
  [Kind.fifo]: constants.S_IFIFO,
  [Kind.blockDevice]: constants.S_IFBLK,
  [Kind.charDevice]: constants.S_IFCHR,
};

/** @throws {SystemError} */
export function makeOther(shop: Workshop, entry: number): void {
  const { entries } = shop;
  const stat = new syscalls.StatRecord();
  const dirFd = shop.directories.fdOf(entries.parentOf(entry));
  const place = { dirFd, name: entries.nameOf(entry) };
  const isThere = syscalls.statInto(dirFd, place.name, stat);
  if (isThere && staysAsItIs(shop, entry, stat)) {
    conclude(shop, entry, 'skipped');
    return;
  }
  if (entries.kindOf(entry) === Kind.link) {
    linkToFirst(shop, entry, { name: place.name, found: isThere ? stat : undefined });
    return;
  }
  const isRight = isThere && isSame(shop, entry, { ...place, stat });
  if (!isRight) {
    if (isThere) clearPlace(shop, entry, place);
    make(shop, entry, place);
  }
  const isTouched = finishMetadata(shop, entry, { ...place, isNew: !isRight });
  conclude(shop, entry, isTouched ? 'restored' : 'unchanged');
}

function isSame({ entries }: Workshop, entry: number, found: syscalls.Place & { stat: syscalls.StatRecord }): boolean {
  const kind = entries.kindOf(entry);
  const { stat, dirFd, name } = found;
  if ((stat.mode & constants.S_IFMT) !== TYPES[kind] || stat.links > 1) return false;
  if (kind === Kind.fifo) return true;
  if (kind === Kind.symlink) return syscalls.readLink(dirFd, name) === entries.targetOf(entry);
  return stat.rdev === entries.deviceOf(entry);
}

function make({ entries }: Workshop, entry: number, { dirFd, name }: syscalls.Place): void {
  const kind = entries.kindOf(entry);
  if (kind === Kind.symlink) syscalls.makeSymlink(dirFd, name, entries.targetOf(entry));
  else if (kind === Kind.fifo) syscalls.makeFifo(dirFd, name, OWNER_ONLY);
  else syscalls.makeNode(dirFd, name, { mode: TYPES[kind]! | OWNER_ONLY, rdev: entries.deviceOf(entry) });
}

/** Makes the entry a further name of one before it, once that is whole. */
function linkToFirst(
  shop: Workshop,
  entry: number,
  to: { name: string; found: syscalls.StatRecord | undefined },
): void {
  const { entries, directories, report } = shop;
  const first = entries.linkOf(entry);
  const state = entries.stateOf(first);
  if (state !== State.done) {
    entries.setState(entry, State.failed);
    const why = state === State.skipped ? 'which was left as it was' : 'which could not be restored';
    const path = Buffer.from(entries.pathOf(first), 'latin1').toString();
    report.problems.push({ entry, message: `not restored: it is the same file as ${path}, ${why}` });
    return;
  }
  const existing = { dirFd: directories.fdOf(entries.parentOf(first)), name: entries.nameOf(first) };
  const dirFd = directories.fdOf(entries.parentOf(entry));
  const stat = new syscalls.StatRecord();
  syscalls.statInto(existing.dirFd, existing.name, stat);
  if (to.found?.inode === stat.inode && to.found.device === stat.device) {
    conclude(shop, entry, 'unchanged');
    return;
  }
  if (to.found !== undefined) clearPlace(shop, entry, { dirFd, name: to.name });
  syscalls.makeHardLink(existing, { dirFd, name: to.name });
  conclude(shop, entry, 'restored');
}
