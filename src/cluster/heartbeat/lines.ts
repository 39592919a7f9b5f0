/** Text as lines that together are the text again. */

/** Each with its own line ending, the last one perhaps without. */
export function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** What counts as white space in `ha.cf` and `authkeys`. */
const BLANK = ' \\t\\n\\r\\f';

export interface Word {
  readonly text: string;
  /** From 0. */
  readonly at: number;
}

/** The words of `text` between white space, or between `separators` in addition. */
export function wordsOf(text: string, separators = ''): Word[] {
  const pattern = new RegExp(`[^${BLANK}${separators}]+`, 'g');
  return [...text.matchAll(pattern)].map((match) => ({ text: match[0], at: match.index }));
}
