/** Brings faults about, and takes them away again. */
import { freeze, thaw } from '../../lab/freeze.ts';
import type { Host } from '../../lab/host.ts';
import type { Lun } from '../../lab/lun.ts';
import { directoryOf } from '../../lab/pacemaker-configuration.ts';
import type { PowerFault } from '../../lab/power.ts';
import { until } from '../../lab/wait.ts';
import { type Bed, placesOf } from './bed.ts';
import { type Drawn, type Fault, type FaultKind, isFenceFault } from './draw.ts';

const HEAL_MS_MAX = 150_000;
const LOOK_MS = 500;
/** The agent for fencing asks, after the shot, whether the node is off: until then nobody should switch it on. */
const STAYS_OFF_MS = 3_000;
/** Failures are forgotten again when all has not become well by then. */
const TIDY_MS = 20_000;

export async function strike(bed: Bed, fault: Fault): Promise<void> {
  const { lab } = bed;
  const { kind, node, peer, lun, link } = fault;
  if (isFenceFault(kind)) return lab.power.setFault(node, kind.slice('fence-'.length) as PowerFault);
  const host = lab.host(node);
  switch (kind) {
    case 'kill':
      return await host.kill();
    case 'power-loss':
      return await host.powerLoss();
    case 'reboot':
      await host.kill();
      return await host.boot();
    case 'host-stopped':
      return freeze(host);
    case 'link-cut':
      return await lab.cutLinks(node, [link!]);
    case 'links-cut':
      return await lab.cutLinks(node);
    case 'pair-apart':
      return await lab.isolatePair(node, peer!);
    case 'membership-stopped':
      return await signal(bed, host, 'STOP');
    case 'lun-path':
      return lunOf(bed, lun!).cut(node);
    case 'resource-fails':
      return await tear(host, directoryOf(lunOf(bed, lun!)));
    case 'standby':
      return await bed.handOver(node);
  }
}

/** Nothing where an order has just taken it away. */
async function tear(host: Host, directory: string): Promise<void> {
  const { exitCode, errorText } = await host.exec(['umount', directory]);
  if (exitCode !== 0 && !errorText.includes('not mounted')) throw new Error(`umount on ${host.name}: ${errorText}`);
}

/** All faults gone, all hosts on, nothing left to do, every LUN on one host. @returns milliseconds, and what had to be done by hand */
export async function heal(bed: Bed, drawn: Drawn): Promise<{ tookMs: number; helped: string[] }> {
  await undo(bed, drawn.faults);
  const offSince = new Map<string, number>();
  const helped: string[] = [];
  const begin = performance.now();
  let nextTidyMs = 0;
  const isWell = async (): Promise<boolean> => {
    if (!(await switchedOn(bed, offSince)) || !(await bed.isWhole())) return false;
    const now = performance.now() - begin;
    if (now >= nextTidyMs) {
      nextTidyMs = now + TIDY_MS;
      helped.push(...(await bed.tidy(drawn)));
      return false;
    }
    return Object.values(placesOf(bed)).every((places) => /^\w+$/.test(places)) && (await bed.isIdle(bed.hosts));
  };
  const explain = async () => `LUNs: ${JSON.stringify(placesOf(bed))}`;
  const tookMs = await until('all is well again', isWell, { limitMs: HEAL_MS_MAX, everyMs: LOOK_MS, explain });
  return { tookMs, helped: [...new Set(helped)] };
}

async function undo(bed: Bed, faults: readonly Fault[]): Promise<void> {
  const { lab } = bed;
  for (const { name } of bed.hosts) lab.power.setFault(name, undefined);
  const kinds: readonly FaultKind[] = faults.map(({ kind }) => kind);
  if (kinds.includes('pair-apart')) await lab.healPair();
  for (const { kind, node, lun } of faults) {
    if (kind === 'link-cut' || kind === 'links-cut') await lab.healLinks(node);
    if (kind === 'lun-path') lunOf(bed, lun!).heal(node);
    if (kind === 'host-stopped') thaw(lab.host(node));
    if (kind === 'membership-stopped' && lab.host(node).isOn) await signal(bed, lab.host(node), 'CONT');
  }
}

async function switchedOn({ hosts }: Bed, offSince: Map<string, number>): Promise<boolean> {
  const now = performance.now();
  for (const host of hosts) {
    if (host.isOn) offSince.delete(host.name);
    else if (!offSince.has(host.name)) offSince.set(host.name, now);
    else if (now - offSince.get(host.name)! >= STAYS_OFF_MS) await host.boot();
  }
  return hosts.every(({ isOn }) => isOn);
}

/** Seen from within the host, where only its own processes have numbers. */
async function signal({ membership }: Bed, host: Host, name: 'STOP' | 'CONT'): Promise<void> {
  await host.must(['sh', '-c', `kill -${name} $(pidof "$0")`, membership]);
}

function lunOf({ lab }: Bed, name: string): Lun {
  const lun = lab.luns.find((each) => each.name === name);
  if (lun === undefined) throw new Error(`there is no LUN ${name}`);
  return lun;
}
