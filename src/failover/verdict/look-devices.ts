/** Who has the filesystems that change their place: by their own blocks, and by the kernels of the nodes. */
import { DEVICES_READ_MAX } from '../../base/cluster-limits.ts';
import { AppError } from '../../base/errors.ts';
import { forEachLimited } from '../../base/tasks.ts';
import { live, mmp, pacemakerAct, type state } from '../../cluster.ts';
import type { ActionPlan, Situation } from '../act/model.ts';
import { DEVICES_GAP, type MountTables, mountTables } from '../act/mounted.ts';
import { movableOf } from '../act/places.ts';
import { byKernels, mmpInput } from './inputs-devices.ts';
import type { VerdictInput } from './model.ts';
import { orUnseen, type Sight } from './sight.ts';

interface Wanted {
  filesystem: state.SharedFilesystem;
  /** Nodes where the cluster says that it is active. */
  holders: readonly string[];
}

export async function lookAtDevices(plan: ActionPlan, situation: Situation, sight: Sight): Promise<VerdictInput[]> {
  const { state: told } = situation;
  // A gap hides filesystems: then nothing can be said of all of them.
  const gap = told.gaps.find(({ what }) => what === DEVICES_GAP);
  if (gap !== undefined)
    return [{ name: 'mmp', subject: '', finding: 'unexamined', examinedMs: undefined, text: gap.why }];
  const wanted = wantedOf(plan, situation);
  if (wanted.length === 0)
    return [
      { name: 'mmp', subject: '', finding: 'good', examinedMs: told.atMs, text: 'no filesystem changes its place' },
    ];
  const { signal, clock, seatOf } = sight;
  const filesystems = wanted.map(({ filesystem }) => filesystem);
  const tables = await mountTables(told, filesystems, async (node, devices) => {
    const seat = seatOf(node);
    if (seat === undefined) throw new AppError('host-unreachable', { detail: `nobody said how ${node} is reached` });
    return await pacemakerAct.readMounts(seat, devices, { clock, signal });
  });
  const inputs: VerdictInput[] = [];
  await forEachLimited(wanted, { width: DEVICES_READ_MAX, signal }, async (each) => {
    inputs.push(await lookAtDevice(plan, situation, { ...each, sight, tables }));
  });
  return inputs.toSorted((a, b) => a.subject.localeCompare(b.subject));
}

/** What is new in a configuration is held by nobody that this cluster knows of. */
function wantedOf(plan: ActionPlan, situation: Situation): Wanted[] {
  const placed = live.primitivesOf(situation.state.resources).map(({ primitive }) => primitive);
  const moving = situation.state.filesystems.flatMap((filesystem): Wanted[] => {
    const id = movableOf(situation, filesystem.resource)?.id;
    if (id === undefined || !plan.moved.includes(id)) return [];
    const own = placed.filter(({ id: each, isActive }) => each === filesystem.resource && isActive);
    return [{ filesystem, holders: [...new Set(own.flatMap(({ nodes }) => nodes))] }];
  });
  return [...moving, ...plan.arriving.map((filesystem) => ({ filesystem, holders: [] }))];
}

/** Read where it goes to: that this node reaches the device at all is worth knowing as well. */
async function lookAtDevice(
  plan: ActionPlan,
  situation: Situation,
  { filesystem, holders, sight, tables }: Wanted & { sight: Sight; tables: MountTables },
): Promise<VerdictInput> {
  const { device, resource } = filesystem;
  const subject = `${resource} (${device})`;
  const nowMs = sight.clock.nowMs();
  const unseen = (text: string): VerdictInput => {
    return { name: 'mmp', subject, finding: 'unexamined', examinedMs: undefined, text };
  };
  const place = live.placeOfDevice(filesystem);
  if (place.kind === 'unknown') return unseen('it is not known which device that is');
  if (place.kind === 'elsewhere')
    return { name: 'mmp', subject, finding: 'good', examinedMs: nowMs, text: 'no device of these hosts' };
  const isDrbd = /^\/dev\/drbd/.test(place.path);
  // The secondary of a DRBD cannot be opened at all.
  const node = isDrbd && holders[0] !== undefined ? holders[0] : targetOf(plan, situation, resource);
  const seat = node === undefined ? undefined : sight.seatOf(node);
  if (node === undefined || seat === undefined) return unseen(`nobody said how ${node ?? 'its next node'} is reached`);
  const host = { name: node, processes: seat.processes, clock: sight.clock };
  const read = await orUnseen(() => mmp.readMmp(host, place.path, sight.signal));
  if ('error' in read) return unseen(read.error.message);
  const input = mmpInput(filesystem, read.value, { holders, host: node, nowMs, isDrbd });
  return byKernels(input, { filesystem, holders, tables });
}

function targetOf(plan: ActionPlan, situation: Situation, resource: string): string | undefined {
  const { nodes } = situation.state;
  const movable = movableOf(situation, resource);
  const id = movable?.id ?? resource;
  const promised = [...plan.steps.flatMap(({ expects }) => expects), ...plan.promises];
  const at = promised.find((each) => each.kind === 'at' && each.resource === id);
  if (at?.kind === 'at') return at.node;
  const up = nodes.filter(({ isOnline, kind }) => isOnline && kind === 'member').map(({ name }) => name);
  return up.find((name) => movable?.nodes.includes(name) !== true) ?? up[0];
}
