/** What came of each round, kept over runs. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { BedName, FaultKind } from './draw.ts';
import type { OrderKind, When } from './orders.ts';
import type { Judgement } from './verdicts.ts';

/** The oldest go first: the file stays below a few megabytes. */
export const RECORDS_MAX = 3000;

/** An order of an operator, given through Holdfast. */
export interface OrderRecord extends Judgement {
  kind: OrderKind;
  when: When;
  isOverridden: boolean;
  /** Undefined when the command did not come to an end. */
  exitCode?: number;
  /** The error it ended with. */
  error?: string;
  tookMs: number;
}

export interface RoundRecord {
  seed: number;
  round: number;
  bed: BedName;
  /** `meta0 on n1, object0 on n2` */
  start: string;
  faults: readonly FaultKind[];
  /** Faults and order as they were given. */
  what: string;
  order?: OrderRecord;
  /** Processes that waited for a processor at the end of it, on average of a minute: time-outs may come of that. */
  load: number;
  /** Milliseconds from the end of the faults until all was well. Absent when it was not. */
  convergedMs?: number;
  /** Milliseconds from the faults until mounted on another node, one for each LUN that was. */
  mountedMs: readonly number[];
  /** `off n2 by n1`. */
  fenced: readonly string[];
  doubles: number;
  /** LUNs that lacked something which had been on disk. */
  lost: number;
  prediction: 'right' | 'wrong' | 'none';
  /** What was said and what was, or why nothing was said. */
  difference?: string;
  /** What somebody had to do by hand once the faults were gone. */
  helped: readonly string[];
  failure?: string;
}

export function loadRecords(path: string): RoundRecord[] {
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as RoundRecord);
}

/** A round that was run again takes the place of what it was. */
export function addRecord(records: readonly RoundRecord[], added: RoundRecord): RoundRecord[] {
  const key = ({ seed, round, bed }: RoundRecord) => `${seed} ${round} ${bed}`;
  return [...records.filter((each) => key(each) !== key(added)), added].slice(-RECORDS_MAX);
}

export function saveRecords(path: string, records: readonly RoundRecord[]): void {
  writeFileSync(`${path}.new`, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
  renameSync(`${path}.new`, path);
}
