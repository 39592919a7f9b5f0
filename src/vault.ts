/**
 * The vault: a repository in restic's open format (version 2; version 1 is read). Making and opening one, its documents,
 * its index and its blobs; checking, pruning and repairing it. What a blob's bytes mean to a file system is up to others.
 *
 * Parts that belong together have one name here: `blobs` are what threads do the byte work with, `treeText` are trees as
 * texts and values, `browse` finds snapshots and what is in them, `check`, `prune` and `repair` look after a vault, `verify`
 * reads chosen packs back and tells which packs a snapshot needs.
 */
export * as blobs from './vault/blobs.ts';
export * as browse from './vault/browse.ts';
export * as check from './vault/check.ts';
export { copySnapshots } from './vault/copy.ts';
export * as inspect from './vault/inspect.ts';
export * as keys from './vault/key-ring.ts';
export type {
  ExtendedAttribute,
  Node,
  NodeType,
  Snapshot,
  SnapshotSummary,
  Tree,
} from './vault/model.ts';
export { initVault, openVault } from './vault/open.ts';
export * as prune from './vault/prune.ts';
export * as repair from './vault/repair.ts';
export * as treeText from './vault/tree-text.ts';
export type { Vault } from './vault/vault.ts';
export * as verify from './vault/verify.ts';
export type { WriteSession } from './vault/write-session.ts';
