/**
 * Whether a run departs from what its plan does. Nothing here looks at dates or contents: a source that was encrypted,
 * emptied or exchanged for another shows in how much there is, how much of it is new, and how far that compresses.
 */
import { formatBytes, KIB, MIB } from '../base/bytes.ts';
import { ANOMALY_RUNS_MIN } from '../base/limits.ts';

/** What a run of a plan saw and stored. What is absent is unknown, and is not judged. */
export interface JudgedFigures {
  files?: number;
  bytes?: number;
  /** New and changed ones. */
  filesChanged?: number;
  /** Bytes of new blobs, before and after compression. */
  bytesAdded?: number;
  bytesStored?: number;
}

export interface JudgeOptions {
  /** A figure departs when it is more than so many times the median, or less than the median divided by it. Above 1. */
  factor: number;
}

// Small numbers vary without meaning anything, so a figure must depart by an amount as well. Less is judged more
// strictly than more: a dump that ends after its header, or a folder that was not mounted, loses data; growth does not.
const FILES_FEWER_MIN = 10;
const FILES_MORE_MIN = 100;
/** A dump of a small database is a few hundred KiB. */
const BYTES_FEWER_MIN = 64 * KIB;
const BYTES_MORE_MIN = 10 * MIB;
/** An update of a system, or a day on which many work, changes less than a quarter of the files … */
const CHANGED_SHARE_MIN = 0.25;
/** … and a few changed files of a small folder are a quarter of it, too. */
const CHANGED_FILES_MIN = 20;
const ADDED_SHARE_MIN = 0.25;
const ADDED_BYTES_MIN = MIB;
/** Encrypted data does not compress. A few photographs do not either: they are less than this share of what there is. */
const INCOMPRESSIBLE_ADDED_SHARE_MIN = 0.02;
/** What never saved so much was packed data all along, and says nothing when it saves less. */
const SAVED_SHARE_MIN = 0.1;

/**
 * Compares a run with the median of earlier ones. A fall to nothing is always a departure, however little there was.
 * Compression is judged by what it saves: where 60 % are saved, three times the usual stored share would be over 100 %
 * and could never be seen, but a third of the usual saving can.
 * @param history of good runs, in any order; of fewer than `ANOMALY_RUNS_MIN` that know a figure, it is not judged
 * @returns one line for each departure, with its numbers; empty when there is none or nothing to judge by
 */
export function judgeRun(
  figures: JudgedFigures,
  history: readonly JudgedFigures[],
  { factor }: JudgeOptions,
): string[] {
  return METRICS.flatMap(({ read, departs, amount, what }) => {
    const value = read(figures);
    const earlier = history.map(read).filter((each) => each !== undefined);
    if (value === undefined || earlier.length < ANOMALY_RUNS_MIN) return [];
    const usual = medianOf(earlier);
    if (!departs({ value, usual, factor, figures })) return [];
    return [`${what(amount(value))} where the median of ${earlier.length} runs is ${amount(usual)}`];
  });
}

interface Comparison {
  value: number;
  usual: number;
  factor: number;
  figures: JudgedFigures;
}

interface Metric {
  read: (figures: JudgedFigures) => number | undefined;
  departs: (comparison: Comparison) => boolean;
  /** The figure with its unit, also for a median. */
  amount: (value: number) => string;
  /** What it is the amount of. */
  what: (amount: string) => string;
}

const METRICS: readonly Metric[] = [
  {
    read: ({ files }) => files,
    departs: (comparison) => departsBothWays(comparison, { fewer: FILES_FEWER_MIN, more: FILES_MORE_MIN }),
    amount: (files) => `${Math.round(files).toLocaleString('en-US')} ${files === 1 ? 'file' : 'files'}`,
    what: (amount) => amount,
  },
  {
    read: ({ bytes }) => bytes,
    departs: (comparison) => departsBothWays(comparison, { fewer: BYTES_FEWER_MIN, more: BYTES_MORE_MIN }),
    amount: (bytes) => formatBytes(Math.round(bytes)),
    what: (amount) => amount,
  },
  {
    read: ({ filesChanged, files }) => shareOf(filesChanged, files),
    departs: ({ value, usual, factor, figures: { filesChanged = 0 } }) =>
      value > usual * factor && value >= CHANGED_SHARE_MIN && filesChanged >= CHANGED_FILES_MIN,
    amount: percent,
    what: (amount) => `${amount} of the files changed`,
  },
  {
    read: ({ bytesAdded, bytes }) => shareOf(bytesAdded, bytes),
    departs: ({ value, usual, factor, figures: { bytesAdded = 0 } }) =>
      value > usual * factor && value >= ADDED_SHARE_MIN && bytesAdded >= ADDED_BYTES_MIN,
    amount: percent,
    what: (amount) => `new content of ${amount} of the size`,
  },
  {
    read: ({ bytesStored, bytesAdded }) => shareOf(bytesStored, bytesAdded),
    departs: ({ value, usual, factor, figures: { bytesAdded = 0, bytes = 0 } }) =>
      1 - usual >= SAVED_SHARE_MIN &&
      1 - value < (1 - usual) / factor &&
      bytesAdded >= ADDED_BYTES_MIN &&
      bytesAdded >= bytes * INCOMPRESSIBLE_ADDED_SHARE_MIN,
    amount: percent,
    what: (amount) => `new content compressed to ${amount}`,
  },
];

function departsBothWays({ value, usual, factor }: Comparison, least: { fewer: number; more: number }): boolean {
  if (value === 0) return usual > 0;
  if (value < usual / factor) return usual - value >= least.fewer;
  return value > usual * factor && value - usual >= least.more;
}

/** Undefined where there is nothing to have a share of. */
function shareOf(part: number | undefined, whole: number | undefined): number | undefined {
  return part === undefined || whole === undefined || whole <= 0 ? undefined : part / whole;
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Whole per cent, but a share that is there at all is not shown as none. */
function percent(share: number): string {
  return share > 0 && share < 0.01 ? 'less than 1 %' : `${Math.round(share * 100)} %`;
}
