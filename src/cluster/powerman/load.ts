/** powerman.conf with all that it includes, in the order in which powermand reads it. */
import { POWERMAN_INCLUDES_DEEP_MAX, POWERMAN_INCLUDES_MAX } from '../../base/cluster-limits.ts';
import type { Finding } from '../finding.ts';
import type { PowermanFile, PowermanItem } from './model.ts';
import { parsePowerman } from './parse.ts';

export interface PowermanConfig {
  /** Each once, in the order in which they are first read. */
  readonly files: readonly PowermanFile[];
  /** Of all files, includes followed where they stand. */
  readonly items: readonly Exclude<PowermanItem, { kind: 'include' }>[];
  /** What could not be read or understood. */
  readonly findings: readonly Finding[];
}

/** @param read the text of a file; undefined when it is not there */
export function loadPowerman(file: string, read: (path: string) => string | undefined): PowermanConfig {
  const files = new Map<string, PowermanFile>();
  const items: Exclude<PowermanItem, { kind: 'include' }>[] = [];
  const findings: Finding[] = [];

  let followed = 0;
  const follow = (path: string, within: readonly PowermanItem[]): void => {
    const parsed = files.get(path) ?? parsedOf(path);
    if (parsed === undefined) {
      findings.push(missing(within.at(-1)?.place ?? { file: path, line: 1, column: 1 }, path));
      return;
    }
    for (const item of parsed.items) {
      if (item.kind !== 'include') items.push(item);
      else if (isEndless(item.path, within) || ++followed > POWERMAN_INCLUDES_MAX) findings.push(deep(item));
      else follow(item.path, [...within, item]);
    }
  };
  const isEndless = (path: string, within: readonly PowermanItem[]): boolean =>
    within.length >= POWERMAN_INCLUDES_DEEP_MAX ||
    path === file ||
    within.some((each) => each.kind === 'include' && each.path === path);
  const parsedOf = (path: string): PowermanFile | undefined => {
    const text = read(path);
    if (text === undefined) return undefined;
    const parsed = parsePowerman(path, text);
    files.set(path, parsed);
    for (const problem of parsed.problems) findings.push({ code: 'powerman-syntax', level: 'error', ...problem });
    return parsed;
  };

  follow(file, []);
  return { files: [...files.values()], items, findings };
}

function missing(place: Finding['place'], path: string): Finding {
  const text = `${path} is not there, and powermand stops without it`;
  return { code: 'powerman-file-missing', level: 'error', place, text, remedy: 'correct the path, or bring the file' };
}

function deep(item: PowermanItem): Finding {
  const text = `this include leads in a circle, or is one too many (${POWERMAN_INCLUDES_DEEP_MAX} deep, ${POWERMAN_INCLUDES_MAX} in all)`;
  const remedy = 'take it out: powermand gives up here';
  return { code: 'powerman-include-deep', level: 'error', place: item.place, text, remedy };
}
