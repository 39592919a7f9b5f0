/** Which faults strike which call: by script, or drawn from a seed. */
import type { ErrorCode } from '../base/errors.ts';
import type { FileKind } from '../storage.ts';

export type StorageCall = 'create' | 'list' | 'stat' | 'load' | 'save' | 'replace' | 'remove';

/**
 * - `fail`: the call does nothing and throws `code`.
 * - `lost-answer`: the call is done, then throws `storage-failed`, as when a connection breaks before the answer.
 * - `short`: a load throws `file-damaged` as for a file cut off; a listing breaks with `storage-failed` after its first entry.
 * - `flip`: one bit of what a load returns is wrong.
 * - `torn`: a save or replace leaves half of the bytes where a broken write leaves them (`tear`) and throws `storage-failed`.
 * - `truncate`: a save or replace stores half of the bytes under the final name and claims success.
 * - `slow`: the call waits `ms` first.
 * - `hang`: the call waits until its signal is aborted, or until the storage is closed.
 */
export type Fault =
  | { effect: 'fail'; code: ErrorCode }
  | { effect: 'slow'; ms: number }
  | { effect: 'lost-answer' | 'short' | 'flip' | 'torn' | 'truncate' | 'hang' };

/** A fault and what it strikes; what is absent matches everything. */
export type AimedFault = Fault & { call?: StorageCall; kind?: FileKind };

/** Strikes at the `nth` call that matches, from 1, and at no other; at every one when absent. */
export type ScriptedFault = AimedFault & { nth?: number };

/** Strikes each call that matches with `probability`, independently of the others. */
export type SeededFault = AimedFault & { probability: number };

export interface FaultPlanOptions {
  script?: ScriptedFault[];
  seeded?: { seed: number; faults: SeededFault[] };
}

export class FaultPlan {
  readonly #options: FaultPlanOptions;
  readonly #random: () => number;
  readonly #matches = new Map<ScriptedFault, number>();

  constructor(options: FaultPlanOptions) {
    this.#options = options;
    this.#random = seededRandom(options.seeded?.seed ?? 1);
  }

  /** The faults that strike this call. */
  next(call: StorageCall, kind: FileKind | undefined): Fault[] {
    const aimed = (fault: AimedFault): boolean =>
      (fault.call ?? call) === call && (fault.kind === undefined || fault.kind === kind);
    const { script = [], seeded } = this.#options;
    const scripted = script.filter((fault) => aimed(fault) && this.#isTurnOf(fault));
    const drawn = seeded?.faults.filter((fault) => aimed(fault) && this.#random() < fault.probability) ?? [];
    return [...scripted, ...drawn];
  }

  /** A whole number below `limit`, drawn from the seed. */
  pick(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  #isTurnOf(fault: ScriptedFault): boolean {
    const matches = (this.#matches.get(fault) ?? 0) + 1;
    this.#matches.set(fault, matches);
    return fault.nth === undefined || fault.nth === matches;
  }
}

/** 0 ≤ value < 1: Marsaglia's 32-bit xorshift generator with shifts 13, 17, 5. */
function seededRandom(seed: number): () => number {
  // The state must not be 0, and small seeds need a few rounds before their bits are spread.
  let state = (seed ^ 0x9e3779b9) | 0 || 1;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  for (let round = 0; round < 8; round++) next();
  return next;
}
