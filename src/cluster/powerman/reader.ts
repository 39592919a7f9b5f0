/** Goes over the tokens that mean something, and collects what is wrong. */
import type { Place, SyntaxProblem } from '../place.ts';
import type { Span, Token, TokenKind } from './model.ts';

/** Words that begin an entry, where one can go on after what cannot be read; none of them is a word of a specification. */
export const ENTRY_NAMES: readonly string[] = [
  'include',
  'listen',
  'tcpwrappers',
  'plug_log_level',
  'device',
  'node',
  'alias',
  'specification',
];

export function beginsEntry(token: Token): boolean {
  return token.kind === 'word' && ENTRY_NAMES.includes(token.text);
}

/** powermand keeps seconds; beyond 32 bits of them it depends on the machine what it reads. */
const MILLISECONDS_MAX = 0x7fffffff * 1000;

export interface Reader {
  /** Undefined at the end. */
  peek(): Token | undefined;
  next(): Token | undefined;
  /** The next one, which has to be of this kind; otherwise undefined, and told. */
  take(kind: TokenKind, wanted: string): Token | undefined;
  /** A number of seconds in milliseconds; undefined, and told, when it is none. */
  takeSeconds(): number | undefined;
  /** The place of a token; of none the end. */
  placeOf(token: Token | undefined): Place;
  /** From this token to the last one taken. */
  spanFrom(token: Token): Span;
  tell(token: Token | undefined, text: string, remedy: string): void;
  readonly problems: readonly SyntaxProblem[];
}

export function readerOf(file: string, all: readonly Token[]): Reader {
  const tokens = all.filter(({ kind }) => kind !== 'space' && kind !== 'comment');
  const length = all.reduce((sum, { text }) => sum + text.length, 0);
  const lineStarts = startsOf(all);
  const problems: SyntaxProblem[] = [];
  let at = 0;
  const placeAt = (offset: number): Place => {
    const line = lineOf(lineStarts, offset);
    return { file, line: line + 1, column: offset - lineStarts[line]! + 1 };
  };
  const reader: Reader = {
    problems,
    peek: () => tokens[at],
    next: () => tokens[at++],
    take(kind, wanted) {
      const token = tokens[at];
      if (token?.kind !== kind) {
        reader.tell(token, `${sign(token)} stands where ${wanted} should`, `give ${wanted}`);
        return undefined;
      }
      at++;
      return token;
    },
    takeSeconds() {
      const token = reader.take('number', 'a number of seconds');
      if (token === undefined) return undefined;
      const timeMs = Math.round(Number(token.text) * 1000);
      if (timeMs > MILLISECONDS_MAX) {
        reader.tell(token, 'this time is longer than powermand can count', 'give seconds');
        return undefined;
      }
      return timeMs;
    },
    placeOf: (token) => placeAt(token?.start ?? length),
    spanFrom(token) {
      const last = tokens[Math.min(at, tokens.length) - 1] ?? token;
      return { place: placeAt(token.start), start: token.start, end: last.start + last.text.length };
    },
    tell: (token, text, remedy) => void problems.push({ place: reader.placeOf(token), text, remedy }),
  };
  return reader;
}

/** Names a token without its text, which may be a password; words are not. */
function sign(token: Token | undefined): string {
  if (token === undefined) return 'the end of the file';
  if (token.kind === 'word') return `"${token.text}"`;
  return (
    { string: 'a string', number: 'a number', open: '{', close: '}', equals: '=', dollar: '$' }[token.kind as string] ??
    'something that is no word of PowerMan'
  );
}

function startsOf(tokens: readonly Token[]): number[] {
  const starts = [0];
  for (const { text, start } of tokens) {
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(start + at + 1);
  }
  return starts;
}

function lineOf(starts: readonly number[], offset: number): number {
  let [low, high] = [0, starts.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle]! <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}
