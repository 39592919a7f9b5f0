/**
 * Sealed bytes: IV(16) ‖ AES-256-CTR(plaintext) ‖ tag(16), the tag being Poly1305-AES over the ciphertext alone
 * (restic design document, "Keys, Encryption and MAC"). Works in place: the plaintext stands where the ciphertext will.
 * No associated data binds a sealed object to its name, so callers check the SHA-256 of what they open.
 */
import { randomFillSync, timingSafeEqual } from 'node:crypto';
import { assert } from '../base/assert.ts';
import { codec } from '../host.ts';

export const IV_BYTES = 16;
export const TAG_BYTES = 16;
/** What sealing adds to a plaintext. */
export const SEAL_OVERHEAD = IV_BYTES + TAG_BYTES;

/** The secret key of a vault, or one derived from a password. */
export interface MasterKey {
  /** AES-256 key, 32 bytes. */
  encrypt: Uint8Array;
  /** AES-128 key of the nonce function, 16 bytes. */
  macK: Uint8Array;
  /** Poly1305 multiplier, 16 bytes, clamped or not. */
  macR: Uint8Array;
}

/** IVs are drawn from the system's generator in blocks, as one draw costs more than sealing a small blob. */
const IV_POOL_BYTES = 4096;

export class Sealer {
  readonly #cipher: codec.CtrCipher;
  readonly #nonce: codec.BlockCipher;
  readonly #poly = new codec.Poly1305();
  readonly #oneTimeKey = new Uint8Array(32);
  readonly #tag = new Uint8Array(TAG_BYTES);
  readonly #ivs = new Uint8Array(IV_POOL_BYTES);
  #ivAt = IV_POOL_BYTES;

  constructor(key: MasterKey) {
    this.#cipher = new codec.CtrCipher(key.encrypt);
    this.#nonce = new codec.BlockCipher(key.macK);
    this.#oneTimeKey.set(clamp(key.macR), 0);
  }

  /** Seals in place: `space` is IV ‖ plaintext ‖ tag with only the plaintext filled in; the rest is written here. */
  seal(space: Uint8Array): void {
    assert(space.length >= SEAL_OVERHEAD, 'no room to seal');
    const iv = space.subarray(0, IV_BYTES);
    const body = space.subarray(IV_BYTES, space.length - TAG_BYTES);
    this.#nextIv(iv);
    if (body.length > 0) this.#cipher.apply(iv, body);
    this.#tagInto(iv, body, space.subarray(space.length - TAG_BYTES));
  }

  /** Like `seal`, taking the plaintext from elsewhere: it is encrypted on its way into `space`, not copied first. */
  sealFrom(plain: Uint8Array, space: Uint8Array): void {
    assert(space.length === plain.length + SEAL_OVERHEAD, 'sealed length');
    const iv = space.subarray(0, IV_BYTES);
    const body = space.subarray(IV_BYTES, space.length - TAG_BYTES);
    this.#nextIv(iv);
    if (body.length > 0) this.#cipher.applyTo(iv, plain, body);
    this.#tagInto(iv, body, space.subarray(space.length - TAG_BYTES));
  }

  /**
   * Opens in place, or into the front of `room`, which is elsewhere.
   * @returns the plaintext as a view into either, or undefined when the tag does not match.
   */
  open(sealed: Uint8Array, room?: Uint8Array): Uint8Array | undefined {
    if (sealed.length < SEAL_OVERHEAD) return undefined;
    const iv = sealed.subarray(0, IV_BYTES);
    const body = sealed.subarray(IV_BYTES, sealed.length - TAG_BYTES);
    this.#tagInto(iv, body, this.#tag);
    if (!timingSafeEqual(this.#tag, sealed.subarray(sealed.length - TAG_BYTES))) return undefined;
    const plain = room?.subarray(0, body.length) ?? body;
    if (body.length > 0) this.#cipher.applyTo(iv, body, plain);
    return plain;
  }

  #tagInto(iv: Uint8Array, body: Uint8Array, out: Uint8Array): void {
    this.#nonce.encryptBlock(iv, this.#oneTimeKey.subarray(16));
    this.#poly.tagInto(this.#oneTimeKey, body, out);
  }

  #nextIv(out: Uint8Array): void {
    do {
      if (this.#ivAt === IV_POOL_BYTES) {
        randomFillSync(this.#ivs);
        this.#ivAt = 0;
      }
      out.set(this.#ivs.subarray(this.#ivAt, this.#ivAt + IV_BYTES));
      this.#ivs.fill(0, this.#ivAt, this.#ivAt + IV_BYTES);
      this.#ivAt += IV_BYTES;
    } while (out.every((byte) => byte === 0)); // readers reject an all-zero IV
  }
}

/** Clears the bits Poly1305 requires to be clear; vaults written by newer restic store r without that. */
function clamp(r: Uint8Array): Uint8Array {
  assert(r.length === 16, 'mac r length');
  const clamped = Uint8Array.from(r);
  for (const i of [3, 7, 11, 15]) clamped[i]! &= 0x0f;
  for (const i of [4, 8, 12]) clamped[i]! &= 0xfc;
  return clamped;
}
