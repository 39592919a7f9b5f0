/** Help of the program and of groups of commands, made from the table without loading any command. */
import { ENVIRONMENT, EXIT_CODES, GLOBAL_OPTIONS } from './globals.ts';
import { describe, flagsOf, type OptionSpecs } from './options.ts';
import type { CommandEntry } from './table.ts';

type Table = Readonly<Record<string, CommandEntry>>;
type Row = readonly [left: string, right: string];

/** All commands under their headings, global options, environment and exit codes; lines of at most `columns`. */
export function programHelp(table: Table, columns: number): string {
  const globals: OptionSpecs = GLOBAL_OPTIONS;
  const options = Object.entries(globals).map(([key, spec]): Row => [flagsOf(key, spec), describe(spec)]);
  const blocks: [heading: string, rows: Row[]][] = [
    ...commandBlocks(table),
    ['Global options', [...options, ['-h, --help', 'Show help'], ['-V, --version', 'Show the version']]],
    ['Environment', ENVIRONMENT.map(({ name, insteadOf }): Row => [name, `instead of ${insteadOf}`])],
    ['Exit codes', EXIT_CODES.map(({ code, meaning }): Row => [String(code), meaning])],
  ];
  return [
    'Usage: holdfast [options] <command>\n',
    'Keeps a cluster recoverable: back it up, prove the backup, restore.\n',
    ...blocks.map(([heading, rows]) => block(heading, rows, columns)),
    'More on a command, with examples: holdfast <command> --help\n',
  ].join('\n');
}

/** The commands of one group. */
export function groupHelp(table: Table, group: string, columns: number): string {
  const members = Object.entries(table).filter(([name]) => name.startsWith(`${group} `));
  const rows = members.map(([name, { summary }]): Row => [name, summary]);
  return [
    `Usage: holdfast ${group} <command>\n`,
    block('Commands', rows, columns),
    `More on a command, with examples: holdfast ${group} <command> --help\n`,
  ].join('\n');
}

function commandBlocks(table: Table): [heading: string, rows: Row[]][] {
  const sections = Map.groupBy(Object.entries(table), ([, { section }]) => section);
  return [...sections].map(([heading, entries]) => [
    heading,
    entries.map(([name, { summary }]): Row => [name, summary]),
  ]);
}

function block(heading: string, rows: readonly Row[], columns: number): string {
  const indent = Math.max(...rows.map(([left]) => left.length)) + 4;
  const lines = rows.map(([left, right]) => {
    return `  ${left.padEnd(indent - 2)}${wrap(right, columns - indent).join(`\n${' '.repeat(indent)}`)}\n`;
  });
  return `${heading}:\n${lines.join('')}`;
}

/** Breaks at spaces into lines of at most `width`, which is taken as 20 where it is less. */
function wrap(text: string, width: number): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1)!;
    if (last !== '' && last.length + 1 + word.length > Math.max(20, width)) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines;
}
