/** Cron expressions (crontab(5)): five fields, or six with seconds first. */
import { AppError } from '../../base/errors.ts';
import {
  all,
  DAY,
  type Fields,
  HOUR,
  isAll,
  MINUTE,
  MONTH,
  type Range,
  SECOND,
  sorted,
  span,
  WEEKDAY,
  YEAR,
} from './fields.ts';

const HINT = 'Write five fields: minute hour day month weekday, such as "30 22 * * 1-5".';

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/** Names of crontab(5) for whole expressions; `@reboot` is no time. */
const NICKNAMES: Readonly<Record<string, string>> = {
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *',
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
};

/** Undefined when `text` has not the look of a cron expression. @throws {AppError} `config` when it has, but is none */
export function parseCron(text: string): Fields | undefined {
  const nickname = text.startsWith('@') ? NICKNAMES[text.toLowerCase()] : text;
  if (nickname === undefined)
    throw wrong(`${text} is not one of ${Object.keys(NICKNAMES).join(', ')}`, 'Write another time.');
  const words = nickname.split(/\s+/);
  if (words.length !== 5 && words.length !== 6) return undefined;
  const [second, minute, hour, day, month, weekday] = words.length === 5 ? ['0', ...words] : words;
  return {
    seconds: field(second!, SECOND),
    minutes: field(minute!, MINUTE),
    hours: field(hour!, HOUR),
    months: field(month!, MONTH, MONTHS),
    years: all(YEAR),
    ...daysOf(day!, weekday!),
  };
}

function daysOf(day: string, weekday: string): Pick<Fields, 'days' | 'weekdays' | 'isEither'> {
  const days = day.toUpperCase() === 'L' ? 'last' : field(day, DAY);
  const weekdays = sorted(field(weekday, { ...WEEKDAY, max: 7 }, WEEKDAYS).map((number) => number % 7));
  // A field that begins with * does not restrict, says crontab(5), so */2 and a weekday means both.
  if (isStar(day) || isStar(weekday)) return { days, weekdays, isEither: false };
  const isEveryDay = isAll(days, DAY) || isAll(weekdays, WEEKDAY);
  return isEveryDay ? { days: all(DAY), weekdays: all(WEEKDAY), isEither: false } : { days, weekdays, isEither: true };
}

function isStar(word: string): boolean {
  return word.startsWith('*') || word === '?';
}

function field(word: string, range: Range, names: readonly string[] = []): number[] {
  const parts = word.split(',');
  return sorted(parts.flatMap((part) => numbersOf(part, range, names)));
}

function numbersOf(part: string, range: Range, names: readonly string[]): number[] {
  const found = /^(\*|\?|[a-z0-9]+)(?:-([a-z0-9]+))?(?:\/(\d+))?$/i.exec(part);
  if (found === null) throw wrong(`${part || 'nothing'} is no ${range.name}`);
  const [, first, last, stepText] = found;
  const isWild = first === '*' || first === '?';
  if (isWild && last !== undefined) throw wrong(`${part} is no ${range.name}`);
  const from = isWild ? range.min : numberOf(first!, range, names);
  const to = last === undefined ? (isWild ? range.max : from) : numberOf(last, range, names);
  const step = stepText === undefined ? 1 : Number(stepText);
  if (stepText !== undefined && !isWild && last === undefined)
    throw wrong(`${part}: a step needs a range, such as ${first}-${range.max}/${stepText}`);
  if (step === 0) throw wrong(`${part}: a step of 0`);
  if (from > to) throw wrong(`${part}: the range runs backwards`);
  return span(from, to, step);
}

function numberOf(word: string, range: Range, names: readonly string[]): number {
  const named = names.indexOf(word.toLowerCase());
  const number = named >= 0 ? named + range.min : /^\d{1,4}$/.test(word) ? Number(word) : Number.NaN;
  if (number >= range.min && number <= range.max) return number;
  throw wrong(`${word} is no ${range.name} (${range.min} to ${range.max})`);
}

function wrong(detail: string, hint: string = HINT): AppError {
  return new AppError('config', { detail, hint });
}
