/** What a check finds. */
import type { AppError } from '../../base/errors.ts';

/**
 * - `snapshot-damaged`, `index-damaged`: the file cannot be read
 * - `pack-missing`, `pack-size`: the index names a pack that is not there, or has another size
 * - `pack-damaged`: the bytes of a pack are not those it was stored with
 * - `blob-damaged`: a blob cannot be opened, or is not what its id says
 * - `tree-missing`, `blob-missing`: something refers to a blob that is in no index
 * - `tree-damaged`: a tree cannot be opened, so what it refers to is not known
 * - `tree-invalid`: a tree breaks rules of the format; what it refers to is known
 * - `pack-orphan`: no index names the pack. `pack-repeated`: several index files do. `pack-mixed`: holds data and trees
 */
export type FindingKind =
  | 'snapshot-damaged'
  | 'index-damaged'
  | 'pack-missing'
  | 'pack-size'
  | 'pack-damaged'
  | 'blob-damaged'
  | 'tree-missing'
  | 'blob-missing'
  | 'tree-damaged'
  | 'tree-invalid'
  | 'pack-orphan'
  | 'pack-repeated'
  | 'pack-mixed';

export interface Finding {
  /** A hint costs space or time, an error may cost data. */
  severity: 'error' | 'hint';
  kind: FindingKind;
  /** Hex id of the file or blob it is about; of the pack for a damaged blob. */
  id: string;
  /** One line; names the file. */
  message: string;
}

export function errorFinding(kind: FindingKind, id: string, message: string): Finding {
  return { severity: 'error', kind, id, message };
}

export function hintFinding(kind: FindingKind, id: string, message: string): Finding {
  return { severity: 'hint', kind, id, message };
}

/** What an error says after the registry's own words, which repeat what the finding says. */
export function reasonOf(error: AppError): string {
  return error.message.slice(error.message.indexOf(': ') + 2);
}
