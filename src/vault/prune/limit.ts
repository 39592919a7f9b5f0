import { parseBytes } from '../../base/bytes.ts';
import { AppError } from '../../base/errors.ts';
import type { UnusedLimit } from './plan.ts';

/** Reads `5%`, `200M` or `unlimited`. @throws {AppError} `usage` */
export function parseUnusedLimit(text: string): UnusedLimit {
  if (text === 'unlimited') return 'unlimited';
  const percent = /^(\d+(?:\.\d+)?)%$/.exec(text);
  if (percent === null) return { bytes: parseBytes(text) };
  const share = Number(percent[1]) / 100;
  if (share <= 1) return { share };
  throw new AppError('usage', { detail: `not a share: ${text}`, hint: 'Give 0% to 100%, a size, or unlimited.' });
}
