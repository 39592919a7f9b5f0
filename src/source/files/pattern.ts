/**
 * Lists of path patterns with restic's rules. A pattern is a list of components as `compileGlob` reads them:
 * - one that begins with `/` must match from the root, any other may begin at any depth;
 * - a match of a directory covers everything below it;
 * - the component `**` stands for any number of directories, none included;
 * - `!` in front takes back what patterns before it matched; the last word wins.
 * A slash at the end and `.`, `..` and double slashes are resolved first, so they mean nothing of their own.
 */
import { posix } from 'node:path';
import { compileGlob, type NameMatcher } from './glob.ts';
import { lowerRaw } from './raw-text.ts';

const ROOT = '/';
const ANY_DEPTH = '**';

interface Pattern {
  isNegated: boolean;
  isRooted: boolean;
  /** How many components are `**`. */
  depthCount: number;
  components: (NameMatcher | typeof ANY_DEPTH)[];
}

/** A compiled list of patterns. Remembers the directory it was last asked about, as scans ask for siblings in a row. */
export class PatternList {
  readonly #patterns: Pattern[];
  readonly #ignoresCase: boolean;
  readonly #canTakeBack: boolean;
  /** Components of the directory last asked about, and one place more for the name in it. */
  #path: string[] = [];
  #directory: string | undefined;
  /** For each pattern without `**`: whether the directory itself or one above it matches. */
  #coversDirectory: boolean[] = [];

  /**
   * @param patterns raw text; empty ones are left out
   * @throws {AppError} `usage` for a pattern that is not well formed
   */
  constructor(patterns: readonly string[], { ignoreCase = false }: { ignoreCase?: boolean } = {}) {
    const given = patterns.filter((pattern) => pattern !== '');
    this.#patterns = given.map((pattern) => parsePattern(ignoreCase ? lowerRaw(pattern) : pattern));
    this.#ignoresCase = ignoreCase;
    this.#canTakeBack = this.#patterns.some((pattern) => pattern.isNegated);
  }

  get isEmpty(): boolean {
    return this.#patterns.length === 0;
  }

