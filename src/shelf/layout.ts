/** How paths below a shelf's root are made, and what a path says of its archive. */
import { AppError } from '../base/errors.ts';
import { dayOf, formatDay, localTime, WEEKDAYS, weekdayOf } from './day.ts';
import type { Archive, Day, ShelfItem, ShelfOptions } from './model.ts';

/** What a path says. */
export type Placed = Pick<Archive, 'category' | 'name' | 'file' | 'day' | 'time'>;

export interface Layout {
  /**
   * Undefined when the path is not one of this layout. Where it has no date, the day is that of the modification time;
   * in a file that has the weekday in its name, that day must be one.
   */
  parse(path: string, modifiedMs: number): Placed | undefined;
  /** The path of an archive made on that day. `{weekday}` in `file` becomes the day's. */
  make(placed: Omit<Placed, 'day'> & { day: Day }): string;
  /** The folder of a name, or of one of its days, as far as the layout has one before the time and the file. */
  folderOf(of: { category: string; name: string; day?: Day }): string;
  /** False where the next archive takes the place of an older one. */
  hasDate: boolean;
}

const PATTERNS: Readonly<Record<string, string>> = {
  dated: '{category}/{name}/{year}/{month}/{day}/{time}/{file}',
  weekday: '{category}/{name}/{file}',
};
/** They can be anything but a slash. */
const FREE = ['category', 'name', 'file'];
const EXPRESSIONS: Readonly<Record<string, string>> = {
  category: '[^/]+',
  name: '[^/]+',
  file: '[^/]+',
  year: '\\d{4}',
  month: '\\d{2}',
  day: '\\d{2}',
  time: '\\d{6}',
  weekday: WEEKDAYS.join('|'),
};
const TOKEN = /\{(\w+)\}/g;

/** @throws {AppError} `config` when the pattern cannot be read back */
export function layoutOf({ layout, items, timezone }: Pick<ShelfOptions, 'layout' | 'items' | 'timezone'>): Layout {
  const pattern = PATTERNS[layout] ?? layout;
  const tokens = checkPattern(pattern);
  const expression = expressionOf(pattern);
  const dated = ['year', 'month', 'day'].every((token) => tokens.includes(token));
  return {
    hasDate: dated,
    parse(path, modifiedMs) {
      const groups = expression.exec(path)?.groups;
      if (groups === undefined) return undefined;
      const { category, name, file, time = '' } = groups as Record<string, string> & Placed;
      if (path.split('/').some((part) => part === '.' || part === '..')) return undefined;
      const day = dated
        ? dayOf(Number(groups['year']), Number(groups['month']), Number(groups['day']))
        : localTime(modifiedMs, timezone).day;
      if (day === undefined || !isTime(time)) return undefined;
      const isRight = [groups['weekday'], weekdayIn({ category, name, file }, items)].every(
        (weekday) => weekday === undefined || weekday === weekdayOf(day),
      );
      return { category, name, file, day: isRight ? day : undefined, time };
    },
    make({ category, name, file, day, time }) {
      return fill(pattern, {
        category,
        name,
        time,
        file: file.replaceAll('{weekday}', weekdayOf(day)),
        ...wordsOf(day),
      });
    },
    folderOf({ category, name, day }) {
      const values: Record<string, string> = { category, name, ...(day === undefined ? {} : wordsOf(day)) };
      const parts = pattern.split('/').slice(0, -1);
      const end = parts.findIndex((part) => [...part.matchAll(TOKEN)].some((match) => !(match[1]! in values)));
      return fill(parts.slice(0, end < 0 ? parts.length : end).join('/'), values);
    },
  };
}

/** The first of the items that the archive is one of. */
export function itemOf(placed: Pick<Placed, 'category' | 'name' | 'file'>, items: readonly ShelfItem[]) {
  return items.find((item) => fits(placed, item));
}

function fits({ category, name, file }: Pick<Placed, 'category' | 'name' | 'file'>, item: ShelfItem): boolean {
  return category === item.category && name === item.name && filePattern(item.file).test(file);
}

/** `backup-{weekday}.sql.gz` as an expression; `*` is anything, `?` one character. */
export function filePattern(pattern: string): RegExp {
  const parts = pattern.split(/(\{weekday\}|[*?])/).map((part) => {
    if (part === '{weekday}') return `(${EXPRESSIONS['weekday']})`;
    if (part === '*') return '[^/]*';
    return part === '?' ? '[^/]' : RegExp.escape(part);
  });
  return new RegExp(`^${parts.join('')}$`, 'su');
}

function fill(pattern: string, values: Readonly<Record<string, string>>): string {
  return pattern.replace(TOKEN, (_, token: string) => values[token]!);
}

function wordsOf(day: Day): Record<'year' | 'month' | 'day' | 'weekday', string> {
  const [year, month, number] = formatDay(day).split('/') as [string, string, string];
  return { year, month, day: number, weekday: weekdayOf(day) };
}

function weekdayIn(
  placed: Pick<Placed, 'category' | 'name' | 'file'>,
  items: readonly ShelfItem[],
): string | undefined {
  const item = itemOf(placed, items);
  return item === undefined ? undefined : filePattern(item.file).exec(placed.file)?.[1];
}

function isTime(time: string): boolean {
  return time === '' || /^(?:[01]\d|2[0-3])[0-5]\d[0-5]\d$/.test(time);
}

/** Two free parts in one folder's name could be told apart in more than one way. */
function checkPattern(pattern: string): string[] {
  const hint = 'Use dated, weekday, or a pattern such as {category}/{name}/{year}-{month}-{day}/{file}.';
  const tokens = [...pattern.matchAll(TOKEN)].map((match) => match[1]!);
  const fail = (detail: string): never => {
    throw new AppError('config', { detail: `layout ${JSON.stringify(pattern)}: ${detail}`, hint });
  };
  const unknown = tokens.find((token) => !(token in EXPRESSIONS));
  if (unknown !== undefined) fail(`{${unknown}} is not known`);
  const missing = FREE.find((token) => !tokens.includes(token));
  if (missing !== undefined) fail(`{${missing}} is missing`);
  if (new Set(tokens).size !== tokens.length) fail('a part is there twice');
  const parts = pattern.split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..'))
    fail('it leaves the root or has an empty folder');
  if (parts.some((part) => FREE.filter((token) => part.includes(`{${token}}`)).length > 1))
    fail('category, name and file must be in folders of their own');
  const dates = ['year', 'month', 'day'].filter((token) => tokens.includes(token));
  if (dates.length === 1 || dates.length === 2) fail('year, month and day belong together');
  return tokens;
}

function expressionOf(pattern: string): RegExp {
  const parts = pattern.split(/(\{\w+\})/).map((part) => {
    const token = /^\{(\w+)\}$/.exec(part)?.[1];
    return token === undefined ? RegExp.escape(part) : `(?<${token}>${EXPRESSIONS[token]})`;
  });
  return new RegExp(`^${parts.join('')}$`, 'su');
}
