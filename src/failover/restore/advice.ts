/** What a person should know before a node is restored. Pure. */
import { cib } from '../../cluster.ts';
import { movablesOf, preferredNode } from '../act/places.ts';
import { corosyncOf } from '../capture/gather.ts';
import { HA_CF } from '../capture/items.ts';
import { type Confirmation, standingOf } from './gates.ts';
import { isConfigured, type NodeLook } from './look.ts';
import type { StoredConfiguration } from './stored.ts';

/** Where a peer lives: nothing moves by itself, but for what prefers the node more than it sticks. */
export function placeNotes(peer: NodeLook, stored: StoredConfiguration): string[] {
  const { state, live } = peer;
  if (state?.kind === 'heartbeat') return [autoFailbackNote(stored)].filter((note) => note !== undefined);
  if (live === undefined || state === undefined) return [];
  const situation = { state, cib: cib.withTemplates(cib.readCib(live)) };
  const away = movablesOf(situation).filter(({ id, nodes }) => {
    const preferred = preferredNode(situation, id);
    return preferred === stored.node.calls_itself && nodes.length > 0 && !nodes.includes(preferred!);
  });
  const isEmpty = !isConfigured(live) && stored.cib !== undefined && isConfigured(stored.cib);
  return [
    ...(away.length === 0
      ? []
      : [
          `${away.map(({ id }) => id).join(', ')} run elsewhere and prefer this node; bring them back when all is well: holdfast ha failback`,
        ]),
    ...(isEmpty
      ? [
          `the living cluster has no resources, and the backup has: holdfast ha apply ${stored.place}/cib.xml puts them there`,
        ]
      : []),
  ];
}

function autoFailbackNote({ files }: StoredConfiguration): string | undefined {
  const text = Buffer.from(files.find(({ path }) => path === HA_CF)?.content ?? '').toString();
  if (!/^\s*auto_failback\s+on\b/m.test(text)) return undefined;
  return 'auto_failback is on: the node takes its resources back as soon as it is active';
}

/** Where nobody lives: what holds the resources back, and what does not. */
export function fencingNotes(
  { cib: wanted, files, node }: StoredConfiguration,
  { peers, confirmations }: { peers: readonly NodeLook[]; confirmations: readonly Confirmation[] },
): string[] {
  const quorum = corosyncOf(files.map(({ path, content }) => ({ path, bytes: Buffer.from(content) })))?.quorum;
  const isPair = quorum?.isTwoNode === true;
  const silent = peers.filter(
    (peer) => standingOf(peer) === 'silent' && confirmations.some(({ node }) => node === peer.name),
  );
  const settings = wanted === undefined ? undefined : cib.readCib(wanted);
  const enabled = cib.valueIn(settings?.properties ?? [], 'stonith-enabled');
  const isUnfenced = enabled !== undefined && cib.parseBoolean(enabled) === false;
  return [
    ...(isUnfenced
      ? [
          'fencing is switched off in the backup (stonith-enabled=false): nothing keeps a node that is not really off from mounting as well',
        ]
      : []),
    ...(isPair && quorum.waitsForAll
      ? [
          'resources start when the other node has been seen as well: restore that one next (votequorum(5), wait_for_all)',
        ]
      : []),
    ...(wanted !== undefined && peers.length > 0
      ? [
          'bring the other nodes back with holdfast ha restore as well: one that is just started may bring a CIB with a higher number, which then counts',
        ]
      : []),
    ...(isPair && quorum.waitsForAll && silent.length > 0 && !isUnfenced
      ? [
          `while ${silent.map(({ name }) => name).join(', ')} stays away nothing starts and nothing is fenced; to go on without it, on ${node.name}: corosync-cmapctl -s quorum.cancel_wait_for_all u8 1`,
        ]
      : []),
    ...silent.map(
      ({ name }) =>
        `${name} is fenced before anything that it may have is started; what then waits for it: holdfast ha fence confirm ${name}`,
    ),
  ];
}
