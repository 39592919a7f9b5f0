/** Which packs a check reads. */
import { parseBytes } from '../../base/bytes.ts';
import { AppError } from '../../base/errors.ts';
import type { PackId } from '../../base/ids.ts';
import type { Random } from '../../host.ts';

/**
 * All packs; one part of `of` by the first byte of their names, so that `of` runs read each pack once; or a random share
 * (0 to 1) or amount, at least one pack.
 */
export type Subset = 'all' | { part: number; of: number } | { share: number } | { bytes: number };

export interface StoredPack {
  name: PackId;
  /** Bytes. */
  size: number;
}

/** The first byte of a name tells at most this many parts apart. */
const PARTS_MAX = 256;
const HINT = 'Give a part such as 1/7, a share such as 5%, or a size such as 10G.';

/** Reads `1/7`, `2.5%` or `10G`. @throws {AppError} `usage` */
export function parseSubset(text: string): Subset {
  const part = /^(\d+)\/(\d+)$/.exec(text);
  if (part !== null) return partOf(text, Number(part[1]), Number(part[2]));
  const percent = /^(\d+(?:\.\d+)?)%$/.exec(text);
  const share = Number(percent?.[1]) / 100;
  if (percent !== null && share > 0 && share <= 1) return { share };
  if (percent !== null) throw notSubset(text);
  const bytes = parseBytes(text);
  if (bytes === 0) throw notSubset(text);
  return { bytes };
}

/** Every pack has the same chance of being among those of a random subset. */
export function choosePacks<P extends StoredPack>(packs: readonly P[], subset: Subset, random: Random): P[] {
  if (subset === 'all') return [...packs];
  if ('part' in subset) return packs.filter(({ name }) => firstByte(name) % subset.of === subset.part - 1);
  const shuffled = shuffle([...packs], random);
  if ('share' in subset) return shuffled.slice(0, Math.ceil(packs.length * subset.share));
  const chosen: P[] = [];
  for (let bytes = 0; bytes < subset.bytes && chosen.length < shuffled.length; ) {
    const pack = shuffled[chosen.length]!;
    chosen.push(pack);
    bytes += pack.size;
  }
  return chosen;
}

function partOf(text: string, part: number, of: number): Subset {
  if (part < 1 || part > of || of > PARTS_MAX) throw notSubset(text);
  return { part, of };
}

function notSubset(text: string): AppError {
  return new AppError('usage', { detail: `not a part of the packs: ${text}`, hint: HINT });
}

function firstByte(name: string): number {
  return Number.parseInt(name.slice(0, 2), 16);
}

/** Fisher and Yates. */
function shuffle<T>(items: T[], random: Random): T[] {
  for (let last = items.length - 1; last > 0; last--) {
    const other = random.int(last + 1);
    [items[last], items[other]] = [items[other]!, items[last]!];
  }
  return items;
}
