import { randomBytes, randomInt } from 'node:crypto';
import { assert } from '../base/assert.ts';

/** Randomness, as an argument. */
export interface Random {
  bytes(length: number): Uint8Array;
  /** A whole number, 0 ≤ n < `below`, all equally likely; `below` is 1 to 2^32. */
  int(below: number): number;
}

/** Fit for keys and nonces. */
export const systemRandom: Random = { bytes: (length) => randomBytes(length), int: (below) => randomInt(below) };

const WORD = 2 ** 32;

/**
 * The same numbers for the same seed, for tests and simulation; never for secrets. Generator: xoshiro128** 1.1 of
 * Blackman and Vigna, its state filled by SplitMix32.
 */
export function seededRandom(seed: number): Random {
  const next = xoshiro128(seed);
  const int = (below: number): number => {
    assert(Number.isInteger(below) && below >= 1 && below <= WORD, 'bound of a random number');
    const limit = WORD - (WORD % below);
    for (;;) {
      const value = next();
      if (value < limit) return value % below;
    }
  };
  const bytes = (length: number): Uint8Array => {
    const drawn = new Uint8Array(length);
    for (let at = 0; at < length; at++) drawn[at] = next() >>> 24;
    return drawn;
  };
  return { int, bytes };
}

/** @returns a function giving 32-bit numbers. */
function xoshiro128(seed: number): () => number {
  const state = new Uint32Array(4);
  let mixed = seed >>> 0;
  for (let i = 0; i < 4; i++) {
    mixed = (mixed + 0x9e37_79b9) >>> 0;
    state[i] = mix(mixed);
  }
  return () => {
    const result = Math.imul(rotate(Math.imul(state[1]!, 5), 7), 9) >>> 0;
    const shifted = state[1]! << 9;
    state[2]! ^= state[0]!;
    state[3]! ^= state[1]!;
    state[1]! ^= state[2]!;
    state[0]! ^= state[3]!;
    state[2]! ^= shifted;
    state[3] = rotate(state[3]!, 11);
    return result;
  };
}

function mix(value: number): number {
  const once = Math.imul(value ^ (value >>> 16), 0x85eb_ca6b);
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2_ae35);
  return (twice ^ (twice >>> 16)) >>> 0;
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}
