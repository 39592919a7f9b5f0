/** Work done ahead of whoever reads the results, which come in the order of the items. */

export interface OrderedOptions {
  /** Items worked on or waiting to be read, at most. */
  width: number;
  signal?: AbortSignal | undefined;
}

/**
 * Yields `work` of each item in order, up to `width` of them under way. Items are pulled no further than that, so a slow
 * reader slows the source. A reader that stops early stops the rest.
 * @throws the first failure in the order of the items, whatever failed earlier in time
 */
export async function* ordered<T, R>(
  items: AsyncIterable<T> | Iterable<T>,
  { width, signal }: OrderedOptions,
  work: (item: T, signal: AbortSignal) => Promise<R>,
): AsyncGenerator<R, void, undefined> {
  const ended = new AbortController();
  const inner = signal === undefined ? ended.signal : AbortSignal.any([signal, ended.signal]);
  const source = iteratorOf(items);
  const ahead: Promise<R>[] = [];
  let hasMore = true;
  try {
    for (;;) {
      while (hasMore && ahead.length < width) {
        const next = await source.next();
        if (next.done) hasMore = false;
        else ahead.push(begun(work(next.value, inner)));
      }
      const first = ahead.shift();
      if (first === undefined) return;
      yield await first;
      signal?.throwIfAborted();
    }
  } finally {
    ended.abort();
    await Promise.allSettled(ahead);
    await source.return?.();
  }
}

/** A failure is met when its turn comes, and is nobody's oversight until then. */
function begun<R>(result: Promise<R>): Promise<R> {
  result.catch(() => undefined);
  return result;
}

function iteratorOf<T>(items: AsyncIterable<T> | Iterable<T>): AsyncIterator<T> | Iterator<T> {
  return Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
}
