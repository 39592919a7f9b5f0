import type { SimulatedDay, Simulation } from './simulator.ts';

/** `end`: what is still there on the last day, by its level then. `highest`: the highest level each point ever had. */
export type CalendarView = 'end' | 'highest';

const MONTHS = 'January February March April May June July August September October November December'.split(' ');
const WEEKDAYS = '    M T W T F S S';
/** Four months of 17 columns, and three gaps, are 77 columns. */
const MONTHS_PER_ROW = 4;
const GAP = '   ';
const COLUMNS_MAX = 80;
const DAY_MS = 24 * 60 * 60_000;

const MEANINGS: Record<string, string> = {
  '+': 'kept, on no level',
  '.': 'made, gone since',
  '-': 'missed',
  '!': 'failed',
};

/**
 * The days of a simulation as months side by side, one sign a day, then what the signs mean and what it comes to. In
 * front of each week is the day of the month it begins with. Plain text of at most 80 columns.
 */
export function calendarLines(simulation: Simulation, view: CalendarView = 'end'): string[] {
  const { days } = simulation;
  const levels = view === 'end' ? levelsOf([days.at(-1)!]) : levelsOf(days);
  const signs = new Map(days.map((day) => [day.date, signOf(day, levels)]));
  const months = [...new Set(days.map(({ date }) => date.slice(0, 7)))].map((month) => blockOf(month, signs));
  return [
    view === 'end' ? `Still there on ${days.at(-1)!.date}:` : 'The highest level of each point:',
    '',
    ...besideEachOther(months),
    ...legendOf(new Set(signs.values())),
    '',
    ...summaryOf(simulation),
  ];
}

/** By the date a point was made: its highest level, undefined when it was there but on none. */
function levelsOf(days: readonly SimulatedDay[]): Map<string, number | undefined> {
  const levels = new Map<string, number | undefined>();
  for (const { points } of days)
    for (const { date, level } of points) {
      const known = levels.get(date);
      if (!levels.has(date) || known === undefined || (level !== undefined && level > known)) levels.set(date, level);
    }
  return levels;
}

function signOf({ date, outcome }: SimulatedDay, levels: ReadonlyMap<string, number | undefined>): string {
  if (outcome !== 'success') return { missed: '-', failed: '!', idle: ' ' }[outcome];
  if (!levels.has(date)) return '.';
  const level = levels.get(date);
  return level === undefined ? '+' : String(Math.min(level, 9));
}

/** @param month `2026-11` */
function blockOf(month: string, signs: ReadonlyMap<string, string>): string[] {
  const firstMs = Date.parse(`${month}-01`);
  const weeks: { label: number; cells: string[] }[] = [];
  for (let timeMs = firstMs; ; timeMs += DAY_MS) {
    const date = new Date(timeMs);
    const text = date.toISOString().slice(0, 10);
    if (!text.startsWith(month)) break;
    const weekday = (date.getUTCDay() + 6) % 7;
    if (weekday === 0 || weeks.length === 0) weeks.push({ label: date.getUTCDate(), cells: Array(7).fill(' ') });
    weeks.at(-1)!.cells[weekday] = signs.get(text) ?? ' ';
  }
  const title = `${MONTHS[new Date(firstMs).getUTCMonth()]} ${month.slice(0, 4)}`;
  return [title, WEEKDAYS, ...weeks.map(({ label, cells }) => `${String(label).padStart(2)}  ${cells.join(' ')}`)].map(
    (line) => line.padEnd(WEEKDAYS.length),
  );
}

function besideEachOther(blocks: readonly string[][]): string[] {
  const lines: string[] = [];
  for (let first = 0; first < blocks.length; first += MONTHS_PER_ROW) {
    const row = blocks.slice(first, first + MONTHS_PER_ROW);
    const height = Math.max(...row.map((block) => block.length));
    for (let line = 0; line < height; line++)
      lines.push(
        row
          .map((block) => block[line] ?? ' '.repeat(WEEKDAYS.length))
          .join(GAP)
          .trimEnd(),
      );
    lines.push('');
  }
  return lines;
}

/** Only of the signs there are. */
function legendOf(signs: ReadonlySet<string>): string[] {
  const levels = [...signs].filter((sign) => /\d/.test(sign)).sort();
  const texts = [
    ...levels.map((sign) => `${sign} = level ${sign}${sign === '9' ? ' or higher' : ''}`),
    ...Object.entries(MEANINGS).flatMap(([sign, meaning]) => (signs.has(sign) ? [`${sign} = ${meaning}`] : [])),
  ];
  return wrapped(texts, '   ');
}

function summaryOf({ pointsMax, oldestAgeDays }: Simulation): string[] {
  const most = `${pointsMax} ${pointsMax === 1 ? 'point' : 'points'} at most at the end of a day.`;
  if (oldestAgeDays === undefined) return [most];
  const { min, median, max } = oldestAgeDays;
  return [most, `The oldest was ${days(median)} old in the median, ${min} at least and ${max} at most.`];
}

function days(count: number): string {
  return `${count} ${count === 1 ? 'day' : 'days'}`;
}

function wrapped(texts: readonly string[], separator: string): string[] {
  const lines: string[] = [];
  for (const text of texts) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + separator.length + text.length < COLUMNS_MAX)
      lines[lines.length - 1] = last + separator + text;
    else lines.push(text);
  }
  return lines;
}
