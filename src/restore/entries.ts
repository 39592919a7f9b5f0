/**
 * Everything a restore is to make, in the order of the snapshot: each directory before what is in it. One record of 88
 * bytes for each, and its name, on shared memory, so that threads are told numbers and nothing is copied to them.
 */
import { assert } from '../base/assert.ts';
import type { syscalls } from '../host.ts';
import type { Node } from '../vault.ts';
import { isDevice, Kind, State } from './kinds.ts';
import { Heap, Records } from './records.ts';
import { putTime, putWide, secondsAt, wideAt } from './words.ts';

/** Set for directories that were there before. */
const EXISTED = 1;
/** Set for files some of whose content could not be had. */
const SPOILED = 2;
/** Set for directories of which it is not known what the snapshot has in them. */
const UNLISTED = 4;

const PARENT = 0;
const NAME = 1;
const NAME_LENGTH = 2;
const KIND_MODE = 3;
const UID = 4;
const GID = 5;
const MTIME = 6;
const ATIME = 9;
const SIZE = 12;
const FIRST_USE = 14;
const USES = 15;
const ATTRIBUTES = 16;
const TARGET = 17;
const TARGET_LENGTH = 18;
const STATE = 19;
const LEFT = 20;
const FLAGS = 21;
const WIDTH = 22;

const KIND_SHIFT = 16;

/** The target directory itself. */
export const ROOT = 0;

export interface EntryMemory {
  records: { words: SharedArrayBuffer; count: number };
  heap: SharedArrayBuffer;
}

export interface Attribute {
  attribute: string;
  value: Uint8Array;
}

export class EntryTable {
  readonly #records: Records;
  readonly #heap: Heap;

  constructor(memory?: EntryMemory) {
    this.#records = new Records(WIDTH, memory?.records);
    this.#heap = new Heap(memory?.heap);
    if (memory === undefined) this.#records.add();
  }

  get count(): number {
    return this.#records.count;
  }

