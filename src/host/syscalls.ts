/**
 * What Linux offers and Node does not: exact attributes and times, extended attributes, holes, device nodes, file locks,
 * and work relative to an open directory. Names and paths are raw strings, one character per byte (`latin1` in Node's
 * words). Errors are `SystemError` with Node's `code`s.
 */
export { openBeneath, openBeneathByName } from './syscalls/beneath.ts';
export {
  changeMode,
  changeOwner,
  closeFd,
  makeDirectory,
  makeHardLink,
  makeSymlink,
  O_PATH,
  type OpenMode,
  open,
  openDirectory,
  type Place,
  readLink,
  removeDirectory,
  removeFile,
  rename,
} from './syscalls/directory.ts';
export { type Advice, advise, dataExtents, type Extent, punchHole, reserve } from './syscalls/extent.ts';
export { CWD, SystemError } from './syscalls/libc.ts';
export { tryLock, unlock } from './syscalls/lock.ts';
export { listNames } from './syscalls/names.ts';
export { makeFifo, makeNode } from './syscalls/nodes.ts';
export { deviceNumber, StatRecord, statInto } from './syscalls/stat.ts';
export { type FileTimes, setTimes, UTIME_OMIT } from './syscalls/times.ts';
export { getXattr, hasXattrAt, listXattrNames, removeXattr, setXattr, type XattrValue } from './syscalls/xattr.ts';
