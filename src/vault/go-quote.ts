/**
 * Text forms of Go that a tree's bytes depend on: strconv.Quote over raw bytes, and the strings of encoding/json.
 *
 * Raw strings here hold one byte per char (latin1), because names on Unix are bytes; other strings are Unicode text.
 * Most names are plain ASCII without a char either form escapes, so each function first looks for that.
 */
import { AppError } from '../base/errors.ts';
import { isPrintable } from './go-printable.ts';

const BACKSLASH = 0x5c;
const QUOTE = 0x22;
const INVALID = -1;

/** 1 for the chars that both forms leave alone: printable ASCII without `"`, `\`, `<`, `>` and `&`. */
const PLAIN = Uint8Array.from({ length: 256 }, (_, code) =>
  code >= 0x20 && code < 0x7f && !'"\\<>&'.includes(String.fromCharCode(code)) ? 1 : 0,
);

/** Short escapes of strconv.Quote by char code. */
const SHORT = new Map([
  [0x07, '\\a'],
  [0x08, '\\b'],
  [0x0c, '\\f'],
  [0x0a, '\\n'],
  [0x0d, '\\r'],
  [0x09, '\\t'],
  [0x0b, '\\v'],
  [QUOTE, '\\"'],
  [BACKSLASH, '\\\\'],
]);

