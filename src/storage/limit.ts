/** Decorator: keeps the number of requests under way within what a storage likes. */
import { Gate } from '../base/tasks.ts';
import type { FileKind, FileRef, Storage, StoredFile } from '../storage.ts';

/**
 * At most `width` requests at a time; the rest wait in order. Lock files pass at once: a lock that is refreshed too
 * late, behind a queue of packs, is lost.
 */
export function limitStorage(inner: Storage, width = inner.connections): Storage {
  const gate = new Gate(width);
  const limited = async <T>(kind: FileKind, request: () => Promise<T>, signal?: AbortSignal): Promise<T> => {
    if (kind === 'lock') return await request();
    await gate.enter();
    try {
      signal?.throwIfAborted();
      return await request();
    } finally {
      gate.leave();
    }
  };
  return {
    url: inner.url,
    connections: width,
    listsAtOnce: inner.listsAtOnce,
    create: () => inner.create(),
    list: (kind, signal) => listLimited(inner.list(kind, signal), (pull) => limited(kind, pull, signal)),
    stat: (ref) => limited(ref.kind, () => inner.stat(ref)),
    load: (ref, options) => limited(ref.kind, () => inner.load(ref, options), options?.signal),
    save: (ref, bytes, signal) => limited(ref.kind, () => inner.save(ref, bytes, signal), signal),
    replace: (ref: FileRef, bytes) => limited(ref.kind, () => inner.replace(ref, bytes)),
    remove: (ref) => limited(ref.kind, () => inner.remove(ref)),
    sweep: () => inner.sweep(),
    close: () => inner.close(),
  };
}

type Pull = () => Promise<IteratorResult<StoredFile>>;

/** A listing is under way only while its next entry is being fetched: who loads files while listing must not wait for itself. */
async function* listLimited(
  entries: AsyncIterable<StoredFile>,
  limited: (pull: Pull) => Promise<IteratorResult<StoredFile>>,
): AsyncIterable<StoredFile> {
  const iterator = entries[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await limited(() => iterator.next());
      if (done) return;
      yield value;
    }
  } finally {
    await iterator.return?.();
  }
}
