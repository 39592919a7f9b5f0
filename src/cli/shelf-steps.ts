/** `shelf check transfer purge dayabay`: what to do, in order, on which shelf. */
import { AppError } from '../base/errors.ts';
import { suggestion } from './suggest.ts';

export const SHELF_STEPS = ['ls', 'put', 'check', 'transfer', 'purge', 'extract', 'examine'] as const;
export type ShelfStep = (typeof SHELF_STEPS)[number];

/** What people type who had altbackup before. */
const FORMER: Readonly<Record<string, string>> = {
  check_source: 'check',
  check_target: 'check --target',
  purge_target: 'purge',
  extract_tracdb: "extract --member '*/trac.db'",
  examine_tracdb: 'examine --query bitten-builds',
  dump: 'config show, a command of its own',
  tls: 'ls --target',
  sls: 'ls',
  pull: 'transfer, on the machine that has the source',
};

export interface ShelfRequest {
  steps: ShelfStep[];
  /** Undefined when only one is configured and it was not named. */
  shelf: string | undefined;
  /** The program whose output `put` makes an archive of. */
  command: string[];
}

/** @throws {AppError} `usage` */
export function readSteps(words: readonly string[]): ShelfRequest {
  const end = words.findIndex((word) => !isStep(word));
  const steps = (end < 0 ? words : words.slice(0, end)).filter(isStep);
  const [shelf, ...rest] = end < 0 ? [] : words.slice(end);
  if (steps.length === 0) throw unknownStep(shelf);
  if (rest.length === 0 || steps.includes('put')) return { steps, shelf, command: rest };
  throw isStep(rest[0]!) ? unknownStep(shelf) : tooMany(rest[0]!);
}

function isStep(word: string): word is ShelfStep {
  return (SHELF_STEPS as readonly string[]).includes(word);
}

function unknownStep(word: string | undefined): AppError {
  const all = `The commands are ${SHELF_STEPS.join(', ')}.`;
  if (word === undefined) return new AppError('usage', { detail: 'nothing is said to be done', hint: all });
  const former = FORMER[word];
  const near = former === undefined ? suggestion(word, SHELF_STEPS) : `It is now: ${former}`;
  return new AppError('usage', { detail: `shelf has no command ${word}`, hint: near ?? all });
}

function tooMany(word: string): AppError {
  const hint = 'Commands come first, then one shelf. Only put takes a program, after --.';
  return new AppError('usage', { detail: `what is ${word}?`, hint });
}
