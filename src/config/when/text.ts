/** A calendar in the words of people, of systemd and of cron. */
import { DAY, type Fields, HOUR, isAll, MINUTE, MONTH, type Range, runsOf, SECOND, WEEKDAY, YEAR } from './fields.ts';

const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = 'January February March April May June July August September October November December'.split(' ');
/** More times of a day than these are told by hours and minutes. */
const TIMES_TOLD_MAX = 6;

/** `Monday to Friday at 22:00`, `every 15 minutes`, `on day 1 of January and July at 00:00`. */
export function describeFields(fields: Fields): string {
  const days = [dayText(fields), monthText(fields), yearText(fields)].filter((part) => part !== '').join(' ');
  const { text, isClock } = timeText(fields);
  if (days === '') return isClock ? `daily ${text}` : text;
  return isClock ? `${days} ${text}` : `${text}, ${days}`;
}

function dayText(fields: Fields): string {
  const { days, weekdays, isEither } = fields;
  const week = isAll(weekdays, WEEKDAY) ? '' : weekText(weekdays);
  if (isAll(days, DAY)) return week;
  const dates = days === 'last' ? 'on the last day' : `on day${days.length > 1 ? 's' : ''} ${listText(days, String)}`;
  const ofMonth = isAll(fields.months, MONTH) ? `${dates} of the month` : dates;
  if (week === '') return ofMonth;
  return isEither ? `${ofMonth} and every ${week}` : `${week} ${ofMonth}`;
}

/** The week ends with Sunday. */
function weekText(weekdays: readonly number[]): string {
  const fromMonday = weekdays.map((day) => (day + 6) % 7).sort((a, b) => a - b);
  return listText(fromMonday, (day) => WEEKDAYS[(day + 1) % 7]!);
}

function monthText({ months, days }: Fields): string {
  if (isAll(months, MONTH)) return '';
  return `${isAll(days, DAY) ? 'in' : 'of'} ${listText(months, (month) => MONTHS[month - 1]!)}`;
}

function yearText({ years }: Fields): string {
  return isAll(years, YEAR) ? '' : `in ${listText(years, String)}`;
}

function timeText({ hours, minutes, seconds }: Fields): { text: string; isClock: boolean } {
  if (hours.length * minutes.length * seconds.length <= TIMES_TOLD_MAX) {
    const times = hours.flatMap((hour) =>
      minutes.flatMap((minute) => seconds.map((second) => clock(hour, minute, second))),
    );
    return { text: `at ${joined(times)}`, isClock: true };
  }
  const isOnMinute = seconds.length === 1 && seconds[0] === 0;
  const withSeconds = isOnMinute
    ? ''
    : isAll(seconds, SECOND)
      ? 'every second of '
      : `at second ${listText(seconds, String)} of `;
  const ofHours = isAll(hours, HOUR) ? '' : ` from hour ${listText(hours, String)}`;
  return { text: `${withSeconds}${minuteText(minutes, isAll(hours, HOUR))}${ofHours}`, isClock: false };
}

function minuteText(minutes: readonly number[], isEveryHour: boolean): string {
  if (isAll(minutes, MINUTE)) return 'every minute';
  const step = stepOf(minutes);
  if (step !== undefined && 60 % step === 0 && minutes[0] === 0) return `every ${step} minutes`;
  if (minutes.length === 1 && minutes[0] === 0) return isEveryHour ? 'every hour' : 'on the hour';
  return `at minute ${listText(minutes, String)}${isEveryHour ? ' of every hour' : ''}`;
}

/** The common distance of numbers that run through the whole hour. */
function stepOf(minutes: readonly number[]): number | undefined {
  if (minutes.length < 2) return undefined;
  const step = minutes[1]! - minutes[0]!;
  const isEven = minutes.every((minute, at) => minute === minutes[0]! + at * step);
  return isEven && minutes.length === 60 / step ? step : undefined;
}

function clock(hour: number, minute: number, second: number): string {
  return [hour, minute, ...(second === 0 ? [] : [second])].map(two).join(':');
}

function listText(numbers: readonly number[], nameOf: (number: number) => string): string {
  const parts = runsOf(numbers).flatMap(([first, last]) => {
    if (last - first < 2) return first === last ? [nameOf(first)] : [nameOf(first), nameOf(last)];
    return [`${nameOf(first)} to ${nameOf(last)}`];
  });
  return joined(parts);
}

function joined(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}

/** Values for OnCalendar= (systemd.time(7)); two, where cron's "either day" has to be said. */
export function onCalendarOf(fields: Fields, timezone: string | undefined): string[] {
  const { days, weekdays } = fields;
  const week = isAll(weekdays, WEEKDAY) ? '' : `${weekOf(weekdays)} `;
  const time = [numbers(fields.hours, HOUR), numbers(fields.minutes, MINUTE), numbers(fields.seconds, SECOND)].join(
    ':',
  );
  const yearMonth = `${numbers(fields.years, YEAR)}-${numbers(fields.months, MONTH)}`;
  const date = days === 'last' ? `${yearMonth}~01` : `${yearMonth}-${numbers(days, DAY)}`;
  const zone = timezone === undefined ? '' : ` ${timezone}`;
  if (fields.isEither) return [`${date} ${time}${zone}`, `${week}${yearMonth}-* ${time}${zone}`];
  return [`${week}${date} ${time}${zone}`];
}

function weekOf(weekdays: readonly number[]): string {
  const fromMonday = weekdays.map((day) => (day + 6) % 7).sort((a, b) => a - b);
  const name = (day: number): string => WEEKDAYS[(day + 1) % 7]!.slice(0, 3);
  return runsOf(fromMonday)
    .map(([first, last]) => (first === last ? name(first) : `${name(first)}..${name(last)}`))
    .join(',');
}

function numbers(list: readonly number[], range: Range): string {
  if (isAll(list, range)) return '*';
  return runsOf(list)
    .map(([first, last]) => (first === last ? two(first) : `${two(first)}..${two(last)}`))
    .join(',');
}

/** The five fields of crontab(5); undefined where it has no way to say it. */
export function cronOf(fields: Fields): string | undefined {
  const { days, weekdays, seconds, years } = fields;
  const isOnMinute = seconds.length === 1 && seconds[0] === 0;
  const isBoth = !fields.isEither && !isAll(days, DAY) && !isAll(weekdays, WEEKDAY);
  if (!isOnMinute || !isAll(years, YEAR) || days === 'last' || isBoth) return undefined;
  const places = [
    [fields.minutes, MINUTE],
    [fields.hours, HOUR],
    [days, DAY],
    [fields.months, MONTH],
    [weekdays, WEEKDAY],
  ] as const;
  return places.map(([list, range]) => cronField(list, range)).join(' ');
}

export function cronField(list: readonly number[], range: Range): string {
  if (isAll(list, range)) return '*';
  return runsOf(list)
    .map(([first, last]) => (first === last ? String(first) : `${first}-${last}`))
    .join(',');
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}
