/** What was measured, as it is kept between partial runs: `results.json`. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Operation } from './cases.ts';
import type { InputFacts } from './limit/sample.ts';
import type { Steps } from './limit.ts';
import type { Measure } from './timing.ts';

export interface Round {
  /** By contestant. */
  measures: Record<string, Measure>;
  /** Size of each contestant's vault afterwards. */
  storedBytes: Record<string, number>;
  /** Our arithmetic limit, measured in the same round. */
  limit?: Steps;
}

export interface OperationResult {
  /** What was measured, by contestant. */
  versions: Record<string, string>;
  rounds: Round[];
}

export interface CaseResult extends InputFacts {
  scale: number;
  operations: Partial<Record<Operation, OperationResult>>;
}

export interface Machine {
  cores: number;
  processor: string;
  memoryGiB: number;
  kernel: string;
  fileSystem: string;
}

export interface Results {
  machine: Machine;
  cases: Record<string, CaseResult>;
}

export function loadResults(path: string): Results | undefined {
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Results) : undefined;
}

export function saveResults(path: string, results: Results): void {
  writeFileSync(path, `${JSON.stringify(results, undefined, 1)}\n`);
}

/** Operations just measured replace the same ones of an earlier run, unless that was of another size. */
export function mergeCase(earlier: CaseResult | undefined, now: CaseResult): CaseResult {
  if (earlier === undefined || earlier.scale !== now.scale) return now;
  return { ...now, operations: { ...earlier.operations, ...now.operations } };
}
