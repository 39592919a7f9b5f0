/** Whether filesystems are mounted where their resources are active, by the kernels of the nodes themselves. */
import { type AppError, hasCode } from '../../base/errors.ts';
import { live, type pacemakerAct, type state, UNREACHED } from '../../cluster.ts';
import type { ActingCluster } from './cluster.ts';
import type { Outcome, Situation } from './model.ts';

interface Wanted {
  filesystem: state.SharedFilesystem;
  node: string;
}

/**
 * One outcome for each filesystem that exists once. A node that is up and could not be asked leaves it unexamined, whether
 * it should have it mounted or not; nodes that are down have nothing mounted, which fencing stands for.
 */
export async function judgeMounts(
  { state: told }: Situation,
  cluster: ActingCluster,
  signal: AbortSignal | undefined,
): Promise<Outcome[]> {
  // Without the configuration nobody knows which filesystems there are.
  const gap = told.gaps.find(({ what }) => what === DEVICES_GAP);
  if (gap !== undefined)
    return [
      { expectation: { kind: 'mounted' }, outcome: 'unexamined', text: `filesystems could not be read: ${gap.why}` },
    ];
  const wanted = wantedOf(told);
  if (wanted.length === 0) return [];
  const filesystems = wanted.map(({ filesystem }) => filesystem);
  const tables = await mountTables(told, filesystems, (node, devices) => cluster.mounts(node, devices, signal));
  return wanted.map((each) => judgeOne(each, tables));
}

/** What a state that was read without the configuration has as a gap. */
export const DEVICES_GAP = 'constraints and devices';

/** Of each node that is up; an error where it could not be asked. */
export type MountTables = ReadonlyMap<string, pacemakerAct.NodeMounts | AppError>;

export async function mountTables(
  { nodes }: Pick<state.ClusterState, 'nodes'>,
  filesystems: readonly state.SharedFilesystem[],
  mountsOf: (node: string, devices: readonly string[]) => Promise<pacemakerAct.NodeMounts>,
): Promise<MountTables> {
  const isMember = ({ kind, isOnline }: state.NodeState): boolean =>
    (kind === 'member' || kind === 'unknown') && isOnline;
  const members = nodes.filter(isMember).map(({ name }) => name);
  const places = filesystems.map(live.placeOfDevice);
  const devices = places.flatMap((place) => (place.kind === 'path' ? [place.path] : []));
  const answers = await Promise.all(members.map((node) => ask(() => mountsOf(node, devices))));
  return new Map(members.map((node, at) => [node, answers[at]!]));
}

function wantedOf({ filesystems, resources }: state.ClusterState): Wanted[] {
  const placed = live.primitivesOf(resources);
  return filesystems.flatMap((filesystem) => {
    const own = placed.find(({ primitive }) => primitive.id === filesystem.resource);
    if (own === undefined || own.within.some(({ kind }) => kind !== 'group')) return [];
    const { isActive, nodes } = own.primitive;
    return isActive && nodes.length === 1 ? [{ filesystem, node: nodes[0]! }] : [];
  });
}

async function ask(read: () => Promise<pacemakerAct.NodeMounts>): Promise<pacemakerAct.NodeMounts | AppError> {
  try {
    return await read();
  } catch (error) {
    if (hasCode(error, ...UNREACHED, 'cluster-unclear', 'config')) return error;
    throw error;
  }
}

function judgeOne({ filesystem, node }: Wanted, tables: MountTables): Outcome {
  const { resource, device, mountpoint = '' } = filesystem;
  const result = (outcome: Outcome['outcome'], text: string): Outcome => ({
    expectation: { kind: 'mounted' },
    outcome,
    text: `${resource} (${device}): ${text}`,
  });
  const { where, silent } = whereMounted(filesystem, tables);
  const others = where.filter((name) => name !== node);
  if (others.length > 0) return result('violated', `MOUNTED ON ${where.join(' AND ')}, and should be on ${node} alone`);
  const own = tables.get(node);
  if (own !== undefined && !isError(own) && !where.includes(node))
    return result('violated', `not mounted at ${mountpoint} on ${node}`);
  if (own === undefined || silent.length > 0)
    return result('unexamined', `mounts could not be read: ${silent.join('; ') || `${node} is not online`}`);
  return result('met', `mounted at ${mountpoint} on ${node}, and nowhere else`);
}

/** On which nodes it is mounted, by their kernels; and why some could not be asked. */
export function whereMounted(
  filesystem: state.SharedFilesystem,
  tables: MountTables,
): { where: string[]; silent: string[] } {
  const all = [...tables];
  return {
    where: all.flatMap(([name, table]) => (!isError(table) && isMounted(table, filesystem) ? [name] : [])),
    silent: all.flatMap(([name, table]) => (isError(table) ? [`${name}: ${table.message}`] : [])),
  };
}

function isError(table: pacemakerAct.NodeMounts | AppError): table is AppError {
  return 'code' in table;
}

/** A device that is a path counts wherever it is mounted; exports of servers by the directory. */
function isMounted({ mounts, targets }: pacemakerAct.NodeMounts, filesystem: state.SharedFilesystem): boolean {
  const directory = filesystem.mountpoint?.replace(/(.)\/+$/, '$1');
  const place = live.placeOfDevice(filesystem);
  if (place.kind !== 'path') return mounts.some((each) => each.directory === directory);
  const real = (path: string): string => targets.get(path) ?? path;
  return mounts.some((each) => real(each.device) === real(place.path));
}