  /** @param path raw text of an absolute path without a slash at its end */
  matches(path: string): boolean {
    if (this.#patterns.length === 0) return false;
    this.#enter(this.#ignoresCase ? lowerRaw(path) : path);
    let matched = false;
    for (let index = 0; index < this.#patterns.length; index++) {
      const pattern = this.#patterns[index]!;
      if (matched !== pattern.isNegated) continue;
      if (this.#covers(pattern, index)) matched = !pattern.isNegated;
      if (matched && !this.#canTakeBack) return true;
    }
    return matched;
  }

  /**
   * Whether something below the directory may match. May be true without need, never false wrongly — save that, as in
   * restic, a negated pattern that matches a directory also hides what is below from the patterns before it.
   */
  mayMatchBelow(path: string): boolean {
    if (this.#patterns.length === 0) return false;
    this.#enter(this.#ignoresCase ? lowerRaw(path) : path);
    let possible = false;
    for (let index = 0; index < this.#patterns.length; index++) {
      const pattern = this.#patterns[index]!;
      if (pattern.isNegated) possible &&= !this.#covers(pattern, index);
      else possible ||= reachesBelow(pattern, this.#path);
    }
    return possible;
  }

  #enter(path: string): void {
    const nameAt = path.lastIndexOf('/') + 1;
    if (this.#directory?.length !== nameAt || !path.startsWith(this.#directory)) {
      this.#directory = path.slice(0, nameAt);
      this.#path = splitPath(path);
      const above = this.#path.slice(0, -1);
      this.#coversDirectory = this.#patterns.map(
        (pattern) => pattern.depthCount === 0 && matchesSomewhere(pattern, above),
      );
    }
    this.#path[this.#path.length - 1] = path.slice(nameAt);
  }

  #covers(pattern: Pattern, index: number): boolean {
    if (pattern.depthCount > 0) return matchesSomewhere(pattern, this.#path);
    return this.#coversDirectory[index]! || matchesAtEnd(pattern, this.#path);
  }
}

function parsePattern(text: string): Pattern {
  const isNegated = text.startsWith('!');
  const parts = withoutLeadingDepth(splitPath(cleanPath(isNegated ? text.slice(1) : text)));
  // An empty component is left only in the pattern `/`, which means all there is.
  const components = parts.map((part) => (part === ANY_DEPTH || part === '' ? ANY_DEPTH : compileGlob(part)));
  const depthCount = components.filter((component) => component === ANY_DEPTH).length;
  return { isNegated, isRooted: parts[0] === ROOT, depthCount, components };
}

/** A frequent form made cheap: with no other `**`, a leading one says no more than that the rest may begin anywhere. */
function withoutLeadingDepth(parts: string[]): string[] {
  const depthAt = parts[0] === ROOT ? 1 : 0;
  const isAlone = parts.indexOf(ANY_DEPTH) === depthAt && parts.lastIndexOf(ANY_DEPTH) === depthAt;
  return isAlone && parts.length > depthAt + 1 ? parts.slice(depthAt + 1) : parts;
}

function cleanPath(path: string): string {
  const clean = posix.normalize(path);
  return clean.length > 1 && clean.endsWith('/') ? clean.slice(0, -1) : clean;
}

/** The first component of an absolute path is `/`. */
function splitPath(path: string): string[] {
  const parts = path.split('/');
  if (parts[0] === '') parts[0] = ROOT;
  return parts;
}

/** For patterns without `**`: whether the pattern's last component falls on the path's last. */
function matchesAtEnd(pattern: Pattern, path: string[]): boolean {
  const offset = path.length - pattern.components.length;
  if (pattern.isRooted ? offset !== 0 : offset < firstOffset(path)) return false;
  return matchesAt(pattern.components, path, offset);
}

function matchesSomewhere(pattern: Pattern, path: string[]): boolean {
  const first = pattern.isRooted ? 0 : firstOffset(path);
  const last = pattern.isRooted ? 0 : path.length - (pattern.components.length - pattern.depthCount);
  for (let offset = last; offset >= first; offset--) {
    if (pattern.depthCount === 0 ? matchesAt(pattern.components, path, offset) : matchesDeep(pattern, path, offset))
      return true;
  }
  return false;
}

/** A pattern that is not rooted begins behind the root's own component. */
function firstOffset(path: string[]): number {
  return path[0] === ROOT ? 1 : 0;
}

function matchesAt(components: Pattern['components'], path: string[], offset: number): boolean {
  if (offset + components.length > path.length) return false;
  for (let i = components.length - 1; i >= 0; i--) {
    const component = components[i]!;
    if (component !== ANY_DEPTH && !component(path[offset + i]!)) return false;
  }
  return true;
}

/**
 * Tries each `**` as 0, 1, 2, … directories. As in restic, a `**` not tried yet needs room for one, so a pattern with
 * several of them does not match the shortest paths one would expect: `/a` `**` `b` `**` covers `/a/x/b/c`, not `/a/x/b`.
 */
function matchesDeep({ components, depthCount }: Pattern, path: string[], offset: number): boolean {
  const place = (index: number, at: number, room: number): boolean => {
    const component = components[index];
    if (component === undefined) return at > offset;
    if (component !== ANY_DEPTH) return at < path.length && component(path[at]!) && place(index + 1, at + 1, room);
    for (let skipped = 0; skipped <= room + 1 && at + skipped <= path.length; skipped++)
      if (place(index + 1, at + skipped, room + 1 - skipped)) return true;
    return false;
  };
  const needed = components.length - depthCount;
  return place(0, offset, path.length - needed - depthCount);
}

/** Whether an entry below the directory could match, judged by the part of a rooted pattern in front of any `**`. */
function reachesBelow({ components, isRooted }: Pattern, path: string[]): boolean {
  if (!isRooted) return true;
  const depthAt = components.indexOf(ANY_DEPTH);
  const fixedCount = depthAt < 0 ? components.length : depthAt;
  const count = Math.min(fixedCount, path.length);
  return matchesAt(components.slice(0, count), path, 0);
}
