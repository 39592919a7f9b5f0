/** Text of PowerMan in tokens that together are the text. */
import type { Token, TokenKind } from './model.ts';

/** In the order in which they are tried; each begins where the last one ended. */
const KINDS: readonly (readonly [TokenKind, RegExp])[] = [
  ['space', /[ \t\r\n]+/y],
  // powermand takes a comment only with its line ending; at the end of the file it is an error.
  ['comment', /#[^\n]*\n/y],
  ['string', /"(?:[^"\\\n]|\\[\s\S])*"/y],
  ['number', /\d+\.?\d*|\.\d+/y],
  ['open', /\{/y],
  ['close', /\}/y],
  ['equals', /=/y],
  ['dollar', /\$/y],
  ['word', /plug[ \t]+name(?![a-z_])|[a-z_]+/y],
];
const PATH = /[^ \t\n]+/y;
/** Up to where one can go on after what cannot be read. */
const WRONG = /["#][^\n]*|[^ \t\r\n"#{}=$]+/y;

/** Never fails: what is no token of PowerMan is a `wrong` one. */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let before = '';
  for (let at = 0; at < text.length; ) {
    const token = before === 'include' ? includedAt(text, at) : tokenAt(text, at);
    tokens.push(token);
    at += token.text.length;
    if (token.kind !== 'space') before = token.kind === 'word' ? token.text : '';
  }
  return tokens;
}

export function textOf(tokens: readonly Token[]): string {
  return tokens.map(({ text }) => text).join('');
}

/** What a string stands for: escapes as in C, an octal one with three digits (powerman.dev(5)). */
export function unquoted(text: string): string {
  return text.slice(1, -1).replace(/\\(?:([0-9]{3})|([\s\S]))/g, (_, octal: string | undefined, char: string) => {
    if (octal !== undefined) return String.fromCharCode(octalOf(octal) & 0xff);
    return ESCAPES[char] ?? char;
  });
}

/** The shortest way to write it that powermand reads as the same. */
export function quoted(value: string): string {
  const body = value.replace(/[\\"\x00-\x1f\x7f-\x9f]/g, (char) => {
    const letter = Object.keys(ESCAPES).find((key) => ESCAPES[key] === char);
    if (char === '"' || char === '\\') return `\\${char}`;
    return `\\${letter ?? char.charCodeAt(0).toString(8).padStart(3, '0')}`;
  });
  return `"${body}"`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  e: '\x1b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** As strtol(3) reads it: digits up to the first that is none of base 8. */
function octalOf(digits: string): number {
  return Number.parseInt(/^[0-7]*/.exec(digits)![0] || '0', 8);
}

function tokenAt(text: string, start: number): Token {
  for (const [kind, pattern] of KINDS) {
    const found = matched(pattern, text, start);
    if (found !== undefined) return { kind, text: found, start };
  }
  return { kind: 'wrong', text: matched(WRONG, text, start) ?? text[start]!, start };
}

/** After `include` comes a path up to the next blank, in quotes, of which powermand takes the first and last character off. */
function includedAt(text: string, start: number): Token {
  const space = matched(/[ \t\n]+/y, text, start);
  if (space !== undefined) return { kind: 'space', text: space, start };
  return { kind: 'path', text: matched(PATH, text, start)!, start };
}

function matched(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}
