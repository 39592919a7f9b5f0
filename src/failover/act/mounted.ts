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
  const wanted = wantedOf(told);
  if (wanted.length === 0) return [];
  const members = told.nodes.filter(({ kind, isOnline }) => kind === 'member' && isOnline).map(({ name }) => name);
  const devices = wanted.map(({ filesystem }) => filesystem.device).filter((device) => device.startsWith('/'));
  const answers = await Promise.all(members.map((node) => ask(cluster, node, { devices, signal })));
  const tables = new Map(members.map((node, at) => [node, answers[at]!]));
  return wanted.map((each) => judgeOne(each, tables));
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

async function ask(
  cluster: ActingCluster,
  node: string,
  { devices, signal }: { devices: readonly string[]; signal: AbortSignal | undefined },
): Promise<pacemakerAct.NodeMounts | AppError> {
  try {
    return await cluster.mounts(node, devices, signal);
  } catch (error) {
    if (hasCode(error, ...UNREACHED, 'cluster-unclear', 'config')) return error;
    throw error;
  }
}

function judgeOne(
  { filesystem, node }: Wanted,
  tables: ReadonlyMap<string, pacemakerAct.NodeMounts | AppError>,
): Outcome {
  const { resource, device, mountpoint = '' } = filesystem;
  const result = (outcome: Outcome['outcome'], text: string): Outcome => ({
    expectation: { kind: 'mounted' },
    outcome,
    text: `${resource} (${device}): ${text}`,
  });
  const where = [...tables]
    .filter(([, table]) => !isError(table) && isMounted(table, filesystem))
    .map(([name]) => name);
  const others = where.filter((name) => name !== node);
  if (others.length > 0) return result('violated', `MOUNTED ON ${where.join(' AND ')}, and should be on ${node} alone`);
  const own = tables.get(node);
  const silent = [...tables].flatMap(([name, table]) => (isError(table) ? [`${name}: ${table.message}`] : []));
  if (own !== undefined && !isError(own) && !where.includes(node))
    return result('violated', `not mounted at ${mountpoint} on ${node}`);
  if (own === undefined || silent.length > 0)
    return result('unexamined', `mounts could not be read: ${silent.join('; ') || `${node} is not online`}`);
  return result('met', `mounted at ${mountpoint} on ${node}, and nowhere else`);
}

function isError(table: pacemakerAct.NodeMounts | AppError): table is AppError {
  return 'code' in table;
}

/** A device that is a path counts wherever it is mounted; others (labels, exports) by the directory. */
function isMounted({ mounts, targets }: pacemakerAct.NodeMounts, filesystem: state.SharedFilesystem): boolean {
  const { device, mountpoint } = filesystem;
  const directory = mountpoint?.replace(/(.)\/+$/, '$1');
  if (!device.startsWith('/')) return mounts.some((each) => each.directory === directory);
  const real = (path: string): string => targets.get(path) ?? path;
  return mounts.some((each) => real(each.device) === real(device));
}