  share(): EntryMemory {
    return { records: this.#records.share(), heap: this.#heap.share() };
  }

  /** @param mode permission bits with setuid, setgid and sticky */
  add(node: Node, of: { parent: number; kind: Kind; mode: number }): number {
    const at = this.#records.add();
    const { words } = this.#records;
    words[at + PARENT] = of.parent;
    words[at + NAME] = this.#heap.addText(node.name);
    words[at + NAME_LENGTH] = node.name.length;
    words[at + KIND_MODE] = (of.kind << KIND_SHIFT) | of.mode;
    words[at + UID] = node.uid;
    words[at + GID] = node.gid;
    putTime(words, at + MTIME, node.mtimeNs);
    putTime(words, at + ATIME, node.atimeNs);
    if (node.extendedAttributes.length > 0) words[at + ATTRIBUTES] = this.#addAttributes(node);
    const detail = of.kind === Kind.symlink ? node.linkTarget : isDevice(of.kind) ? String(node.device) : '';
    if (detail !== '') words[at + TARGET] = this.#heap.addText(detail);
    words[at + TARGET_LENGTH] = detail.length;
    return at / WIDTH;
  }

  /** Takes back the entry and all after it. */
  cut(entry: number): void {
    this.#records.cut(entry);
  }

  setContent(entry: number, { firstUse, uses, size }: { firstUse: number; uses: number; size: number }): void {
    const at = entry * WIDTH;
    const { words } = this.#records;
    words[at + FIRST_USE] = firstUse;
    words[at + USES] = uses;
    words[at + LEFT] = uses;
    putWide(words, at + SIZE, size);
  }

  /** The entry stays as a name of the snapshot but is not made. */
  makeNone(entry: number): void {
    this.#records.words[entry * WIDTH + KIND_MODE] = Kind.none << KIND_SHIFT;
  }

  setLink(entry: number, first: number): void {
    this.#records.words[entry * WIDTH + FIRST_USE] = first;
  }

  parentOf(entry: number): number {
    return this.#word(entry, PARENT);
  }

  kindOf(entry: number): Kind {
    return (this.#word(entry, KIND_MODE) >>> KIND_SHIFT) as Kind;
  }

  /** Permission bits with setuid, setgid and sticky. */
  modeOf(entry: number): number {
    return this.#word(entry, KIND_MODE) & 0o7777;
  }

  uidOf(entry: number): number {
    return this.#word(entry, UID);
  }

  gidOf(entry: number): number {
    return this.#word(entry, GID);
  }

  /** Bytes of content. */
  sizeOf(entry: number): number {
    return wideAt(this.#records.words, entry * WIDTH + SIZE);
  }

  timesOf(entry: number): syscalls.FileTimes {
    const { words } = this.#records;
    const at = entry * WIDTH;
    return {
      atimeSeconds: secondsAt(words, at + ATIME),
      atimeNanos: words[at + ATIME + 2]!,
      mtimeSeconds: secondsAt(words, at + MTIME),
      mtimeNanos: words[at + MTIME + 2]!,
    };
  }

  /** Number of the file's first use of a blob; the others follow it. */
  firstUseOf(entry: number): number {
    return this.#word(entry, FIRST_USE);
  }

  useCountOf(entry: number): number {
    return this.#word(entry, USES);
  }

  /** The entry a link is a further name of. */
  linkOf(entry: number): number {
    assert(this.kindOf(entry) === Kind.link, 'entry is a link');
    return this.#word(entry, FIRST_USE);
  }

  /** Raw name. */
  nameOf(entry: number): string {
    return this.#heap.textAt(this.#word(entry, NAME), this.#word(entry, NAME_LENGTH));
  }

  /** Raw path below the target, without a slash in front; empty for the target. */
  pathOf(entry: number): string {
    const names: string[] = [];
    for (let at = entry; at !== ROOT; at = this.parentOf(at)) names.push(this.nameOf(at));
    return names.reverse().join('/');
  }

  /** Raw target of a symbolic link. */
  targetOf(entry: number): string {
    return this.#heap.textAt(this.#word(entry, TARGET), this.#word(entry, TARGET_LENGTH));
  }

  /** Device number, as st_rdev. */
  deviceOf(entry: number): bigint {
    return BigInt(this.targetOf(entry));
  }

  hasAttributes(entry: number): boolean {
    return this.#word(entry, ATTRIBUTES) !== 0;
  }

  attributesOf(entry: number): Attribute[] {
    let at = this.#word(entry, ATTRIBUTES);
    if (at === 0) return [];
    const heap = this.#heap;
    const attributes: Attribute[] = [];
    for (let left = heap.wordAt(at); left > 0; left--) {
      const [nameLength, valueLength] = [heap.wordAt(at + 4), heap.wordAt(at + 8)];
      const nameAt = at + 12;
      const valueAt = nameAt + nameLength;
      attributes.push({
        attribute: heap.textAt(nameAt, nameLength),
        value: Uint8Array.from(heap.bytes.subarray(valueAt, valueAt + valueLength)),
      });
      at = valueAt + valueLength - 4;
    }
    return attributes;
  }

  stateOf(entry: number): State {
    return Atomics.load(this.#signed, entry * WIDTH + STATE) as State;
  }

  setState(entry: number, state: State): void {
    const at = entry * WIDTH + STATE;
    Atomics.store(this.#signed, at, state);
    Atomics.notify(this.#signed, at);
  }

  /** Moves an entry on if it is still in state `from`. @returns whether it was */
  tryMove(entry: number, from: State, to: State): boolean {
    return Atomics.compareExchange(this.#signed, entry * WIDTH + STATE, from, to) === from;
  }

  /** Waits while another thread is making the file. */
  awaitCreated(entry: number): void {
    Atomics.wait(this.#signed, entry * WIDTH + STATE, State.creating);
  }

  /** Sets how many uses of blobs are still to be written. */
  setLeft(entry: number, uses: number): void {
    Atomics.store(this.#signed, entry * WIDTH + LEFT, uses);
  }

  /** Takes note that one use is done with. @returns how many are left */
  takeOne(entry: number): number {
    return Atomics.sub(this.#signed, entry * WIDTH + LEFT, 1) - 1;
  }

  existed(entry: number): boolean {
    return (this.#word(entry, FLAGS) & EXISTED) !== 0;
  }

  markExisted(entry: number): void {
    Atomics.or(this.#signed, entry * WIDTH + FLAGS, EXISTED);
  }

  isUnlisted(entry: number): boolean {
    return (this.#word(entry, FLAGS) & UNLISTED) !== 0;
  }

  markUnlisted(entry: number): void {
    Atomics.or(this.#signed, entry * WIDTH + FLAGS, UNLISTED);
  }

  isSpoiled(entry: number): boolean {
    return (Atomics.load(this.#signed, entry * WIDTH + FLAGS) & SPOILED) !== 0;
  }

  markSpoiled(entry: number): void {
    Atomics.or(this.#signed, entry * WIDTH + FLAGS, SPOILED);
  }

  #word(entry: number, field: number): number {
    return this.#records.words[entry * WIDTH + field]!;
  }

  #signedView: Int32Array | undefined;

  get #signed(): Int32Array {
    const { buffer } = this.#records.words;
    if (this.#signedView?.buffer !== buffer) this.#signedView = new Int32Array(buffer);
    return this.#signedView;
  }

  /** Count, then for each: length of the name, length of the value, name, value. Never at place 0, which means none. */
  #addAttributes({ extendedAttributes }: Node): number {
    const start = this.#heap.addWord(extendedAttributes.length);
    for (const { name, value } of extendedAttributes) {
      this.#heap.addWord(name.length);
      this.#heap.addWord(value.length);
      this.#heap.addText(name);
      this.#heap.addBytes(value);
    }
    assert(start > 0, 'an entry has a name before its attributes');
    return start;
  }
}
