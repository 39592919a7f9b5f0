/** From what was captured and what is there now to a runbook. Pure: the same plan is printed and carried out. */
import {
  RESTORE_AGREE_MS_MAX,
  RESTORE_CLEANUP_MS_MAX,
  RESTORE_MEMBER_MS_MAX,
  RESTORE_START_MS_MAX,
} from '../../base/cluster-limits.ts';
import { AppError } from '../../base/errors.ts';
import { cib } from '../../cluster.ts';
import { CIB_FOLDER } from '../capture/items.ts';
import { fencingNotes, placeNotes } from './advice.ts';
import { planFiles } from './files.ts';
import {
  type Confirmation,
  existingGate,
  foundGates,
  isMember,
  joinGates,
  standingOf,
  targetGates,
  wordGates,
} from './gates.ts';
import { cibOnDisk, isConfigured, type NodeLook } from './look.ts';
import type { Gate, RestorePlan, RestoreStep, WantedFile } from './model.ts';
import { type StoredConfiguration, stackOf } from './stored.ts';

export interface RestoreRequest {
  stored: StoredConfiguration;
  target: NodeLook;
  /** All other nodes of the record. */
  peers: readonly NodeLook[];
  confirmations: readonly Confirmation[];
  nowMs: number;
}

type Draft = Pick<RestorePlan, 'stack' | 'mode' | 'peer' | 'member'> & {
  stored: StoredConfiguration;
  target: NodeLook;
  files: readonly WantedFile[];
};

/** @throws {AppError} `refused` when the node itself cannot be asked; whatever else forbids it is a gate that is not met */
export function planRestore({ stored, target, peers, confirmations, nowMs }: RestoreRequest): RestorePlan {
  if (target.answer !== 'answers')
    throw new AppError('refused', {
      detail: `${target.name} cannot be asked: ${target.why}`,
      hint: 'The machine itself is rebuilt first: it has to answer over ssh, with the packages of the cluster installed.',
    });
  const stack = stackOf(stored);
  const working = peers.filter((peer) => standingOf(peer) === 'working');
  const [peer] = working;
  const mode = peer === undefined ? 'found' : 'join';
  const truth = peer?.read === undefined ? undefined : { ...peer, read: peer.read };
  const { files, notes, doubts } = planFiles(stored, { target: target.read!, peer: truth });
  const changed = files.filter(({ now }) => now !== 'same');
  const draft: Draft = {
    stored,
    target,
    files,
    stack,
    mode,
    peer: peer?.name,
    member: stored.node.calls_itself ?? stored.node.name,
  };
  return {
    cluster: stored.record.cluster,
    node: stored.node.name,
    member: draft.member,
    stack,
    mode,
    peer: peer?.name,
    gates: [
      ...targetGates(target, { stored, changed: changed.map(({ path }) => path), doubts }),
      ...wordGates(peers, confirmations),
      ...(mode === 'join' ? joinGates(working) : foundGates(peers, confirmations)),
      ...(mode === 'found' && stack === 'pacemaker' ? contentGates(stored, target) : []),
    ],
    files,
    steps: [
      ...fileSteps(changed),
      ...(stack === 'pacemaker' ? pacemakerSteps(draft, peer) : heartbeatSteps(draft, peer)),
    ],
    notes: [
      ...notes,
      ...(mode === 'join' ? placeNotes(peer!, stored) : fencingNotes(stored, { peers, confirmations })),
      ...(stored.record.cib?.source === 'file' && mode === 'found'
        ? [`no cluster ran when the backup was made: its CIB is that of the disk of ${stored.record.cib.node}`]
        : []),
    ],
    plannedMs: nowMs,
  };
}

function contentGates(stored: StoredConfiguration, target: NodeLook): Gate[] {
  if (stored.cib !== undefined) return [existingGate(target, stored.cib)];
  const text = 'the backup holds no CIB, and no living peer has one';
  return [{ isMet: false, isOverridable: false, text, hint: 'Take another point of the plan, in which it was had.' }];
}

function fileSteps(changed: readonly WantedFile[]): RestoreStep[] {
  if (changed.length === 0) return [];
  return [
    {
      text: `write ${changed.map(wordsOfFile).join('; ')}`,
      command: `install -o OWNER -g GROUP -m MODE … ${changed.map(({ path }) => path).join(' ')}`,
      check: 'no daemon of a cluster runs on the node',
      verify: 'each file is read back: content, owner and rights are right; what was there before is kept',
      change: { kind: 'files', files: changed },
      timeLimitMs: RESTORE_START_MS_MAX,
    },
  ];
}

function wordsOfFile({ path, mode, user, group, from, now }: WantedFile): string {
  const rights = `0${mode.toString(8)} ${user}:${group}`;
  return `${path} (${rights}) from ${from}${now === 'different' ? ', in place of another' : ''}`;
}

