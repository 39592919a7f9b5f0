/** Reads the arguments of one command, with commander as the reader, and renders the command's help. */
import { Argument, Command, CommanderError, Option } from 'commander';
import { assert } from '../base/assert.ts';
import { AppError } from '../base/errors.ts';
import { GLOBAL_OPTIONS, type GlobalValues } from './globals.ts';
import { describe, flagOf, flagsOf, type OptionSpecs, type OptionValues } from './options.ts';
import type { CommandSpec } from './spec.ts';
import { suggestion } from './suggest.ts';

const GLOBAL_HEADING = 'Global options:';

export interface Invocation {
  args: string[];
  options: OptionValues<OptionSpecs>;
  globals: GlobalValues;
}

export interface NamedCommand {
  name: string;
  spec: CommandSpec;
}

/**
 * `argv` are the arguments without the command's name; global options may be anywhere among them.
 * @returns undefined when help is asked for.
 * @throws {AppError} `usage`
 */
export function parse(command: NamedCommand, argv: readonly string[]): Invocation | undefined {
  const specs = allOptions(command.spec);
  const given = new Map<string, string[]>();
  const reader = readerOf(command, given);
  try {
    reader.parse(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === 'commander.helpDisplayed') return undefined;
    throw usageError(error, command, Object.keys(specs));
  }
  const values = readValues(specs, given);
  const isGlobal = ([key]: [string, unknown]): boolean => key in GLOBAL_OPTIONS;
  const entries = Object.entries(values);
  return {
    args: reader.processedArgs.flat().filter((each): each is string => typeof each === 'string'),
    options: Object.fromEntries(entries.filter((entry) => !isGlobal(entry))),
    globals: Object.fromEntries(entries.filter(isGlobal)) as unknown as GlobalValues,
  };
}

/** Help of one command: usage, description, arguments, options, global options, examples. */
export function commandHelp(command: NamedCommand, columns: number): string {
  const reader = readerOf(command, new Map());
  reader.configureOutput({ getOutHelpWidth: () => columns, getOutHasColors: () => false });
  const examples = command.spec.examples.map(({ line, does }) => `  # ${does}\n  holdfast ${line}\n`);
  return `${reader.helpInformation()}\nExamples:\n${examples.join('\n')}`;
}

function allOptions(spec: CommandSpec): OptionSpecs {
  return { ...spec.options, ...GLOBAL_OPTIONS };
}

/** A commander command that gathers the given texts of each option, by key. */
function readerOf({ name, spec }: NamedCommand, given: Map<string, string[]>): Command {
  const reader = new Command(`holdfast ${name}`).description(spec.description).exitOverride();
  reader.configureOutput({ writeOut: () => {}, writeErr: () => {} });
  reader.allowExcessArguments(false).showSuggestionAfterError(false);
  for (const { usage, description } of spec.arguments ?? []) reader.addArgument(new Argument(usage, description));
  for (const [key, option] of Object.entries(allOptions(spec))) {
    const gather = (text: string | undefined): string => {
      given.set(key, [...(given.get(key) ?? []), text ?? '']);
      return '';
    };
    const known = new Option(flagsOf(key, option), describe(option)).argParser(gather);
    reader.addOption(known.helpGroup(key in GLOBAL_OPTIONS ? GLOBAL_HEADING : 'Options:'));
  }
  reader.addHelpOption(new Option('-h, --help', 'Show this help').helpGroup(GLOBAL_HEADING));
  return reader;
}

function readValues(specs: OptionSpecs, given: ReadonlyMap<string, string[]>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(specs).map(([key, spec]) => [key, spec.read(given.get(key) ?? [], flagOf(key))]),
  );
}

/** Commander's complaint in our words, with the nearest option where one was misspelt. */
function usageError(error: CommanderError, { name, spec }: NamedCommand, keys: readonly string[]): AppError {
  const detail = error.message.replace(/^error: /, '').replace(/\.$/, '');
  const unknown = /unknown option '([^'=]*)/.exec(detail)?.[1];
  const excess = error.code === 'commander.excessArguments';
  assert(error.exitCode !== 0, `commander ended with ${error.code}`);
  const near = unknown === undefined ? undefined : suggestion(unknown, [...keys.map(flagOf), '--help']);
  const count = spec.arguments?.length ?? 0;
  return new AppError('usage', {
    detail: excess ? `too many arguments: ${name} takes ${count === 0 ? 'none' : `at most ${count}`}` : detail,
    hint: near ?? `See holdfast ${name} --help.`,
  });
}
