/**
 * Heartbeat 3.0.6 in version 1 mode as a small model: where each group is after a fault. Its rules are those of ha.cf(5)
 * and of its ResourceManager: it knows no quorum and watches no resource; groups of a peer that was silent for deadtime
 * are taken over, after STONITH has succeeded where STONITH is configured; without it each side of a cut link takes
 * everything; a start that fails gives the group up and hands it to the peer; a stop that fails reboots the machine.
 */
import { heartbeat, type heartbeatAct } from '../../cluster.ts';
import type { ImportInput, ImportPlan } from '../import.ts';
import type { Fault } from '../simulate.ts';

export interface HeartbeatPair {
  nodes: readonly string[];
  groups: readonly PairGroup[];
  failback: 'on' | 'off';
  hasStonith: boolean;
  /** Undefined where devices are configured that nothing more is known of: they count as working. */
  shooters: readonly { id: string; hosts: readonly string[]; from: readonly string[] }[] | undefined;
}

export interface PairGroup {
  id: string;
  preferred: string;
  resources: readonly string[];
}

export interface HeartbeatOutcome {
  /** Of each group. Two nodes are a split brain. */
  placement: ReadonlyMap<string, readonly string[]>;
  /** Groups with something in them that is dead, which Heartbeat does not see. */
  broken: ReadonlySet<string>;
  /** Each shoots the other: one lives, or none, and which is not told. What is shown is one of the ends. */
  isChance: boolean;
  notes: readonly string[];
}

export function pairOf({ cf }: ImportInput, plan: ImportPlan): HeartbeatPair {
  const { stonith, nodes } = heartbeat.settingsOf(cf);
  const shooters = plan.fencing.map(({ device }) => ({ id: device.id, hosts: device.hosts, from: device.mayRunOn }));
  return {
    nodes,
    groups: plan.groups.map(({ id, nodes: [preferred = ''], resources }) => ({
      id,
      preferred,
      resources: resources.flatMap(({ id: own }) => own ?? []),
    })),
    failback: plan.failback,
    hasStonith: stonith.length > 0,
    shooters: shooters.length > 0 ? shooters : undefined,
  };
}

/** The pair while faults act on it. */
interface Scene {
  pair: HeartbeatPair;
  faults: readonly Fault[];
  placement: Map<string, string[]>;
  broken: Set<string>;
  dead: Set<string>;
  isChance: boolean;
  notes: Set<string>;
}

export function playHeartbeat(pair: HeartbeatPair, faults: readonly Fault[]): HeartbeatOutcome {
  const placement = new Map(pair.groups.map(({ id, preferred }) => [id, [preferred]]));
  const none = { broken: new Set<string>(), dead: new Set<string>(), notes: new Set<string>(), isChance: false };
  const scene: Scene = { pair, faults, placement, ...none };
  for (const fault of faults)
    if (fault.kind === 'node-dies' || fault.kind === 'node-returns') scene.dead.add(fault.node);
  for (const fault of faults) if (fault.kind === 'resource-fails') breakResource(scene, fault.resource);
  for (const fault of faults) if (fault.kind === 'node-standby') putInStandby(scene, fault.node);
  const isCut = faults.some(({ kind }) => kind === 'link-cut');
  for (const node of [...scene.dead]) takeOverFrom(scene, node);
  if (isCut && scene.dead.size === 0) splitUp(scene);
  for (const fault of faults) if (fault.kind === 'node-returns') comeBack(scene, fault.node);
  return { placement, broken: scene.broken, isChance: scene.isChance, notes: [...scene.notes] };
}

/** What an order of an operator comes to while both sides are up; `placement` is who has each group, by its id. */
export function playOrder(
  pair: HeartbeatPair,
  placement: ReadonlyMap<string, readonly string[]>,
  { kind, node, which }: heartbeatAct.HeartbeatChange,
): HeartbeatOutcome {
  const now = new Map(pair.groups.map(({ id }) => [id, [...(placement.get(id) ?? [])]]));
  const none = { broken: new Set<string>(), dead: new Set<string>(), notes: new Set<string>(), isChance: false };
  const scene: Scene = { pair, faults: [], placement: now, ...none };
  const [giver, taker] = kind === 'hb-standby' ? [node, peerOf(scene, node)] : [peerOf(scene, node), node];
  if (giver === undefined || taker === undefined)
    return {
      placement: now,
      broken: scene.broken,
      isChance: false,
      notes: ['there is no peer to give anything to, or to take it from'],
    };
  for (const group of groupsOn(scene, giver)) {
    const isLocal = group.preferred === node;
    if (which === 'all' || isLocal === (which === 'local')) startOn(scene, { group, node: taker, back: giver });
  }
  return { placement: now, broken: scene.broken, isChance: false, notes: [...scene.notes] };
}

