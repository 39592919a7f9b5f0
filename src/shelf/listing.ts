/** What is on a shelf: archives with their sidecars, and what is none. */
import { isLockedName, LOCKED } from './end-path.ts';
import { itemOf, type Layout, layoutOf } from './layout.ts';
import type { Archive, FoundFile, Listing, ShelfEnd, ShelfOptions, Sidecars } from './model.ts';
import { isPartial } from './partial.ts';
import { archiveOfSidecar, parseDna, parseSha256 } from './sidecar.ts';

/**
 * `partial`: still arriving. `sidecar`: its archive is gone. `misdated`: the weekday in its name is not that of its
 * modification time. `unknown`: of no item of the shelf.
 */
export type StrayKind = 'partial' | 'sidecar' | 'misdated' | 'unknown';

export interface Stray {
  path: string;
  bytes: number;
  modifiedMs: number;
  kind: StrayKind;
}

export interface ShelfListing {
  /** Those of the shelf's items, by path; this is by date where the layout has one. */
  archives: readonly Archive[];
  /** Files that are neither archive nor sidecar of one; left alone, but told. */
  strays: readonly Stray[];
  /** Folders whose name ends in LOCKED, or that hold a file named LOCKED: nothing in them is ever removed. */
  locked: readonly string[];
  folders: readonly string[];
  files: readonly FoundFile[];
}

/** @throws {AppError} `not-found` when the root is not there; `config` when the layout is not sound */
export async function listShelf(end: ShelfEnd, options: ShelfOptions, signal: AbortSignal): Promise<ShelfListing> {
  const layout = layoutOf(options);
  return readListing(await end.list(signal), { layout, options });
}

export function readListing(
  { files, folders, sidecars }: Listing,
  { layout, options }: { layout: Layout; options: ShelfOptions },
): ShelfListing {
  const paths = new Set(files.map(({ path }) => path));
  const archives: Archive[] = [];
  const strays: Stray[] = [];
  for (const file of [...files].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    const owner = archiveOfSidecar(file.path);
    if ((owner !== undefined && paths.has(owner)) || isMark(file.path)) continue;
    const placed = isPartial(file.path) || owner !== undefined ? undefined : layout.parse(file.path, file.modifiedMs);
    const isKnown = placed !== undefined && itemOf(placed, options.items) !== undefined;
    if (isKnown && placed.day !== undefined) archives.push({ ...file, ...placed, ...readSidecars(file, sidecars) });
    else strays.push({ ...file, kind: kindOf(file.path, { isSidecar: owner !== undefined, isKnown }) });
  }
  return { archives, strays, locked: lockedFolders(files, folders), folders, files };
}

export function isLocked(path: string, locked: readonly string[]): boolean {
  return locked.some((folder) => folder === '' || path === folder || path.startsWith(`${folder}/`));
}

function lockedFolders(files: readonly FoundFile[], folders: readonly string[]): string[] {
  const marked = files.filter(({ path }) => isMark(path)).map(({ path }) => path.slice(0, -LOCKED.length - 1));
  return [...new Set([...folders.filter(isLockedName), ...marked])].sort();
}

function isMark(path: string): boolean {
  return path === LOCKED || path.endsWith(`/${LOCKED}`);
}

function kindOf(path: string, { isSidecar, isKnown }: { isSidecar: boolean; isKnown: boolean }): StrayKind {
  if (isPartial(path)) return 'partial';
  if (isSidecar) return 'sidecar';
  return isKnown ? 'misdated' : 'unknown';
}

function readSidecars(
  { path }: FoundFile,
  contents: ReadonlyMap<string, string>,
): Pick<Archive, 'sidecars' | 'badSidecar'> {
  const dna = readOne(contents.get(`${path}.dna`), parseDna);
  const sha256 = readOne(contents.get(`${path}.sha256`), (text) => parseSha256(text, path.split('/').at(-1)!));
  const problems = [
    ...(dna?.problem === undefined ? [] : [`.dna ${dna.problem}`]),
    ...(sha256?.problem === undefined ? [] : [`.sha256 ${sha256.problem}`]),
  ];
  const sidecars: Sidecars = { dna: dna?.value, sha256: sha256?.value };
  return { sidecars, badSidecar: problems.length === 0 ? undefined : problems.join(', ') };
}

function readOne<T>(
  text: string | undefined,
  parse: (text: string) => { value: T } | { problem: string },
): { value?: T; problem?: string } | undefined {
  return text === undefined ? undefined : parse(text);
}
