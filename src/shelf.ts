/**
 * The archive shelf: folder trees of dated archives, each with sidecars that hold its size and digests. An archive is
 * finished when its sidecar is there, and only then; the sidecar is always placed last. Plans are pure over listings
 * (`transfer.planTransfer`, `purge.planPurge`, `surveyShelf`); what touches files and hosts executes them.
 */
export * as check from './shelf/check.ts';
export * as days from './shelf/day.ts';
export * as listings from './shelf/listing.ts';
export { localEnd } from './shelf/local-end.ts';
export * as make from './shelf/make.ts';
export type { Archive, ShelfEnd, ShelfItem, ShelfOptions } from './shelf/model.ts';
export * as purge from './shelf/purge.ts';
export { sshEnd } from './shelf/ssh-end.ts';
export { type SeenItem, surveyShelf } from './shelf/survey.ts';
export * as transfer from './shelf/transfer.ts';
export * as unpack from './shelf/unpack.ts';
