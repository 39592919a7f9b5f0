/**
 * Looks for cut points: places where the Rabin fingerprint of the last 64 bytes has its low 20 bits zero.
 *
 * A fingerprint is the window read as a polynomial over GF(2), modulo a polynomial P of degree 53. It depends on
 * these 64 bytes alone, so sixteen lanes search sixteen stretches of the input side by side, after each has warmed
 * up on the 64 bytes before its stretch. Byte k of all sixteen states lies in one vector: a shift by eight bits is
 * then a mere renaming, and a multiplication is two 16-entry look-ups (`swizzle`) for each byte of the product.
 *
 * The lanes look at sixteen of the twenty bits only. Where those are zero, the place is computed again to the full.
 */

// Memory below the input. Nothing else lives here: there is no runtime and no static data.
const MOD_AT: usize = 0; // 256 × u64: b → b·x^53 mod P, with b itself above it so that one xor also clears it
const OUT_AT: usize = 2048; // 256 × u64: b → b·x^512 mod P, what a byte weighs when it leaves the window
const TOP_AT: usize = 4096; // 7 × 2 × 16 bytes: what MOD_AT holds, for the low and the high nibble, byte by byte
const LEAVE_AT: usize = 4320; // the same of OUT_AT
const MASKS_AT: usize = 4544; // 3 × 16 bytes: 15, 8 and 7. V8 would build such constants anew at each use
const RING_AT: usize = 5120; // the last 128 steps of all lanes, 16 bytes a step

const WINDOW: u32 = 64;
const LANES: u32 = 16;
/** Steps between two looks for a hit. */
const BLOCK: u32 = 16;
const RING_MASK: usize = 2047;
const CUT_MASK: u64 = 0xfffff;
const NONE: u32 = 0;
/** Bytes a lane searches at most in one go. Not a multiple of 4096, or all lanes would fight for one cache set. */
const STRETCH_MAX: u32 = 3056;
/** Shorter stretches are not worth their warm-up. */
const STRETCH_MIN: u32 = 64;

let polynomial: u64 = 0;

/** Fills the tables for `p`, a polynomial of degree 53. Call before anything else. */
export function init(p: u64): void {
  polynomial = p;
  let leave: u64 = 1;
  for (let i = 0; i < 512; i++) leave = timesX(leave);
  const top = timesByte(1 << 3, 1 << 50); // x^53 = x^3·x^50
  for (let b: u32 = 0; b < 256; b++) {
    store<u64>(MOD_AT + (b << 3), timesByte(b, top) | ((b as u64) << 53));
    store<u64>(OUT_AT + (b << 3), timesByte(b, leave));
  }
  for (let n: u32 = 0; n < 16; n++) {
    spread(TOP_AT + n, MOD_AT + (n << 3));
    spread(TOP_AT + n + 16, MOD_AT + (n << 7));
    spread(LEAVE_AT + n, OUT_AT + (n << 3));
    spread(LEAVE_AT + n + 16, OUT_AT + (n << 7));
  }
  v128.store(MASKS_AT, i8x16.splat(15));
  v128.store(MASKS_AT, i8x16.splat(8), 16);
  v128.store(MASKS_AT, i8x16.splat(7), 32);
}

/**
 * @returns the least offset e in from … to (both included) where bytes e-64 … e-1 end a chunk, or 0 when there is none.
 * The 65 bytes before `from` must be input too.
 */
export function scan(from: u32, to: u32): u32 {
  if (from > to) return NONE;
  let at = from;
  const end = to + 1;
  while (end - at >= LANES * STRETCH_MIN) {
    const stretch = min(STRETCH_MAX, ((end - at) / LANES) & ~(BLOCK - 1));
    const hit = scanLanes(at, stretch);
    if (hit != NONE) return hit;
    at += LANES * stretch;
  }
  return scanOne(at, end);
}

/** As `scan`, one byte at a time, `end` not included. */
export function scanOne(from: u32, end: u32): u32 {
  if (from >= end) return NONE;
  let digest: u64 = 0;
  for (let p: usize = from - WINDOW - 1; p < from - 1; p++) digest = append(digest, p);
  for (let p: usize = from - 1; p < end - 1; p++) {
    digest = append(digest, p) ^ load<u64>(OUT_AT + ((load<u8>(p - WINDOW) as usize) << 3));
    if ((digest & CUT_MASK) == 0) return (p as u32) + 1;
  }
  return NONE;
}

