/** Trees as texts, for those who make or compare them entry by entry: one name to import at the door. */

export { CoreMatcher } from './core-match.ts';
export { unixMode } from './node.ts';
export {
  type CoreOptions,
  directoryTail,
  type EntryKind,
  entryKind,
  fileTail,
  type NodeStat,
  namedHead,
  nodeAttributes,
  nodeCore,
  OTHER_TAIL,
  TREE_HEAD,
  TREE_TAIL,
  withSize,
} from './node-text.ts';
export { formatTime } from './snapshot.ts';
export { encodeTimeParts, type Instant, parseInstant } from './time.ts';
export { decodeTree, type NodeSpan, splitTree } from './tree.ts';
