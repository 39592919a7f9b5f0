/** The one class that carries what can go wrong, by the codes of the registry. */
import { REGISTRY } from './error-registry.ts';

export type ErrorCode = keyof typeof REGISTRY;

export interface ErrorDetail {
  /** What happened to what, in one line; never holds a secret. */
  detail?: string;
  /** Replaces the registry's hint where the place knows better. */
  hint?: string;
  cause?: unknown;
}

/** An error with a code of the registry. Everything thrown on purpose is one; anything else is a bug. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly hint: string;

  constructor(code: ErrorCode, { detail, hint, cause }: ErrorDetail = {}) {
    const entry = REGISTRY[code];
    super(detail === undefined ? entry.message : `${entry.message}: ${detail}`, { cause });
    this.name = 'AppError';
    this.code = code;
    this.hint = hint ?? entry.hint;
  }

  get exitCode(): number {
    return REGISTRY[this.code].exit;
  }

  get canRetry(): boolean {
    return REGISTRY[this.code].retry;
  }
}

/** An error whose code and text were written down; one without a code, or with one of another version, is `failed`. */
export function recalledError(code: string | undefined, message: string): AppError {
  const known = code !== undefined && Object.hasOwn(REGISTRY, code) ? (code as ErrorCode) : 'failed';
  const error = new AppError(known);
  error.message = message;
  return error;
}

/** True when `error` carries one of `codes`; the way to catch one thing and never "any". */
export function hasCode(error: unknown, ...codes: ErrorCode[]): error is AppError {
  return error instanceof AppError && codes.includes(error.code);
}

/** The errno name (`ENOENT`, …) of a system error, or undefined. */
export function errnoOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' && /^E[A-Z0-9]+$/.test(error.code) ? error.code : undefined;
}

/** The text of anything thrown, for a detail line. */
export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Plain form of an error that can cross a thread; `fromWire` makes it an error again. */
export interface WireError {
  code: ErrorCode | undefined;
  message: string;
  hint: string;
  stack: string | undefined;
}

export function toWire(error: unknown): WireError {
  if (error instanceof AppError)
    return { code: error.code, message: error.message, hint: error.hint, stack: error.stack };
  const stack = error instanceof Error ? error.stack : undefined;
  return { code: undefined, message: textOf(error), hint: '', stack };
}

export function fromWire(wire: WireError): Error {
  if (wire.code === undefined) return new AppError('worker-failed', { detail: wire.stack ?? wire.message });
  const error = new AppError(wire.code, { hint: wire.hint });
  error.message = wire.message;
  return error;
}
