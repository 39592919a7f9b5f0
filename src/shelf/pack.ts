/** What an archive is made of: a folder packed by tar, or the output of a program; believed only when the program succeeds. */
import { AppError } from '../base/errors.ts';
import type { Processes } from '../host.ts';

/** How tar compresses, by the end of the archive's name. */
const COMPRESSIONS: readonly (readonly [RegExp, string | undefined])[] = [
  [/\.(?:tar\.gz|tgz)$/, '--gzip'],
  [/\.(?:tar\.bz2|tbz2?)$/, '--bzip2'],
  [/\.(?:tar\.xz|txz)$/, '--xz'],
  [/\.(?:tar\.zst|tzst)$/, '--zstd'],
  [/\.tar$/, undefined],
];

export interface PackWorld {
  processes: Processes;
  signal: AbortSignal;
}

/** Options of tar(1) for reading or writing an archive of this name; undefined when the name is not of a tar archive. */
export function compressionOf(file: string): readonly string[] | undefined {
  const found = COMPRESSIONS.find(([ending]) => ending.test(file));
  if (found === undefined) return undefined;
  return found[1] === undefined ? [] : [found[1]];
}

/**
 * A folder as GNU tar packs it, below its own name, with numeric owners, extended attributes, access lists and holes.
 * A file that changes while it is read is a failure: the archive would hold what never was.
 * @throws {AppError} `usage` when `file` does not end as a tar archive; while read `command-missing`, `command-failed`, …
 */
export function packFolder(folder: string, file: string, world: PackWorld): AsyncIterable<Uint8Array> {
  const compression = compressionOf(file);
  if (compression === undefined)
    throw new AppError('usage', {
      detail: `a folder becomes a tar archive, which ${file} is not by its name`,
      hint: 'Let the file pattern of the item end in .tar.gz, .tar.xz, .tar.zst, .tar.bz2 or .tar.',
    });
  const path = folder.replace(/\/+$/, '') || '/';
  const [parent, base] = path === '/' ? ['/', '.'] : [path.slice(0, path.lastIndexOf('/') + 1) || '.', nameOf(path)];
  const kept = ['--numeric-owner', '--xattrs', '--acls', '--sparse'];
  const args = ['--create', '--file=-', '--format=posix', ...compression, ...kept, '--directory', parent, '--', base];
  return outputOf('tar', args, world);
}

/** @throws (while read) {AppError} `command-failed` when it ends with another exit code than 0; what the port throws */
export async function* outputOf(
  command: string,
  args: readonly string[],
  { processes, signal, input }: PackWorld & { input?: AsyncIterable<Uint8Array> },
): AsyncIterable<Uint8Array> {
  const env = { LC_ALL: 'C' };
  const { output, ended } = processes.stream(command, args, { signal, env, ...(input === undefined ? {} : { input }) });
  yield* output;
  const { exitCode, errorText } = await ended;
  if (exitCode !== 0) throw failureOf(command, exitCode, errorText);
}

export function failureOf(command: string, exitCode: number, errorText: string): AppError {
  const told = errorText.trim().split('\n').slice(-3).join('; ');
  return new AppError('command-failed', {
    detail: `${command} ended with exit code ${exitCode}${told && `: ${told}`}`,
  });
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
