/**
 * Polynomials over GF(2) that steer the chunker: bit i of the integer is the coefficient of x^i.
 * A vault draws one at its creation and keeps it in its config, so that cuts differ from vault to vault.
 * It has degree 53 and must be irreducible, or fingerprints would collide far too often.
 */
import { assert } from '../base/assert.ts';
import { AppError } from '../base/errors.ts';

/** Fixed by the format. */
export const POLYNOMIAL_DEGREE = 53;

const X = 2n;
/** One odd polynomial in about 27 of this degree is irreducible, so a source that fails this often is broken. */
const TRIES_MAX = 10_000;

/** @param randomBytes gives `n` unpredictable bytes. @returns an irreducible polynomial of degree 53. */
export function randomPolynomial(randomBytes: (n: number) => Uint8Array): bigint {
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const candidate = oddOfDegree(randomBytes(8));
    if (isIrreducible(candidate)) return candidate;
  }
  assert(false, 'the random source gives no irreducible polynomial');
}

/** @param hex as in the config: hexadecimal, no prefix. @throws {AppError} `file-damaged` when it cannot steer a chunker */
export function parsePolynomial(hex: string): bigint {
  const polynomial = /^[0-9a-f]{1,16}$/i.test(hex) ? BigInt(`0x${hex}`) : 0n;
  if (degree(polynomial) !== POLYNOMIAL_DEGREE)
    throw new AppError('file-damaged', { detail: `config: chunker polynomial ${hex} is not of degree 53` });
  if (!isIrreducible(polynomial))
    throw new AppError('file-damaged', { detail: `config: chunker polynomial ${hex} is reducible` });
  return polynomial;
}

/** Lowercase hexadecimal, as the config has it. */
export function formatPolynomial(polynomial: bigint): string {
  return polynomial.toString(16);
}

/**
 * Ben-Or's test: p is irreducible when it shares no factor with x^(2^i) − x for any i up to half its degree, as the
 * product of all irreducible polynomials whose degree divides i is just that.
 */
export function isIrreducible(p: bigint): boolean {
  const top = degree(p);
  if (top < 1) return false;
  let power = mod(X, p);
  for (let i = 1; i <= top >> 1; i++) {
    power = mod(square(power), p);
    if (gcd(p, power ^ mod(X, p)) !== 1n) return false;
  }
  return true;
}

function oddOfDegree(bytes: Uint8Array): bigint {
  const word = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  return BigInt.asUintN(POLYNOMIAL_DEGREE, word) | (1n << BigInt(POLYNOMIAL_DEGREE)) | 1n;
}

/** −1 for the zero polynomial. */
function degree(p: bigint): number {
  return p === 0n ? -1 : p.toString(2).length - 1;
}

/** Squaring over GF(2) moves the coefficient of x^i to x^2i and leaves zeros between. */
function square(p: bigint): bigint {
  let result = 0n;
  let place = 1n;
  for (const digit of p.toString(2).split('').reverse()) {
    if (digit === '1') result |= place;
    place <<= 2n;
  }
  return result;
}

function mod(value: bigint, p: bigint): bigint {
  const bottom = degree(p);
  let rest = value;
  for (let top = degree(rest); top >= bottom; top = degree(rest)) rest ^= p << BigInt(top - bottom);
  return rest;
}

function gcd(a: bigint, b: bigint): bigint {
  let [high, low] = [a, b];
  while (low !== 0n) [high, low] = [low, mod(high, low)];
  return high;
}
