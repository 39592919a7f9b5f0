/**
 * Times as Heartbeat reads them: seconds, or `ms` or `us` behind the number, which may have a fraction. Other units do not
 * exist: `2s` is refused. Rounded to whole milliseconds.
 */

/** Undefined where Heartbeat would refuse it. */
export function parseDuration(text: string): number | undefined {
  const match = /^([\d.]+)(ms|us)?/i.exec(text);
  if (match === null) return undefined;
  const [whole, digits, unit] = match as unknown as [string, string, string | undefined];
  // What follows a unit is not looked at, so that `5msec` is right; without a unit nothing may follow.
  if (unit === undefined && whole.length < text.length) return undefined;
  // Read up to the second point.
  const value = Number.parseFloat(digits);
  if (Number.isNaN(value)) return 0;
  const perUnit = { ms: 1, us: 1 / 1000 }[unit?.toLowerCase() ?? ''] ?? 1000;
  return Math.floor(value * perUnit + 0.5);
}

/** The shortest spelling that `parseDuration` reads back: `2`, `1500ms`. */
export function formatDuration(ms: number): string {
  return ms % 1000 === 0 ? String(ms / 1000) : `${ms}ms`;
}
