/** Values of a CIB: scores, durations, truth and names of agents, as Pacemaker reads them. */

export interface Agent {
  /** The `class` attribute: `ocf`, `stonith`, `systemd`, `lsb`, `service`, `heartbeat` … */
  standard: string;
  /** Only `ocf` has one. */
  provider: string | undefined;
  type: string;
}

/** What Pacemaker takes for infinity; scores beyond it are cut to it. */
export const INFINITY_SCORE = 1_000_000;

const STANDARDS = new Set(['lsb', 'heartbeat', 'stonith', 'upstart', 'service', 'systemd', 'nagios']);
const NAMED_SCORES: Readonly<Record<string, number>> = { red: -INFINITY_SCORE, yellow: 0, green: 0 };

/** `ocf:heartbeat:Filesystem`, `stonith:fence_ipmilan`, `systemd:nfs-server`. */
export function parseAgent(text: string): Agent | undefined {
  const [standard = '', ...rest] = text.split(':');
  if (standard === 'ocf') {
    const [provider = '', type = '', ...more] = rest;
    return provider === '' || type === '' || more.length > 0 ? undefined : { standard, provider, type };
  }
  const type = rest.join(':');
  return STANDARDS.has(standard) && type !== '' ? { standard, provider: undefined, type } : undefined;
}

export function formatAgent({ standard, provider, type }: Agent): string {
  return [standard, ...(provider === undefined ? [] : [provider]), type].join(':');
}

/** `INFINITY`, `+INFINITY`, `-INFINITY`, a whole number, or a colour of node health; undefined when it is none. */
export function parseScore(text: string): number | undefined {
  const trimmed = text.trim();
  if (/^\+?infinity$/i.test(trimmed)) return INFINITY_SCORE;
  if (/^-infinity$/i.test(trimmed)) return -INFINITY_SCORE;
  if (Object.hasOwn(NAMED_SCORES, trimmed)) return NAMED_SCORES[trimmed];
  if (!/^[+-]?\d+$/.test(trimmed)) return undefined;
  return Math.max(-INFINITY_SCORE, Math.min(INFINITY_SCORE, Number(trimmed)));
}

export function formatScore(score: number): string {
  if (score >= INFINITY_SCORE) return 'INFINITY';
  return score <= -INFINITY_SCORE ? '-INFINITY' : `${Math.trunc(score)}`;
}

const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  msec: 1,
  us: 0.001,
  usec: 0.001,
  '': 1000,
  s: 1000,
  sec: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  hr: 3_600_000,
};

/**
 * Milliseconds of `30`, `30s`, `2min`, `500ms`, `1h` or of a duration of ISO 8601 such as `PT1M30S`; a number alone counts
 * seconds (Pacemaker Explained, "Time specifications"). Undefined when it is no duration or less than nothing.
 */
export function durationMs(text: string): number | undefined {
  const trimmed = text.trim();
  if (trimmed.startsWith('P')) return isoDurationMs(trimmed);
  const match = /^\+?(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(trimmed);
  const [, amount = '', name = ''] = match ?? [];
  const unit = Object.hasOwn(UNITS_MS, name.toLowerCase()) ? UNITS_MS[name.toLowerCase()] : undefined;
  return match === null || unit === undefined ? undefined : Math.floor(Math.floor(Number(amount)) * unit);
}

/** Truth as Pacemaker reads it (crm_str_to_boolean); undefined when it is neither. */
export function parseBoolean(text: string): boolean | undefined {
  if (/^(?:true|on|yes|y|1)$/i.test(text)) return true;
  return /^(?:false|off|no|n|0)$/i.test(text) ? false : undefined;
}

/** Names of parameters whose values are told to nobody: passwords, keys, communities of SNMP. */
export function isSecretName(name: string): boolean {
  return /passw|passphrase|secret|token$|credential|community|(?:^|[_-])(?:auth|priv|session|ssh|api)[_-]?key$|^pass$|^key$/i.test(
    name,
  );
}

function isoDurationMs(text: string): number | undefined {
  const match = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(text);
  if (match === null || match.slice(1).every((part) => part === undefined)) return undefined;
  const [weeks, days, hours, minutes, seconds] = match.slice(1).map((part) => Number(part ?? 0));
  return ((((weeks! * 7 + days!) * 24 + hours!) * 60 + minutes!) * 60 + seconds!) * 1000;
}
