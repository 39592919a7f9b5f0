/** What the campaign knows from outside of a cluster at a moment: what it has done to it, and what kernels say. */
import { LINKS, type Link } from '../../lab/switch.ts';
import { type Bed, type Places, placesOf } from './bed.ts';
import { type Fault, type FenceFaultKind, isFenceFault } from './draw.ts';

export interface World {
  /** Milliseconds since 1970. */
  atMs: number;
  off: readonly string[];
  /** On, and its cluster software or all of it is stopped. */
  silent: readonly string[];
  /** All of it is stopped. */
  frozen: readonly string[];
  /** On for less than it takes to be a member again. */
  fresh: readonly string[];
  /** Node → cables that are cut. */
  cut: Readonly<Record<string, readonly Link[]>>;
  apart: readonly string[];
  /** Node → how switching it fails. */
  fence: Readonly<Record<string, FenceFaultKind>>;
  /** `LUN@NODE`: paths that are lost. */
  lost: readonly string[];
  /** Put in standby by the campaign. */
  standby: readonly string[];
  /** File systems unmounted behind the cluster's back. */
  torn: readonly string[];
  places: Places;
  /** Since the last fault that struck; infinite when none has. */
  sinceFaultMs: number;
}

interface Struck {
  fault: Fault;
  atMs: number;
  /** First process of the host that was hit: after a reboot, what was stopped is gone. */
  pid: number;
}

/** A node that was switched on is a member again within this, if it can be. */
const FRESH_MS = 25_000;

/** Takes down what is done to a cluster in a round. */
export class Chronicle implements Disposable {
  readonly #bed: Bed;
  readonly #struck: Struck[] = [];
  readonly #boots = new Map<string, { pid: number; atMs: number }>();
  readonly #worlds: World[] = [];
  readonly #standby: readonly string[];
  readonly #timer: NodeJS.Timeout;

  /** @param standby nodes that are in standby from the start */
  constructor(bed: Bed, standby: readonly string[], everyMs: number) {
    this.#bed = bed;
    this.#standby = standby;
    for (const host of bed.hosts) this.#boots.set(host.name, { pid: host.isOn ? host.firstPid : 0, atMs: 0 });
    this.#timer = setInterval(() => this.now(), everyMs);
  }

  strikes(fault: Fault): void {
    const host = this.#bed.hosts.find(({ name }) => name === fault.node);
    this.#struck.push({ fault, atMs: Date.now(), pid: host?.isOn === true ? host.firstPid : 0 });
  }

  now(): World {
    const world = this.#look();
    this.#worlds.push(world);
    return world;
  }

  /** Everything seen from one moment to another, one look before and one after included. */
  between(fromMs: number, toMs: number): World[] {
    const first = this.#worlds.findLastIndex(({ atMs }) => atMs <= fromMs);
    const last = this.#worlds.findIndex(({ atMs }) => atMs >= toMs);
    return this.#worlds.slice(Math.max(first, 0), last < 0 ? undefined : last + 1);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #look(): World {
    const atMs = Date.now();
    const { hosts } = this.#bed;
    for (const { name, isOn } of hosts.map((host) => ({ name: host.name, isOn: host.isOn }))) {
      const pid = isOn ? this.#bed.lab.host(name).firstPid : 0;
      if (this.#boots.get(name)?.pid !== pid) this.#boots.set(name, { pid, atMs });
    }
    const stopped = (...kinds: string[]): string[] =>
      this.#struck
        .filter(({ fault, pid }) => kinds.includes(fault.kind) && pid !== 0 && this.#boots.get(fault.node)?.pid === pid)
        .map(({ fault }) => fault.node);
    const of = (...kinds: string[]): Fault[] =>
      this.#struck.map(({ fault }) => fault).filter(({ kind }) => kinds.includes(kind));
    return {
      atMs,
      off: hosts.filter(({ isOn }) => !isOn).map(({ name }) => name),
      silent: stopped('membership-stopped', 'host-stopped'),
      frozen: stopped('host-stopped'),
      fresh: hosts
        .filter((host) => host.isOn && atMs - (this.#boots.get(host.name)?.atMs ?? 0) < FRESH_MS)
        .map((host) => host.name),
      cut: cutOf(of('link-cut', 'links-cut')),
      apart: of('pair-apart').flatMap(({ node, peer }) => [node, peer!]),
      fence: fenceOf(this.#struck.map(({ fault }) => fault)),
      lost: of('lun-path').map(({ lun, node }) => `${lun}@${node}`),
      standby: [...this.#standby, ...of('standby').map(({ node }) => node)],
      torn: of('resource-fails').map(({ lun }) => lun!),
      places: placesOf(this.#bed),
      sinceFaultMs: atMs - Math.max(...this.#struck.map((each) => each.atMs), Number.NEGATIVE_INFINITY),
    };
  }
}

function cutOf(faults: readonly Fault[]): Record<string, Link[]> {
  const cut: Record<string, Link[]> = {};
  for (const { node, link } of faults) cut[node] = [...(cut[node] ?? []), ...(link === undefined ? LINKS : [link])];
  return cut;
}

function fenceOf(faults: readonly Fault[]): Record<string, FenceFaultKind> {
  return Object.fromEntries(faults.flatMap(({ kind, node }) => (isFenceFault(kind) ? [[node, kind] as const] : [])));
}

export function isUp({ off, silent }: World, node: string): boolean {
  return !off.includes(node) && !silent.includes(node);
}

/** Whether the cluster software of two nodes can hear each other, by any link. */
export function canHear(world: World, a: string, b: string): boolean {
  if (!isUp(world, a) || !isUp(world, b)) return false;
  return (
    a === b || (!areApart(world, a, b) && LINKS.some((link) => isWhole(world, a, link) && isWhole(world, b, link)))
  );
}

/** Whether one reaches the other over ssh, which takes the first link. */
export function canReach(world: World, a: string, b: string): boolean {
  if ([a, b].some((node) => world.off.includes(node) || world.frozen.includes(node))) return false;
  return a === b || (!areApart(world, a, b) && isWhole(world, a, 0) && isWhole(world, b, 0));
}

function areApart({ apart }: World, a: string, b: string): boolean {
  return apart.includes(a) && apart.includes(b);
}

function isWhole({ cut }: World, node: string, link: Link): boolean {
  return cut[node]?.includes(link) !== true;
}
