/** Makes the directories before anything else, and gives them their final attributes when all else is done. */
import { constants } from 'node:fs';
import { errnoOf, textOf } from '../base/errors.ts';
import { syscalls } from '../host.ts';
import { type EntryTable, ROOT } from './entries.ts';
import type { WriteRules } from './jobs.ts';
import { Kind, State } from './kinds.ts';
import { MetadataWriter, removeInherited } from './metadata.ts';
import type { OpenDirectories } from './open-directories.ts';

/** While they are being filled nobody else needs to look into them. */
const OWNER_ONLY = 0o700;

export interface DirectoryShop {
  entries: EntryTable;
  directories: OpenDirectories;
  rules: WriteRules;
  /** Hears of what could not be done. */
  complain: (entry: number, message: string) => void;
}

/** Makes every directory, each before what is in it. What stands in the place of one goes, unless nothing may be overwritten. */
export function makeDirectories(shop: DirectoryShop): void {
  const { entries } = shop;
  for (let entry = ROOT + 1; entry < entries.count; entry++) {
    if (entries.kindOf(entry) !== Kind.directory) continue;
    const isMade = entries.stateOf(entries.parentOf(entry)) !== State.failed && attempt(shop, entry, makeDirectory);
    if (!isMade) entries.setState(entry, State.failed);
  }
}

/** Sets owner, attributes, mode and times of every directory, the deepest first. */
export function finishDirectories(shop: DirectoryShop): void {
  const metadata = new MetadataWriter(shop.entries, shop.rules);
  const finish = ({ entries, directories, complain }: DirectoryShop, entry: number): boolean => {
    const parent = entries.parentOf(entry);
    const place = { dirFd: directories.fdOf(parent), name: entries.nameOf(entry) };
    const isNew = !entries.existed(entry) && !entries.existed(parent);
    metadata.apply({ ...place, entry, isNew }, (message) => complain(entry, message));
    return true;
  };
  for (const entry of directoriesUpwards(shop.entries)) {
    const isDone = shop.entries.stateOf(entry) !== State.failed && attempt(shop, entry, finish);
    if (isDone) shop.entries.setState(entry, State.done);
  }
}

/** Numbers of all directories but the target, the deepest first. */
export function* directoriesUpwards(entries: EntryTable): Generator<number> {
  for (let entry = entries.count - 1; entry > ROOT; entry--) if (entries.kindOf(entry) === Kind.directory) yield entry;
}

function makeDirectory({ entries, directories, rules, complain }: DirectoryShop, entry: number): boolean {
  const parent = entries.parentOf(entry);
  const place = { dirFd: directories.fdOf(parent), name: entries.nameOf(entry) };
  if (!syscalls.makeDirectory(place.dirFd, place.name, OWNER_ONLY)) {
    const stat = new syscalls.StatRecord();
    syscalls.statInto(place.dirFd, place.name, stat);
    if ((stat.mode & constants.S_IFMT) === constants.S_IFDIR) {
      entries.markExisted(entry);
      openForOwner(place, stat, rules);
      return true;
    }
    if (rules.overwrite === 'never') {
      complain(entry, 'not restored, nor anything below it: something that is no directory has its name');
      return false;
    }
    syscalls.removeFile(place.dirFd, place.name);
    syscalls.makeDirectory(place.dirFd, place.name, OWNER_ONLY);
  }
  if (!entries.existed(parent)) return true;
  removeInherited(place.dirFd, place.name);
  // Takes away a group bit inherited from above, which would hand its group on.
  syscalls.changeMode(place.dirFd, place.name, OWNER_ONLY);
  return true;
}

/** Only root can work in a directory whose mode forbids it; its final mode comes at the end. */
function openForOwner({ dirFd, name }: syscalls.Place, { mode, uid }: syscalls.StatRecord, rules: WriteRules): void {
  if (rules.uid === 0 || uid !== rules.uid || (mode & OWNER_ONLY) === OWNER_ONLY) return;
  syscalls.changeMode(dirFd, name, (mode & 0o7777) | OWNER_ONLY);
}

type Step = (shop: DirectoryShop, entry: number) => boolean;

function attempt(shop: DirectoryShop, entry: number, step: Step): boolean {
  try {
    return step(shop, entry);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    shop.complain(entry, `not restored: ${textOf(error)}`);
    return false;
  }
}
