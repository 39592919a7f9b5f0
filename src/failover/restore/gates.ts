/** What must hold before a node is restored. Above all: a peer that does not answer is not a peer that is off. Pure. */
import type { cib } from '../../cluster.ts';
import { differencesOf } from '../act/differences.ts';
import { versionOf } from '../capture/gather.ts';
import { cibOnDisk, isConfigured, type NodeLook } from './look.ts';
import type { Gate } from './model.ts';
import type { StoredConfiguration } from './stored.ts';

export interface Confirmation {
  node: string;
  /** How it was verified that the node is off, in the operator's words. */
  how: string;
}

export type Standing = 'working' | 'stopped' | 'unclear' | 'mute' | 'silent';

/** What a peer is to a node that comes back. */
export function standingOf({ answer, daemons, state }: NodeLook): Standing {
  if (answer !== 'answers') return answer;
  if (daemons.size === 0) return 'stopped';
  if (state === undefined) return 'unclear';
  const isWhole =
    state.kind === 'heartbeat'
      ? state.nodes.some(({ name, isOnline }) => name === state.node && isOnline)
      : state.dc !== undefined;
  return isWhole ? 'working' : 'unclear';
}

export const VERIFIED_MIN = 8;

/** A word that is wrong of this node may have been meant of another, which then lives: no reason takes the place of looking. */
export function wordGates(peers: readonly NodeLook[], confirmations: readonly Confirmation[]): Gate[] {
  return confirmations.flatMap(({ node, how }) => {
    const peer = peers.find(({ name }) => name === node);
    if (peer === undefined || peer.answer === 'silent') return [];
    return [
      gate(
        false,
        `${node} is on, though it is said to be off: ${how}`,
        `Find out which machine was switched off. If ${node} is meant to be on, leave its --verified-off out.`,
      ),
    ];
  });
}

/** Of peers, where one at least lives. */
export function joinGates(working: readonly NodeLook[]): Gate[] {
  const hint = 'See holdfast ha status on each, and mend that first.';
  const versions = new Map(
    working.flatMap(({ name, live: document }) =>
      document === undefined ? [] : [[name, versionOf(document)] as const],
    ),
  );
  const told = [...versions].map(([name, version]) => `${name} says ${version}`).join(', ');
  const isAlike = new Set(versions.values()).size <= 1;
  const blind = working.flatMap((one) =>
    working
      .filter((other) => !isMember(one.state!, other.read!.name))
      .map((other) => `${one.name} does not see ${other.name}`),
  );
  return [
    gate(true, `the cluster lives on ${working.map(({ name }) => name).join(', ')}`, ''),
    ...(isAlike ? [] : [gate(false, `the living peers do not agree on the CIB: ${told}`, hint)]),
    ...(blind.length === 0 ? [] : [gate(false, `the cluster is split: ${blind.join(', ')}`, hint)]),
  ];
}

/** Of peers, where none lives. */
export function foundGates(peers: readonly NodeLook[], confirmations: readonly Confirmation[]): Gate[] {
  return peers.map((peer): Gate => {
    const { name, why } = peer;
    switch (standingOf(peer)) {
      case 'stopped':
        return stoppedGate(peer);
      case 'silent': {
        const word = confirmations.find((each) => each.node === name);
        if (word !== undefined)
          return gate(true, `${name} does not answer, and is off by the word of an operator: ${word.how}`, '');
        return gate(
          false,
          `${name} does not answer, which does not mean that it is off`,
          `Bring it up and look, or switch it off and say how that was verified: --verified-off '${name}=both power cables pulled at 14:05, J. Doe'.`,
        );
      }
      case 'mute':
        return gate(
          false,
          `${name} lives, and cannot be asked: ${why}`,
          `Make holdfast ha status ${name} work; it decides what is restored.`,
        );
      default:
        return gate(
          false,
          `a cluster runs on ${name}, and says nothing that can be used: ${peer.stateWhy ?? 'it has no DC'}`,
          `Wait until it has settled, or stop it there; see holdfast ha status ${name}.`,
        );
    }
  });
}

/** A peer that is only stopped has the cluster's configuration on its disk, newer than any backup. */
function stoppedGate({ name, read }: NodeLook): Gate {
  const disk = cibOnDisk(read!);
  const isEmpty = disk === undefined || (disk !== 'damaged' && !isConfigured(disk));
  if (isEmpty) return gate(true, `${name} answers, no cluster runs there, and it has no configuration of one`, '');
  const what = disk === 'damaged' ? 'a CIB that cannot be read' : `the CIB ${versionOf(disk)}`;
  return {
    ...gate(
      false,
      `${name} is only stopped, and has ${what} on its disk`,
      `Start the cluster on ${name}, and restore this node from it; the backup only with --override REASON.`,
    ),
    isOverridable: true,
  };
}

/** A configuration that is there is replaced only knowingly, as cibadmin(8) asks for --force. */
export function existingGate(target: NodeLook, wanted: cib.XmlDocument): Gate {
  const there = target.live ?? cibOnDisk(target.read!);
  const where = target.live === undefined ? 'on its disk' : 'in its running cluster';
  if (there === undefined || (there !== 'damaged' && !isConfigured(there)))
    return gate(true, `${target.name} has no configuration of a cluster that would be lost`, '');
  if (there !== 'damaged' && differencesOf(there, wanted).length === 0)
    return gate(true, `${target.name} has the configuration of the backup already`, '');
  const what =
    there === 'damaged' ? 'a CIB that cannot be read' : `a configuration already, the CIB ${versionOf(there)}`;
  const hint = 'Keep it: start the cluster there. The backup takes its place only with --override REASON.';
  return { ...gate(false, `${target.name} has ${what}, ${where}`, hint), isOverridable: true };
}

export function targetGates(
  target: NodeLook,
  { stored, changed, doubts }: { stored: StoredConfiguration; changed: readonly string[]; doubts: readonly string[] },
): Gate[] {
  const { calls_itself: named } = stored.node;
  const { name, read, daemons } = target;
  const isNamed = named === null || read!.name === named;
  const running = [...daemons].join(', ');
  return [
    gate(true, `${name} answers`, ''),
    ...(isNamed
      ? []
      : [
          gate(
            false,
            `${name} calls itself ${read!.name}, and is ${named} in the cluster`,
            `Give it its name: hostnamectl set-hostname ${named}`,
          ),
        ]),
    ...(daemons.size > 0 && changed.length > 0
      ? [
          gate(
            false,
            `${running} runs on ${name}, with other files than it is to get: ${changed.join(', ')}`,
            'Give up its resources and stop the cluster there first: holdfast ha standby, then systemctl stop pacemaker corosync.',
          ),
        ]
      : []),
    ...doubts.map((doubt) =>
      gate(false, doubt, 'Write this file by hand as it has to be on both nodes, and run the command again.'),
    ),
  ];
}

/** Whether the node is a member, as somebody sees it. */
export function isMember(state: NonNullable<NodeLook['state']>, node: string): boolean {
  return state.nodes.some((each) => each.name === node && each.isOnline && !each.isPending && !each.isUnclean);
}

function gate(isMet: boolean, text: string, hint: string): Gate {
  return { isMet, isOverridable: false, text, hint };
}
