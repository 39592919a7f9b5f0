/** What an examination found, and what to do about it. */

export type Level = 'ok' | 'warning' | 'error';

/** In the order they are told. */
const AREAS = [
  'configuration',
  'schedule',
  'state',
  'ledger',
  'secret',
  'source',
  'tool',
  'host',
  'cluster',
  'vault',
  'space',
  'clock',
  'notification',
  'shelf',
] as const;

export type Area = (typeof AREAS)[number];

export interface Finding {
  area: Area;
  /** What was looked at: the name of a vault, a host, a program. */
  subject: string;
  /** `error` would stop tonight's run, or that anybody hears of it; `warning` will some day, or weakens what it proves. */
  level: Level;
  /** What is so. */
  text: string;
  /** What to do; empty when nothing. */
  remedy: string;
}

export interface Words {
  text: string;
  remedy: string;
}

export function fine(area: Area, subject: string, text: string): Finding {
  return { area, subject, level: 'ok', text, remedy: '' };
}

export function wrong(area: Area, subject: string, { text, remedy }: Words): Finding {
  return { area, subject, level: 'error', text, remedy };
}

export function doubtful(area: Area, subject: string, { text, remedy }: Words): Finding {
  return { area, subject, level: 'warning', text, remedy };
}

/** By area, and within one as they were found. */
export function inOrder(findings: readonly Finding[]): Finding[] {
  return findings.toSorted((a, b) => AREAS.indexOf(a.area) - AREAS.indexOf(b.area));
}
