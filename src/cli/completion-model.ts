/** What completion knows of the commands, the same for every shell. */
import { assert } from '../base/assert.ts';
import { GLOBAL_OPTIONS } from './globals.ts';
import { flagOf, type OptionSpecs } from './options.ts';
import type { ArgumentSpec } from './spec.ts';
import type { CommandEntry } from './table.ts';

export interface CompletedOption {
  /** `--exclude-file` */
  flag: string;
  /** `-e`, or undefined. */
  short: string | undefined;
  description: string;
  /** Name of its value, or undefined when it takes none. */
  placeholder: string | undefined;
  /** What the value can be; empty when anything, completed as a file. */
  choices: readonly string[];
  repeat: boolean;
}

export interface CompletedCommand {
  /** One word, or several for a command of a group. */
  name: string;
  summary: string;
  options: CompletedOption[];
  arguments: readonly ArgumentSpec[];
}

export interface CompletionModel {
  globals: CompletedOption[];
  commands: CompletedCommand[];
  /** What may stand before the last word of a command: `ha`, `ha mmp`. */
  groups: string[];
}

/** Loads every command of the table. */
export async function completionModel(table: Readonly<Record<string, CommandEntry>>): Promise<CompletionModel> {
  const commands = await Promise.all(
    Object.entries(table).map(async ([name, entry]): Promise<CompletedCommand> => {
      const spec = await entry.load();
      const options = completedOptions(spec.options ?? {});
      return { name, summary: entry.summary, options, arguments: spec.arguments ?? [] };
    }),
  );
  const groups = commands.flatMap(({ name }) => groupsOf(name));
  return { globals: [...completedOptions(GLOBAL_OPTIONS), HELP], commands, groups: [...new Set(groups)] };
}

function groupsOf(name: string): string[] {
  const words = name.split(' ');
  return words.slice(1).map((_, at) => words.slice(0, at + 1).join(' '));
}

/** A word that may follow a group (none: that begins a command), and what it is: of a further group nothing is told. */
export interface NextWord {
  word: string;
  command: CompletedCommand | undefined;
}

export function nextWords(group: string, { commands, groups }: CompletionModel): NextWord[] {
  const head = group === '' ? '' : `${group} `;
  const names = [...commands.map(({ name }) => name), ...groups].filter((name) => name.startsWith(head));
  const words = names.map((name) => name.slice(head.length)).filter((rest) => rest !== '' && !rest.includes(' '));
  return [...new Set(words)].map((word) => ({ word, command: commands.find(({ name }) => name === `${head}${word}`) }));
}

/** Puts the parts into a script, each where `@NAME@` stands. */
export function fill(script: string, parts: Readonly<Record<string, string>>): string {
  return script.replace(/@([A-Z_]+)@/g, (_, name: string) => {
    const part = parts[name];
    assert(part !== undefined, `the script needs a part ${name}`);
    return part;
  });
}

const HELP: CompletedOption = {
  flag: '--help',
  short: '-h',
  description: 'Show help',
  placeholder: undefined,
  choices: [],
  repeat: false,
};

function completedOptions(specs: OptionSpecs): CompletedOption[] {
  return Object.entries(specs).map(([key, { short, description, placeholder, choices = [], repeat = false }]) => ({
    flag: flagOf(key),
    short: short === undefined ? undefined : `-${short}`,
    description,
    placeholder,
    choices,
    repeat,
  }));
}
