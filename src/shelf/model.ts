/** What is on a shelf. */

/** What a sidecar says of its archive. */
export interface Sidecars {
  /** From `.dna`: `{'dig': '<md5>', 'size': <bytes>}`, or the same as JSON. */
  dna: { md5: string; bytes: number } | undefined;
  /** From `.sha256`, as sha256sum(1) writes it. */
  sha256: string | undefined;
}

/** A day of the shelf's time zone. */
export interface Day {
  year: number;
  month: number;
  day: number;
}

export interface Archive {
  /** Below the root, with slashes: `tracs/dybsvn/2013/05/08/104701/dybsvn.tar.gz`. */
  path: string;
  category: string;
  name: string;
  /** Name of the file. */
  file: string;
  /** Undefined when neither path nor modification time tells. */
  day: Day | undefined;
  /** `104701`; empty where the layout has none. */
  time: string;
  bytes: number;
  modifiedMs: number;
  sidecars: Sidecars;
  /** A sidecar that is there but cannot be understood: which, and why. */
  badSidecar: string | undefined;
}

/**
 * One end of a shelf: a root on this machine (`localEnd`) or on another one (`sshEnd`). Both do the same; one contract
 * suite runs over both. Paths are below the root with slashes; one that leaves it (`..`, absolute, through a symbolic
 * link) is refused with `target-unsafe`. Nothing is followed through symbolic links.
 */
export interface ShelfEnd extends AsyncDisposable {
  /** For messages: `/data/backup`, `cms01:/data/backup`. */
  readonly address: string;
  /** Everything below the root, in one go. @throws {AppError} `not-found` when the root is not there */
  list(signal: AbortSignal): Promise<Listing>;
  /** Both digests in one pass over the bytes, where the bytes are. @throws {AppError} `not-found` */
  digest(path: string, signal: AbortSignal, onBytes?: (bytes: number) => void): Promise<Digests>;
  /** Size of a file, or undefined. */
  size(path: string): Promise<number | undefined>;
  /** Content from `offset` on. */
  read(path: string, offset: number, signal: AbortSignal): AsyncIterable<Uint8Array>;
  /**
   * Writes from `offset` on (what is there behind it goes) and syncs. Folders come about as needed. A failure leaves what
   * has arrived, for another try. @throws {AppError} `storage-full`, `storage-denied`, `host-unreachable`
   */
  write(path: string, offset: number, bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void>;
  /** Gives a file its final name, durably, replacing none but itself; and its modification time. */
  rename(from: string, to: string, modifiedMs: number): Promise<void>;
  /** Writes a small file whole and durably: it is there with this content, or as it was before. */
  place(path: string, content: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Removes folders that are empty, children before parents, in one pass; the root stays. @returns those removed */
  removeEmptyFolders(under: string): Promise<string[]>;
  /** Free bytes where the root is. */
  freeBytes(): Promise<number>;
}

export interface ShelfItem {
  category: string;
  name: string;
  /** Pattern for file names: `*` and `?`. */
  file: string;
  perDay: number;
  minBytes: number;
  keep: number;
}

export interface ShelfOptions {
  name: string;
  root: string;
  /** `dated`, `weekday`, or a pattern of `{category}`, `{name}`, `{year}`, `{month}`, `{day}`, `{time}`, `{weekday}`, `{file}`. */
  layout: string;
  items: readonly ShelfItem[];
  sidecars: readonly ('dna' | 'sha256')[];
  timezone: string | undefined;
}

/** A file below a root as a listing has it. */
export interface FoundFile {
  /** Below the root, with slashes. Names that are not UTF-8 are left out of listings and told by `onProblem`. */
  path: string;
  bytes: number;
  modifiedMs: number;
}

export interface Listing {
  files: readonly FoundFile[];
  /** Folders below the root, those named `LOCKED` and empty ones among them. */
  folders: readonly string[];
  /** Contents of the sidecars (`*.dna`, `*.sha256`, at most 4 KiB each), by path. */
  sidecars: ReadonlyMap<string, string>;
}

export interface Digests {
  bytes: number;
  /** Hexadecimal, small letters. */
  md5: string;
  sha256: string;
}
