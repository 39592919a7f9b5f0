/**
 * Reads JSON bytes from front to back without building objects, for documents too large for JSON.parse: indexes and
 * trees. The caller drives it: `enterObject`, then for each member `key` and a value, then `nextMember`.
 *
 * Numbers are whole and not negative, as everything in the format is. Strings that are not valid UTF-8 read as Go reads
 * them, with U+FFFD. @throws {AppError} of the code given, naming the subject and the byte position
 */
import { AppError, type ErrorCode } from '../base/errors.ts';
import { JSON_DEPTH_MAX } from '../base/limits.ts';
import { hexInto } from './hex.ts';
import type { KeySet } from './key-set.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const ZERO = 0x30;

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const LITERALS = ['true', 'false', 'null'];

/** 1: ends the fast scan of a string: the quote, the backslash, controls and everything outside ASCII. */
const STRING_STOP = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte < 0x20 || byte > 0x7e || byte === QUOTE || byte === BACKSLASH ? 1 : 0,
);

/** 1: may be part of a number, `true`, `false` or `null`. */
const IN_LITERAL = Uint8Array.from({ length: 256 }, (_, byte) =>
  /[-+.\da-zE]/.test(String.fromCharCode(byte)) ? 1 : 0,
);

export interface Subject {
  code: ErrorCode;
  /** What is read, for messages: `index 1a2b…`. */
  name: string;
}

/** What Buffer.toString('latin1', …) calls; short strings come out twice as fast without the call in between. */
interface Latin1Slicer {
  latin1Slice(from: number, to: number): string;
}

export class JsonCursor {
  readonly bytes: Uint8Array;
  /** Position of the next byte to read. */
  at = 0;
  /** Range of the last string's bytes, without quotes. */
  from = 0;
  to = 0;
  /** Whether the last string has no escapes. */
  isLiteral = true;
  /** Whether the last string has neither escapes nor bytes outside ASCII. */
  isPlain = true;
  readonly #subject: Subject;
  readonly #text: Buffer & Latin1Slicer;

  constructor(bytes: Uint8Array, subject: Subject) {
    this.bytes = bytes;
    this.#subject = subject;
    this.#text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length) as Buffer & Latin1Slicer;
  }

  fail(reason: string, at = this.at): never {
    throw new AppError(this.#subject.code, { detail: `${this.#subject.name}: ${reason} at byte ${at}` });
  }

  /** The next byte that is not white space, which stays unread; 0 at the end. */
  peek(): number {
    const { bytes } = this;
    let byte = bytes[this.at];
    while (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) byte = bytes[++this.at];
    return byte ?? 0;
  }

  #expect(byte: number): void {
    if (this.peek() !== byte) this.fail(`expected ${String.fromCharCode(byte)}`);
    this.at++;
  }

  /** Reads `{`. @returns whether a member follows; if not, `}` is read too */
  enterObject(): boolean {
    this.#expect(OPEN_OBJECT);
    return !this.#tryRead(CLOSE_OBJECT);
  }

  /** After a member's value. @returns whether another member follows */
  nextMember(): boolean {
    return this.#next(CLOSE_OBJECT);
  }

  /** Reads `[`. @returns whether an item follows; if not, `]` is read too */
  enterArray(): boolean {
    this.#expect(OPEN_ARRAY);
    return !this.#tryRead(CLOSE_ARRAY);
  }

  nextItem(): boolean {
    return this.#next(CLOSE_ARRAY);
  }

