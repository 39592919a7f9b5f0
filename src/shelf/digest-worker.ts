/** A thread that computes one kind of digest; the jobs of an archive come in the order of its bytes. */
import { createHash, type Hash } from 'node:crypto';
import { serveThread } from '../host.ts';

export interface DigestJob {
  /** Which archive. */
  id: number;
  algorithm: 'md5' | 'sha256';
  piece?: Uint8Array;
  /** The digest of all so far; `end` lets go of the archive. */
  ask?: 'peek' | 'end';
}

/** Hexadecimal; empty where none was asked for. */
export type DigestDone = string;

serveThread<null, DigestJob, DigestDone>(() => {
  const hashes = new Map<number, Hash>();
  return ({ id, algorithm, piece, ask }) => {
    const hash = hashes.get(id) ?? createHash(algorithm);
    hashes.set(id, hash);
    if (piece !== undefined) hash.update(piece);
    if (ask === undefined) return '';
    if (ask === 'peek') return hash.copy().digest('hex');
    hashes.delete(id);
    return hash.digest('hex');
  };
});
