/**
 * Fields of the small JSON documents of a vault (keys, config, snapshots, locks), checked as they are taken.
 * Absent and null are the same, as in Go; unknown fields are ignored. @throws {AppError} `file-damaged`
 */
import { AppError } from '../base/errors.ts';

export class Fields {
  readonly #name: string;
  readonly #fields: Map<string, unknown>;

  /** `name` is what is read, for messages. */
  constructor(value: unknown, name: string) {
    this.#name = name;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw this.#damaged('is not an object');
    this.#fields = new Map(Object.entries(value));
  }

  /** Parses a document. */
  static parse(text: string, name: string): Fields {
    try {
      return new Fields(JSON.parse(text), name);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      throw new AppError('file-damaged', { detail: `${name} is not JSON` });
    }
  }

  #damaged(why: string): AppError {
    return new AppError('file-damaged', { detail: `${this.#name} ${why}` });
  }

  #wrong(field: string): AppError {
    return this.#damaged(`has no proper ${field}`);
  }

  has(field: string): boolean {
    return (this.#fields.get(field) ?? null) !== null;
  }

  /** Empty when absent. */
  string(field: string): string {
    const value = this.#fields.get(field) ?? '';
    if (typeof value !== 'string') throw this.#wrong(field);
    return value;
  }

  /** A text that must have a form; absent counts as empty. */
  matching(field: string, form: RegExp): string {
    const value = this.string(field);
    if (!form.test(value)) throw this.#wrong(field);
    return value;
  }

  /** A whole number 0..`max`; 0 when absent. */
  integer(field: string, max = Number.MAX_SAFE_INTEGER): number {
    const value = this.#fields.get(field) ?? 0;
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0 || value > max) throw this.#wrong(field);
    return value;
  }

  /** False when absent. */
  boolean(field: string): boolean {
    const value = this.#fields.get(field) ?? false;
    if (typeof value !== 'boolean') throw this.#wrong(field);
    return value;
  }

  /** Empty when absent. */
  strings(field: string): string[] {
    const value = this.#fields.get(field) ?? [];
    if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) throw this.#wrong(field);
    return value;
  }

  /** 64 lowercase hex digits. */
  id(field: string): string {
    return this.matching(field, /^[0-9a-f]{64}$/);
  }

  idIfAny(field: string): string | undefined {
    return this.has(field) ? this.id(field) : undefined;
  }

  /** Bytes in base64, of a given count where there is one. */
  bytes(field: string, count?: number): Uint8Array {
    const value = Buffer.from(
      this.matching(field, /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/),
      'base64',
    );
    if (count !== undefined && value.length !== count) throw this.#wrong(field);
    return new Uint8Array(value);
  }

  /** Fields of an object inside, or undefined when absent. */
  inside(field: string): Fields | undefined {
    return this.has(field) ? new Fields(this.#fields.get(field), `${this.#name}, ${field},`) : undefined;
  }
}

/** Text of a JSON object: the members given, without those that are undefined. Values are JSON already. */
export function objectJson(members: Record<string, string | number | boolean | undefined>): string {
  const texts: string[] = [];
  for (const [name, value] of Object.entries(members)) if (value !== undefined) texts.push(`"${name}":${value}`);
  return `{${texts.join(',')}}`;
}
