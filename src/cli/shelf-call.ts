/** What each step of a shelf command is given: the shelf, its two ends, and what was asked. */
import { AppError } from '../base/errors.ts';
import type { ShelfConfig } from '../config.ts';
import type { shelfRuns } from '../daemon.ts';
import type { Processes, Random } from '../host.ts';
import { type Archive, days, type listings, type ShelfEnd, type ShelfItem, type ShelfOptions } from '../shelf.ts';
import type { Context } from './context.ts';
import { flag, list, type OptionValues, size, text, whole } from './options.ts';
import { suggestion } from './suggest.ts';

export const SHELF_OPTIONS = {
  source: flag('The shelf on this machine; where nothing else is said. For purge it must be said'),
  target: flag('The copy at the target'),
  day: text('day', 'Only this day: today, -1 for yesterday, or 2013/04/13'),
  item: text('category/name', 'Only this item of the shelf'),
  notify: flag(
    'Take the call down in the ledger, and tell the notification targets when it fails and when it works again',
  ),
  dryRun: flag('Show what would be done and do nothing', { short: 'n' }),
  keep: whole(
    'n',
    'purge: how many stay of each item, instead of what the configuration says; transfer sends no more',
    {
      min: 1,
    },
  ),
  all: flag('transfer: also archives that are older than all that purge keeps'),
  bandwidth: size('size', 'transfer: bytes a second at most, instead of what the configuration says'),
  member: list('pattern', 'extract, examine: only members that fit; * also passes slashes'),
  to: text('dir', 'extract, examine: the folder that gets category/name/date/time'),
  query: text('name', 'examine: a query that comes with Holdfast: bitten-builds, tables'),
  sql: text('query', 'examine: a query of your own, or @file with one'),
  timeLimit: whole('seconds', 'examine: stop the query after this; 600 when not given', { min: 1 }),
  folder: text('dir', 'put: pack this folder with tar'),
  stdin: flag('put: make an archive of standard input'),
  file: text('name', "put: name of the archive, where the item's pattern leaves a choice"),
} as const;

export type ShelfValues = OptionValues<typeof SHELF_OPTIONS>;
export type EndName = 'source' | 'target';

export interface ShelfCall {
  context: Context;
  processes: Processes;
  random: Random;
  name: string;
  options: ShelfOptions;
  /** Undefined when the shelf has no copy. */
  target: ShelfConfig['target'];
  values: ShelfValues;
  /** The program of `put`. */
  command: readonly string[];
  /** What is shown goes there as well, where the call is a run. */
  log: shelfRuns.ShelfLog;
  /** @throws {AppError} `usage` when there is no target; `host-unreachable` … */
  open(end: EndName): Promise<ShelfEnd>;
}

/** Of a call that is no run. */
export const NO_LOG: shelfRuns.ShelfLog = { line: () => {}, problem: () => {} };

/** A result, for people. */
export function tell({ context, log }: ShelfCall, text: string): void {
  context.output.line(text);
  log.line('info', text);
}

/** Something that went wrong on the way, and did not stop the command. */
export function warn({ context, log }: ShelfCall, text: string): void {
  context.output.warn(text);
  log.line('warning', text);
}

/** Something that is wrong with one archive, and does not stop the command. */
export function warnOf({ context, log }: ShelfCall, text: string, fields?: Record<string, unknown>): void {
  context.output.warn(text, fields);
  log.problem(text);
}

/** @throws {AppError} `usage` when both are asked for, or a target that the shelf has not */
export function endOf({ values, target, name }: ShelfCall, fallback: EndName = 'source'): EndName {
  if (values.source && values.target)
    throw new AppError('usage', { detail: '--source and --target are given both', hint: 'Give one at a time.' });
  const end = values.source ? 'source' : values.target ? 'target' : fallback;
  if (end === 'target' && target === undefined)
    throw new AppError('usage', {
      detail: `shelf ${name} has no target`,
      hint: 'On the machine that holds the copy, the copy is the shelf itself: say --source.',
    });
  return end;
}

export function todayOf({ context, options }: ShelfCall): days.LocalTime['day'] {
  return days.localTime(context.clock.nowMs(), options.timezone).day;
}

/** The day asked for, or undefined for all. @throws {AppError} `usage` */
export function dayOf(call: ShelfCall): days.LocalTime['day'] | undefined {
  return call.values.day === undefined ? undefined : days.parseDay(call.values.day, todayOf(call));
}

/** The shelf with only the items asked for. @throws {AppError} `usage` */
export function chosenShelf({ options, values, name }: ShelfCall): ShelfOptions {
  if (values.item === undefined) return options;
  const names = [...new Set(options.items.map(({ category, name: own }) => `${category}/${own}`))];
  const items = options.items.filter(({ category, name: own }) => `${category}/${own}` === values.item);
  if (items.length > 0) return { ...options, items };
  const hint = suggestion(values.item, names) ?? `It has ${names.join(', ')}.`;
  throw new AppError('usage', { detail: `shelf ${name} has no item ${values.item}`, hint });
}

/** The one item to put into or take out of. @throws {AppError} `usage` when there is a choice */
export function oneItem(call: ShelfCall): ShelfItem {
  const { items } = chosenShelf(call);
  if (items.length === 1) return items[0]!;
  const names = items.map(({ category, name, file }) => `${category}/${name} (${file})`).join(', ');
  throw new AppError('usage', {
    detail: `which item of ${call.name}: ${names}`,
    hint: 'Say it with --item category/name.',
  });
}

/** The newest archive of the item, of the day asked for. @throws {AppError} `archive-missing` */
export function newestOf(call: ShelfCall, listing: listings.ShelfListing, item: ShelfItem): Archive {
  const day = dayOf(call);
  const archive = listing.archives
    .filter((each) => each.category === item.category && each.name === item.name)
    .filter((each) => day === undefined || days.isSameDay(each.day, day))
    .toSorted((a, b) => orderOf(a) - orderOf(b) || (a.path < b.path ? -1 : 1))
    .at(-1);
  if (archive !== undefined) return archive;
  const when = day === undefined ? '' : ` of ${days.formatDay(day)}`;
  throw new AppError('archive-missing', { detail: `${item.category}/${item.name}${when}` });
}

function orderOf({ day, time }: Archive): number {
  return (day === undefined ? 0 : days.numberOf(day)) * 1_000_000 + Number(time);
}
