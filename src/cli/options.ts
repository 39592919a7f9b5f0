/**
 * How a command declares its options. The key in the command's `options` gives the flag (`excludeFile` is
 * `--exclude-file`), the builder gives the type of the value that `run` receives.
 */
import { parseBytes } from '../base/bytes.ts';
import { AppError } from '../base/errors.ts';

export interface OptionSpec<T> {
  readonly description: string;
  /** Name of the value in help, as in `<file>`; absent for flags that take none. */
  readonly placeholder?: string | undefined;
  /** One letter. */
  readonly short?: string | undefined;
  readonly choices?: readonly string[] | undefined;
  /** May be given more than once. */
  readonly repeat?: boolean | undefined;
  /** What holds when the option is not given. */
  readonly fallback?: string | undefined;
  /** Turns what was given, in order, into the value; flags give one empty text each time. @throws {AppError} `usage` */
  read(texts: readonly string[], flag: string): T;
}

export type OptionSpecs = Readonly<Record<string, OptionSpec<unknown>>>;

export type OptionValues<O extends OptionSpecs> = {
  readonly [K in keyof O]: O[K] extends OptionSpec<infer T> ? T : never;
};

interface Extra {
  short?: string;
}

/** `--force`: true when given. */
export function flag(description: string, extra: Extra = {}): OptionSpec<boolean> {
  return { description, ...extra, read: (texts) => texts.length > 0 };
}

/** `-v -v`: how often it was given. */
export function counter(description: string, extra: Extra = {}): OptionSpec<number> {
  return { description, ...extra, repeat: true, read: (texts) => texts.length };
}

/** `--target <dir>`: the last one given, or undefined. */
export function text(placeholder: string, description: string, extra: Extra = {}): OptionSpec<string | undefined> {
  return { description, placeholder, ...extra, read: (texts) => texts.at(-1) };
}

/** `--exclude <pattern>`, any number of times: all in order. */
export function list(placeholder: string, description: string, extra: Extra = {}): OptionSpec<readonly string[]> {
  return { description, placeholder, ...extra, repeat: true, read: (texts) => texts };
}

/** `--keep-last <n>`: a whole number of at least `min` (0), or undefined. */
export function whole(
  placeholder: string,
  description: string,
  extra: Extra & { min?: number } = {},
): OptionSpec<number | undefined> {
  const { min = 0, ...rest } = extra;
  return {
    description,
    placeholder,
    ...rest,
    read: (texts, name) => lastOf(texts, (given) => readWhole(given, name, min)),
  };
}

/** `--max-repack-size <size>`: bytes, written as 500K, 20M or 1.5G; or undefined. */
export function size(placeholder: string, description: string, extra: Extra = {}): OptionSpec<number | undefined> {
  return { description, placeholder, ...extra, read: (texts) => lastOf(texts, parseBytes) };
}

/** `--overwrite <always|never>`: one of `choices`; `fallback` when not given. */
export function choice<const C extends string>(
  choices: readonly C[],
  description: string,
  extra: Extra & { fallback: NoInfer<C>; placeholder?: string },
): OptionSpec<C> {
  const read = (texts: readonly string[], name: string): C =>
    lastOf(texts, (given) => readChoice(given, name, choices)) ?? extra.fallback;
  return { description, placeholder: 'mode', ...extra, choices, read };
}

/** `excludeFile` → `--exclude-file`. */
export function flagOf(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** `-r, --vault <url>` */
export function flagsOf(key: string, { short, placeholder }: OptionSpec<unknown>): string {
  const long = placeholder === undefined ? flagOf(key) : `${flagOf(key)} <${placeholder}>`;
  return short === undefined ? long : `-${short}, ${long}`;
}

/** The description with what help adds to it: choices and what holds when the option is not given. */
export function describe({ description, choices, fallback, repeat, placeholder }: OptionSpec<unknown>): string {
  const notes = [
    ...(choices === undefined ? [] : [`one of ${choices.join(', ')}`]),
    ...(fallback === undefined ? [] : [`default ${fallback}`]),
    ...(repeat && placeholder !== undefined ? ['may be repeated'] : []),
  ];
  return notes.length === 0 ? description : `${description} (${notes.join('; ')})`;
}

function lastOf<T>(texts: readonly string[], read: (given: string) => T): T | undefined {
  const given = texts.at(-1);
  return given === undefined ? undefined : read(given);
}

function readWhole(given: string, name: string, min: number): number {
  const value = /^\d+$/.test(given) ? Number(given) : Number.NaN;
  if (value >= min && Number.isSafeInteger(value)) return value;
  throw new AppError('usage', {
    detail: `${name} takes a whole number, not ${JSON.stringify(given)}`,
    hint: `Give a whole number of at least ${min}.`,
  });
}

function readChoice<C extends string>(given: string, name: string, choices: readonly C[]): C {
  const found = choices.find((candidate) => candidate === given);
  if (found !== undefined) return found;
  throw new AppError('usage', {
    detail: `${name} does not know ${JSON.stringify(given)}`,
    hint: `Give one of: ${choices.join(', ')}.`,
  });
}
