/** What the tools of the other side say of a failure. */
import { AppError } from '../base/errors.ts';
import { endError, taken, unsafe } from './end-path.ts';
import { ENDING } from './ssh-scripts.ts';

/** The words of the C library (errno(3)) in the C locale. */
const ERRNOS: readonly [RegExp, string][] = [
  [/No space left on device/, 'ENOSPC'],
  [/Disk quota exceeded/, 'EDQUOT'],
  [/File too large/, 'EFBIG'],
  [/Permission denied/, 'EACCES'],
  [/Operation not permitted/, 'EPERM'],
  [/Read-only file system/, 'EROFS'],
  [/Too many levels of symbolic links/, 'ELOOP'],
  [/No such file or directory/, 'ENOENT'],
];

export interface RemoteExit {
  exitCode: number;
  errorText: string;
}

/** @param doing what was done to what: `writing cms01:/data/a.tar.gz` */
export function remoteError(
  { exitCode, errorText }: RemoteExit,
  { address, doing }: { address: string; doing: string },
): AppError {
  const ended = (errno: string, text: string) => endError(errno, { doing, text });
  switch (exitCode) {
    case ENDING.noRoot:
      return new AppError('not-found', {
        detail: `${address}: no such folder`,
        hint: 'Check the root of the shelf there.',
      });
    case ENDING.notFound:
      return ended('ENOENT', 'it is not there');
    case ENDING.denied:
      return ended('EACCES', 'a folder may not be entered');
    case ENDING.unsafe:
      return unsafe(doing, 'a symbolic link is in the way');
    case ENDING.taken:
      return taken(doing);
    case ENDING.notPlain:
      return ended('EIO', 'it is not a plain file');
    case ENDING.beyondEnd:
      return ended('EIO', 'it ends before the place to go on from');
    case ENDING.cutShort:
      return new AppError('host-unreachable', { detail: `${doing}: the input was cut short` });
  }
  const line = errorText.split(/[\r\n]+/).filter((each) => each.trim() !== '');
  for (const [words, errno] of ERRNOS) {
    const telling = line.find((each) => words.test(each));
    if (telling !== undefined) return ended(errno, telling.trim());
  }
  return ended('EIO', line.at(-1)?.trim() ?? `the command there ended with ${exitCode}`);
}
