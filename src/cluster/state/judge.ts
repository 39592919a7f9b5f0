/** What is wrong with a cluster, from its state alone. */
import type { ClusterState, Remark } from '../state.ts';
import { judgeNodes } from './judge-nodes.ts';
import { judgeResources } from './judge-resources.ts';
import { isFenceDevice, primitivesOf } from './walk.ts';

type Rule = (state: ClusterState) => Remark[];

const RULES: readonly Rule[] = [
  judgeCoordinator,
  judgeNodes,
  judgeResources,
  judgeFencing,
  judgeFailures,
  judgeMoves,
  judgeGaps,
];

/**
 * Errors first. A cluster without an error is healthy: every node is a full member, everything that shall run does, and
 * the next failure of a node can be survived. Warnings are what a person should know before touching it.
 */
export function judgeState(state: ClusterState): Remark[] {
  const remarks = RULES.flatMap((rule) => rule(state));
  return remarks.toSorted((a, b) => rank(a) - rank(b));
}

function rank({ level }: Remark): number {
  return level === 'error' ? 0 : 1;
}

function judgeCoordinator({ kind, dc, hasQuorum, options, nodes }: ClusterState): Remark[] {
  if (kind === 'heartbeat') return [];
  const cluster = (code: string, text: string): Remark => ({ level: 'error', code, subject: 'cluster', text });
  return [
    ...(dc === undefined ? [cluster('no-dc', 'no DC is elected: nothing is decided')] : []),
    ...(hasQuorum === false
      ? [cluster('no-quorum', `no quorum; policy: ${options.noQuorumPolicy ?? 'not told'}`)]
      : []),
    ...(hasQuorum === undefined && dc !== undefined ? [cluster('quorum-unknown', 'nothing is said of quorum')] : []),
    ...(options.isInMaintenance
      ? [cluster('maintenance', 'in maintenance: nothing is started, stopped or watched')]
      : []),
    ...(options.stopsAllResources ? [cluster('stop-all', 'stop-all-resources is set')] : []),
    ...(nodes.length === 0 ? [cluster('no-nodes', 'there is no node')] : []),
    ...(dc?.isMixedVersion
      ? [{ level: 'warning', code: 'mixed-version', subject: 'cluster', text: 'nodes run different versions' } as const]
      : []),
  ];
}

/** Heartbeat does not say whether it fences: that stands in ha.cf, which `ha lint` reads. */
function judgeFencing({ kind, options, resources, fencing }: ClusterState): Remark[] {
  if (kind === 'heartbeat') return [];
  const error = (code: string, text: string, subject = 'fencing'): Remark => ({ level: 'error', code, subject, text });
  const devices = primitivesOf(resources).filter(({ primitive }) => isFenceDevice(primitive));
  // Newest first: only what came last for a node counts.
  const last = new Map((fencing ?? []).toReversed().map((event) => [event.target, event]));
  return [
    ...(options.fencesNodes === false ? [error('fencing-off', 'is switched off: a takeover may damage data')] : []),
    ...(options.fencesNodes === undefined ? [error('fencing-unknown', 'nothing is said of it')] : []),
    ...(options.fencesNodes !== false && devices.length === 0
      ? [error('no-fence-device', 'no fence device is configured: no node can be taken over')]
      : []),
    ...[...last.values()].flatMap(({ target, action, status, reason, delegate }): Remark[] => {
      if (status === 'success') return [];
      const by = delegate === undefined ? '' : ` by ${delegate}`;
      if (status === 'pending') return [error('fencing-pending', `${action} is under way`, target)];
      return [error('fencing-failed', `${action}${by} failed last${reason === '' ? '' : `: ${reason}`}`, target)];
    }),
  ];
}

function judgeFailures({ failures, failCounts }: ClusterState): Remark[] {
  return [
    ...failures.map(({ resource, operation, node, exitText, reason, status }): Remark => {
      const how = [exitText, status === 'complete' ? '' : status].filter((text) => text !== '').join(', ');
      const text = `${operation} on ${node} failed: ${[how, reason].filter((part) => part !== '').join('; ')}`;
      return { level: 'warning', code: 'failed-action', subject: resource, text };
    }),
    ...failCounts.flatMap(({ resource, node, count, threshold }): Remark[] =>
      threshold === undefined || count < threshold
        ? []
        : [
            {
              level: 'error',
              code: 'failed-out',
              subject: resource,
              text: `may not run on ${node} any more: it failed too often; clear with: crm_resource --cleanup`,
            },
          ],
    ),
  ];
}

function judgeMoves({ moves }: ClusterState): Remark[] {
  return moves.map(({ id, resource, kind, node, until }) => ({
    level: 'warning',
    code: 'left-by-move',
    subject: resource,
    text: `${kind === 'prefer' ? 'bound to' : 'kept off'} ${node ?? 'nodes of a rule'} by ${id}${until === undefined ? '' : ` until ${until}`}`,
  }));
}

function judgeGaps({ gaps, kind }: ClusterState): Remark[] {
  if (kind === 'heartbeat') return gaps.filter(({ what }) => what === 'resources').map(gap);
  return gaps.map(gap);
}

function gap({ what, why }: { what: string; why: string }): Remark {
  return { level: 'warning', code: 'not-read', subject: what, text: `not read: ${why}` };
}
