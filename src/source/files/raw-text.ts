/**
 * Raw text: the bytes of a name as the filesystem has them, one char (0–255) per byte. Names that are not valid UTF-8
 * stay distinct this way, and two names are equal exactly when their bytes are.
 */

/** The UTF-8 bytes of `text` as raw text. */
export function toRaw(text: string): string {
  return isAscii(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}

/** Raw text as people read it; bytes that are not UTF-8 become U+FFFD. */
export function toReadable(raw: string): string {
  return isAscii(raw) ? raw : Buffer.from(raw, 'latin1').toString('utf8');
}

/** What `runeAt` yields for a byte that starts no valid UTF-8 sequence; its width is then 1. */
export const INVALID_RUNE = 0xfffd;

/**
 * Decodes the UTF-8 character at `at`: its code point times eight plus its width in bytes (1–4), in one number so that
 * matching allocates nothing. Overlong forms, surrogates and values above U+10FFFF are invalid (RFC 3629).
 */
export function runeAt(raw: string, at: number): number {
  const first = raw.charCodeAt(at);
  if (first < 0x80) return first * 8 + 1;
  const width = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || at + width > raw.length) return INVALID_RUNE * 8 + 1;
  let rune = first & (0x7f >> width);
  for (let i = 1; i < width; i++) {
    const byte = raw.charCodeAt(at + i);
    if ((byte & 0xc0) !== 0x80) return INVALID_RUNE * 8 + 1;
    rune = rune * 64 + (byte & 0x3f);
  }
  return isEncodable(rune, width) ? rune * 8 + width : INVALID_RUNE * 8 + 1;
}

function isEncodable(rune: number, width: number): boolean {
  const least = width === 2 ? 0x80 : width === 3 ? 0x800 : 0x10000;
  return rune >= least && rune <= 0x10ffff && (rune < 0xd800 || rune > 0xdfff);
}

/**
 * Lower case, one character at a time (no context, never a change in the number of characters). Invalid bytes stay as
 * they are, so that names differing only in them stay different.
 */
export function lowerRaw(raw: string): string {
  if (isAscii(raw)) return raw.toLowerCase();
  let lowered = '';
  for (let at = 0; at < raw.length; ) {
    const decoded = runeAt(raw, at);
    const width = decoded % 8;
    const rune = (decoded - width) / 8;
    lowered += width === 1 && rune >= 0x80 ? raw[at] : toRaw(lowerRune(rune));
    at += width;
  }
  return lowered;
}

/** JavaScript maps a few letters (İ) to two characters; the first is the plain letter. */
function lowerRune(rune: number): string {
  return String.fromCodePoint(String.fromCodePoint(rune).toLowerCase().codePointAt(0)!);
}

const SPACE =
  '(?:[\\t-\\r ]|\\xc2[\\x85\\xa0]|\\xe1\\x9a\\x80|\\xe2\\x80[\\x80-\\x8a\\xa8\\xa9\\xaf]|\\xe2\\x81\\x9f|\\xe3\\x80\\x80)';
const LEADING_SPACE = new RegExp(`^${SPACE}+`);
const TRAILING_SPACE = new RegExp(`${SPACE}+$`);

/** Without Unicode white space at both ends. `String.trim` would take the last byte of `à` for a space. */
export function trimRaw(raw: string): string {
  return raw.replace(LEADING_SPACE, '').replace(TRAILING_SPACE, '');
}

/** The lines of a text file as raw text; a byte order mark is dropped, and UTF-16 that has one becomes UTF-8. */
export function rawLines(content: Uint8Array): string[] {
  const lines = decode(content).split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
}

function decode(content: Uint8Array): string {
  const mark = Buffer.from(content.subarray(0, 3)).toString('hex');
  if (mark === 'efbbbf') return Buffer.from(content.subarray(3)).toString('latin1');
  if (mark.startsWith('fffe')) return toRaw(new TextDecoder('utf-16le').decode(content));
  if (mark.startsWith('feff')) return toRaw(new TextDecoder('utf-16be').decode(content));
  return Buffer.from(content).toString('latin1');
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}
