/**
 * Start-up files of a login shell print what they like before the command runs. The command therefore prints a mark
 * first, and what comes before it is not output. Without the mark, no command of ours was run.
 */
import { REMOTE_NOISE_BYTES_MAX } from '../../base/limits.ts';

export const BEGIN = '\x1eholdfast begins\x1e';

const MARK = Buffer.from(BEGIN);
const NOTHING = Buffer.alloc(0);

export class BeginMark {
  #noise = NOTHING;
  #seen = false;

  get seen(): boolean {
    return this.#seen;
  }

  /** What came instead of the mark, in one line, for messages. */
  get noise(): string {
    return this.#noise.toString('utf8', 0, 300).replace(/\s+/g, ' ').trim();
  }

  /** @returns the part of this piece of output that is behind the mark */
  after(piece: Uint8Array): Buffer {
    const bytes = Buffer.isBuffer(piece) ? piece : Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    if (this.#seen) return bytes;
    if (this.#noise.length > REMOTE_NOISE_BYTES_MAX) return NOTHING;
    const all = this.#noise.length === 0 ? bytes : Buffer.concat([this.#noise, bytes]);
    const at = all.indexOf(MARK);
    this.#seen = at >= 0;
    this.#noise = this.#seen ? NOTHING : Buffer.from(all);
    return this.#seen ? all.subarray(at + MARK.length) : NOTHING;
  }
}
