/** The keys a document may have, found by their bytes. */
export class KeySet {
  readonly #names: string[];
  readonly #keys: Uint8Array[];
  readonly #memberStarts: Uint8Array[];
  /** First key of each bucket, and the key that follows each key in its bucket; -1 for none. */
  readonly #heads = new Int8Array(64).fill(-1);
  readonly #following: Int8Array;

  constructor(names: string[]) {
    this.#names = names;
    this.#keys = names.map((name) => Buffer.from(name));
    this.#memberStarts = names.map((name) => Buffer.from(`"${name}":`));
    this.#following = new Int8Array(names.length).fill(-1);
    for (const [place, key] of this.#keys.entries()) {
      const bucket = bucketOf(key, 0, key.length);
      this.#following[place] = this.#heads[bucket]!;
      this.#heads[bucket] = place;
    }
  }

  /** Place of the key with the bytes of that range, or -1. */
  find(bytes: Uint8Array, from: number, to: number): number {
    if (from === to) return -1;
    let place = this.#heads[bucketOf(bytes, from, to)]!;
    while (place >= 0 && !equals(this.#keys[place]!, bytes, from, to)) place = this.#following[place]!;
    return place;
  }

  /** The key of that place as it stands before a value, with quotes and colon. */
  memberStart(place: number): Uint8Array | undefined {
    return this.#memberStarts[place];
  }

  findText(text: string): number {
    return this.#names.indexOf(text);
  }
}

function bucketOf(bytes: Uint8Array, from: number, to: number): number {
  return (to - from + 7 * bytes[from]! + 3 * bytes[to - 1]!) & 63;
}

function equals(key: Uint8Array, bytes: Uint8Array, from: number, to: number): boolean {
  if (key.length !== to - from) return false;
  for (let i = 0; i < key.length; i++) if (key[i] !== bytes[from + i]) return false;
  return true;
}