function breakResource(scene: Scene, resource: string): void {
  const group = scene.pair.groups.find(({ resources }) => resources.includes(resource));
  if (group === undefined || scene.dead.has(group.preferred)) return;
  scene.broken.add(group.id);
  scene.notes.add('Heartbeat watches no resource and does not notice');
}

/** An orderly move; needs a peer that answers. */
function putInStandby(scene: Scene, node: string): void {
  const peer = peerOf(scene, node);
  const isCut = scene.faults.some(({ kind }) => kind === 'link-cut');
  if (peer === undefined || scene.dead.has(node) || scene.dead.has(peer) || isCut) {
    scene.notes.add('Heartbeat refuses a standby without a peer that answers');
    return;
  }
  if (scene.faults.some((fault) => fault.kind === 'node-standby' && fault.node === peer)) {
    scene.notes.add('Heartbeat refuses a standby while the peer is in one');
    return;
  }
  const own = groupsOn(scene, node);
  if (own.some((group) => fails(scene, group, 'stop'))) {
    scene.notes.add('a stop that fails makes Heartbeat reboot its machine');
    scene.dead.add(node);
    return;
  }
  for (const group of own) startOn(scene, { group, node: peer, back: node });
}

function takeOverFrom(scene: Scene, node: string): void {
  const peer = peerOf(scene, node);
  const own = groupsOn(scene, node);
  for (const { id } of own) scene.placement.set(id, []);
  if (peer === undefined || scene.dead.has(peer)) return;
  if (scene.pair.hasStonith && !canShoot(scene, { from: peer, target: node })) {
    scene.notes.add('Heartbeat takes nothing over until STONITH has succeeded, and it does not');
    return;
  }
  if (!scene.pair.hasStonith) scene.notes.add('Heartbeat takes over without any proof that the peer is off');
  for (const group of own) startOn(scene, { group, node: peer, back: undefined });
}

/** Each side counts the other as dead. */
function splitUp(scene: Scene): void {
  const [a, b] = scene.pair.nodes;
  if (a === undefined || b === undefined) return;
  if (!scene.pair.hasStonith) {
    for (const { id } of scene.pair.groups) scene.placement.set(id, [a, b]);
    scene.notes.add('split brain: without STONITH each side takes everything');
    return;
  }
  const [aShoots, bShoots] = [canShoot(scene, { from: a, target: b }), canShoot(scene, { from: b, target: a })];
  if (!aShoots && !bShoots) {
    scene.notes.add('Heartbeat takes nothing over until STONITH has succeeded, and it does not');
    return;
  }
  scene.isChance = aShoots && bShoots;
  if (scene.isChance) scene.notes.add('both shoot, and whoever is first lives, or neither: shown is the first node');
  const loser = aShoots ? b : a;
  scene.dead.add(loser);
  takeOverFrom(scene, loser);
}

function comeBack(scene: Scene, node: string): void {
  scene.dead.delete(node);
  for (const group of scene.pair.groups) {
    const isHome = scene.placement.get(group.id)?.includes(node) === true;
    const isDown = scene.placement.get(group.id)?.length === 0;
    if (group.preferred === node && !isHome && (scene.pair.failback === 'on' || isDown))
      scene.placement.set(group.id, [node]);
  }
}

/** The whole group is given up when one of it does not start, and after 30 s handed to the peer. */
function startOn(
  scene: Scene,
  { group, node, back }: { group: PairGroup; node: string; back: string | undefined },
): void {
  if (!fails(scene, group, 'start')) {
    scene.placement.set(group.id, [node]);
    scene.broken.delete(group.id);
    return;
  }
  scene.notes.add('a start that fails makes Heartbeat give up the group and hand it to the peer');
  scene.placement.set(group.id, back === undefined ? [] : [back]);
  scene.broken.delete(group.id);
}

function fails({ faults }: Scene, { resources }: PairGroup, operation: 'start' | 'stop'): boolean {
  return faults.some(
    (fault) => fault.kind === 'resource-fails' && fault.operation === operation && resources.includes(fault.resource),
  );
}

function canShoot({ pair, faults }: Scene, { from, target }: { from: string; target: string }): boolean {
  if (pair.shooters === undefined) return pair.hasStonith;
  const isDead = (id: string): boolean => faults.some((fault) => fault.kind === 'fence-dead' && fault.device === id);
  return pair.shooters.some(
    ({ id, hosts, from: users }) => hosts.includes(target) && users.includes(from) && !isDead(id),
  );
}

function groupsOn({ pair, placement }: Scene, node: string): PairGroup[] {
  return pair.groups.filter(({ id }) => placement.get(id)?.includes(node) === true);
}

function peerOf({ pair }: Scene, node: string): string | undefined {
  return pair.nodes.find((each) => each !== node);
}
