/** The tables of docs/failover-campaign.md. */
import { tableOf } from '../../../scripts/table.ts';
import { BEDS, type BedName, FAULT_KINDS } from './draw.ts';
import type { RoundRecord } from './results.ts';

const BLOCK = /(?<=^<!-- campaign -->\n)[\s\S]*?(?=^<!-- \/campaign -->$)/m;

const HEAD = [
  'rounds',
  'converged, s (median / max)',
  'on the peer, s (median / max)',
  'fenced',
  'mounted twice',
  'data lost',
  'predictions right',
  'failed',
];

const BED_WORDS: Readonly<Record<BedName, string>> = {
  pair: 'Pacemaker, two nodes',
  three: 'Pacemaker, three nodes',
  heartbeat: 'Heartbeat, a pair',
};

/** @throws {Error} when the page has no place for it */
export function withTables(page: string, records: readonly RoundRecord[]): string {
  if (!BLOCK.test(page)) throw new Error('the page has no lines <!-- campaign --> and <!-- /campaign -->');
  return page.replace(BLOCK, () => `\n${tablesOf(records)}\n`);
}

export function tablesOf(records: readonly RoundRecord[]): string {
  const alone = records.filter(({ faults }) => faults.length === 1);
  const rows = (of: readonly [string, readonly RoundRecord[]][]): string[][] =>
    of.filter(([, those]) => those.length > 0).map(([name, those]) => [name, ...cellsOf(those)]);
  const byFault = rows([
    ...FAULT_KINDS.map((kind): [string, RoundRecord[]] => [kind, alone.filter(({ faults }) => faults[0] === kind)]),
    ['two at once', records.filter(({ faults }) => faults.length > 1)],
    ['with an order of an operator', records.filter(({ hasOrder }) => hasOrder)],
    ['all', records],
  ]);
  const byBed = rows(
    BEDS.map((bed): [string, RoundRecord[]] => [BED_WORDS[bed], records.filter((each) => each.bed === bed)]),
  );
  return [
    tableOf(['fault', ...HEAD], byFault),
    tableOf(['cluster', ...HEAD], byBed),
    listOf('Predictions that were wrong:', records, ({ prediction, difference }) =>
      prediction === 'wrong' ? difference : undefined,
    ),
    listOf('By hand, after the faults were gone:', records, ({ helped }) => helped.join('; ') || undefined),
    listOf('Rounds that failed:', records, ({ failure }) => failure),
  ].join('\n');
}

function cellsOf(records: readonly RoundRecord[]): string[] {
  const sum = (of: (record: RoundRecord) => number): string => String(records.reduce((all, each) => all + of(each), 0));
  const told = records.filter(({ prediction }) => prediction !== 'none');
  const right = told.filter(({ prediction }) => prediction === 'right');
  return [
    String(records.length),
    seconds(records.flatMap(({ convergedMs }) => convergedMs ?? [])),
    seconds(records.flatMap(({ mountedMs }) => mountedMs)),
    sum(({ fenced }) => fenced.length),
    sum(({ doubles }) => doubles),
    sum(({ lost }) => lost),
    `${right.length} of ${told.length}`,
    sum(({ failure }) => (failure === undefined ? 0 : 1)),
  ];
}

/** Median and greatest. */
export function seconds(timesMs: readonly number[]): string {
  if (timesMs.length === 0) return '–';
  const sorted = timesMs.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  const median = (sorted[Math.ceil(half) - 1]! + sorted[Math.floor(half)]!) / 2;
  return `${(median / 1000).toFixed(1)} / ${(sorted.at(-1)! / 1000).toFixed(1)}`;
}

function listOf(
  title: string,
  records: readonly RoundRecord[],
  textOf: (record: RoundRecord) => string | undefined,
): string {
  const lines = records.flatMap((record) => {
    const text = textOf(record);
    const { seed, round, bed, what } = record;
    return text === undefined ? [] : [`- seed ${seed}, round ${round}, ${bed} (${what}): ${text}\n`];
  });
  return lines.length === 0 ? `${title} none.\n` : `${title}\n\n${lines.join('')}`;
}