const LONG_BY_LETTER = new Map([
  ['a', '\x07'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
  ['"', '"'],
  ['\\', '\\'],
]);

/** The JSON text of a name in a tree: quoted as strconv.Quote does, then as a JSON string, with its quotes. */
export function nameJson(raw: string): string {
  return isPlain(raw) ? `"${raw}"` : jsonString(quoteName(raw));
}

/** strconv.Quote of raw bytes, without the outer quotes. */
export function quoteName(raw: string): string {
  if (isPlain(raw)) return raw;
  const bytes = Buffer.from(raw, 'latin1');
  let quoted = '';
  for (let at = 0; at < bytes.length; ) {
    const rune = runeAt(bytes, at);
    quoted += rune === INVALID ? hexEscape('x', bytes[at]!, 2) : quoteRune(rune);
    at += runeBytes(rune);
  }
  return quoted;
}

/**
 * Raw bytes of a quoted name, of any form strconv.Unquote accepts between double quotes.
 * @throws {AppError} `tree-invalid` for anything else
 */
export function unquoteName(quoted: string): string {
  if (!/["\\\n]/.test(quoted)) return utf8Raw(quoted);
  let raw = '';
  for (let at = 0; at < quoted.length; ) {
    const piece = pieceAt(quoted, at);
    raw += piece.raw;
    at += piece.length;
  }
  return raw;
}

/** The text as encoding/json writes it with HTML escaping (the form up to Go 1.21), with its quotes. */
export function jsonString(text: string): string {
  if (isPlain(text)) return `"${text}"`;
  return `"${text.toWellFormed().replace(JSON_ESCAPED, jsonEscape)}"`;
}

/** The same for raw bytes: every byte that is not part of valid UTF-8 becomes the six chars `\ufffd`. */
export function rawJsonString(raw: string): string {
  if (isPlain(raw)) return `"${raw}"`;
  const bytes = Buffer.from(raw, 'latin1');
  let json = '';
  for (let at = 0; at < bytes.length; ) {
    const rune = runeAt(bytes, at);
    json += rune === INVALID ? '\\ufffd' : String.fromCodePoint(rune).replace(JSON_ESCAPED, jsonEscape);
    at += runeBytes(rune);
  }
  return `"${json}"`;
}

/** Whether raw bytes are valid UTF-8 (Go's rules: no surrogates, no overlong forms). */
export function isUtf8(raw: string): boolean {
  if (isPlain(raw)) return true;
  const bytes = Buffer.from(raw, 'latin1');
  let at = 0;
  while (at < bytes.length) {
    const rune = runeAt(bytes, at);
    if (rune === INVALID) return false;
    at += runeBytes(rune);
  }
  return true;
}

/** UTF-8 bytes of a text, one char per byte. */
export function utf8Raw(text: string): string {
  return isPlain(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}

function isPlain(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (PLAIN[text.charCodeAt(i)] !== 1) return false;
  return true;
}

/** Code point of the UTF-8 sequence at `at`, or INVALID when the byte there begins none. */
function runeAt(bytes: Uint8Array, at: number): number {
  const lead = bytes[at]!;
  if (lead < 0x80) return lead;
  if (lead < 0xc2 || lead > 0xf4) return INVALID;
  const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (at + length > bytes.length) return INVALID;
  let rune = lead & (0x7f >> length);
  for (let i = 1; i < length; i++) {
    const next = bytes[at + i]!;
    if ((next & 0xc0) !== 0x80) return INVALID;
    rune = (rune << 6) | (next & 0x3f);
  }
  const isSurrogate = rune >= 0xd800 && rune <= 0xdfff;
  const isShortest = runeBytes(rune) === length;
  return isSurrogate || !isShortest || rune > 0x10ffff ? INVALID : rune;
}

function runeBytes(rune: number): number {
  if (rune < 0x80) return 1;
  if (rune < 0x800) return 2;
  return rune < 0x10000 ? 3 : 4;
}

function quoteRune(rune: number): string {
  const short = SHORT.get(rune);
  if (short !== undefined) return short;
  if (isPrintable(rune)) return String.fromCodePoint(rune);
  if (rune < 0x20 || rune === 0x7f) return hexEscape('x', rune, 2);
  return rune < 0x10000 ? hexEscape('u', rune, 4) : hexEscape('U', rune, 8);
}

function hexEscape(letter: string, value: number, digits: number): string {
  return `\\${letter}${value.toString(16).padStart(digits, '0')}`;
}

const JSON_ESCAPED = /["\\<>&\u0000-\u001f\u2028\u2029]/g;

function jsonEscape(char: string): string {
  if (char === '"' || char === '\\') return `\\${char}`;
  if (char === '\n') return '\\n';
  if (char === '\r') return '\\r';
  if (char === '\t') return '\\t';
  return hexEscape('u', char.charCodeAt(0), 4);
}

interface Piece {
  raw: string;
  /** Chars of the quoted text it stands for. */
  length: number;
}

function pieceAt(quoted: string, at: number): Piece {
  const char = quoted[at]!;
  if (char === '"' || char === '\n') throw badQuote(quoted);
  if (char !== '\\') {
    const text = String.fromCodePoint(quoted.codePointAt(at)!);
    return { raw: utf8Raw(text), length: text.length };
  }
  const long = LONG_BY_LETTER.get(quoted[at + 1] ?? '');
  return long === undefined ? numericPiece(quoted, at) : { raw: long, length: 2 };
}

const NUMERIC = /\\(?:x([0-9a-fA-F]{2})|([0-7]{3})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/y;

function numericPiece(quoted: string, at: number): Piece {
  NUMERIC.lastIndex = at;
  const match = NUMERIC.exec(quoted);
  if (match === null) throw badQuote(quoted);
  const [whole, hex, octal, short, long] = match;
  if (hex !== undefined || octal !== undefined) {
    const byte = hex !== undefined ? Number.parseInt(hex, 16) : Number.parseInt(octal!, 8);
    if (byte > 0xff) throw badQuote(quoted);
    return { raw: String.fromCharCode(byte), length: whole.length };
  }
  const rune = Number.parseInt(short ?? long!, 16);
  if (rune > 0x10ffff || (rune >= 0xd800 && rune <= 0xdfff)) throw badQuote(quoted);
  return { raw: utf8Raw(String.fromCodePoint(rune)), length: whole.length };
}

function badQuote(quoted: string): AppError {
  return new AppError('tree-invalid', { detail: `not a quoted name: ${JSON.stringify(quoted.slice(0, 80))}` });
}
