/**
 * SHA-256, AES-256-CTR, Poly1305 and Zstandard on memory that stays where it is.
 *
 * Node's own crypto and zlib calls allocate their result and set up a context for every call, which costs more than the
 * work itself on small blobs and a page-fault storm on large ones. The same OpenSSL and Zstandard code is part of the
 * running Node program and visible in its symbol table, so it is called directly here (decision 003).
 * Contexts are per thread and live as long as the thread.
 */
import koffi from 'koffi';
import { assert } from '../base/assert.ts';
import { AppError } from '../base/errors.ts';
import { ID_BYTES } from '../base/ids.ts';

type Native = (...args: unknown[]) => unknown;

const ZSTD_CONTENTSIZE_UNKNOWN = -1;
const ZSTD_C_COMPRESSION_LEVEL = 100;

function bind(): Record<string, Native> {
  const self = koffi.load(null);
  const declare = (signature: string): Native => {
    try {
      return self.func(signature) as Native;
    } catch (cause) {
      const name = /\w+(?=\()/.exec(signature)?.[0];
      const detail = `this Node (${process.execPath}) does not offer ${name}`;
      throw new AppError('failed', {
        detail,
        hint: 'Start Holdfast with bin/holdfast, which uses the Node it was built for.',
        cause,
      });
    }
  };
  return {
    sha256: declare('void *SHA256(void *data, size_t length, void *digest)'),
    newCipher: declare('void *EVP_CIPHER_CTX_new()'),
    aes256ctr: declare('void *EVP_aes_256_ctr()'),
    aes128ecb: declare('void *EVP_aes_128_ecb()'),
    initCipher: declare('int EVP_EncryptInit_ex(void *ctx, void *type, void *engine, void *key, void *iv)'),
    setPadding: declare('int EVP_CIPHER_CTX_set_padding(void *ctx, int padding)'),
    updateCipher: declare('int EVP_EncryptUpdate(void *ctx, void *out, void *outLength, void *data, int length)'),
    fetchMac: declare('void *EVP_MAC_fetch(void *library, const char *name, const char *properties)'),
    newMac: declare('void *EVP_MAC_CTX_new(void *mac)'),
    initMac: declare('int EVP_MAC_init(void *ctx, void *key, size_t length, void *params)'),
    updateMac: declare('int EVP_MAC_update(void *ctx, void *data, size_t length)'),
    finalMac: declare('int EVP_MAC_final(void *ctx, void *out, void *outLength, size_t size)'),
    newCompressor: declare('void *ZSTD_createCCtx()'),
    newDecompressor: declare('void *ZSTD_createDCtx()'),
    setCompressor: declare('size_t ZSTD_CCtx_setParameter(void *ctx, int parameter, int value)'),
    compress: declare('size_t ZSTD_compress2(void *ctx, void *out, size_t capacity, void *data, size_t length)'),
    decompress: declare('size_t ZSTD_decompressDCtx(void *ctx, void *out, size_t capacity, void *data, size_t length)'),
    contentSize: declare('int64_t ZSTD_getFrameContentSize(void *data, size_t length)'),
  };
}

let bound: Record<string, Native> | undefined;

function native(name: string): Native {
  bound ??= bind();
  return bound[name]!;
}

/** Writes the SHA-256 (FIPS 180-4) of `data` to `out`, which has at least 32 bytes. */
export function sha256Into(data: Uint8Array, out: Uint8Array): void {
  assert(out.length >= ID_BYTES, 'digest buffer too small');
  native('sha256')(data, data.length, out);
}

/** AES-256-CTR with one key (NIST SP 800-38A, 128-bit big-endian counter); encrypts and decrypts in place. */
export class CtrCipher {
  readonly #context: unknown;
  readonly #outLength = new Int32Array(1);
  readonly #init = native('initCipher');
  readonly #update = native('updateCipher');

  constructor(key: Uint8Array) {
    assert(key.length === 32, 'AES-256 key length');
    this.#context = native('newCipher')();
    assert(this.#init(this.#context, native('aes256ctr')(), null, key, null) === 1, 'cipher set-up');
  }

  /** XORs `data` with the key stream that starts at the 16-byte counter block `iv`. */
  apply(iv: Uint8Array, data: Uint8Array): void {
    this.applyTo(iv, data, data);
  }

  /** Like `apply`, from `data` to `out`, which is the same memory or does not overlap it. */
  applyTo(iv: Uint8Array, data: Uint8Array, out: Uint8Array): void {
    assert(iv.length === 16 && out.length >= data.length, 'cipher buffers');
    assert(this.#init(this.#context, null, null, null, iv) === 1, 'cipher reset');
    assert(this.#update(this.#context, out, this.#outLength, data, data.length) === 1, 'cipher run');
  }
}

/** One AES-128 block under one key, the nonce function of Poly1305-AES. */
export class BlockCipher {
  readonly #context: unknown;
  readonly #outLength = new Int32Array(1);
  readonly #update = native('updateCipher');

  constructor(key: Uint8Array) {
    assert(key.length === 16, 'AES-128 key length');
    this.#context = native('newCipher')();
    assert(native('initCipher')(this.#context, native('aes128ecb')(), null, key, null) === 1, 'cipher set-up');
    native('setPadding')(this.#context, 0);
  }

  encryptBlock(block: Uint8Array, out: Uint8Array): void {
    assert(block.length === 16 && out.length >= 16, 'block length');
    assert(this.#update(this.#context, out, this.#outLength, block, 16) === 1, 'cipher run');
  }
}

/** Poly1305 one-time authenticator (RFC 8439 section 2.5). */
export class Poly1305 {
  readonly #context = native('newMac')(native('fetchMac')(null, 'POLY1305', null));
  readonly #outLength = new BigUint64Array(1);
  readonly #init = native('initMac');
  readonly #update = native('updateMac');
  readonly #final = native('finalMac');

  /** Writes the 16-byte tag of `data` under the 32-byte one-time key r‖s to `tag`. */
  tagInto(oneTimeKey: Uint8Array, data: Uint8Array, tag: Uint8Array): void {
    assert(oneTimeKey.length === 32 && tag.length >= 16, 'Poly1305 buffers');
    const done =
      this.#init(this.#context, oneTimeKey, 32, null) === 1 &&
      (data.length === 0 || this.#update(this.#context, data, data.length) === 1) &&
      this.#final(this.#context, tag, this.#outLength, 16) === 1;
    assert(done, 'Poly1305 run');
  }
}

/** Zstandard (RFC 8878) single frames with reused contexts. */
export class Zstd {
  #compressor: unknown;
  #decompressor: unknown;
  #level: number | undefined;
  readonly #compress = native('compress');
  readonly #decompress = native('decompress');

  /**
   * Compresses `data` into `out` as one frame with its content size.
   * @returns bytes written, or undefined when the result does not fit into `out`: give `out` the size below which
   *   compressing is worth it, and incompressible data costs one attempt and no copy.
   */
  compress(data: Uint8Array, out: Uint8Array, level: number): number | undefined {
    this.#compressor ??= native('newCompressor')();
    if (this.#level !== level) {
      native('setCompressor')(this.#compressor, ZSTD_C_COMPRESSION_LEVEL, level);
      this.#level = level;
    }
    const written = Number(this.#compress(this.#compressor, out, out.length, data, data.length));
    return failed(written) ? undefined : written;
  }

  /** Decompresses one frame. @returns bytes written, or undefined when `data` is not a valid frame that fits `out`. */
  decompress(data: Uint8Array, out: Uint8Array): number | undefined {
    this.#decompressor ??= native('newDecompressor')();
    const written = Number(this.#decompress(this.#decompressor, out, out.length, data, data.length));
    return failed(written) ? undefined : written;
  }

  /** Content size the frame header declares, or undefined when it has none or is not a frame. */
  contentSize(data: Uint8Array): number | undefined {
    const size = Number(native('contentSize')(data, data.length));
    return size <= ZSTD_CONTENTSIZE_UNKNOWN ? undefined : size;
  }
}

/** Zstandard's error codes are the last few values of size_t, far above any length. */
function failed(code: number): boolean {
  return code > Number.MAX_SAFE_INTEGER;
}
