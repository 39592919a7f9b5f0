/**
 * Text that is safe on a terminal and fits into it.
 *
 * Names come from file systems and snapshots, so they may hold escape sequences that would recolour, retitle or
 * reprogram the terminal of the person who lists them. Everything foreign goes through `printable` before it is shown.
 */

/** C0 controls, DEL, C1 controls, and the marks that turn the direction of text around (Unicode TR 36, section 2.5). */
const UNSAFE = /[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;
const ASCII = /^[\x20-\x7e]*$/;
const NO_WIDTH = /^[\p{Mn}\p{Me}\p{Cf}]$/u;
const TWO_COLUMNS =
  /^(?:\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{20000}-\u{3fffd}])$/u;

/** Replaces what a terminal would obey by its escape (`\x1b`, `\n`, `\u202e`), so that what is shown is what is there. */
export function printable(text: string): string {
  return text.replace(UNSAFE, escapeOf);
}

/** Text of raw name bytes, given as one char per byte (latin1); bytes that are not UTF-8 appear as `\xNN`. */
export function textOfName(name: string): string {
  if (ASCII.test(name)) return name;
  const bytes = Buffer.from(name, 'latin1');
  const text = bytes.toString('utf8');
  return printable(text.includes('\ufffd') ? decodeWithEscapes(bytes) : text);
}

/** Columns that `text` takes on a terminal. Marks and joiners take none; East Asian wide characters and emoji two. */
export function widthOf(text: string): number {
  if (ASCII.test(text)) return text.length;
  let width = 0;
  for (const char of text) width += widthOfChar(char);
  return width;
}

/** Cuts `text` to at most `columns`, with `…` where something was left out: at the end, or at the start for paths. */
export function fit(text: string, columns: number, keep: 'start' | 'end' = 'start'): string {
  if (widthOf(text) <= columns) return text;
  if (columns <= 0) return '';
  const chars = [...text];
  if (keep === 'end') chars.reverse();
  const kept: string[] = [];
  let room = columns - 1;
  for (const char of chars) {
    room -= widthOfChar(char);
    if (room < 0) break;
    kept.push(char);
  }
  return keep === 'end' ? `…${kept.reverse().join('')}` : `${kept.join('')}…`;
}

/** Fills up with spaces to `columns`, on the right or, for numbers, on the left. */
export function pad(text: string, columns: number, align: 'left' | 'right' = 'left'): string {
  const filler = ' '.repeat(Math.max(0, columns - widthOf(text)));
  return align === 'left' ? text + filler : filler + text;
}

/** `1234567` → `1,234,567`. */
export function formatCount(value: number): string {
  return String(value).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** `1,234 files`; `1 file`. */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${formatCount(value)} ${value === 1 ? one : many}`;
}

function escapeOf(char: string): string {
  if (char === '\n') return '\\n';
  if (char === '\t') return '\\t';
  if (char === '\r') return '\\r';
  const code = char.charCodeAt(0);
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
}

/** Decodes the longest valid UTF-8 sequences and writes every other byte as `\xNN`. */
function decodeWithEscapes(bytes: Buffer): string {
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes, at);
    text += length === 0 ? `\\x${bytes.toString('hex', at, at + 1)}` : bytes.toString('utf8', at, at + length);
    at += Math.max(1, length);
  }
  return text;
}

/** Length of the valid UTF-8 sequence at `at`, or 0. */
function sequenceLength(bytes: Buffer, at: number): number {
  const lead = bytes[at]!;
  const length = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 0;
  if (length === 0 || at + length > bytes.length) return 0;
  const slice = bytes.subarray(at, at + length);
  return Buffer.from(slice.toString('utf8'), 'utf8').equals(slice) ? length : 0;
}

function widthOfChar(char: string): number {
  if (NO_WIDTH.test(char)) return 0;
  return TWO_COLUMNS.test(char) ? 2 : 1;
}
