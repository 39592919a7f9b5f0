/** What the suites of the lab share: a lab that is opened before the first test, judged after each, and gone after the last. */
import assert from 'node:assert/strict';
import { after, afterEach, before } from 'node:test';
import type { live } from '../../src/cluster.ts';
import { Evidence } from './evidence.ts';
import { Lab } from './lab.ts';
import type { MountWatch } from './mounts.ts';
import { type PacemakerCluster, startPacemaker } from './pacemaker.ts';

/** Of each LUN, unless its file system has to hold more than lines of text. */
const LUN_BYTES = 32 * 1024 * 1024;

export interface Bed {
  lab: Lab;
  /** The judge of "never mounted twice". */
  watch: MountWatch;
}

/** Of the suite that calls it. @returns what was opened, for the tests; throws before the first of them */
export function useLab<T extends object>(open: (lab: Lab) => Promise<T>): () => Bed & T {
  const held = new AsyncDisposableStack();
  let bed: (Bed & T) | undefined;
  before(async () => {
    const lab = held.use(await Lab.open());
    const watch = held.use(lab.watchMounts());
    bed = { lab, watch, ...(await open(lab)) };
  });
  after(() => held.disposeAsync());
  const opened = (): Bed & T => {
    if (bed === undefined) throw new Error('the lab of this suite is not open');
    return bed;
  };
  afterEach(() => judge(opened()));
  return opened;
}

/** Nothing was mounted twice so far, and somebody has looked. */
export function judge({ lab, watch }: Bed): void {
  assert.ok(watch.looks > 0 && (watch.sightings > 0 || lab.luns.length === 0), 'the judge has looked');
  assert.deepEqual(watch.doubles, []);
}

export interface BedLun {
  prefers: string;
  deepMonitorS?: number;
}

export interface PacemakerBedOptions<Name extends string> {
  nodes: readonly string[];
  luns: Readonly<Record<Name, BedLun>>;
  shotLast?: string;
  stickiness?: number;
  /** Before the hosts are switched on. */
  prepare?: () => void;
}

export interface PacemakerParts<Name extends string> {
  cluster: PacemakerCluster;
  /** In the order of the LUNs. */
  evidence: Evidence[];
  /** By name. */
  on: Readonly<Record<Name, Evidence>>;
}

/** A cluster of Pacemaker with a file system on each of the LUNs. */
export function usePacemaker<Name extends string>(
  options: PacemakerBedOptions<Name>,
): () => Bed & PacemakerParts<Name> {
  return useLab((lab) => openPacemaker(lab, options));
}

export async function openPacemaker<Name extends string>(
  lab: Lab,
  { nodes, luns, prepare, ...rules }: PacemakerBedOptions<Name>,
): Promise<PacemakerParts<Name>> {
  const names = Object.keys(luns) as Name[];
  const on = await makeLuns(lab, names, nodes);
  prepare?.();
  const cluster = await startPacemaker(lab, nodes);
  await cluster.configure({ ...rules, filesystems: names.map((name) => ({ lun: on[name].lun, ...luns[name] })) });
  return { cluster, on, evidence: names.map((name) => on[name]) };
}

export async function makeLuns<Name extends string>(
  lab: Lab,
  names: readonly Name[],
  hosts: readonly string[],
): Promise<Record<Name, Evidence>> {
  const made: Partial<Record<Name, Evidence>> = {};
  for (const name of names) made[name] = new Evidence(await lab.lun(name, LUN_BYTES, hosts));
  return made as Record<Name, Evidence>;
}

/** Of each LUN, the hosts that have it mounted. */
export function placesOf(lab: Lab): Record<string, string[]> {
  return Object.fromEntries(lab.luns.map((lun) => [lun.name, lab.activeOn(lun)]));
}

/** Hosts by name, for code that takes the machine as an argument. */
export function seatsIn(lab: Lab): (name: string) => live.Seat {
  return (name) => ({ name, processes: lab.host(name).processes });
}
