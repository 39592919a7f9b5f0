/** Looking into snapshots: one name to import at the door. */
export { blobsOf, contentOf } from './content.ts';
export { type Found, findPath, pathOf, treeOf, type WalkEntry, type WalkOptions, walkTree } from './walk.ts';
