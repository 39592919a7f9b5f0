/** The parameters of one line, by name. */
import type { StonithLine } from '../heartbeat/model.ts';
import type { NamedStonith, StonithPlugin, Unmapped } from './model.ts';

export type Values = ReadonlyMap<string, string>;
export type Refused = Pick<Unmapped, 'why' | 'instead'>;
/** The text of a file of parameters; undefined when it is not at hand. */
export type ConfigText = (file: string) => string | undefined;

/** Text of a refusal never shows a value, which may be a password. */
export function valuesOf(
  line: StonithLine | NamedStonith,
  plugin: StonithPlugin,
  configText: ConfigText,
): Values | Refused {
  if ('named' in line) return namedValues(line.named, plugin);
  const words = line.configFile === undefined ? [...line.params] : wordsOfFile(line.configFile, configText);
  if (!Array.isArray(words)) return words;
  const names = plugin.params.map(({ name }) => name);
  if (words.length < names.length) {
    const why = `takes ${names.length} parameters (${names.join(' ')}), and ${words.length} are given`;
    return { why, instead: 'complete the line; Heartbeat does not take it as it stands' };
  }
  // Everything behind the last delimiter belongs to the last parameter, spaces and all, as cluster-glue has it.
  const last = names.length - 1;
  return new Map(names.map((name, at) => [name, at === last ? words.slice(at).join(' ') : words[at]!]));
}

/** Where they have names, what is not required may be absent. */
function namedValues(named: NamedStonith['named'], { params }: StonithPlugin): Values | Refused {
  const missing = params.filter(({ name, isRequired }) => isRequired && !Object.hasOwn(named, name));
  if (missing.length === 0) return new Map(Object.entries(named));
  const why = `does nothing without ${missing.map(({ name }) => name).join(' and ')}, which is not given`;
  return { why, instead: 'complete the device; Heartbeat does not start it as it stands' };
}

export function isRefused(found: object): found is Refused {
  return 'instead' in found;
}

/** As the parameters on a line, but that lines beginning with # are comments (`stonith -h`). */
function wordsOfFile(file: string, configText: ConfigText): string[] | Refused {
  const text = configText(file);
  if (text === undefined) return { why: `has its parameters in ${file}, which is not here`, instead: `bring ${file}` };
  const line = text.split('\n').find((each) => !each.startsWith('#') && each.trim() !== '');
  return line === undefined ? [] : line.trim().split(/\s+/);
}
