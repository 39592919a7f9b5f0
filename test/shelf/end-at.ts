import { localEnd, type ShelfEnd } from '../../src/shelf.ts';

interface TestContext {
  after(work: () => Promise<void>): void;
}

/** An end on this machine that goes with the test; `calls` are those that changed something, in order. */
export function endAt(context: TestContext, root: string): ShelfEnd & { calls: string[] } {
  const end = localEnd(root);
  context.after(async () => end[Symbol.asyncDispose]());
  const calls: string[] = [];
  return {
    calls,
    address: end.address,
    list: (signal) => end.list(signal),
    digest: (path, signal, onBytes) => end.digest(path, signal, onBytes),
    size: (path) => end.size(path),
    read: (path, offset, signal) => end.read(path, offset, signal),
    write(path, offset, bytes, signal) {
      calls.push(`write ${path}`);
      return end.write(path, offset, bytes, signal);
    },
    rename(from, to, modifiedMs) {
      calls.push(`rename ${to}`);
      return end.rename(from, to, modifiedMs);
    },
    place(path, content) {
      calls.push(`place ${path}`);
      return end.place(path, content);
    },
    remove(path) {
      calls.push(`remove ${path}`);
      return end.remove(path);
    },
    removeEmptyFolders: (under) => end.removeEmptyFolders(under),
    freeBytes: () => end.freeBytes(),
    [Symbol.asyncDispose]: async () => {},
  };
}
