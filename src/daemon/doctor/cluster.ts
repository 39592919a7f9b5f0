/** Whether a cluster of the configuration answers from each of its nodes, and is the one that is meant. */
import { hasCode } from '../../base/errors.ts';
import { live, type pacemaker, UNANSWERED } from '../../cluster.ts';
import { doubtful, type Finding, fine, wrong } from './finding.ts';
import { examineHost, type HostParts } from './host.ts';
import { examineTools } from './tools.ts';

export interface NodeParts extends HostParts {
  cluster: string;
  /** Of the configuration. */
  nodes: readonly string[];
  /** It is this machine, which is asked without ssh. */
  isHere: boolean;
  /** Plans or shelves use this machine too, and it is examined for them. */
  isKnown: boolean;
}

/** What is run on a node by those that ask it, test its fencing and keep its configuration, beside what asks how it stands. */
const PROGRAMS = {
  pacemaker: ['cibadmin', 'crm_node', 'stonith_admin', 'corosync-quorumtool'],
  heartbeat: ['cl_status', 'stonith'],
} as const;

/** Nothing is asked of a node that is not reached. */
export async function examineNode(parts: NodeParts): Promise<Finding[]> {
  const reached = parts.isHere ? [] : await examineHost(parts);
  const isReached = reached.every(({ level }) => level !== 'error');
  const own = parts.isKnown ? [] : reached;
  if (!isReached) return own;
  return [...own, ...(await examineAnswer(parts))];
}

async function examineAnswer(parts: NodeParts): Promise<Finding[]> {
  const { name, cluster, processes, clock, timeLimitMs, signal } = parts;
  const subject = `${cluster} from ${name}`;
  const seat: pacemaker.Seat = { name, processes };
  try {
    const state = await live.readState(seat, { clock, signal, timeLimitMs });
    return [
      fine('cluster', subject, textOf(state)),
      ...strangers(state, { ...parts, subject }),
      ...(await examineTools(parts, PROGRAMS[state.kind])),
    ];
  } catch (error) {
    if (!hasCode(error, ...UNANSWERED)) throw error;
    return [wrong('cluster', subject, { text: error.message, remedy: error.hint })];
  }
}

function textOf({ kind, dc, nodes }: live.ClusterState): string {
  const program = kind === 'heartbeat' ? 'Heartbeat' : `Pacemaker ${dc?.version?.split('-', 1)[0] ?? ''}`.trim();
  const members = nodes.filter((node) => node.kind === 'member' || node.kind === 'unknown');
  const online = members.filter(({ isOnline }) => isOnline).length;
  return `${program} answers: ${online} of ${members.length} nodes online`;
}

/** Guests and remote nodes run no tests and keep no configuration. */
function strangers(
  { nodes: told }: live.ClusterState,
  { cluster, nodes, name, subject }: NodeParts & { subject: string },
): Finding[] {
  const members = told.filter(({ kind }) => kind === 'member' || kind === 'unknown').map((node) => node.name);
  const place = `clusters.${cluster}.nodes`;
  if (!members.includes(name)) {
    const text = `the cluster there has no node ${name}, only ${members.join(', ') || 'none'}`;
    return [wrong('cluster', subject, { text, remedy: `Give its name as uname -n prints it there: ${place}` })];
  }
  const missing = members.filter((each) => !nodes.includes(each));
  if (missing.length === 0) return [];
  const text = `it has also ${missing.join(' and ')}, of which the configuration knows nothing`;
  return [doubtful('cluster', subject, { text, remedy: `Add to ${place}: ${missing.join(', ')}` })];
}
