/** The reference of the configuration, from its schema. */
import { inspect } from '../src/config.ts';
import { tableOf } from './table.ts';
import { tidied } from './tidy.ts';

export const CONFIGURATION_PAGE = new URL('../docs/reference/configuration.md', import.meta.url).pathname;
export const CONFIGURATION_SCHEMA = new URL('../docs/reference/holdfast.schema.json', import.meta.url).pathname;

const HEAD = `# Configuration: all keys

<!-- Written by scripts/reference.ts from the schema itself; do not edit. -->

What the words mean together is in [configuration](../configuration.md).

| type | written |
| --- | --- |
| duration | \`90s\`, \`1h30m\`, \`7d\`, \`2w\` |
| size | \`512M\`, \`10 GiB\`, \`100\` (bytes); units are powers of 1024 |
| share | \`5%\`, \`1/30\` |
| span | \`1y5m7d2h\`: years, months, days, hours of the calendar |
| name | letters, digits, dots, underscores and hyphens |
| path | absolute, or from the folder of the file it stands in |
| command | a list, the program first: \`[pg_dump, --no-password, shop]\`; run without a shell |
| hook, schedule, secret | see [hook](#hook), [schedule](#schedule), [secret](#secret) |
`;

/** The whole page as Markdown. */
export function configurationPage(): string {
  const sections = [...Map.groupBy(inspect.keySections(), ({ path }) => path)];
  const text = [HEAD, ...sections.map(([path, parts]) => sectionText(path, parts))].join('\n');
  return tidied(`${text.trimEnd()}\n`, CONFIGURATION_PAGE);
}

/** What `config schema` prints. */
export function configurationSchema(): string {
  return tidied(JSON.stringify(inspect.jsonSchema()), CONFIGURATION_SCHEMA);
}

function sectionText(path: string, parts: readonly inspect.KeySection[]): string {
  const tables = parts.flatMap(({ rows, meaning }, at) => [
    ...(meaning === '' ? [] : [at === 0 ? `${meaning}.\n` : 'Or:\n']),
    tableOf(
      ['Key', 'Type', 'Default', 'Meaning'],
      rows.map(({ key, type, fallback, meaning }) => [code(key), type, defaultText(fallback), meaning]),
    ),
  ]);
  return [`## ${path === '' ? 'At the top' : path}\n`, ...tables].join('\n');
}

function defaultText(fallback: string): string {
  return fallback === '' || fallback === 'required' ? fallback : code(fallback);
}

function code(text: string): string {
  return `\`${text}\``;
}
