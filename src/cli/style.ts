/** The few colours there are, as SGR sequences (ECMA-48, section 8.3.117). */
import { printable } from './text.ts';

const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;

export type Style = keyof typeof CODES;

/** Our own sequences and nothing else, so that foreign text cannot bring its own. */
const OURS = /(\x1b\[(?:0|1|2|31|32|33|36)m)/;
const LAYOUT = /([\n\t])/;

export function paint(style: Style, text: string): string {
  return `\x1b[${CODES[style]}m${text}\x1b[0m`;
}

/** Escapes every control character but line breaks, tabs and, where colour is on, our own colours. */
export function plain(text: string, hasColour: boolean): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text;
  const kept = hasColour ? text.split(OURS) : [text];
  return kept.map((part) => (hasColour && OURS.test(part) ? part : keepLayout(part))).join('');
}

/** Colour is wanted unless NO_COLOR is set to anything (no-color.org) or the terminal is a dumb one. */
export function wantsColour(environment: Readonly<Record<string, string | undefined>>): boolean {
  return !environment['NO_COLOR'] && environment['TERM'] !== 'dumb';
}

function keepLayout(text: string): string {
  return text
    .split(LAYOUT)
    .map((part) => (part === '\n' || part === '\t' ? part : printable(part)))
    .join('');
}
