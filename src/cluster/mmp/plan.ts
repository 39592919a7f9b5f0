/** What it takes to switch multiple-mount protection on or off, or to clear a sequence left behind; pure. */
import { AppError } from '../../base/errors.ts';
import type { MmpReading, MmpState, Superblock } from './model.ts';
import { stillnessOf } from './wait.ts';

export type MmpAction = 'enable' | 'disable' | 'clear';

/** Where a host sees the device; its name there may be another. */
export interface DevicePath {
  host: string;
  device: string;
}

export interface MmpPlan {
  action: MmpAction;
  /** Where it is done: on the first of the hosts. */
  device: string;
  uuid: string;
  label: string;
  /** When it was planned; in another state it is not executed. */
  state: MmpState;
  /** False when the device is as wanted; then there is nothing to examine and nothing to run. */
  isNeeded: boolean;
  /** Somebody says that no other host can reach the device. */
  isAlone: boolean;
  /** Nodes of the cluster that this machine is in; none where it is in none, as far as is known. */
  members: readonly string[];
  /** Each is examined twice, the second time right before the command. */
  conditions: readonly MmpCondition[];
  /** How long the block is watched between the two, and must not change; 0 where there is no block to watch. */
  stillS: number;
  command: 'tune2fs';
  args: readonly string[];
  /** tune2fs keeps the rules of MMP itself and so waits twice at most. */
  timeLimitMs: number;
}

export interface MmpCondition extends DevicePath {
  kind: ConditionKind;
  /** What has to hold, in words. */
  text: string;
}

/** `others-known` is about who else can reach the device; the rest is asked of each host. */
export type ConditionKind = 'others-known' | 'superblock-clean' | 'same-filesystem' | 'not-mounted' | 'not-claimed';

export interface MmpRequest {
  action: MmpAction;
  /** Of the device on the first host. */
  reading: MmpReading;
  /** Every host that can reach the device, this one first. */
  paths: readonly DevicePath[];
  /** Somebody says that no other host can reach it. */
  isAlone: boolean;
  /** Nodes of the cluster that the first host is in. */
  members?: readonly string[];
}

const TOOL_SLACK_MS = 120_000;
const ARGS = {
  enable: ['-O', 'mmp'],
  disable: ['-O', '^mmp'],
  clear: ['-f', '-E', 'clear_mmp'],
} as const satisfies Record<MmpAction, readonly string[]>;

/** @throws {AppError} `refused` where the state of the device forbids it whatever else holds */
export function planMmp({ action, reading, paths, isAlone, members = [] }: MmpRequest): MmpPlan {
  const { device } = paths[0]!;
  const ext4 = fitting(action, reading, device);
  const stillS = reading.ext4?.hasMmp ? stillnessOf(reading) : 0;
  return {
    action,
    device,
    uuid: ext4.uuid,
    label: ext4.label,
    state: reading.state,
    isNeeded: isNeeded(action, reading),
    isAlone,
    members,
    conditions: conditionsOf(action, paths, isAlone),
    stillS,
    command: 'tune2fs',
    args: [...ARGS[action], '--', device],
    timeLimitMs: 2 * stillnessOf(reading) * 1000 + TOOL_SLACK_MS,
  };
}

/** A device that has `ext4` in a state that the action is for. */
function fitting(action: MmpAction, { state, damage, ext4, mmp }: MmpReading, device: string): Superblock {
  const refused = (detail: string, hint: string): AppError =>
    new AppError('refused', { detail: `${action} of ${device}: ${detail}`, hint });
  if (ext4 === undefined)
    throw refused(damage?.text ?? state, 'Nothing was changed. A damaged superblock is for e2fsck to mend.');
  if (action === 'clear' || state === 'clean' || state === 'no-mmp') return ext4;
  if (state === 'damaged') throw refused(damage!.text, 'See: holdfast ha mmp clear --help');
  if (state === 'fsck')
    throw refused('e2fsck or tune2fs is at work on it, or died at work', 'See: holdfast ha mmp clear --help');
  const by = mmp === undefined || mmp.nodeName === '' ? '' : ` by ${mmp.nodeName}`;
  throw refused(
    `it is mounted${by}, or was when that host died`,
    'See holdfast ha mmp watch. Unmount it, or after a crash mount and unmount it once, so that its journal is replayed.',
  );
}

function isNeeded(action: MmpAction, { state, ext4 }: MmpReading): boolean {
  if (action === 'enable') return ext4?.hasMmp === false;
  if (action === 'disable') return ext4?.hasMmp === true;
  return state === 'active-or-crashed' || state === 'fsck' || state === 'damaged';
}

function conditionsOf(action: MmpAction, paths: readonly DevicePath[], isAlone: boolean): MmpCondition[] {
  const first = paths[0]!;
  const known = isAlone
    ? `no host but ${first.host} reaches the device, as somebody says`
    : 'every other host that reaches the device is named';
  return [
    { ...first, kind: 'others-known', text: known },
    ...(action === 'clear' ? [] : [{ ...first, kind: 'superblock-clean' as const, text: 'it was unmounted cleanly' }]),
    ...paths.flatMap(({ host, device }, at): MmpCondition[] => [
      ...(at === 0
        ? []
        : [{ host, device, kind: 'same-filesystem' as const, text: `${device} on ${host} is the same file system` }]),
      { host, device, kind: 'not-mounted', text: `${device} is mounted by no process on ${host}` },
      { host, device, kind: 'not-claimed', text: `nothing on ${host} holds ${device}` },
    ]),
  ];
}
