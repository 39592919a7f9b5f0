import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { BugError } from '../base/assert.ts';
import { AppError, hasCode } from '../base/errors.ts';
import { formatPolynomial, isIrreducible, parsePolynomial, randomPolynomial } from './polynomial.ts';

const IRREDUCIBLE = ['3da3358b4dc173', '2482734cacca49'];
const REDUCIBLE = [
  '38f1e565e288df',
  '30a8295b9d5c91',
  '255f4350b962cb',
  '267f776110a235',
  '2f4dae10d41227',
  '312daf4b284899',
  '29dfb6553d01d1',
];

test('known polynomials are told apart', () => {
  for (const hex of IRREDUCIBLE) assert.equal(isIrreducible(BigInt(`0x${hex}`)), true, hex);
  for (const hex of REDUCIBLE) assert.equal(isIrreducible(BigInt(`0x${hex}`)), false, hex);
});

test('all polynomials up to degree 10 agree with trial division', () => {
  for (let p = 0; p < 2048; p++) assert.equal(isIrreducible(BigInt(p)), isIrreducibleByDivision(p), p.toString(2));
});

test('a product is never irreducible', () => {
  const factor = fc.bigInt({ min: 2n, max: (1n << 26n) - 1n });
  fc.assert(fc.property(factor, factor, (a, b) => !isIrreducible(times(a, b))));
});

test('a random polynomial is irreducible, of degree 53, and survives its text', () => {
  const drawn = new Set<bigint>();
  for (let i = 0; i < 5; i++) {
    const polynomial = randomPolynomial((n) => randomBytes(n));
    assert.equal(polynomial >> 53n, 1n);
    assert.equal(parsePolynomial(formatPolynomial(polynomial)), polynomial);
    drawn.add(polynomial);
  }
  assert.equal(drawn.size, 5);
});

test('a random source that repeats itself is a bug, not an endless loop', () => {
  const reducible = Buffer.from('38f1e565e288df00'.match(/../g)!.reverse().join(''), 'hex');
  assert.throws(() => randomPolynomial(() => reducible.subarray(0, 8)), BugError);
});

test('text that cannot steer a chunker is damage', () => {
  const wrong = [
    '',
    '0',
    '1',
    'zz',
    '0x3da3358b4dc173',
    '3da3358b4dc17',
    '3da3358b4dc1730',
    ' 3da3358b4dc173',
    '38f1e565e288df',
  ];
  for (const hex of wrong)
    assert.throws(
      () => parsePolynomial(hex),
      (error) => error instanceof AppError && hasCode(error, 'file-damaged'),
      hex,
    );
  assert.equal(parsePolynomial('3DA3358B4DC173'), 0x3da3358b4dc173n);
});

function isIrreducibleByDivision(p: number): boolean {
  if (p < 2) return false;
  for (let d = 2; 2 * Math.floor(Math.log2(d)) <= Math.floor(Math.log2(p)); d++)
    if (remainder(p, d) === 0) return false;
  return true;
}

function remainder(p: number, d: number): number {
  let rest = p;
  while (Math.clz32(rest) <= Math.clz32(d)) rest ^= d << (Math.clz32(d) - Math.clz32(rest));
  return rest;
}

function times(a: bigint, b: bigint): bigint {
  let product = 0n;
  for (let i = 0n; b >> i !== 0n; i++) if ((b >> i) & 1n) product ^= a << i;
  return product;
}
