/** What progress looks like: one line for people, one object for programs. */
import { formatBytes } from '../base/bytes.ts';
import { fit, formatCount, printable, widthOf } from './text.ts';
import { formatCountdown, formatDuration } from './time.ts';

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

const BAR_WIDTH = 20;
/** Terminal columns that the name of the current file must have to be of use. */
const NAME_WIDTH_MIN = 12;

/** At most `columns` wide: bar, percent, amount, rate, time left, errors, current file; what does not fit is left out. */
export function progressLine(state: ProgressState, pace: Pace, columns: number): string {
  const fraction = fractionDone(state);
  const parts = [
    ...(fraction === undefined ? [] : [percent(fraction)]),
    amount(state),
    ...(pace.bytesPerS === undefined ? [] : [`${formatBytes(Math.round(pace.bytesPerS))}/s`]),
    timing(state, pace),
    ...(state.errors ? [`${formatCount(state.errors)} ${state.errors === 1 ? 'error' : 'errors'}`] : []),
  ];
  const words = parts.join('  ');
  const withBar = fraction === undefined ? words : `${bar(fraction)} ${words}`;
  const line = widthOf(withBar) <= columns ? withBar : fit(words, columns);
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

function bar(fraction: number): string {
  const filled = Math.floor(fraction * BAR_WIDTH);
  return `[${'='.repeat(filled)}${filled < BAR_WIDTH ? '>' : ''}${' '.repeat(Math.max(0, BAR_WIDTH - filled - 1))}]`;
}

/** Rounded down, so that 100 % is only ever shown when all is done. */
function percent(fraction: number): string {
  return `${(Math.floor(fraction * 1000) / 10).toFixed(1).padStart(5)}%`;
}

function amount({ bytesDone, bytesTotal, filesDone, filesTotal }: ProgressState): string {
  const hasBytes = bytesDone > 0 || bytesTotal;
  const bytes =
    bytesTotal === undefined ? formatBytes(bytesDone) : `${formatBytes(bytesDone)}/${formatBytes(bytesTotal)}`;
  const done = formatCount(filesDone);
  const files =
    filesTotal === undefined
      ? `${done} ${filesDone === 1 ? 'file' : 'files'}`
      : `${done}/${formatCount(filesTotal)} files`;
  return hasBytes ? `${bytes}  ${files}` : files;
}

function timing(state: ProgressState, pace: Pace): string {
  const left = secondsLeft(state, pace);
  return left === undefined
    ? formatDuration(pace.elapsedMs - (pace.elapsedMs % 1000))
    : `${formatCountdown(left * 1000)} left`;
}
