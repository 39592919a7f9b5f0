import { type Environment, readPatternFile } from './exclude-file.ts';
import { PatternList } from './pattern.ts';
import { toRaw } from './raw-text.ts';

export interface RestoreFilterOptions {
  include?: readonly string[];
  /** Like `include`, without regard to case. */
  iinclude?: readonly string[];
  exclude?: readonly string[];
  /** Like `exclude`, without regard to case. */
  iexclude?: readonly string[];
  /** Contents of files of such patterns; theirs come after those given directly. */
  includeFiles?: readonly Uint8Array[];
  iincludeFiles?: readonly Uint8Array[];
  excludeFiles?: readonly Uint8Array[];
  iexcludeFiles?: readonly Uint8Array[];
  /** Values for `$NAME` in those files. */
  environment?: Environment;
}

/** What a restore does with one path of a snapshot. */
export interface RestoreChoice {
  readonly selected: boolean;
  /** For directories: whether to go on into it. A directory not selected itself is then made only as needed. */
  readonly mayHaveSelectedBelow: boolean;
}

export interface RestoreFilter {
  /** True when no pattern was given and everything is selected. */
  readonly isEverything: boolean;
  /** True when only what patterns name is selected. */
  readonly hasIncludes: boolean;
  /** @param path raw text of the absolute path within the snapshot */
  readonly choose: (path: string) => RestoreChoice;
}

const ALL: RestoreChoice = { selected: true, mayHaveSelectedBelow: true };
const NONE: RestoreChoice = { selected: false, mayHaveSelectedBelow: false };
const BELOW: RestoreChoice = { selected: false, mayHaveSelectedBelow: true };
const ALONE: RestoreChoice = { selected: true, mayHaveSelectedBelow: false };

/**
 * Includes select what they match and all below; without any, everything is selected. Excludes take away from that and
 * are not descended into. (restic refuses the two together; here excludes have the last word.)
 * @throws {AppError} `usage` for a pattern that is not well formed
 */
export function createRestoreFilter(options: RestoreFilterOptions): RestoreFilter {
  const { environment = {} } = options;
  const listOf = (
    given: readonly string[] = [],
    files: readonly Uint8Array[] = [],
    ignoreCase = false,
  ): PatternList => {
    const fromFiles = files.flatMap((file) => readPatternFile(file, environment));
    return new PatternList([...given.map(toRaw), ...fromFiles], { ignoreCase });
  };
  const included = [
    listOf(options.include, options.includeFiles),
    listOf(options.iinclude, options.iincludeFiles, true),
  ];
  const excluded = [
    listOf(options.exclude, options.excludeFiles),
    listOf(options.iexclude, options.iexcludeFiles, true),
  ];
  const hasIncludes = included.some((list) => !list.isEmpty);
  const hasExcludes = excluded.some((list) => !list.isEmpty);
  return {
    isEverything: !hasIncludes && !hasExcludes,
    hasIncludes,
    choose: (path) => {
      if (hasExcludes && excluded.some((list) => list.matches(path))) return NONE;
      return hasIncludes ? chooseIncluded(included, path) : ALL;
    },
  };
}

function chooseIncluded(included: PatternList[], path: string): RestoreChoice {
  const selected = included.some((list) => list.matches(path));
  const mayHaveSelectedBelow = included.some((list) => list.mayMatchBelow(path));
  if (selected) return mayHaveSelectedBelow ? ALL : ALONE;
  return mayHaveSelectedBelow ? BELOW : NONE;
}
