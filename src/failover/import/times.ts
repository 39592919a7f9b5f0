/** Times of `ha.cf`, or of a description, as times of corosync and Pacemaker. */
import { heartbeat, type Place } from '../../cluster.ts';
import type { ImportOptions, Notebook } from './model.ts';

export interface Timed {
  ms: number | undefined;
  place: Place | undefined;
}

export interface OldTimes {
  keepalive: Timed;
  warntime: Timed;
  deadtime: Timed;
  initdead: Timed;
}

export interface NewTimes {
  tokenMs: number;
  /** When a node counts as lost: until the token is missed and the others agree that it is. */
  lostAfterMs: number;
  /** Pacemaker's dc-deadtime; undefined leaves its 20 s. */
  dcDeadtimeMs: number | undefined;
  /** Undefined where a majority decides. */
  waitForAll: boolean | undefined;
}

/** consensus, when left out (corosync.conf(5)). */
const CONSENSUS_PER_TOKEN = 1.2;
/** Added to the token for every node beyond two (corosync.conf(5), token_coefficient). */
const COEFFICIENT_MS = 650;
/** Below this a busy but healthy node is shot: a paused virtual machine, a firmware interrupt. */
const TOKEN_MS_MIN = 1_000;
/** Corosync locks its memory and runs in real time, so that load does not delay it as it delayed Heartbeat. */
const TOKEN_MS_MAX = 10_000;
const DC_DEADTIME_MS_DEFAULT = 20_000;
const STEP_MS = 100;

export function planTimes(
  old: OldTimes,
  { nodes, options, notebook }: { nodes: number; options: ImportOptions; notebook: Notebook },
): NewTimes {
  const extraMs = Math.max(0, nodes - 2) * COEFFICIENT_MS;
  const { tokenMs, how } = tokenOf(old.deadtime.ms, { extraMs, given: options.tokenMs });
  const lostAfterMs = Math.round((tokenMs + extraMs) * (1 + CONSENSUS_PER_TOKEN));
  const note = (about: string, was: Timed & { name: string }, [becomes, why]: [string, string]): void =>
    void notebook.explanations.push({ about, place: was.place, was: spoken(was), becomes, why });
  const deadtime = { name: 'deadtime', ...old.deadtime };
  note('token', deadtime, [
    `token: ${tokenMs}`,
    `${how} A node counts as lost after token and consensus, which is 1.2 times as long: ${seconds(lostAfterMs)} here.`,
  ]);
  if (old.keepalive.ms !== undefined)
    note('keepalive', { name: 'keepalive', ...old.keepalive }, [
      'nothing: knet sets its own pace',
      `Corosync passes a token all the time, and knet tests each link every ${seconds((tokenMs + extraMs) / 4)}, a quarter of the token.`,
    ]);
  if (old.warntime.ms !== undefined)
    note('warntime', { name: 'warntime', ...old.warntime }, [
      `nothing: corosync warns after ${seconds((tokenMs + extraMs) * 0.75)}`,
      'token_warning is 75 % of the token by itself.',
    ]);
  return { tokenMs, lostAfterMs, ...startOf(old.initdead, { nodes, options, note }) };
}

function tokenOf(
  deadtimeMs: number | undefined,
  { extraMs, given }: { extraMs: number; given: number | undefined },
): { tokenMs: number; how: string } {
  if (given !== undefined) return { tokenMs: given, how: 'As it was asked for.' };
  const deadMs = deadtimeMs ?? heartbeat.HA_DEFAULTS.deadtimeMs;
  const wantedMs = Math.floor(deadMs / (1 + CONSENSUS_PER_TOKEN) / STEP_MS) * STEP_MS - extraMs;
  const tokenMs = Math.min(TOKEN_MS_MAX, Math.max(TOKEN_MS_MIN, wantedMs));
  if (tokenMs === wantedMs)
    return { tokenMs, how: `So that a node counts as lost after ${seconds(deadMs)} as before.` };
  if (tokenMs > wantedMs)
    return { tokenMs, how: `Less than ${seconds(TOKEN_MS_MIN)} would shoot nodes that only paused for a moment.` };
  return {
    tokenMs,
    how:
      `Not the ${seconds(deadMs)} of deadtime: as a token that would be ${seconds(deadMs * (1 + CONSENSUS_PER_TOKEN))} without ` +
      'service, and slow links and slow joins besides. Heartbeat needed it under load; corosync does not.',
  };
}

type Note = (about: string, was: Timed & { name: string }, told: [becomes: string, why: string]) => void;

function startOf(
  initdead: Timed,
  { nodes, options, note }: { nodes: number; options: ImportOptions; note: Note },
): Pick<NewTimes, 'dcDeadtimeMs' | 'waitForAll'> {
  const was = { name: 'initdead', ...initdead };
  if (nodes > 2) {
    note('wait_for_all', was, ['nothing', 'Of three and more nodes the majority starts, and shoots who is not there.']);
    return { dcDeadtimeMs: undefined, waitForAll: undefined };
  }
  if (options.startsAlone !== true) {
    note('wait_for_all', was, [
      'wait_for_all: 1',
      'A node that boots alone starts nothing until it has seen its peer once; Heartbeat shot the peer after initdead and ' +
        'started everything. After a loss of power from which one node does not come back, somebody has to make sure that ' +
        'it is off, and start without it: stonith_admin --confirm NODE after corosync-cmapctl -s ' +
        'quorum.cancel_wait_for_all u8 1. To have it as Heartbeat did, import with --start-alone.',
    ]);
    return { dcDeadtimeMs: undefined, waitForAll: true };
  }
  const dcDeadtimeMs = Math.max(initdead.ms ?? 0, DC_DEADTIME_MS_DEFAULT);
  note('dc-deadtime', was, [
    `wait_for_all: 0, dc-deadtime=${seconds(dcDeadtimeMs)}`,
    'A node that boots alone waits so long for its peer, then shoots it and starts everything, as with Heartbeat. Each cold ' +
      'start takes as long, and two nodes that boot with all links cut shoot each other in turn.',
  ]);
  return { dcDeadtimeMs, waitForAll: false };
}

function spoken({ name, ms }: { name: string; ms: number | undefined }): string {
  return ms === undefined ? `no ${name}` : `${name} ${heartbeat.formatDuration(ms)}`;
}

/** `20s`, `1.5s`: as people and Pacemaker read it. */
export function seconds(ms: number): string {
  return `${Math.round(ms / 10) / 100}s`;
}
