/** Finds the name of the command among the arguments, before it is known which options the command has. */
import { AppError } from '../base/errors.ts';
import { GLOBAL_OPTIONS } from './globals.ts';
import { flagOf, type OptionSpecs } from './options.ts';
import { suggestion } from './suggest.ts';

export type Located =
  | { kind: 'command'; name: string; rest: string[] }
  /** Help of the program, or of one group of commands. */
  | { kind: 'help'; group: string | undefined }
  | { kind: 'version' }
  | { kind: 'nothing' };

/**
 * `names` are all commands; global options may stand before the name.
 * @throws {AppError} `usage` for unknown commands and for options before the name that are not global.
 */
export function locate(argv: readonly string[], names: readonly string[]): Located {
  const before = scanOptions(argv);
  const word = argv[before.end];
  if (word === undefined || word === '--') {
    if (before.wantsHelp) return { kind: 'help', group: undefined };
    return before.wantsVersion ? { kind: 'version' } : { kind: 'nothing' };
  }
  const rest = argv.slice(before.end + 1);
  if (word === 'help' && !names.includes('help')) return locateHelp(rest, names);
  const located = locateNamed(word, { rest, names });
  if (located.kind !== 'command') return located;
  return { ...located, rest: [...argv.slice(0, before.end), ...located.rest] };
}

/** True when JSON output is asked for, also where the arguments cannot be parsed: errors of usage are JSON then, too. */
export function asksForJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return (end < 0 ? argv : argv.slice(0, end)).includes('--json');
}

/** `help ls` is `ls --help`. */
function locateHelp(rest: readonly string[], names: readonly string[]): Located {
  const [word, ...more] = rest.filter((each) => !each.startsWith('-'));
  if (word === undefined) return { kind: 'help', group: undefined };
  const located = locateNamed(word, { rest: [...more, '--help'], names });
  return located.kind === 'command' ? { ...located, rest: ['--help'] } : located;
}

/** @param words what stands before `rest`: the name so far, one word or several */
function locateNamed(words: string, { rest, names }: { rest: readonly string[]; names: readonly string[] }): Located {
  if (names.includes(words)) return { kind: 'command', name: words, rest: [...rest] };
  const members = membersOf(words, names);
  if (members.length === 0) throw unknownWord(`unknown command ${words}`, words, names);
  const between = scanOptions(rest);
  const next = rest[between.end];
  if (next !== undefined && members.includes(next))
    return locateNamed(`${words} ${next}`, { rest: rest.toSpliced(between.end, 1), names });
  if (between.wantsHelp || (next === undefined && rest.includes('--help'))) return { kind: 'help', group: words };
  if (next !== undefined) throw unknownWord(`unknown command ${words} ${next}`, next, members);
  throw new AppError('usage', {
    detail: `${words} needs one more word`,
    hint: `Give one of: ${members.map((member) => `${words} ${member}`).join(', ')}.`,
  });
}

/** Words that may follow those of a group, each once: of `ha`, `status` and `mmp`, which is a group itself. */
function membersOf(group: string, names: readonly string[]): string[] {
  const rests = names.filter((name) => name.startsWith(`${group} `)).map((name) => name.slice(group.length + 1));
  return [...new Set(rests.map((rest) => rest.split(' ', 1)[0]!))];
}

/** Steps over the global options at the start; `end` is the index of the first word that is none. */
function scanOptions(argv: readonly string[]): { end: number; wantsHelp: boolean; wantsVersion: boolean } {
  let at = 0;
  let wantsHelp = false;
  let wantsVersion = false;
  for (; at < argv.length; at++) {
    const word = argv[at]!;
    if (!word.startsWith('-') || word === '-' || word === '--') break;
    if (word === '--help' || word === '-h') wantsHelp = true;
    else if (word === '--version' || word === '-V') wantsVersion = true;
    else at += wordsOfValue(word);
  }
  return { end: at, wantsHelp, wantsVersion };
}

/** Words after `word` that belong to it: 1 where a global option's value stands apart, else 0. */
function wordsOfValue(word: string): number {
  const specs: OptionSpecs = GLOBAL_OPTIONS;
  const isLong = word.startsWith('--');
  const name = isLong ? word.split('=', 1)[0]! : word.slice(0, 2);
  const found = Object.entries(specs).find(([key, spec]) => (isLong ? flagOf(key) : `-${spec.short}`) === name);
  if (found === undefined) throw unknownOption(name);
  if (found[1].placeholder === undefined) return isLong || word.length === 2 ? 0 : wordsOfValue(`-${word.slice(2)}`);
  return isLong ? Number(name === word) : Number(word.length === 2);
}

function unknownOption(name: string): AppError {
  const flags = [...Object.keys(GLOBAL_OPTIONS).map(flagOf), '--help', '--version'];
  const hint = suggestion(name, flags) ?? 'Options of a command stand after its name. See holdfast --help.';
  return new AppError('usage', { detail: `unknown option ${name} before the command`, hint });
}

function unknownWord(detail: string, word: string, candidates: readonly string[]): AppError {
  return new AppError('usage', { detail, hint: suggestion(word, candidates) ?? 'See holdfast --help.' });
}
