/** Characters, names and references of XML 1.0 (fifth edition, sections 2.2, 2.3, 3.3.3 and 4.6). */
import { AppError } from '../../base/errors.ts';

const NAME_START =
  ':A-Z_a-z\\u{C0}-\\u{D6}\\u{D8}-\\u{F6}\\u{F8}-\\u{2FF}\\u{370}-\\u{37D}\\u{37F}-\\u{1FFF}\\u{200C}\\u{200D}\\u{2070}-\\u{218F}\\u{2C00}-\\u{2FEF}\\u{3001}-\\u{D7FF}\\u{F900}-\\u{FDCF}\\u{FDF0}-\\u{FFFD}\\u{10000}-\\u{EFFFF}';
const NAME_MORE = '\\-.0-9\\u{B7}\\u{300}-\\u{36F}\\u{203F}\\u{2040}';

/** A name at the place where it is looked for. */
export const NAME = new RegExp(`[${NAME_START}][${NAME_START}${NAME_MORE}]*`, 'uy');
const WHOLE_NAME = new RegExp(`^[${NAME_START}][${NAME_START}${NAME_MORE}]*$`, 'u');

/** Any character that no document may hold; with `u` a surrogate matches only when it stands alone. */
export const FORBIDDEN = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
const REFERENCE = /&(?:#([0-9]+)|#x([0-9a-fA-F]+)|([^;&<\s]*));?/g;

/** A reference that means nothing: where it stands in the text that was decoded, and why. */
export class ReferenceProblem {
  readonly at: number;
  readonly text: string;

  constructor(at: number, text: string) {
    this.at = at;
    this.text = text;
  }
}

/** Text with its references replaced and its line ends made `\n` (section 2.11). */
export function decodeText(raw: string): string | ReferenceProblem {
  return decode(raw, raw.includes('\r') ? raw.replace(/\r\n?/g, '\n') : raw);
}

/** An attribute's value: as text, and white space that is not a reference becomes a space (section 3.3.3). */
export function decodeAttribute(raw: string): string | ReferenceProblem {
  return decode(raw, raw.replace(/\r\n|[\t\n\r]/g, ' '));
}

export function escapeText(text: string): string {
  expectCharacters(text);
  return text.replace(/[&<>\r]/g, (char) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#13;' })[char]!);
}

/** White space but the space itself becomes references, as it would be read back as spaces otherwise. */
export function escapeAttribute(value: string, quote: string): string {
  expectCharacters(value);
  return value.replace(/[&<>"'\t\n\r]/g, (char) => {
    if (char === '"' || char === "'") return char !== quote ? char : char === '"' ? '&quot;' : '&apos;';
    return { '&': '&amp;', '<': '&lt;', '>': '&gt;' }[char] ?? `&#${char.charCodeAt(0)};`;
  });
}

export function isName(text: string): boolean {
  return WHOLE_NAME.test(text);
}

/** An id of XML Schema (NCName): a name without a colon. */
export function isNcName(text: string): boolean {
  return isName(text) && !text.includes(':');
}

/** @throws {AppError} `config` */
export function expectName(text: string): void {
  if (isName(text)) return;
  throw new AppError('config', {
    detail: `${JSON.stringify(text)} is no name of XML`,
    hint: 'Use letters and digits.',
  });
}

/** The value stays out of the message, as it may be a password. */
function expectCharacters(text: string): void {
  const found = FORBIDDEN.exec(text)?.[0];
  if (found === undefined) return;
  const code = found.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');
  const detail = `a value holds the character U+${code}, which no XML document can hold`;
  throw new AppError('config', { detail, hint: 'Remove it from the value.' });
}

function decode(raw: string, plain: string): string | ReferenceProblem {
  if (!plain.includes('&')) return plain;
  return referenceProblem(raw) ?? plain.replace(REFERENCE, (_, decimal, hex, name) => referenced(decimal, hex, name)!);
}

function referenceProblem(raw: string): ReferenceProblem | undefined {
  for (const match of raw.matchAll(REFERENCE)) {
    const [text, decimal, hex, name] = match;
    if (!text.endsWith(';')) return new ReferenceProblem(match.index, 'an & that begins no reference; write &amp;');
    if (referenced(decimal, hex, name) === undefined)
      return new ReferenceProblem(
        match.index,
        `${text.slice(0, 40)} is not defined; XML has only amp, lt, gt, quot and apos`,
      );
  }
  return undefined;
}

function referenced(
  decimal: string | undefined,
  hex: string | undefined,
  name: string | undefined,
): string | undefined {
  if (name !== undefined) return Object.hasOwn(ENTITIES, name) ? ENTITIES[name] : undefined;
  const code = decimal === undefined ? Number.parseInt(hex!, 16) : Number.parseInt(decimal, 10);
  if (code > 0x10_ffff) return undefined;
  const char = String.fromCodePoint(code);
  return FORBIDDEN.test(char) ? undefined : char;
}
