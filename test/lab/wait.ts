/** Waiting for what happens in its own time. */
import { setTimeout as wait } from 'node:timers/promises';

export interface UntilOptions {
  limitMs: number;
  /** 25 when absent: a fault is seen to the moment, and looking costs next to nothing. */
  everyMs?: number;
  /** What to add to the message when the time is over. */
  explain?: () => string | Promise<string>;
}

/** Looks until `isSo`. @returns milliseconds it took. @throws {Error} that names `what` when the time is over. */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  { limitMs, everyMs = 25, explain }: UntilOptions,
): Promise<number> {
  const begin = performance.now();
  while (!(await isSo())) {
    if (performance.now() - begin > limitMs) {
      const more = explain === undefined ? '' : `\n${await explain()}`;
      throw new Error(`not within ${limitMs / 1000} s: ${what}${more}`);
    }
    await wait(everyMs);
  }
  return performance.now() - begin;
}

/** Waits for all of them whatever becomes of one, so that nothing goes on in a lab that is taken away. */
export async function all<T extends readonly Promise<unknown>[]>(
  work: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  const errors = (await Promise.allSettled(work)).flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
  if (errors.length > 1) throw new AggregateError(errors, errors.map(String).join('\n'));
  return await Promise.all(work);
}
