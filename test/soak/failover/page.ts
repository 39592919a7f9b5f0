/** The tables of docs/failover-campaign.md. */
import { tableOf } from '../../../scripts/table.ts';
import { BEDS, type BedName, FAULT_KINDS } from './draw.ts';
import { PACEMAKER_ORDERS, type When } from './orders.ts';
import type { OrderRecord, RoundRecord } from './results.ts';

const BLOCK = /(?<=^<!-- campaign -->\n)[\s\S]*?(?=^<!-- \/campaign -->$)/m;

const HEAD = [
  'rounds',
  'converged, s (median / max)',
  'on the peer, s (median / max)',
  'fenced',
  'mounted twice',
  'data lost',
  'predictions right',
  'verdicts right',
  'failed',
];

const ORDER_HEAD = [
  'orders',
  'green, right',
  'refused, right',
  'no verdict, right',
  'wrong',
  'open',
  'against the verdict',
  'took, s (median / max)',
];

const BED_WORDS: Readonly<Record<BedName, string>> = {
  pair: 'Pacemaker, two nodes',
  three: 'Pacemaker, three nodes',
  heartbeat: 'Heartbeat, a pair',
  bare: 'Heartbeat without STONITH',
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
    ['none, but an order of an operator', records.filter(({ faults }) => faults.length === 0)],
    ['faults and an order', records.filter(({ faults, order }) => faults.length > 0 && order !== undefined)],
    ['all', records],
  ]);
  const byBed = rows(
    BEDS.map((bed): [string, RoundRecord[]] => [BED_WORDS[bed], records.filter((each) => each.bed === bed)]),
  );
  return [
    `Seeds and rounds: ${seedsOf(records)}. Processes that waited for a processor meanwhile: ${loadOf(records)} (median / max).\n`,
    tableOf(['fault', ...HEAD], byFault),
    tableOf(['cluster', ...HEAD], byBed),
    tableOf(['order', ...ORDER_HEAD], orderRows(records)),
    listOf('Orders and verdicts that were wrong:', records, ({ order }) =>
      order?.judged === 'wrong' ? `${order.kind}: ${order.why}` : undefined,
    ),
    listOf('Predictions that were wrong:', records, ({ prediction, difference }) =>
      prediction === 'wrong' ? difference : undefined,
    ),
    listOf('By hand, after the faults were gone:', records, ({ helped }) => helped.join('; ') || undefined),
    listOf('Rounds that failed:', records, ({ failure }) => failure),
  ].join('\n');
}

/** `41 (120 rounds), 42 (30 rounds)`. */
function seedsOf(records: readonly RoundRecord[]): string {
  const bySeed = [...Map.groupBy(records, ({ seed }) => seed)].sort(([a], [b]) => a - b);
  return bySeed.map(([seed, own]) => `${seed} (${own.length} rounds)`).join(', ') || 'none';
}

function loadOf(records: readonly RoundRecord[]): string {
  return seconds(records.map(({ load }) => load * 1000));
}

const WHEN_WORDS: Readonly<Record<When, string>> = {
  calm: 'while all is well',
  before: 'faults strike in its course',
  after: 'a fault is in effect',
};

function orderRows(records: readonly RoundRecord[]): string[][] {
  const orders = records.flatMap(({ order }) => order ?? []);
  const named: [string, OrderRecord[]][] = [
    ...PACEMAKER_ORDERS.map((kind): [string, OrderRecord[]] => [kind, orders.filter((each) => each.kind === kind)]),
    ...(['calm', 'before', 'after'] as const).map((when): [string, OrderRecord[]] => [
      WHEN_WORDS[when],
      orders.filter((each) => each.when === when),
    ]),
    ['all', orders],
  ];
  return named.filter(([, those]) => those.length > 0).map(([name, those]) => [name, ...orderCells(those)]);
}

function orderCells(orders: readonly OrderRecord[]): string[] {
  const count = (isSo: (order: OrderRecord) => boolean): string => String(orders.filter(isSo).length);
  const right = (verdict: OrderRecord['verdict']) => (order: OrderRecord) =>
    order.verdict === verdict && order.judged === 'right';
  return [
    String(orders.length),
    count(right('green')),
    count(right('refused')),
    count(right('none')),
    count(({ judged }) => judged === 'wrong'),
    count(({ judged }) => judged === 'open'),
    count(({ judged }) => judged === 'free'),
    seconds(orders.filter(({ exitCode }) => exitCode === 0).map(({ tookMs }) => tookMs)),
  ];
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
    verdictCell(records.flatMap(({ order }) => order ?? [])),
    sum(({ failure }) => (failure === undefined ? 0 : 1)),
  ];
}

/** Of those that could be judged. */
function verdictCell(orders: readonly OrderRecord[]): string {
  const judged = orders.filter(({ judged: how }) => how === 'right' || how === 'wrong');
  return judged.length === 0
    ? '–'
    : `${judged.filter(({ judged: how }) => how === 'right').length} of ${judged.length}`;
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
