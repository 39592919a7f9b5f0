/** What the time of a reading is worth when clocks are not to be trusted. */

/** Clocks are set back by a little all the time (NTP); by more than this, a time in the future means nothing. */
const CLOCK_STEP_MS_MAX = 10 * 60_000;

/**
 * When a pack was last read, ms since 1970; undefined when it never was. A reading that lies in the future was made while
 * the clock was wrong, and would otherwise count for as long as it was wrong by: it is as none.
 */
export function readingMs(pack: string, verifiedMs: ReadonlyMap<string, number>, nowMs: number): number | undefined {
  const at = verifiedMs.get(pack);
  return at === undefined || at > nowMs + CLOCK_STEP_MS_MAX ? undefined : at;
}
