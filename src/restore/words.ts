/** Numbers and times wider than the 32-bit words they are kept in. */
const WORD = 2 ** 32;
const NS_PER_S = 1_000_000_000n;

export function putWide(words: Uint32Array, at: number, value: number): void {
  words[at] = value % WORD;
  words[at + 1] = Math.floor(value / WORD);
}

export function wideAt(words: Uint32Array, at: number): number {
  return words[at + 1]! * WORD + words[at]!;
}

/** Seconds as a signed 64-bit number in two words, then nanoseconds. */
export function putTime(words: Uint32Array, at: number, ns: bigint): void {
  const nanos = ((ns % NS_PER_S) + NS_PER_S) % NS_PER_S;
  const seconds = Number((ns - nanos) / NS_PER_S);
  words[at] = seconds >>> 0;
  words[at + 1] = Math.floor(seconds / WORD) >>> 0;
  words[at + 2] = Number(nanos);
}

export function secondsAt(words: Uint32Array, at: number): number {
  return (words[at + 1]! | 0) * WORD + words[at]!;
}