/** Searches LANES stretches of `stretch` bytes each, a multiple of BLOCK. Exported, so that it stays a function of its own. */
export function scanLanes(from: u32, stretch: u32): u32 {
  const zero = i64x2.splat(0);
  let s0 = zero, s1 = zero, s2 = zero, s3 = zero, s4 = zero, s5 = zero, s6 = zero;
  const first: usize = from - 1; // lane 0's first byte after the warm-up

  for (let k: usize = 0; k < WINDOW; k += BLOCK) transpose(first - WINDOW + k, stretch, RING_AT + (k << 4));
  for (let k: usize = 0; k < WINDOW << 4; k += 16) {
    const b = v128.load(k, RING_AT);
    const tl = topLow(s5, s6), th = topHigh(s6);
    s6 = v128.xor(s5, product(TOP_AT, 6, tl, th));
    s5 = v128.xor(s4, product(TOP_AT, 5, tl, th));
    s4 = v128.xor(s3, product(TOP_AT, 4, tl, th));
    s3 = v128.xor(s2, product(TOP_AT, 3, tl, th));
    s2 = v128.xor(s1, product(TOP_AT, 2, tl, th));
    s1 = v128.xor(s0, product(TOP_AT, 1, tl, th));
    s0 = v128.xor(b, product(TOP_AT, 0, tl, th));
  }

  let best: u32 = NONE;
  let wanted: u32 = (1 << LANES) - 1; // lanes that can still beat `best`
  for (let k: usize = 0; k < stretch; k += BLOCK) {
    const entering: usize = ((k + WINDOW) << 4) & RING_MASK;
    const leaving: usize = (k << 4) & RING_MASK;
    transpose(first + k, stretch, RING_AT + entering);
    let least = i8x16.splat(-1);
    // Not unrolled by hand: two, four, eight and sixteen steps a turn were each measured slower.
    for (let j: usize = 0; j < BLOCK << 4; j += 16) {
      const b = v128.load(j + entering, RING_AT);
      const o = v128.load(j + leaving, RING_AT);
      const tl = topLow(s5, s6), th = topHigh(s6);
      const ol = v128.and(o, v128.load(MASKS_AT)), oh = v128.and(i16x8.shr_u(o, 4), v128.load(MASKS_AT));
      s6 = v128.xor(s5, v128.xor(product(TOP_AT, 6, tl, th), product(LEAVE_AT, 6, ol, oh)));
      s5 = v128.xor(s4, v128.xor(product(TOP_AT, 5, tl, th), product(LEAVE_AT, 5, ol, oh)));
      s4 = v128.xor(s3, v128.xor(product(TOP_AT, 4, tl, th), product(LEAVE_AT, 4, ol, oh)));
      s3 = v128.xor(s2, v128.xor(product(TOP_AT, 3, tl, th), product(LEAVE_AT, 3, ol, oh)));
      s2 = v128.xor(s1, v128.xor(product(TOP_AT, 2, tl, th), product(LEAVE_AT, 2, ol, oh)));
      s1 = v128.xor(s0, v128.xor(product(TOP_AT, 1, tl, th), product(LEAVE_AT, 1, ol, oh)));
      s0 = v128.xor(b, v128.xor(product(TOP_AT, 0, tl, th), product(LEAVE_AT, 0, ol, oh)));
      least = i8x16.min_u(least, v128.or(s0, s1));
    }
    let suspects = (i8x16.bitmask(i8x16.eq(least, zero)) as u32) & wanted;
    for (; suspects != 0; suspects &= suspects - 1) {
      const lane = ctz(suspects);
      const at = from + lane * stretch + (k as u32);
      const hit = scanOne(at, at + BLOCK);
      if (hit == NONE) continue;
      best = hit;
      wanted = (1 << lane) - 1;
      break;
    }
    if (wanted == 0) break;
  }
  return best;
}

/** Bits 45 to 48 of each state. */
// @ts-ignore: decorator
@inline
function topLow(s5: v128, s6: v128): v128 {
  return v128.or(
    v128.and(i16x8.shl(s6, 3), v128.load(MASKS_AT, 16)),
    v128.and(i16x8.shr_u(s5, 5), v128.load(MASKS_AT, 32)),
  );
}

/** Bits 49 to 52 of each state. */
// @ts-ignore: decorator
@inline
function topHigh(s6: v128): v128 {
  return v128.and(i16x8.shr_u(s6, 1), v128.load(MASKS_AT));
}

/** One byte of the products that the table at `table` holds for two nibbles of each lane. */
// @ts-ignore: decorator
@inline
function product(table: usize, byte: usize, lowNibble: v128, highNibble: v128): v128 {
  return v128.xor(
    i8x16.relaxed_swizzle(v128.load(table + (byte << 5)), lowNibble),
    i8x16.relaxed_swizzle(v128.load(table + (byte << 5) + 16), highNibble),
  );
}

/**
 * Takes 16 bytes of each lane, the first lane's at `from`, and stores at `to` 16 vectors of one byte of every lane.
 * Four rounds of interleaving number i with number i+8 turn rows into columns.
 */
