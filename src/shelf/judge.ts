/** What sidecars and digests say of an archive. Pure. */
import { formatBytes } from '../base/bytes.ts';
import type { Archive, Digests } from './model.ts';

/** `unfinished`: still being made or sent, or left so. `small`: whole, but smaller than an archive of its kind ever is. */
export type State = 'finished' | 'unfinished' | 'damaged' | 'small';

export interface Judgement {
  state: State;
  /** Why it is not finished; empty when it is. */
  why: string;
}

/** What the listing alone tells, without reading the archive: never more than that it may be whole. */
export function stateOf(archive: Archive, bytesMin = 0): Judgement {
  const { bytes, sidecars, badSidecar } = archive;
  if (badSidecar !== undefined) return { state: 'damaged', why: badSidecar };
  if (sidecars.dna === undefined && sidecars.sha256 === undefined)
    return { state: 'unfinished', why: 'has no sidecar' };
  if (sidecars.dna !== undefined && sidecars.dna.bytes !== bytes)
    return { state: 'damaged', why: sizeText(bytes, sidecars.dna.bytes) };
  if (bytes < bytesMin) return { state: 'small', why: `${formatBytes(bytes)} is less than ${formatBytes(bytesMin)}` };
  return { state: 'finished', why: '' };
}

/** What the bytes tell: `finished` now means that every sidecar matches them. */
export function judge(archive: Archive, digests: Digests, bytesMin = 0): Judgement {
  const { dna, sha256 } = archive.sidecars;
  const before = stateOf({ ...archive, bytes: digests.bytes }, bytesMin);
  if (before.state === 'unfinished' || before.state === 'damaged') return before;
  const wrong = [
    ...(dna === undefined || dna.md5 === digests.md5 ? [] : ['MD5 is not that of .dna']),
    ...(sha256 === undefined || sha256 === digests.sha256 ? [] : ['SHA-256 is not that of .sha256']),
  ];
  return wrong.length > 0 ? { state: 'damaged', why: wrong.join(', ') } : before;
}

function sizeText(bytes: number, expected: number): string {
  const difference = Math.abs(expected - bytes);
  const way = bytes < expected ? 'missing at the end' : 'too many';
  return `${bytes} bytes instead of ${expected}: ${formatBytes(difference)} ${way}`;
}
