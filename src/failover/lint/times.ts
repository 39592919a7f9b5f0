/** Times of `ha.cf` against each other. */
import { heartbeat } from '../../cluster.ts';
import { placeOf } from './facts.ts';
import type { Configuration, Remark } from './model.ts';

const { formatDuration } = heartbeat;

/** Keepalives that may be lost before a node counts as dead; Heartbeat itself insists on more than two. */
const KEEPALIVES_LEAST = 4;
/** As the annotated ha.cf advises: a node that boots brings up its network late. */
const INITDEAD_FACTOR = 2;
/** Below this Heartbeat warns of each start. */
const INITDEAD_MS_LEAST = 10_000;
/** A deadtime over this delays each takeover by minutes. */
const DEADTIME_MS_MOST = 300_000;

/** With Heartbeat's own defaults where nothing is given. */
function timesOf({ settings }: Configuration) {
  const keepaliveMs = settings.keepaliveMs ?? heartbeat.HA_DEFAULTS.keepaliveMs;
  const deadtimeMs = settings.deadtimeMs ?? heartbeat.HA_DEFAULTS.deadtimeMs;
  return { keepaliveMs, deadtimeMs };
}

export function deadtimeShort(configuration: Configuration): Remark[] {
  const { keepaliveMs, deadtimeMs } = timesOf(configuration);
  if (deadtimeMs >= keepaliveMs * KEEPALIVES_LEAST) return [];
  const isRefused = deadtimeMs <= 2 * keepaliveMs;
  return [
    {
      level: isRefused ? 'error' : 'warning',
      place: placeOf(configuration, 'deadtime', 'keepalive'),
      text:
        `deadtime ${formatDuration(deadtimeMs)} is less than ${KEEPALIVES_LEAST} keepalives of ` +
        `${formatDuration(keepaliveMs)}: ${isRefused ? 'Heartbeat does not start' : 'a few lost packets count as a dead node'}`,
      remedy: `Set deadtime to ${formatDuration(keepaliveMs * 10)} or so, or keepalive lower.`,
    },
  ];
}

export function deadtimeLong(configuration: Configuration): Remark[] {
  const { deadtimeMs } = timesOf(configuration);
  if (deadtimeMs <= DEADTIME_MS_MOST) return [];
  return [
    {
      level: 'warning',
      place: placeOf(configuration, 'deadtime'),
      text: `deadtime ${formatDuration(deadtimeMs)}: no takeover begins before it has passed`,
      remedy: `Set it to ${formatDuration(DEADTIME_MS_MOST)} at most; the value counts in seconds unless it ends in ms.`,
    },
  ];
}

/** keepalive < warntime < deadtime. When absent, Heartbeat takes half the deadtime. */
export function warntimeOrder(configuration: Configuration): Remark[] {
  const { keepaliveMs, deadtimeMs } = timesOf(configuration);
  const { warntimeMs } = configuration.settings;
  if (warntimeMs === undefined || (keepaliveMs < warntimeMs && warntimeMs < deadtimeMs)) return [];
  const isLate = warntimeMs >= deadtimeMs;
  return [
    {
      level: 'warning',
      place: placeOf(configuration, 'warntime'),
      text: isLate
        ? `warntime ${formatDuration(warntimeMs)} is not below deadtime ${formatDuration(deadtimeMs)}: no warning comes in time`
        : `warntime ${formatDuration(warntimeMs)} is not above keepalive ${formatDuration(keepaliveMs)}: it warns all the time`,
      remedy: `Set warntime between them: ${formatDuration(Math.max(deadtimeMs / 2, keepaliveMs * 2))}.`,
    },
  ];
}

export function initdeadShort(configuration: Configuration): Remark[] {
  const { deadtimeMs } = timesOf(configuration);
  const { initdeadMs } = configuration.settings;
  const leastMs = Math.max(deadtimeMs * INITDEAD_FACTOR, INITDEAD_MS_LEAST);
  if (initdeadMs === undefined || initdeadMs >= leastMs) return [];
  const isRefused = initdeadMs < deadtimeMs;
  return [
    {
      level: isRefused ? 'error' : 'warning',
      place: placeOf(configuration, 'initdead'),
      text: isRefused
        ? `initdead ${formatDuration(initdeadMs)} is below deadtime ${formatDuration(deadtimeMs)}: Heartbeat does not start`
        : `initdead ${formatDuration(initdeadMs)} leaves a peer that boots slowly, or a switch that wakes up, no time`,
      remedy: `Set initdead to ${formatDuration(leastMs)} or more: twice deadtime, and at least ten seconds.`,
    },
  ];
}

/** Without initdead, Heartbeat takes deadtime itself once that is over ten seconds. */
export function initdeadAbsent(configuration: Configuration): Remark[] {
  const { deadtimeMs } = timesOf(configuration);
  if (configuration.settings.initdeadMs !== undefined || deadtimeMs <= 10_000) return [];
  return [
    {
      level: 'warning',
      place: placeOf(configuration, 'deadtime'),
      text: `no initdead: a node that starts counts its peer as dead after ${formatDuration(deadtimeMs)}, which may still boot`,
      remedy: `Add: initdead ${formatDuration(deadtimeMs * INITDEAD_FACTOR)}`,
    },
  ];
}

export function deadpingShort(configuration: Configuration): Remark[] {
  const { keepaliveMs } = timesOf(configuration);
  const { deadpingMs } = configuration.settings;
  if (deadpingMs === undefined || deadpingMs > 2 * keepaliveMs) return [];
  return [
    {
      level: 'error',
      place: placeOf(configuration, 'deadping'),
      text: `deadping ${formatDuration(deadpingMs)} is not over two keepalives: Heartbeat does not start`,
      remedy: `Set it to ${formatDuration(keepaliveMs * 10)} or so.`,
    },
  ];
}
