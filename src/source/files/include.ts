import { PatternList } from './pattern.ts';
import { toRaw } from './raw-text.ts';

export interface RestoreFilterOptions {
  include?: readonly string[];
  /** Like `include`, without regard to case. */
  iinclude?: readonly string[];
  exclude?: readonly string[];
  /** Like `exclude`, without regard to case. */
  iexclude?: readonly string[];
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
  const included = listPair(options.include, options.iinclude);
  const excluded = listPair(options.exclude, options.iexclude);
  const hasIncludes = included.some((list) => !list.isEmpty);
  const hasExcludes = excluded.some((list) => !list.isEmpty);
  return {
    isEverything: !hasIncludes && !hasExcludes,
    choose: (path) => {
      if (hasExcludes && excluded.some((list) => list.matches(path))) return NONE;
      return hasIncludes ? chooseIncluded(included, path) : ALL;
    },
  };
}

function listPair(exact: readonly string[] = [], anyCase: readonly string[] = []): PatternList[] {
  return [new PatternList(exact.map(toRaw)), new PatternList(anyCase.map(toRaw), { ignoreCase: true })];
}

function chooseIncluded(included: PatternList[], path: string): RestoreChoice {
  const selected = included.some((list) => list.matches(path));
  const mayHaveSelectedBelow = included.some((list) => list.mayMatchBelow(path));
  if (selected) return mayHaveSelectedBelow ? ALL : ALONE;
  return mayHaveSelectedBelow ? BELOW : NONE;
}
