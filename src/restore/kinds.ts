/** What the entries of a restore are, and how far each is. */

/** `link` is a further name of an entry before it; `none` is in the snapshot but is not made. */
export const Kind = {
  directory: 0,
  file: 1,
  symlink: 2,
  fifo: 3,
  blockDevice: 4,
  charDevice: 5,
  link: 6,
  none: 7,
} as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

/** How far an entry is. Threads move it with atomic operations. */
export const State = {
  /** Nothing is there, or a directory made in this run. */
  fresh: 0,
  /** A thread is just making the file. */
  creating: 1,
  /** The file is there and being filled. */
  open: 2,
  done: 3,
  /** Something is there and stays as it is. */
  skipped: 4,
  failed: 5,
  /** Something else is there and has to go first. */
  replace: 6,
  /** A file is there, to be compared with the snapshot. */
  compare: 7,
} as const;
export type State = (typeof State)[keyof typeof State];

export function isDevice(kind: Kind): boolean {
  return kind === Kind.blockDevice || kind === Kind.charDevice;
}
