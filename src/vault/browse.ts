/** Looking into snapshots: one name to import at the door. */
export { blobSize, blobsOf, contentOf } from './content.ts';
export { listReadableSnapshots } from './snapshot-list.ts';
export { type Found, findPath, pathOf, treeOf, type WalkEntry, type WalkOptions, walkTree } from './walk.ts';
