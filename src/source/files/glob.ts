import { AppError } from '../../base/errors.ts';
import { INVALID_RUNE, runeAt, toReadable } from './raw-text.ts';

/** Decides about one name (raw text, no slash). */
export type NameMatcher = (name: string) => boolean;

const SPECIAL = /[*?[\\]/;

/** True when `pattern` holds a character with a meaning other than itself. */
export function isGlob(pattern: string): boolean {
  return SPECIAL.test(pattern);
}

/**
 * Compiles the pattern of one path component, with the rules of Go's `filepath.Match`, which restic's patterns follow:
 * `*` any bytes, `?` one character, `[a-z]` and `[^a-z]` one character of a class, `\` takes the next one literally.
 * A byte that is not UTF-8 counts as one character.
 * @param pattern raw text without a slash
 * @throws {AppError} `usage` when a class is not closed or is empty, or a backslash ends the pattern
 */
export function compileGlob(pattern: string): NameMatcher {
  if (!isGlob(pattern)) return (name) => name === pattern;
  const segments = parseSegments(pattern);
  const suffix = suffixAlone(segments);
  return suffix === undefined ? (name) => matchesSegments(segments, name) : (name) => name.endsWith(suffix);
}

type Token = { kind: 'literal'; text: string } | { kind: 'any' } | CharacterClass;

interface CharacterClass {
  kind: 'class';
  isNegated: boolean;
  /** Lowest and highest code point of each range, both included. */
  ranges: [number, number][];
}

/** What stands between two stars; `afterStar` is false only for the first when the pattern does not begin with one. */
interface Segment {
  afterStar: boolean;
  tokens: Token[];
}

function parseSegments(pattern: string): Segment[] {
  let segment: Segment = { afterStar: false, tokens: [] };
  const segments = [segment];
  for (let at = 0; at < pattern.length; ) {
    if (pattern[at] === '*') {
      segment = { afterStar: true, tokens: [] };
      if (at === 0) segments.pop();
      if (pattern[at - 1] === '*' && segments.at(-1)!.tokens.length === 0) segments.pop();
      segments.push(segment);
      at++;
    } else at = parseToken(pattern, at, segment.tokens);
  }
  return segments;
}

/** Appends the token at `at` and answers where the next begins. */
function parseToken(pattern: string, at: number, tokens: Token[]): number {
  const char = pattern[at]!;
  if (char === '[') return parseClass(pattern, at + 1, tokens);
  if (char === '?') {
    tokens.push({ kind: 'any' });
    return at + 1;
  }
  const literalAt = char === '\\' ? at + 1 : at;
  if (literalAt >= pattern.length) throw invalid(pattern);
  const last = tokens.at(-1);
  if (last?.kind === 'literal') last.text += pattern[literalAt]!;
  else tokens.push({ kind: 'literal', text: pattern[literalAt]! });
  return literalAt + 1;
}

function parseClass(pattern: string, start: number, tokens: Token[]): number {
  const token: CharacterClass = { kind: 'class', isNegated: pattern[start] === '^', ranges: [] };
  let at = token.isNegated ? start + 1 : start;
  while (pattern[at] !== ']' || token.ranges.length === 0) {
    const low = parseMember(pattern, at);
    const isRange = pattern[low.end] === '-';
    const high = isRange ? parseMember(pattern, low.end + 1) : low;
    token.ranges.push([low.rune, high.rune]);
    at = high.end;
  }
  tokens.push(token);
  return at + 1;
}

/** One character inside a class; a bare `-` or `]` is none, and the class must go on behind it. */
function parseMember(pattern: string, start: number): { rune: number; end: number } {
  if (pattern[start] === '-' || pattern[start] === ']') throw invalid(pattern);
  const at = pattern[start] === '\\' ? start + 1 : start;
  if (at >= pattern.length) throw invalid(pattern);
  const decoded = runeAt(pattern, at);
  const width = decoded % 8;
  const rune = (decoded - width) / 8;
  const isDamaged = rune === INVALID_RUNE && width === 1;
  if (isDamaged || at + width >= pattern.length) throw invalid(pattern);
  return { rune, end: at + width };
}

function invalid(pattern: string): AppError {
  return new AppError('usage', {
    detail: `not a valid pattern: ${toReadable(pattern)}`,
    hint: 'Close every [ with ], name at least one character between them, and write \\\\ for a backslash.',
  });
}

/** The text of patterns like `*.log`, by far the most frequent ones. */
function suffixAlone(segments: Segment[]): string | undefined {
  const [segment] = segments;
  if (segments.length !== 1 || !segment!.afterStar) return undefined;
  const [token] = segment!.tokens;
  if (token === undefined) return '';
  return segment!.tokens.length === 1 && token.kind === 'literal' ? token.text : undefined;
}

/** Each segment takes the first place where it fits; the last one must also reach the end of the name. */
function matchesSegments(segments: Segment[], name: string): boolean {
  let at = 0;
  for (const [index, segment] of segments.entries()) {
    at = placeSegment(segment, name, { from: at, isLast: index === segments.length - 1 });
    if (at < 0) return false;
  }
  return true;
}

/** Where the name goes on behind the segment, or -1. */
function placeSegment(segment: Segment, name: string, { from, isLast }: { from: number; isLast: boolean }): number {
  const startMax = segment.afterStar ? name.length : from;
  for (let start = from; start <= startMax; start++) {
    const end = matchTokens(segment.tokens, name, start);
    if (end >= 0 && (!isLast || end === name.length)) return end;
  }
  return -1;
}

function matchTokens(tokens: Token[], name: string, start: number): number {
  let at = start;
  for (const token of tokens) {
    if (at >= name.length) return -1;
    if (token.kind === 'literal') {
      if (!name.startsWith(token.text, at)) return -1;
      at += token.text.length;
      continue;
    }
    const decoded = runeAt(name, at);
    const width = decoded % 8;
    if (token.kind === 'class' && !isInClass(token, (decoded - width) / 8)) return -1;
    at += width;
  }
  return at;
}

function isInClass(token: CharacterClass, rune: number): boolean {
  return token.ranges.some(([low, high]) => low <= rune && rune <= high) !== token.isNegated;
}