function transpose(from: usize, stretch: usize, to: usize): void {
  const a0 = v128.load(from);
  const a1 = v128.load(from + stretch);
  const a2 = v128.load(from + 2 * stretch);
  const a3 = v128.load(from + 3 * stretch);
  const a4 = v128.load(from + 4 * stretch);
  const a5 = v128.load(from + 5 * stretch);
  const a6 = v128.load(from + 6 * stretch);
  const a7 = v128.load(from + 7 * stretch);
  const a8 = v128.load(from + 8 * stretch);
  const a9 = v128.load(from + 9 * stretch);
  const a10 = v128.load(from + 10 * stretch);
  const a11 = v128.load(from + 11 * stretch);
  const a12 = v128.load(from + 12 * stretch);
  const a13 = v128.load(from + 13 * stretch);
  const a14 = v128.load(from + 14 * stretch);
  const a15 = v128.load(from + 15 * stretch);
  const b0 = zipLow(a0, a8), b1 = zipHigh(a0, a8), b2 = zipLow(a1, a9), b3 = zipHigh(a1, a9);
  const b4 = zipLow(a2, a10), b5 = zipHigh(a2, a10), b6 = zipLow(a3, a11), b7 = zipHigh(a3, a11);
  const b8 = zipLow(a4, a12), b9 = zipHigh(a4, a12), b10 = zipLow(a5, a13), b11 = zipHigh(a5, a13);
  const b12 = zipLow(a6, a14), b13 = zipHigh(a6, a14), b14 = zipLow(a7, a15), b15 = zipHigh(a7, a15);
  const c0 = zipLow(b0, b8), c1 = zipHigh(b0, b8), c2 = zipLow(b1, b9), c3 = zipHigh(b1, b9);
  const c4 = zipLow(b2, b10), c5 = zipHigh(b2, b10), c6 = zipLow(b3, b11), c7 = zipHigh(b3, b11);
  const c8 = zipLow(b4, b12), c9 = zipHigh(b4, b12), c10 = zipLow(b5, b13), c11 = zipHigh(b5, b13);
  const c12 = zipLow(b6, b14), c13 = zipHigh(b6, b14), c14 = zipLow(b7, b15), c15 = zipHigh(b7, b15);
  const d0 = zipLow(c0, c8), d1 = zipHigh(c0, c8), d2 = zipLow(c1, c9), d3 = zipHigh(c1, c9);
  const d4 = zipLow(c2, c10), d5 = zipHigh(c2, c10), d6 = zipLow(c3, c11), d7 = zipHigh(c3, c11);
  const d8 = zipLow(c4, c12), d9 = zipHigh(c4, c12), d10 = zipLow(c5, c13), d11 = zipHigh(c5, c13);
  const d12 = zipLow(c6, c14), d13 = zipHigh(c6, c14), d14 = zipLow(c7, c15), d15 = zipHigh(c7, c15);
  const e0 = zipLow(d0, d8), e1 = zipHigh(d0, d8), e2 = zipLow(d1, d9), e3 = zipHigh(d1, d9);
  const e4 = zipLow(d2, d10), e5 = zipHigh(d2, d10), e6 = zipLow(d3, d11), e7 = zipHigh(d3, d11);
  const e8 = zipLow(d4, d12), e9 = zipHigh(d4, d12), e10 = zipLow(d5, d13), e11 = zipHigh(d5, d13);
  const e12 = zipLow(d6, d14), e13 = zipHigh(d6, d14), e14 = zipLow(d7, d15), e15 = zipHigh(d7, d15);
  v128.store(to, e0, 0);
  v128.store(to, e1, 16);
  v128.store(to, e2, 32);
  v128.store(to, e3, 48);
  v128.store(to, e4, 64);
  v128.store(to, e5, 80);
  v128.store(to, e6, 96);
  v128.store(to, e7, 112);
  v128.store(to, e8, 128);
  v128.store(to, e9, 144);
  v128.store(to, e10, 160);
  v128.store(to, e11, 176);
  v128.store(to, e12, 192);
  v128.store(to, e13, 208);
  v128.store(to, e14, 224);
  v128.store(to, e15, 240);
}

// @ts-ignore: decorator
@inline
function zipLow(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

// @ts-ignore: decorator
@inline
function zipHigh(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}

/** The digest after the byte at `p` has come in. */
// @ts-ignore: decorator
@inline
function append(digest: u64, p: usize): u64 {
  return ((digest << 8) | (load<u8>(p) as u64)) ^ load<u64>(MOD_AT + ((digest >> 45) << 3) as usize);
}

/** Stores the low seven bytes of the word at `word`, 32 bytes apart. */
function spread(at: usize, word: usize): void {
  for (let byte: usize = 0; byte < 7; byte++) store<u8>(at + (byte << 5), load<u8>(word + byte));
}

/** b·factor mod P. */
function timesByte(b: u32, factor: u64): u64 {
  let product: u64 = 0;
  let power = factor;
  for (let rest = b; rest != 0; rest >>= 1) {
    if (rest & 1) product ^= power;
    power = timesX(power);
  }
  return product;
}

function timesX(value: u64): u64 {
  const shifted = value << 1;
  return shifted >> 53 != 0 ? shifted ^ polynomial : shifted;
}
