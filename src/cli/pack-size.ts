import { MIB } from '../base/bytes.ts';
import { AppError } from '../base/errors.ts';
import { PACK_BYTES_TARGET, PACK_BYTES_TARGET_MAX, PACK_BYTES_TARGET_MIN } from '../base/limits.ts';

/** The size that packs are to have, bytes. @throws {AppError} `usage` when it is not in the range of the format */
export function packSizeOf(given: number | undefined): number {
  if (given === undefined) return PACK_BYTES_TARGET;
  if (given >= PACK_BYTES_TARGET_MIN && given <= PACK_BYTES_TARGET_MAX) return given;
  const range = `${PACK_BYTES_TARGET_MIN / MIB}M to ${PACK_BYTES_TARGET_MAX / MIB}M`;
  throw new AppError('usage', { detail: `--pack-size ${given}`, hint: `Give a size from ${range}.` });
}
