/** Timers take at most 31 bits of milliseconds and fire at once beyond (Node, timers). */
export const TIMER_MS_MAX = 2 ** 31 - 1;

/** Calls `fire` after `ms`, however long that is. @returns what cancels it */
export function startTimer(ms: number, fire: () => void): () => void {
  let left = ms;
  let timer: NodeJS.Timeout;
  const go = (): void => {
    const part = Math.min(left, TIMER_MS_MAX);
    left -= part;
    timer = setTimeout(left > 0 ? go : fire, part);
  };
  go();
  return () => clearTimeout(timer);
}
