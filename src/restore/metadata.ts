/**
 * Owner, extended attributes, mode and times of one entry. The order matters: giving a file away clears its setuid and
 * setgid bits and its capabilities, access lists change the mode, and everything changes the times.
 */
import { fchmodSync, fchownSync } from 'node:fs';
import { errnoOf, textOf } from '../base/errors.ts';
import { syscalls } from '../host.ts';
import type { Attribute, EntryTable } from './entries.ts';
import type { WriteRules } from './jobs.ts';
import { Kind } from './kinds.ts';

/** An entry where it is: `name` in `dirFd`; with an empty name the open file `dirFd`. */
export interface MetadataPlace extends syscalls.Place {
  entry: number;
  /** Made in this run in a directory made in this run: what it has is known. */
  isNew: boolean;
  /** Permission bits it was made with, where known. */
  mode?: number;
}

const SET_IDS = 0o6000;
const ACCESS_LISTS = ['system.posix_acl_access', 'system.posix_acl_default'];
/** Attributes that belong to a file's content or rights; others (labels of security modules) are the system's own. */
const OURS = /^(?:user\.|trusted\.|security\.capability$|system\.posix_acl_(?:access|default)$)/;

export type Complain = (message: string) => void;

export class MetadataWriter {
  readonly #entries: EntryTable;
  readonly #rules: WriteRules;
  readonly #stat = new syscalls.StatRecord();

  constructor(entries: EntryTable, rules: WriteRules) {
    this.#entries = entries;
    this.#rules = rules;
  }

  /**
   * Gives the entry all the snapshot says of it; what cannot be set is complained of, one line each.
   * @returns false when everything was so already and nothing was touched
   */
  apply(place: MetadataPlace, complain: Complain): boolean {
    if (!place.isNew && this.#isRight(place)) return false;
    const attempt = (what: string, set: () => void): boolean =>
      tryTo(set, (why) => complain(`${what} not restored: ${why}`));
    const isOwned = this.#applyOwner(place, attempt);
    this.#applyAttributes(place, attempt);
    this.#applyMode(place, { isOwned, attempt, complain });
    attempt('times', () => syscalls.setTimes(place.dirFd, place.name, this.#entries.timesOf(place.entry)));
    return true;
  }

  #isRight({ dirFd, name, entry }: MetadataPlace): boolean {
    const stat = this.#stat;
    const entries = this.#entries;
    if (!syscalls.statInto(dirFd, name, stat)) return false;
    const times = entries.timesOf(entry);
    const isLink = entries.kindOf(entry) === Kind.symlink;
    const isOwned = this.#rules.uid !== 0 || (stat.uid === entries.uidOf(entry) && stat.gid === entries.gidOf(entry));
    return (
      isOwned &&
      (isLink || (stat.mode & 0o7777) === entries.modeOf(entry)) &&
      stat.mtimeSeconds === times.mtimeSeconds &&
      stat.mtimeNanos === times.mtimeNanos &&
      hasAttributes({ dirFd, name }, entries.attributesOf(entry))
    );
  }

  /** @returns whether the entry belongs to whom the snapshot says */
  #applyOwner({ dirFd, name, entry, isNew }: MetadataPlace, attempt: Attempt): boolean {
    const [uid, gid] = [this.#entries.uidOf(entry), this.#entries.gidOf(entry)];
    const rules = this.#rules;
    if (isNew && uid === rules.uid && gid === rules.gid) return true;
    if (rules.uid !== 0) return uid === rules.uid;
    return attempt('owner', () => {
      if (name === '') fchownSync(dirFd, uid, gid);
      else syscalls.changeOwner(dirFd, name, { uid, gid });
    });
  }

  #applyAttributes({ dirFd, name, entry, isNew }: MetadataPlace, attempt: Attempt): void {
    const wanted = this.#entries.hasAttributes(entry) ? this.#entries.attributesOf(entry) : [];
    if (!isNew) removeOthers({ dirFd, name }, wanted, attempt);
    for (const each of wanted) attempt(`attribute ${each.attribute}`, () => syscalls.setXattr(dirFd, name, each));
  }

  #applyMode(
    { dirFd, name, entry, isNew, mode: madeWith }: MetadataPlace,
    { isOwned, attempt, complain }: { isOwned: boolean; attempt: Attempt; complain: Complain },
  ): void {
    if (this.#entries.kindOf(entry) === Kind.symlink) return;
    let mode = this.#entries.modeOf(entry);
    if (!isOwned && (mode & SET_IDS) !== 0 && this.#entries.kindOf(entry) !== Kind.directory) {
      mode &= ~SET_IDS;
      complain('setuid and setgid not restored, as the owner could not be');
    }
    if (isNew && mode === madeWith && !this.#entries.hasAttributes(entry)) return;
    attempt('mode', () => {
      if (name === '') fchmodSync(dirFd, mode);
      else syscalls.changeMode(dirFd, name, mode);
    });
  }
}

/** Frees a new entry from what it inherited from a directory that was there before. */
export function removeInherited(dirFd: number, name: string): void {
  for (const list of ACCESS_LISTS) tryTo(() => syscalls.removeXattr(dirFd, name, list), ignoreUnsupported);
}

type Attempt = (what: string, set: () => void) => boolean;

/** Errors of the system are told, others are bugs. @returns whether it worked */
function tryTo(set: () => void, failed: (why: string) => void): boolean {
  try {
    set();
    return true;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    failed(textOf(error));
    return false;
  }
}

/** A file system without access lists hands none on. */
function ignoreUnsupported(): void {}

function hasAttributes({ dirFd, name }: syscalls.Place, wanted: readonly Attribute[]): boolean {
  const names = syscalls.listXattrNames(dirFd, name).filter((each) => OURS.test(each));
  if (names.length > wanted.length) return false;
  return wanted.every(({ attribute, value }) => syscalls.getXattr(dirFd, name, attribute)?.equals(value));
}

function removeOthers({ dirFd, name }: syscalls.Place, wanted: readonly Attribute[], attempt: Attempt): void {
  const keep = new Set(wanted.map(({ attribute }) => attribute));
  for (const attribute of syscalls.listXattrNames(dirFd, name)) {
    if (keep.has(attribute) || !OURS.test(attribute)) continue;
    attempt(`removal of attribute ${attribute}`, () => syscalls.removeXattr(dirFd, name, attribute));
  }
}
