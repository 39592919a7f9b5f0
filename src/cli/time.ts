/** Times and durations as tables and messages show them. */

const NS_PER_MS = 1_000_000n;

/** Local time to the second: `2026-11-21 00:48:12`. */
export function formatTime(timeMs: number): string {
  const date = new Date(timeMs);
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-');
  return `${day} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':')}`;
}

/** Local time of nanoseconds since 1970, to the second; times before 1970 round down as well. */
export function formatTimeNs(timeNs: bigint): string {
  const timeMs = timeNs / NS_PER_MS;
  return formatTime(Number(timeNs % NS_PER_MS < 0n ? timeMs - 1n : timeMs));
}

/** The two largest units that say something: `850 ms`, `12.3 s`, `2 min 5 s`, `4 h 12 min`, `3 d 4 h`. */
export function formatDuration(durationMs: number): string {
  const ms = Math.max(0, durationMs);
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return pair(seconds, { size: 60, large: 'min', small: 's' });
  const minutes = Math.round(seconds / 60);
  if (minutes < 24 * 60) return pair(minutes, { size: 60, large: 'h', small: 'min' });
  return pair(Math.round(minutes / 60), { size: 24, large: 'd', small: 'h' });
}

/** How long ago: `3 d 4 h ago`, `just now`; a time ahead of the clock says so instead of looking fresh. */
export function formatAge(timeMs: number, nowMs: number): string {
  const ageMs = nowMs - timeMs;
  if (ageMs < -60_000) return `in ${formatDuration(-ageMs)}`;
  return ageMs < 1000 ? 'just now' : `${formatDuration(ageMs)} ago`;
}

/** Time left or passed as on a clock, in started seconds: `0:07`, `12:34`, `3:04:05`. */
export function formatClock(durationMs: number): string {
  const seconds = Math.ceil(Math.max(0, durationMs) / 1000);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${two(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}

function pair(amount: number, { size, large, small }: { size: number; large: string; small: string }): string {
  const rest = amount % size;
  const whole = `${Math.floor(amount / size)} ${large}`;
  return rest === 0 ? whole : `${whole} ${rest} ${small}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
