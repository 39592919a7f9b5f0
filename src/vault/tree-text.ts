/** Trees as texts, for those who make or compare them entry by entry: one name to import at the door. */

export { unixMode } from './node.ts';
export {
  directoryTail,
  EMPTY_TREE_ID,
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
export { checkTree, decodeTree, encodeTree, type NodeSpan, splitTree } from './tree.ts';
