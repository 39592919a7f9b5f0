import { readFile } from 'node:fs/promises';
import { AppError, type ErrorCode, errnoOf } from '../base/errors.ts';

/**
 * Text of a small file that a setting names, read as restic reads it: with a byte order mark as that says (UTF-8,
 * UTF-16 of either order), else UTF-8; without white space at both ends; lines inside stay.
 * @throws {AppError} `code` when the file cannot be read or is no such text.
 */
export async function readSettingFile(
  path: string,
  { what, code }: { what: string; code: ErrorCode },
): Promise<string> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    const errno = errnoOf(cause);
    if (errno === undefined) throw cause;
    const hint = 'Check the path and who may read it.';
    throw new AppError(code, { detail: `cannot read ${what} ${path} (${errno})`, hint, cause });
  });
  const text = decode(bytes);
  if (text === undefined) throw new AppError(code, { detail: `${what} ${path} is not text in UTF-8`, hint: '' });
  return trimSpace(text);
}

/** Trims what Go's unicode.IsSpace calls white space, as restic does; `trim` differs from it in two characters. */
export function trimSpace(text: string): string {
  return text.replace(/^\p{White_Space}+|\p{White_Space}+$/gu, '');
}

function decode(bytes: Uint8Array): string | undefined {
  const decoder = new TextDecoder(encodingOf(bytes), { fatal: true });
  try {
    return decoder.decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

function encodingOf([first, second]: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' {
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  return first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
}
