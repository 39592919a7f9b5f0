/** A notice as text: nothing in it can forge a header, a line or a terminal's control codes. */
import { NOTICE_LINE_CHARS_MAX, NOTICE_LINES_MAX, NOTICE_TITLE_CHARS_MAX } from '../base/limits.ts';
import type { Notice } from './model.ts';

/** Control characters, separators of lines, and those that turn the direction of writing. */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu;

/** The text on one line, at most `charsMax` long. */
export function oneLine(text: string, charsMax = NOTICE_LINE_CHARS_MAX): string {
  const line = text.toWellFormed().replace(UNPRINTABLE, ' ').trim();
  // Cut between characters, not inside one.
  return line.length <= charsMax
    ? line
    : `${line
        .slice(0, charsMax - 1)
        .toWellFormed()
        .replace(/\ufffd$/u, '')}…`;
}

/** What happened to what, in one line: `failure: plan etc on node7`. */
export function headlineOf({ kind, title }: Notice): string {
  return `${kind}: ${oneLine(title, NOTICE_TITLE_CHARS_MAX)}`;
}

/** Lines of the notice with their indentation; those over the maximum are only counted. */
export function linesOf({ lines }: Notice): string[] {
  const kept = lines.slice(0, NOTICE_LINES_MAX).map((line) => /^ */.exec(line)![0].slice(0, 40) + oneLine(line));
  const left = lines.length - kept.length;
  return left === 0 ? kept : [...kept, `… and ${left} more lines`];
}

/** The whole notice for a person: headline, lines, and a small block of facts. Ends with a line feed. */
export function textOf(notice: Notice): string {
  const facts: [string, string][] = [
    ['severity', notice.severity],
    ...(notice.plan === undefined ? [] : [['plan', notice.plan] satisfies [string, string]]),
    ...(notice.vault === undefined ? [] : [['vault', notice.vault] satisfies [string, string]]),
    ...(notice.cluster === undefined ? [] : [['cluster', notice.cluster] satisfies [string, string]]),
    ['machine', notice.hostname],
    ['time', new Date(notice.atMs).toISOString()],
    ...Object.entries(notice.facts).map(([key, value]): [string, string] => [key, String(value)]),
  ];
  const lines = linesOf(notice);
  return `${[headlineOf(notice), '', ...lines, ...(lines.length > 0 ? [''] : []), ...aligned(facts)].join('\n')}\n`;
}

/** Rows of cells in columns two spaces apart; the last column is not padded. */
export function aligned(rows: readonly (readonly string[])[]): string[] {
  const clean = rows.map((row) => row.map((cell) => oneLine(cell)));
  const widths = (clean[0] ?? []).map((_, column) => Math.max(...clean.map((row) => row[column]!.length)));
  return clean.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]! + 2))
      .join('')
      .trimEnd(),
  );
}

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** A span for a person, in the two largest units that matter: `45 s`, `12 min`, `5 h 20 min`, `26 h`, `3 d 4 h`. */
export function formatSpan(ms: number): string {
  const span = Math.max(0, ms);
  if (span < MINUTE_MS) return `${Math.floor(span / SECOND_MS)} s`;
  if (span < HOUR_MS) return `${Math.floor(span / MINUTE_MS)} min`;
  if (span < 10 * HOUR_MS) return twoUnits(span, { large: HOUR_MS, small: MINUTE_MS, units: ['h', 'min'] });
  if (span < 2 * DAY_MS) return `${Math.floor(span / HOUR_MS)} h`;
  return twoUnits(span, { large: DAY_MS, small: HOUR_MS, units: ['d', 'h'] });
}

function twoUnits(
  ms: number,
  { large, small, units }: { large: number; small: number; units: [string, string] },
): string {
  const rest = Math.floor((ms % large) / small);
  return `${Math.floor(ms / large)} ${units[0]}${rest === 0 ? '' : ` ${rest} ${units[1]}`}`;
}

/** A moment with its distance from UTC, as in RFC 3339 without seconds: `2026-11-02 22:00 +01:00`. */
export function formatMoment(ms: number, timezone = 'UTC'): string {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: timezone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'longOffset',
  });
  const part = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, value]));
  const offset = part['timeZoneName']!.replace(/^GMT(?:\+00:00)?/, '') || 'UTC';
  return `${part['year']}-${part['month']}-${part['day']} ${part['hour']}:${part['minute']} ${offset}`;
}
