/** Looks whether the conditions of a plan hold. What could not be looked at is said to be so, and never taken for granted. */

import { assert } from '../../base/assert.ts';
import { AppError, hasCode } from '../../base/errors.ts';
import { UNREACHED } from '../unanswered.ts';
import type { MmpHost } from './device.ts';
import type { MmpReading } from './model.ts';
import type { ConditionKind, DevicePath, MmpCondition, MmpPlan } from './plan.ts';
import { readMmp } from './read.ts';
import { type DeviceUses, usesOf } from './uses.ts';

export interface ExaminedCondition {
  condition: MmpCondition;
  /** `unexamined`: a host, a tool or an answer is missing. */
  outcome: 'met' | 'violated' | 'unexamined';
  /** What was found. */
  text: string;
}

export interface HostPath {
  host: MmpHost;
  device: string;
}

interface Seen {
  uses: DeviceUses | AppError;
  reading: MmpReading | AppError;
}

export async function examineConditions(
  plan: MmpPlan,
  paths: readonly HostPath[],
  signal: AbortSignal | undefined,
): Promise<ExaminedCondition[]> {
  const seen = new Map<string, Seen>();
  // One after the other: two names may be of one host, and then one exclusive open would be in the way of the other.
  for (const { host, device } of paths) {
    const [uses, reading] = await Promise.all([
      usesOf(host, device, signal).catch(absence),
      readMmp(host, device, signal).catch(absence),
    ]);
    seen.set(keyOf({ host: host.name, device }), { uses, reading });
  }
  return plan.conditions.map((condition) => {
    const at = seen.get(keyOf(condition));
    assert(at !== undefined, 'a plan is for the hosts it was made for');
    const { kind } = condition;
    if (kind === 'others-known') return { condition, ...others(condition, { plan, paths, seen }) };
    return { condition, ...judge(kind, { plan, seen: at }) };
  });
}

type Judgement = Pick<ExaminedCondition, 'outcome' | 'text'>;

function judge(
  kind: Exclude<ConditionKind, 'others-known'>,
  { plan, seen: { uses, reading } }: { plan: MmpPlan; seen: Seen },
): Judgement {
  switch (kind) {
    case 'superblock-clean':
      return reading instanceof AppError ? unexamined(reading.message) : cleanness(reading);
    case 'same-filesystem':
      return reading instanceof AppError ? unexamined(reading.message) : sameness(reading, plan.uuid);
    case 'not-mounted':
      if (uses instanceof AppError) return unexamined(uses.message);
      return uses.mounts.length === 0 ? met('not mounted') : violated(`mounted on ${uses.mounts.join(', ')}`);
    case 'not-claimed':
      return uses instanceof AppError ? unexamined(uses.message) : claim(uses);
  }
}

/**
 * That every other host is named, only a person can know. What can be known is who is not one: the same machine by another
 * name, and a node of this machine's own cluster that was left out.
 */
function others(
  { text }: MmpCondition,
  { plan, paths, seen }: { plan: MmpPlan; paths: readonly HostPath[]; seen: ReadonlyMap<string, Seen> },
): Judgement {
  if (plan.isAlone) return met(text);
  if (paths.length === 1) return unexamined('nobody said which other hosts reach it');
  const told = paths.flatMap(({ host, device }) => {
    const uses = seen.get(keyOf({ host: host.name, device }))?.uses;
    return uses === undefined || uses instanceof AppError ? [] : [{ host: host.name, ...uses.machine }];
  });
  const twice = told.flatMap(({ host, name, boot }, at) => {
    const first = told.slice(0, at).find((each) => each.name === name && each.boot === boot);
    return first === undefined ? [] : [`${host} is the same machine as ${first.host}`];
  });
  if (twice.length > 0) return violated(twice.join('; '));
  const names = [...paths.map(({ host }) => host.name), ...told.map(({ name }) => name)].map(shortOf);
  const left = plan.members.filter((member) => !names.includes(shortOf(member)));
  if (left.length === 0) return met(text);
  return unexamined(`${left.join(', ')} of this machine's cluster was not named with --host`);
}

/** Nodes are known by short names or by long ones. */
function shortOf(name: string): string {
  return name.toLowerCase().split('.')[0]!;
}

function cleanness({ ext4 }: MmpReading): Judgement {
  if (ext4?.needsRecovery === true) return violated('its journal is not replayed: mounted somewhere, or crashed');
  return ext4?.isClean === true ? met('unmounted cleanly') : violated('it was not unmounted cleanly');
}

function sameness({ ext4, damage }: MmpReading, uuid: string): Judgement {
  if (ext4?.uuid === uuid) return met(`UUID ${uuid}`);
  return violated(ext4 === undefined ? `another device: ${damage?.text ?? ''}` : `another file system: ${ext4.uuid}`);
}

function claim({ holders, claim: state }: DeviceUses): Judgement {
  if (holders.length > 0) return violated(`it is part of ${holders.join(', ')}`);
  if (state === 'unknown') return unexamined('neither perl nor python3 could open it exclusively');
  return state === 'free' ? met('free') : violated('in use: mounted, part of another device, or being checked');
}

function met(text: string): Judgement {
  return { outcome: 'met', text };
}

function violated(text: string): Judgement {
  return { outcome: 'violated', text };
}

function unexamined(text: string): Judgement {
  return { outcome: 'unexamined', text };
}

/** What keeps one host from being examined; anything else ends the whole. */
function absence(error: unknown): AppError {
  if (hasCode(error, 'device-failed', ...UNREACHED)) return error;
  throw error;
}

function keyOf({ host, device }: DevicePath): string {
  return `${host}\0${device}`;
}
