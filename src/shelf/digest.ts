/**
 * Both digests of an archive in one pass over its bytes, each by a thread of its own: MD5 is the slower one and sets the
 * pace. Small archives are done by the calling thread, as starting two others takes longer.
 */
import { createHash, type Hash } from 'node:crypto';
import { ARCHIVE_PIECES_MAX, DIGEST_INLINE_BYTES_MAX } from '../base/limits.ts';
import { startThreads, type Threads } from '../host.ts';
import type { DigestDone, DigestJob } from './digest-worker.ts';
import type { Digests } from './model.ts';

const ALGORITHMS = ['md5', 'sha256'] as const;

/** Owns the threads, which start with the first large archive. */
export class Digester implements AsyncDisposable {
  #threads: Threads<DigestJob, DigestDone> | undefined;
  #runs = 0;

  /** Bytes of one archive, in order. */
  begin(): DigestRun {
    const id = ++this.#runs;
    return new DigestRun(async (job) => {
      this.#threads ??= startThreads<DigestJob, DigestDone>({
        entry: new URL('./digest-worker.ts', import.meta.url),
        count: ALGORITHMS.length,
        init: null,
      });
      const threads = this.#threads;
      const done = ALGORITHMS.map((algorithm, thread) => threads.callOn(thread, { ...job, id, algorithm }));
      return (await Promise.all(done)) as [DigestDone, DigestDone];
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#threads?.[Symbol.asyncDispose]();
  }
}

type Post = (job: Pick<DigestJob, 'piece' | 'ask'>) => Promise<[DigestDone, DigestDone]>;

/** One archive. End it with `end`, or the threads keep its state. */
export class DigestRun {
  readonly #post: Post;
  /** What has come, until it is clear that it is much. */
  #held: Uint8Array[] | undefined = [];
  #bytes = 0;
  readonly #open = new Set<Promise<unknown>>();
  #failure: { error: unknown } | undefined;

  constructor(post: Post) {
    this.#post = post;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The bytes must not change any more. Resolves when there is room for the next. @throws {AppError} `worker-failed` */
  async update(piece: Uint8Array): Promise<void> {
    this.#bytes += piece.length;
    if (this.#held !== undefined) {
      this.#held.push(piece);
      if (this.#bytes <= DIGEST_INLINE_BYTES_MAX) return;
      for (const each of this.#held) this.#send(each);
      this.#held = undefined;
    } else this.#send(piece);
    while (this.#open.size >= ARCHIVE_PIECES_MAX) await Promise.race(this.#open);
    this.#throwFailure();
  }

  /** Of all bytes so far; more may follow. */
  async soFar(): Promise<Digests> {
    return await this.#digests('peek');
  }

  async end(): Promise<Digests> {
    return await this.#digests('end');
  }

  /** Lets go of it. */
  async drop(): Promise<void> {
    if (this.#held === undefined && this.#failure === undefined) await this.#post({ ask: 'end' });
  }

  async #digests(ask: 'peek' | 'end'): Promise<Digests> {
    this.#throwFailure();
    if (this.#held !== undefined) {
      const [md5, sha256] = ALGORITHMS.map((algorithm) => hashOf(createHash(algorithm), this.#held!));
      return { bytes: this.#bytes, md5: md5!, sha256: sha256! };
    }
    const [md5, sha256] = await this.#post({ ask });
    this.#throwFailure();
    return { bytes: this.#bytes, md5, sha256 };
  }

  #send(piece: Uint8Array): void {
    const sent: Promise<unknown> = this.#post({ piece })
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => this.#open.delete(sent));
    this.#open.add(sent);
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}

function hashOf(hash: Hash, pieces: readonly Uint8Array[]): string {
  for (const piece of pieces) hash.update(piece);
  return hash.digest('hex');
}
