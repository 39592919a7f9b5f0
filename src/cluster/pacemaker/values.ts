/** Values as programs of Pacemaker write them in attributes. */
import type { Role, ToldTime } from '../state.ts';

const ROLES: Readonly<Record<string, Role>> = {
  started: 'Started',
  stopped: 'Stopped',
  promoted: 'Promoted',
  master: 'Promoted',
  unpromoted: 'Unpromoted',
  slave: 'Unpromoted',
  starting: 'Starting',
  stopping: 'Stopping',
  migrating: 'Migrating',
};

/** What counts as infinite in scores and fail counts. */
export const INFINITE = 1_000_000;

export function roleOf(text: string): Role {
  return ROLES[text.toLowerCase()] ?? 'Unknown';
}

/** Undefined when it is absent or neither true nor false in any way that Pacemaker writes it. */
export function booleanOf(text: string | undefined): boolean | undefined {
  if (text === undefined) return undefined;
  if (/^(?:true|yes|on|y|1)$/i.test(text)) return true;
  return /^(?:false|no|off|n|0)$/i.test(text) ? false : undefined;
}

export function countOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\+?INFINITY$/i.test(text)) return INFINITE;
  if (/^-INFINITY$/i.test(text)) return -INFINITE;
  return /^[+-]?\d+$/.test(text) ? Number(text) : undefined;
}

/** `2026-11-21 20:01:02Z`, `2026-11-21 20:01:02.123456 +01:00`; of `Sat Nov 21 20:01:02 2026` only the text. */
export function timeOf(text: string | undefined): ToldTime | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  const match = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.\d+)? ?(Z|[+-]\d\d:?\d\d)$/.exec(text.trim());
  if (match === null) return { text: text.trim(), ms: undefined };
  const zone = match[3]!.replace(/^([+-]\d\d):?(\d\d)$/, '$1:$2');
  const ms = Date.parse(`${match[1]}T${match[2]}${zone}`);
  return { text: text.trim(), ms: Number.isNaN(ms) ? undefined : ms };
}

/** Pacemaker 2.1.5 writes a reason escaped twice, and its line breaks as backslash and n; without one it says `none`. */
export function reasonOf(text: string | undefined): string {
  const once = (text ?? '').replace(/&(lt|gt|quot|apos|amp);/g, (_, name: string) => ENTITIES[name]!);
  const reason = once.replaceAll('\\n', ' ').replace(/\s+/g, ' ').trim();
  return reason === 'none' ? '' : reason;
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

/** Old versions write `ocf::heartbeat:IPaddr2`. */
export function agentOf(text: string): string {
  return text.replace('::', ':');
}