function startStep(service: 'corosync' | 'pacemaker' | 'heartbeat', daemon: string): RestoreStep {
  return {
    text: `start ${service}`,
    command: `systemctl start ${service}, or /etc/init.d/${service} start`,
    check: 'the peers stand as they stood when this was planned',
    verify: `${daemon} runs`,
    change: { kind: 'start', service, daemon },
    timeLimitMs: RESTORE_START_MS_MAX,
  };
}

function pacemakerSteps({ mode, target, stored, member }: Draft, peer: NodeLook | undefined): RestoreStep[] {
  const { daemons } = target;
  const isRunning = daemons.has('pacemakerd');
  const starts = [
    ...(daemons.has('corosync') ? [] : [startStep('corosync', 'corosync')]),
    ...(isRunning ? [] : [startStep('pacemaker', 'pacemakerd')]),
  ];
  const isIn =
    peer?.state !== undefined &&
    isMember(peer.state, member) &&
    target.state !== undefined &&
    isMember(target.state, member);
  const after: RestoreStep[] = mode === 'join' ? [agreeStep(peer!.name)] : replaceSteps(stored, target);
  const hasChange = starts.length > 0 || !isIn;
  if (mode === 'join' && !hasChange) return [];
  if (mode === 'found' && starts.length === 0 && after.length === 0) return [];
  return [
    ...(isRunning ? [] : [asideStep(mode)]),
    ...starts,
    memberStep(member, peer?.name),
    ...after,
    cleanupStep(member),
  ];
}

/** A CIB that lies there and has a higher number would take the place of the living one, however old it is. */
function asideStep(mode: 'join' | 'found'): RestoreStep {
  const why = mode === 'join' ? 'so that only that of the peer counts' : 'so that the node begins with none';
  return {
    text: `put aside whatever CIB is on its disk, ${why}`,
    command: `mv ${CIB_FOLDER}/* /var/lib/holdfast/replaced/TIME${CIB_FOLDER}`,
    check: 'Pacemaker does not run on the node',
    verify: 'there is no CIB on its disk; the old one is kept',
    change: { kind: 'aside' },
    timeLimitMs: RESTORE_START_MS_MAX,
  };
}

function memberStep(member: string, peer: string | undefined): RestoreStep {
  return {
    text: peer === undefined ? `wait until ${member} has elected a DC` : `wait until ${member} is a member`,
    command: 'crm_mon --one-shot',
    check: 'Pacemaker runs on the node',
    verify: peer === undefined ? `${member} sees itself online` : `${peer} and ${member} both see ${member} online`,
    change: { kind: 'member', peer },
    timeLimitMs: RESTORE_MEMBER_MS_MAX,
  };
}

function agreeStep(peer: string): RestoreStep {
  return {
    text: `compare the CIB with that of ${peer}, from which it came`,
    command: 'cibadmin --query',
    check: 'both answer',
    verify: 'version and configuration are the same on both; that of the backup was not used',
    change: { kind: 'agree', peer },
    timeLimitMs: RESTORE_AGREE_MS_MAX,
  };
}

function replaceSteps({ cib: wanted, record }: StoredConfiguration, target: NodeLook): RestoreStep[] {
  if (wanted === undefined) return [];
  const there = target.live ?? cibOnDisk(target.read!);
  const isForced = there !== undefined && (there === 'damaged' || isConfigured(there));
  const { adminEpoch, epoch } = cib.epochOf(wanted);
  return [
    {
      text: `put the configuration of the backup there, ${adminEpoch}.${epoch} of ${record.made}`,
      command: `cibadmin --replace --xml-pipe${isForced ? ' --force' : ''}`,
      check: isForced ? 'the configuration is still the one that was seen' : 'the cluster has no configuration',
      verify: 'the live configuration says what the backup says',
      change: { kind: 'replace', wanted, isForced },
      timeLimitMs: RESTORE_AGREE_MS_MAX,
    },
  ];
}

function cleanupStep(member: string): RestoreStep {
  return {
    text: `forget failures on ${member}, so that what runs there is looked at anew`,
    command: `crm_resource --cleanup --node ${member}`,
    check: `${member} is a member`,
    verify: 'the cluster has settled, and no resource is active on two nodes',
    change: { kind: 'cleanup' },
    timeLimitMs: RESTORE_CLEANUP_MS_MAX,
  };
}

function heartbeatSteps({ target, member }: Draft, peer: NodeLook | undefined): RestoreStep[] {
  const isIn =
    target.state !== undefined &&
    isMember(target.state, member) &&
    (peer?.state === undefined || isMember(peer.state, member));
  if (target.daemons.has('heartbeat') && isIn) return [];
  const seen = memberStep(member, peer?.name);
  return [
    ...(target.daemons.has('heartbeat') ? [] : [startStep('heartbeat', 'heartbeat')]),
    {
      ...seen,
      text: `wait until ${member} is active`,
      command: `cl_status nodestatus ${member}`,
      check: 'Heartbeat runs on the node',
    },
  ];
}
