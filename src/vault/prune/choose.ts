/** Sorts packs into those that go, those that are rewritten and those that stay (as restic's prune does, option by option). */
import type { PackSums } from './pack-sums.ts';
import { type PrunePolicy, type PruneState, UNUSED_SHARE_MAX } from './plan.ts';

/** A pack below this share of the size of new packs is small. */
const SMALL_SHARE = 0.8;

export interface Choice {
  repack: number[];
  remove: number[];
  missing: number[];
}

interface Candidate {
  pack: number;
  /** Rewritten for what it is, and not only for the room it wastes. */
  isRequired: boolean;
  isSmall: boolean;
  hasTrees: boolean;
  /** Bytes not kept for each byte kept. */
  waste: number;
}

export function choose({ state, sums }: { state: PruneState; sums: PackSums }, policy: PrunePolicy): Choice {
  const choice: Choice = { repack: [], remove: [], missing: [] };
  const candidates: Candidate[] = [];
  for (const pack of state.inventory.packs.keys()) {
    if (state.sizes[pack] === -1) choice.missing.push(pack);
    else if (sums.keptBlobs[pack] === 0) choice.remove.push(pack);
    else candidates.push(...candidateOf(pack, { state, sums }, policy));
  }
  choice.repack = limit(candidates.sort(byUrgency), sums, policy);
  return choice;
}

function candidateOf(
  pack: number,
  { state, sums }: { state: PruneState; sums: PackSums },
  policy: PrunePolicy,
): Candidate[] {
  const hasTrees = sums.hasTrees(pack);
  const isMixed = sums.isMixed(pack);
  if (policy.repackCacheableOnly && (!hasTrees || isMixed)) return [];
  const isPlain = sums.hasPlainTrees(pack) || (policy.repackUncompressed === true && sums.hasPlainData(pack));
  const isRequired = isMixed || (state.canCompress && isPlain);
  const isSmall = policy.repackSmall === true && state.sizes[pack]! < policy.packBytesTarget * SMALL_SHARE;
  if (!isRequired && !isSmall && sums.otherBlobs[pack] === 0) return [];
  return [{ pack, isRequired, isSmall, hasTrees, waste: sums.otherBytes[pack]! / sums.keptBytes[pack]! }];
}

/** What must be rewritten comes first, then trees, which every command loads, then what wastes most. */
function byUrgency(a: Candidate, b: Candidate): number {
  if (a.isRequired !== b.isRequired) return a.isRequired ? -1 : 1;
  if (a.hasTrees !== b.hasTrees) return a.hasTrees ? -1 : 1;
  return b.waste - a.waste || a.pack - b.pack;
}

function limit(candidates: readonly Candidate[], sums: PackSums, policy: PrunePolicy): number[] {
  const bytesMax = policy.maxRepackBytes ?? Number.POSITIVE_INFINITY;
  const unusedMax = unusedBytesMax(sums, policy);
  const chosen: Candidate[] = [];
  let unusedLeft = candidates.reduce((sum, { pack }) => sum + sums.otherBytes[pack]!, 0);
  let bytes = 0;
  for (const candidate of candidates) {
    const size = sums.keptBytes[candidate.pack]! + sums.otherBytes[candidate.pack]!;
    const isWorthIt = candidate.isRequired || candidate.isSmall || candidate.hasTrees || unusedLeft > unusedMax;
    if (!isWorthIt || bytes + size > bytesMax) continue;
    chosen.push(candidate);
    bytes += size;
    unusedLeft -= sums.otherBytes[candidate.pack]!;
  }
  return withoutLonely(chosen, sums).map(({ pack }) => pack);
}

/** A single small pack without waste would come out as it went in, time after time. */
function withoutLonely(chosen: Candidate[], sums: PackSums): Candidate[] {
  const isOnlySmall = ({ pack, isRequired }: Candidate): boolean => !isRequired && sums.otherBlobs[pack] === 0;
  return chosen.filter((candidate) => {
    if (!isOnlySmall(candidate)) return true;
    return chosen.some((other) => other !== candidate && other.hasTrees === candidate.hasTrees);
  });
}

function unusedBytesMax(sums: PackSums, { maxUnused = { share: UNUSED_SHARE_MAX } }: PrunePolicy): number {
  if (maxUnused === 'unlimited') return Number.POSITIVE_INFINITY;
  if ('bytes' in maxUnused) return maxUnused.bytes;
  if (maxUnused.share >= 1) return Number.POSITIVE_INFINITY;
  const used = sums.keptBytes.reduce((sum, bytes) => sum + bytes, 0);
  return (used * maxUnused.share) / (1 - maxUnused.share);
}
