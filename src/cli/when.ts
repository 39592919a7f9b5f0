import { AppError } from '../base/errors.ts';

const LOCAL = /^\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d)?)?$/;
const ZONED = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

/** `2026-11-21`, `2026-11-21 22:00` or with seconds in this machine's zone, or RFC 3339; ms since 1970. @throws {AppError} `usage` */
export function parseWhen(given: string): number {
  const text = given.length === 10 ? `${given}T00:00` : given;
  const ms = LOCAL.test(given) || ZONED.test(given) ? Date.parse(text.replace(' ', 'T')) : Number.NaN;
  if (!Number.isNaN(ms)) return ms;
  throw new AppError('usage', { detail: `not a time: ${given}`, hint: 'Write times like "2026-11-21 22:00".' });
}
