/** What a call at a shelf looks at: only a success that covers all of what had failed is the end of that. Pure. */

export interface ShelfScope {
  /** `check`, `transfer`, … in their order. */
  commands: readonly string[];
  /** The end that was asked for; undefined for that of each command. */
  end: 'source' | 'target' | undefined;
  /** Also archives that are older than all that is kept. */
  isAll: boolean;
  /**
   * `today`, `-1`, `2013/04/13`; undefined for all days. One that is counted from today stays the same call every night,
   * though it is another day.
   */
  day: string | undefined;
  /** `category/name`; undefined for all. */
  item: string | undefined;
}

/** These answer for all days when they are given none, but for a day that is not over: it may still be due. */
const OF_ALL_DAYS = ['ls', 'check', 'purge'];
const FORM = /^([a-z]+(?: [a-z]+)*)(?: --(source|target))?( --all)?(?: --day (\S+))?(?: --item (.+))?$/s;

/** As it would be typed: `check transfer --day today --item svn/dybsvn`. */
export function scopeText({ commands, end, isAll, day, item }: ShelfScope): string {
  return [
    ...commands,
    ...(end === undefined ? [] : [`--${end}`]),
    ...(isAll ? ['--all'] : []),
    ...(day === undefined ? [] : [`--day ${day}`]),
    ...(item === undefined ? [] : [`--item ${item}`]),
  ].join(' ');
}

/** @returns undefined for what `scopeText` has not written */
export function readScope(text: string): ShelfScope | undefined {
  const [, commands, end, all, day, item] = FORM.exec(text) ?? [];
  if (commands === undefined) return undefined;
  return { commands: commands.split(' '), end: end as ShelfScope['end'], isAll: all !== undefined, day, item };
}

/** Whether a success of the first says that what had failed in the second is well again. */
export function covers(success: ShelfScope, failed: ShelfScope): boolean {
  return (
    (success.item === undefined || success.item === failed.item) &&
    failed.commands.every((command) => success.commands.includes(command) && coversOne(command, success, failed))
  );
}

function coversOne(command: string, success: ShelfScope, failed: ShelfScope): boolean {
  if (endOf(command, success) !== endOf(command, failed)) return false;
  if (command === 'transfer' && failed.isAll && !success.isAll) return false;
  if (success.day === failed.day) return true;
  const isOfAll = OF_ALL_DAYS.includes(command) || (command === 'transfer' && success.isAll);
  return isOfAll && success.day === undefined && failed.day !== 'today';
}

function endOf(command: string, { end }: ShelfScope): string {
  if (command === 'transfer') return 'both';
  return end ?? (command === 'purge' ? 'target' : 'source');
}

const NOTE = 'Commands: ';

/** How a run says what it covers, among its notes. */
export function scopeNote(scope: ShelfScope): string {
  return `${NOTE}${scopeText(scope)}`;
}

/** What a run of a shelf with such notes was called for; empty where they do not say it. */
export function calledAs(notes: readonly string[]): string {
  return notes.find((each) => each.startsWith(NOTE))?.slice(NOTE.length) ?? '';
}

function scopeOf(notes: readonly string[]): ShelfScope | undefined {
  return readScope(calledAs(notes));
}

/** The key of the trouble that a failure at a shelf is. */
export function shelfKey(shelf: string, notes: readonly string[]): string {
  return `failure shelf ${shelf} ${calledAs(notes)}`.trimEnd();
}

/** A failure that does not say of what is one of everything. */
const EVERYTHING: ShelfScope = { commands: ['check'], end: undefined, isAll: false, day: undefined, item: undefined };

export interface ShelfTrouble {
  key: string;
  /** What had been called; empty where that is not known. */
  called: string;
  isEnded: boolean;
}

/** The troubles of a shelf among all of them, and whether a success with such notes is their end. */
export function shelfTroubles(shelf: string, notes: readonly string[], keys: Iterable<string>): ShelfTrouble[] {
  const whole = shelfKey(shelf, []);
  const success = scopeOf(notes);
  return [...keys]
    .filter((key) => key === whole || key.startsWith(`${whole} `))
    .map((key) => {
      const called = key.slice(whole.length + 1);
      return { key, called, isEnded: success !== undefined && covers(success, readScope(called) ?? EVERYTHING) };
    });
}

/** As titles name it. */
export function shelfSubject(shelf: string, called: string): string {
  return called === '' ? `shelf ${shelf}` : `shelf ${shelf} (${called})`;
}
