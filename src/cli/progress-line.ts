/** What progress looks like: one line for people, one object for programs. */
import { formatBytes } from '../base/bytes.ts';
import { counted, fit, formatCount, printable, widthOf } from './text.ts';
import { formatClock } from './time.ts';

/** How far some work is; features hand over a new one as often as they like. */
export interface ProgressState {
  filesDone: number;
  /** Absent while it is not known how many there will be. */
  filesTotal?: number | undefined;
  bytesDone: number;
  bytesTotal?: number | undefined;
  /** What is being worked on, without regard to control characters; the first is shown to people. */
  current?: readonly string[] | undefined;
  /** Problems so far. */
  errors?: number | undefined;
}

export interface Pace {
  elapsedMs: number;
  /** Bytes per second of late; undefined before anything can be said. */
  bytesPerS: number | undefined;
}

/** Width of the bar by that of the terminal, so that it neither jumps nor comes and goes with the length of the words. */
const BARS = [
  { columnsMin: 110, width: 20 },
  { columnsMin: 60, width: 10 },
];
/** Below this, files are not counted where there are bytes to tell how far it is. */
const COLUMNS_FOR_COUNT = 110;
/** Terminal columns that the name of the current file must have to be of use. */
const NAME_WIDTH_MIN = 8;

/** At most `columns` wide: bar, percent, amount, rate, time left, errors, current file; what does not fit is left out. */
export function progressLine(state: ProgressState, pace: Pace, columns: number): string {
  const fraction = fractionDone(state);
  const parts = [
    ...(fraction === undefined ? [] : [percent(fraction)]),
    ...amounts(state, columns),
    ...(pace.bytesPerS === undefined ? [] : [`${formatBytes(Math.round(pace.bytesPerS))}/s`]),
    timing(state, pace),
    ...(state.errors ? [counted(state.errors, 'error')] : []),
  ];
  const words = parts.join('  ');
  const barWidth = BARS.find(({ columnsMin }) => columns >= columnsMin)?.width;
  const line = fit(
    fraction === undefined || barWidth === undefined ? words : `${bar(fraction, barWidth)} ${words}`,
    columns,
  );
  const room = columns - widthOf(line) - 2;
  const name = state.current?.[0];
  return name === undefined || room < NAME_WIDTH_MIN ? line : `${line}  ${fit(printable(name), room, 'end')}`;
}

/** Fields of a `status` line, named as in restic's JSON output; what is not known yet is left out. */
export function statusFields(state: ProgressState, pace: Pace): Record<string, unknown> {
  const left = secondsLeft(state, pace);
  return {
    seconds_elapsed: Math.floor(pace.elapsedMs / 1000),
    ...(left === undefined ? {} : { seconds_remaining: Math.ceil(left) }),
    percent_done: fractionDone(state) ?? 0,
    ...(state.filesTotal === undefined ? {} : { total_files: state.filesTotal }),
    files_done: state.filesDone,
    ...(state.bytesTotal === undefined ? {} : { total_bytes: state.bytesTotal }),
    bytes_done: state.bytesDone,
    error_count: state.errors ?? 0,
    current_files: state.current ?? [],
  };
}

/** 0 to 1, by bytes where there are any, else by files; undefined while no total is known. */
function fractionDone({ bytesDone, bytesTotal, filesDone, filesTotal }: ProgressState): number | undefined {
  if (bytesTotal) return Math.min(1, bytesDone / bytesTotal);
  if (filesTotal) return Math.min(1, filesDone / filesTotal);
  return undefined;
}

function secondsLeft({ bytesDone, bytesTotal }: ProgressState, { bytesPerS }: Pace): number | undefined {
  if (bytesTotal === undefined || !bytesPerS) return undefined;
  return Math.max(0, bytesTotal - bytesDone) / bytesPerS;
}

function bar(fraction: number, width: number): string {
  const filled = Math.floor(fraction * width);
  return `[${'='.repeat(filled)}${filled < width ? '>' : ''}${' '.repeat(Math.max(0, width - filled - 1))}]`;
}

/** Rounded down, so that 100 % is only ever shown when all is done. */
function percent(fraction: number): string {
  return `${(Math.floor(fraction * 1000) / 10).toFixed(1).padStart(5)}%`;
}

function amounts({ bytesDone, bytesTotal, filesDone, filesTotal }: ProgressState, columns: number): string[] {
  const bytes = bytesTotal === undefined ? formatBytes(bytesDone) : pairOfBytes(bytesDone, bytesTotal);
  const done = formatCount(filesDone);
  const files =
    filesTotal === undefined
      ? `${done} ${filesDone === 1 ? 'file' : 'files'}`
      : `${done}/${formatCount(filesTotal)} files`;
  if (bytesDone === 0 && !bytesTotal) return [files];
  return bytesTotal !== undefined && columns < COLUMNS_FOR_COUNT ? [bytes] : [bytes, files];
}

/** `1.20/2.85 GiB`; the unit once where it is the same. */
function pairOfBytes(done: number, total: number): string {
  const [doneText, totalText] = [formatBytes(done), formatBytes(total)];
  const unit = totalText.slice(totalText.indexOf(' '));
  return `${doneText.endsWith(unit) ? doneText.slice(0, -unit.length) : doneText}/${totalText}`;
}

function timing(state: ProgressState, pace: Pace): string {
  const left = secondsLeft(state, pace);
  return left === undefined ? formatClock(pace.elapsedMs) : `${formatClock(left * 1000)} left`;
}