  #next(close: number): boolean {
    const byte = this.peek();
    if (byte !== COMMA && byte !== close) this.fail(`expected , or ${String.fromCharCode(close)}`);
    this.at++;
    return byte === COMMA;
  }

  #tryRead(byte: number): boolean {
    if (this.peek() !== byte) return false;
    this.at++;
    return true;
  }

  /**
   * Reads a key and its colon. `expected` is the key that mostly stands here, which is quicker to confirm than to find.
   * @returns its place in `keys`, or -1 when it is none of them
   */
  key(keys: KeySet, expected: number): number {
    const guess = keys.memberStart(expected);
    if (guess !== undefined && this.tryBytes(guess)) return expected;
    this.span();
    const place = this.isLiteral ? keys.find(this.bytes, this.from, this.to) : keys.findText(this.text());
    this.#expect(COLON);
    return place;
  }

  /** Reads exactly these bytes if they are next. @returns whether they were */
  tryBytes(wanted: Uint8Array): boolean {
    const { bytes, at } = this;
    const { length } = wanted;
    for (let i = 0; i < length; i++) if (bytes[at + i] !== wanted[i]) return false;
    this.at = at + length;
    return true;
  }

  /** Reads a string of lowercase hex digits that fill `out`; fails on anything else. Sets `from` and `to`. */
  hex(out: Uint8Array): void {
    if (this.peek() !== QUOTE) this.fail('expected an id');
    const from = this.at + 1;
    const to = from + 2 * out.length;
    if (this.bytes[to] !== QUOTE || !hexInto(this.bytes, from, out)) this.fail('expected an id');
    this.from = from;
    this.to = to;
    this.at = to + 1;
  }

  /** Reads `null` if it is next. @returns whether it was */
  tryNull(): boolean {
    if (this.peek() !== 0x6e) return false;
    this.#literal();
    return true;
  }

  /** Reads a string and sets `from`, `to`, `isLiteral` and `isPlain`. */
  span(): void {
    if (this.peek() !== QUOTE) this.fail('expected a string');
    const { bytes } = this;
    let at = this.at + 1;
    this.from = at;
    this.isLiteral = true;
    this.isPlain = true;
    for (;;) {
      while (STRING_STOP[bytes[at]!] === 0) at++;
      const byte = bytes[at];
      if (byte === QUOTE) break;
      if (byte === undefined || byte < 0x20) this.fail('string without end or with a control char', at);
      this.isPlain = false;
      if (byte === BACKSLASH) {
        this.isLiteral = false;
        at++;
      }
      at++;
    }
    this.to = at;
    this.at = at + 1;
  }

  /** The last string's text. */
  text(): string {
    if (this.isPlain) return this.#latin1(this.from, this.to);
    const text = this.#text.toString('utf8', this.from, this.to);
    return this.isLiteral ? text : this.#unescape(text);
  }

  /** The last string's bytes, one char each; only when it has no escapes. */
  latin1(): string {
    return this.#latin1(this.from, this.to);
  }

  /** Reads a string and returns its text. */
  string(): string {
    this.span();
    return this.text();
  }

  #unescape(text: string): string {
    try {
      return (JSON.parse(`"${text}"`) as string).toWellFormed();
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      return this.fail('string with a wrong escape', this.from);
    }
  }

  /** Reads a whole number 0..2^53-1. */
  integer(): number {
    this.peek();
    const { bytes } = this;
    const start = this.at;
    let at = start;
    let value = 0;
    for (let digit = bytes[at]! - ZERO; digit >= 0 && digit <= 9; digit = bytes[++at]! - ZERO)
      value = value * 10 + digit;
    this.at = at;
    if (!this.#endsNumber(start) || value > Number.MAX_SAFE_INTEGER) this.fail('expected a whole number', start);
    return value;
  }

  /** Reads a whole number 0..2^64-1, exactly. */
  bigint(): bigint {
    this.peek();
    const { bytes } = this;
    const start = this.at;
    let at = start;
    let low = 0;
    for (let digit = bytes[at]! - ZERO; digit >= 0 && digit <= 9; digit = bytes[++at]! - ZERO) low = low * 10 + digit;
    this.at = at;
    if (!this.#endsNumber(start) || at - start > 20) this.fail('expected a whole number', start);
    const value = BigInt(low <= Number.MAX_SAFE_INTEGER ? low : this.#latin1(start, at));
    if (low >= 1e19 && value >= 1n << 64n) this.fail('number too large', start);
    return value;
  }

  /** Whether the digits from `start` to here are a JSON number of digits alone. */
  #endsNumber(start: number): boolean {
    const next = this.bytes[this.at];
    if (this.at === start || next === 0x2e || next === 0x65 || next === 0x45) return false;
    return this.at === start + 1 || this.bytes[start] !== ZERO;
  }

  /** Reads any value and forgets it. */
  skip(depth = 0): void {
    if (depth > JSON_DEPTH_MAX) this.fail('nested too deeply');
    const byte = this.peek();
    if (byte === QUOTE) this.#skipString();
    else if (byte === OPEN_OBJECT) {
      for (let more = this.enterObject(); more; more = this.nextMember()) {
        this.#skipString();
        this.#expect(COLON);
        this.skip(depth + 1);
      }
    } else if (byte === OPEN_ARRAY) {
      for (let more = this.enterArray(); more; more = this.nextItem()) this.skip(depth + 1);
    } else this.#literal();
  }

  #skipString(): void {
    this.span();
    if (!this.isLiteral) this.text();
  }

  #literal(): void {
    const start = this.at;
    while (IN_LITERAL[this.bytes[this.at]!] === 1) this.at++;
    const text = this.#latin1(start, Math.min(this.at, start + 400));
    if (!LITERALS.includes(text) && !NUMBER.test(text)) this.fail('expected a value', start);
  }

  /** Checks that only white space is left. */
  finish(): void {
    this.peek();
    if (this.at < this.bytes.length) this.fail('more after the end');
  }

  #latin1(from: number, to: number): string {
    return this.#text.latin1Slice(from, to);
  }

  /** UTF-8 text of a byte range. */
  slice(from: number, to: number): string {
    return this.#text.toString('utf8', from, to);
  }
}
