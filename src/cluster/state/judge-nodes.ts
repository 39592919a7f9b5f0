/** Nodes that are no full members, and paths that are down. */
import type { ClusterState, NodeState, Remark } from '../state.ts';

export function judgeNodes({ nodes, pings, links }: ClusterState): Remark[] {
  return [
    ...nodes.filter(({ kind }) => kind !== 'guest' && kind !== 'ping').flatMap(judgeNode),
    ...pings
      .filter(({ isReached }) => !isReached)
      .map(({ name }): Remark => ({ level: 'error', code: 'ping-lost', subject: name, text: 'does not answer pings' })),
    ...deadLinks(nodes, links),
  ];
}

/** What a node is, in the words of crm_mon; the gravest first. */
export function wordsOfNode(node: NodeState): string[] {
  return [
    ...(node.isUnclean ? ['UNCLEAN'] : []),
    ...(node.isOnline ? [] : [node.isPending ? 'pending' : 'OFFLINE']),
    ...(node.isOnline && node.isPending ? ['pending'] : []),
    ...(node.isStandby || node.isStandbyOnFail
      ? [node.isStandbyOnFail ? 'in standby after a failure' : 'in standby']
      : []),
    ...(node.isInMaintenance ? ['in maintenance'] : []),
    ...(node.isShuttingDown && node.isOnline ? ['shutting down'] : []),
    ...(node.health === undefined || node.health === 'green' ? [] : [`health ${node.health}`]),
  ];
}

const CODES: readonly [keyof NodeState, string][] = [
  ['isUnclean', 'node-unclean'],
  ['isPending', 'node-pending'],
  ['isStandby', 'node-standby'],
  ['isStandbyOnFail', 'node-standby'],
  ['isInMaintenance', 'node-maintenance'],
  ['isShuttingDown', 'node-shutdown'],
];

function judgeNode(node: NodeState): Remark[] {
  const words = wordsOfNode(node);
  if (words.length === 0) return [];
  const first = CODES.find(([key]) => node[key] === true && !(key === 'isShuttingDown' && !node.isOnline));
  const code = node.isUnclean || node.isOnline || node.isPending ? (first?.[1] ?? 'node-health') : 'node-offline';
  // Yellow health moves nothing by itself.
  const isMild = code === 'node-health' && node.health !== 'red';
  return [{ level: isMild ? 'warning' : 'error', code, subject: node.name, text: `is ${words.join(', ')}` }];
}

/** Paths to a node that is gone, or to a ping host, say nothing that is not said already. */
function deadLinks(nodes: readonly NodeState[], links: ClusterState['links']): Remark[] {
  const online = new Set(nodes.filter(({ isOnline }) => isOnline).map(({ name }) => name));
  return links
    .filter(({ node, isUp }) => !isUp && online.has(node))
    .map(({ node, link }) => ({ level: 'error', code: 'link-down', subject: node, text: `path ${link} is down` }));
}
