/** Looking into snapshots: one name to import at the door. */
export { type Comparison, compareTrees, type Tally } from './compare.ts';
export { blobSize, contentOf } from './content.ts';
export { MEASURE_MODES, type Measure, measure } from './measure.ts';
export { filterSnapshots, selectSnapshot } from './select.ts';
export { listReadableSnapshots } from './snapshot-list.ts';
export { Tracer, type Use, type Wanted } from './trace.ts';
export { type Found, findPath, pathOf, treeOf, type WalkEntry, walkTree } from './walk.ts';
