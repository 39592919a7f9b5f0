/** Writes docs/reference/ from the table of commands and the schema of the configuration: `node scripts/reference.ts`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { COMMANDS, describe, ENVIRONMENT, EXIT_CODES, flagsOf, GLOBAL_OPTIONS, type OptionSpecs } from '../src/cli.ts';
import {
  CONFIGURATION_PAGE,
  CONFIGURATION_SCHEMA,
  configurationPage,
  configurationSchema,
} from './configuration-page.ts';
import { tableOf } from './table.ts';
import { tidied } from './tidy.ts';

export const REFERENCE_PAGE = new URL('../docs/reference/cli.md', import.meta.url).pathname;

/** The whole page as Markdown. */
export async function referencePage(): Promise<string> {
  const sections = Map.groupBy(Object.keys(COMMANDS), (name) => COMMANDS[name]!.section);
  const commands: string[] = [];
  for (const [section, names] of sections) {
    commands.push(`## ${section}\n`);
    for (const name of names) commands.push(await commandText(name));
  }
  const text = [HEAD, contents(sections), ...commands, '## For every command\n', ...everyCommand()].join('\n');
  return tidied(`${text.trimEnd()}\n`, REFERENCE_PAGE);
}

const HEAD = `# Command line

<!-- Written by scripts/reference.ts from the commands themselves; do not edit. -->
`;

function contents(sections: ReadonlyMap<string, string[]>): string {
  const lines = [...sections].map(([section, names]) => {
    return `- ${section}: ${names.map((name) => `[${name}](#${anchor(name)})`).join(', ')}`;
  });
  return `${lines.join('\n')}\n- [For every command](#for-every-command)\n`;
}

async function commandText(name: string): Promise<string> {
  const { load, summary } = COMMANDS[name]!;
  const { description, arguments: args = [], options = {}, examples } = await load();
  const usage = [
    'holdfast',
    name,
    ...(Object.keys(options).length > 0 ? ['[options]'] : []),
    ...args.map((a) => a.usage),
  ];
  const parts = [`### ${heading(name)}\n`, `${summary}.\n`, fenced([usage.join(' ')]), `${description}\n`];
  if (args.length > 0)
    parts.push(
      table(
        'Argument',
        args.map((each) => [each.usage, each.description] as const),
      ),
    );
  if (Object.keys(options).length > 0) parts.push(optionTable(options));
  if (examples.length > 0) parts.push(fenced(examples.map(({ line, does }) => `# ${does}\nholdfast ${line}`)));
  return parts.join('\n');
}

function everyCommand(): string[] {
  const environment = ENVIRONMENT.map(({ name, insteadOf, fallback }) => {
    return [name, `instead of ${insteadOf}${fallback === '' ? '' : `; when absent: ${fallback}`}`] as const;
  });
  return [
    'These options may stand before or after the name of the command.\n',
    optionTable(GLOBAL_OPTIONS),
    table('Variable', environment),
    table(
      'Exit code',
      EXIT_CODES.map(({ code, meaning }) => [String(code), meaning] as const),
    ),
  ];
}

function optionTable(options: OptionSpecs): string {
  return table(
    'Option',
    Object.entries(options).map(([key, spec]) => [flagsOf(key, spec), describe(spec)] as const),
  );
}

function table(title: string, rows: readonly (readonly [string, string])[]): string {
  return tableOf(
    [title, 'Meaning'],
    rows.map(([left, right]) => [`\`${left}\``, right]),
  );
}

function fenced(blocks: readonly string[]): string {
  return `\`\`\`sh\n${blocks.join('\n\n')}\n\`\`\`\n`;
}

function heading(name: string): string {
  return `holdfast ${name}`;
}

function anchor(name: string): string {
  return heading(name).replaceAll(' ', '-');
}

if (import.meta.main) {
  mkdirSync(dirname(REFERENCE_PAGE), { recursive: true });
  writeFileSync(REFERENCE_PAGE, await referencePage());
  writeFileSync(CONFIGURATION_PAGE, configurationPage());
  writeFileSync(CONFIGURATION_SCHEMA, configurationSchema());
}
