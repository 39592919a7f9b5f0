/** Calendar words as systemd.time(7) has them: weekdays, a date and a time, each of which may be left out. */
import { AppError } from '../../base/errors.ts';
import { nearest } from '../../base/nearest.ts';
import {
  all,
  DAY,
  type Fields,
  HOUR,
  MINUTE,
  MONTH,
  type Range,
  SECOND,
  sorted,
  span,
  WEEKDAY,
  YEAR,
} from './fields.ts';

/** systemd.time(7), "The following special expressions may be used as shorthands". */
const SHORTHANDS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    minutely: '*-*-* *:*:00',
    hourly: '*-*-* *:00:00',
    daily: '*-*-* 00:00:00',
    weekly: 'Mon *-*-* 00:00:00',
    monthly: '*-*-01 00:00:00',
    quarterly: '*-01,04,07,10-01 00:00:00',
    semiannually: '*-01,07-01 00:00:00',
    yearly: '*-01-01 00:00:00',
    annually: '*-01-01 00:00:00',
  }),
);

/** The week begins on Monday here, so that Sat..Sun is a range. */
const WEEKDAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];

const HINT = 'Write such as: daily, 22:30, Mon..Fri 22:00, *-*-01 03:00, *:0/15, or a cron expression.';

/** @throws {AppError} `config` */
export function parseCalendar(text: string): Fields {
  const words = (SHORTHANDS.get(text.toLowerCase()) ?? text).split(/\s+/);
  const weekdays = /^[a-z]/i.test(words[0]!) ? weekdaysOf(words.shift()!) : all(WEEKDAY);
  const date = words[0] !== undefined && !words[0].includes(':') ? dateOf(words.shift()!) : dateOf('*-*-*');
  const time = timeOf(words.shift() ?? '00:00:00');
  if (words.length > 0) throw wrong(`${words[0]} is too much`, leftoverHint(words[0]!));
  return { ...date, ...time, weekdays, isEither: false };
}

function weekdaysOf(word: string): number[] {
  const numbers = word.split(',').flatMap((part) => {
    const [first, last, more] = part.split('..');
    if (more !== undefined) throw wrong(`${part} is no range of weekdays`);
    const [from, to] = [weekdayOf(first!, word), weekdayOf(last ?? first!, word)];
    if (from > to) throw wrong(`${part}: the range runs backwards`, 'The week begins on Monday: write Fri..Sun,Mon.');
    return span(from, to);
  });
  return sorted(numbers.map((number) => (number + 1) % 7));
}

function weekdayOf(name: string, word: string): number {
  const lower = name.toLowerCase();
  const found = WEEKDAYS.findIndex((day) => day === lower || day.slice(0, 3) === lower);
  if (found >= 0) return found;
  const near = nearest(word.toLowerCase(), [...SHORTHANDS.keys(), ...WEEKDAYS]);
  throw wrong(`${name || 'nothing'} is no weekday and no word for a time`, near[0] && `Did you mean ${near[0]}?`);
}

function dateOf(word: string): Pick<Fields, 'years' | 'months' | 'days'> {
  const parts = word.split('-');
  const last = parts.at(-1)!;
  // `*-02~01` counts days back from the end of the month; only its last day is known here.
  const tilde = /^(.*)~0?1$/.exec(last);
  if (tilde !== null && (parts.length === 1 || parts.length === 2)) {
    const [year, month] = parts.length === 2 ? [parts[0]!, tilde[1]!] : ['*', tilde[1]!];
    return { years: numbersOf(year, YEAR), months: numbersOf(month, MONTH), days: 'last' };
  }
  if (word.includes('~')) throw wrong(`${word}: only ~01, the last day of the month, is known`);
  if (parts.length !== 2 && parts.length !== 3) throw wrong(`${word} is no date and no time`);
  const [year, month, day] = parts.length === 3 ? parts : ['*', ...parts];
  return { years: numbersOf(year!, YEAR), months: numbersOf(month!, MONTH), days: numbersOf(day!, DAY) };
}

function timeOf(word: string): Pick<Fields, 'hours' | 'minutes' | 'seconds'> {
  const [hour, minute, second = '0', more] = word.split(':');
  if (minute === undefined || more !== undefined) throw wrong(`${word} is no time`);
  return { hours: numbersOf(hour!, HOUR), minutes: numbersOf(minute, MINUTE), seconds: numbersOf(second, SECOND) };
}

/** `*`, `7`, `1..5`, `0/15`, `8..18/2`, and lists of them. */
function numbersOf(word: string, range: Range): number[] {
  return sorted(word.split(',').flatMap((part) => partNumbers(part, range)));
}

function partNumbers(part: string, range: Range): number[] {
  const found = /^(?:(\*)|(\d{1,4})(?:\.\.(\d{1,4}))?)(?:\/(\d{1,4}))?$/.exec(part);
  if (found === null) throw wrong(`${part || 'nothing'} is no ${range.name}`);
  const [, star, first, last, step = '1'] = found;
  // A step without an end goes on to the end of the range.
  const isOpen = star !== undefined || (last === undefined && found[4] !== undefined);
  const from = star === undefined ? within(first!, range) : range.min;
  const to = isOpen ? range.max : within(last ?? first!, range);
  if (from > to) throw wrong(`${part}: the range runs backwards`);
  if (Number(step) === 0) throw wrong(`${part}: a step of 0`);
  return span(from, to, Number(step));
}

function within(digits: string, { name, min, max }: Range): number {
  const number = Number(digits);
  if (number >= min && number <= max) return number;
  throw wrong(`${digits} is no ${name} (${min} to ${max})`);
}

function leftoverHint(word: string): string {
  return /^[A-Z]/i.test(word) ? 'A time zone is given by the key timezone, beside at.' : HINT;
}

function wrong(detail: string, hint: string = HINT): AppError {
  return new AppError('config', { detail, hint });
}
