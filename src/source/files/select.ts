import { AppError } from '../../base/errors.ts';
import { type Environment, readPatternFile } from './exclude-file.ts';
import { PatternList } from './pattern.ts';
import { toRaw } from './raw-text.ts';

export interface SelectionOptions {
  excludes?: readonly string[];
  /** Like `excludes`, without regard to case. */
  iexcludes?: readonly string[];
  /** Contents of exclude files; their patterns come after `excludes`. */
  excludeFiles?: readonly Uint8Array[];
  iexcludeFiles?: readonly Uint8Array[];
  /** Values for `$NAME` in exclude files. */
  environment?: Environment;
  /** `name` or `name:header`: a directory with such a file (that begins with the header) keeps only that file. */
  excludeIfPresent?: readonly string[];
  /** As `excludeIfPresent` with the mark of cache directories. */
  excludeCaches?: boolean;
  /** Everything but directories with more bytes is left out. */
  excludeLargerThanBytes?: number | undefined;
  /** Stay on the file systems of the targets: a mount point stays as an empty directory, what is in it goes. */
  oneFileSystem?: boolean;
}

/** Says of each entry whether a backup leaves it out. Paths and names are raw text, paths absolute. */
export interface Selection {
  /** True when no rule was given and nothing is ever left out. */
  readonly isEverything: boolean;
  /** Asked before the entry is looked at; what is below a rejected directory is not asked about. */
  readonly rejectsPath: (path: string, isDirectory: boolean) => boolean;
  /** Asked for everything but directories, with the size `lstat` gives. */
  readonly rejectsSize: (bytes: number) => boolean;
  /** What to look for in each directory, the one that holds a target included. */
  readonly tagFiles: readonly TagFile[];
  readonly oneFileSystem: boolean;
}

/** A file whose presence marks a directory as not worth keeping. */
export interface TagFile {
  /** Raw text of the name. */
  readonly name: string;
  /** How many bytes of the content `matches` needs; 0 when presence alone decides and nothing is to be read. */
  readonly headerBytes: number;
  /** @param content at least the first `headerBytes` bytes, or fewer when the file is shorter */
  readonly matches: (content: Uint8Array) => boolean;
}

/** The mark of the Cache Directory Tagging Specification. */
const CACHE_TAG = 'CACHEDIR.TAG:Signature: 8a477f597d28d172789f06886806bc55';

/** @throws {AppError} `usage` for a pattern or tag file that is not well formed */
export function createSelection(options: SelectionOptions): Selection {
  const { environment = {}, excludeLargerThanBytes: sizeMax = Number.POSITIVE_INFINITY } = options;
  const fromFiles = (files: readonly Uint8Array[] = []) => files.flatMap((file) => readPatternFile(file, environment));
  const exact = new PatternList([...(options.excludes ?? []).map(toRaw), ...fromFiles(options.excludeFiles)]);
  const anyCase = new PatternList([...(options.iexcludes ?? []).map(toRaw), ...fromFiles(options.iexcludeFiles)], {
    ignoreCase: true,
  });
  const tags = options.excludeCaches ? [...(options.excludeIfPresent ?? []), CACHE_TAG] : options.excludeIfPresent;
  const tagFiles = (tags ?? []).map(parseTagFile);
  const oneFileSystem = options.oneFileSystem ?? false;
  const hasPatterns = !exact.isEmpty || !anyCase.isEmpty;
  return {
    isEverything: !hasPatterns && tagFiles.length === 0 && sizeMax === Number.POSITIVE_INFINITY && !oneFileSystem,
    rejectsPath: hasPatterns ? (path) => exact.matches(path) || anyCase.matches(path) : rejectsNothing,
    rejectsSize: (bytes) => bytes > sizeMax,
    tagFiles,
    oneFileSystem,
  };
}

function rejectsNothing(): boolean {
  return false;
}

/**
 * Whether an entry goes because of the tag files that hold in its directory. A tag file itself stays, unless another
 * one beside it also holds.
 */
export function rejectsBesideTags(name: string, tagsThatHold: readonly TagFile[]): boolean {
  return tagsThatHold.some((tag) => tag.name !== name);
}

function parseTagFile(text: string): TagFile {
  const colon = text.indexOf(':');
  const name = colon < 0 ? text : text.slice(0, colon);
  if (name === '')
    throw new AppError('usage', {
      detail: `no file name in ${JSON.stringify(text)}`,
      hint: 'Write name or name:header.',
    });
  const header = Buffer.from(colon < 0 ? '' : text.slice(colon + 1), 'utf8');
  return {
    name: toRaw(name),
    headerBytes: header.length,
    matches: (content) => header.equals(content.subarray(0, header.length)),
  };
}
