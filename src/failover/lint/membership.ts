/** Who is in the cluster. */
import { nearest } from '../../base/nearest.ts';
import { placeOf, topOf } from './facts.ts';
import type { Configuration, Facts, LintNode, Remark } from './model.ts';

/** `haresources` knows pairs only. */
export function nodeCount(configuration: Configuration): Remark[] {
  const { nodes, autojoin, crm } = configuration.settings;
  const isManaged = crm !== undefined && crm !== 'off';
  const place = placeOf(configuration, 'node');
  if (nodes.length < 2 && !(isManaged && autojoin !== undefined && autojoin !== 'none'))
    return [
      {
        level: 'error',
        place,
        text: nodes.length === 0 ? 'no node is named' : `${nodes[0]} is the only node: there is none to take over`,
        remedy: 'Name both nodes as uname -n does: node NAME NAME',
      },
    ];
  if (nodes.length === 2 || isManaged) return [];
  return [
    {
      level: 'error',
      place,
      text: `${nodes.length} nodes, where haresources can place resources on two`,
      remedy: 'Make pairs of them, or move to Pacemaker: holdfast ha import',
    },
  ];
}

export function autojoinRefused(configuration: Configuration): Remark[] {
  const { autojoin, crm } = configuration.settings;
  if (autojoin === undefined || autojoin === 'none' || (crm !== undefined && crm !== 'off')) return [];
  return [
    {
      level: 'error',
      place: placeOf(configuration, 'autojoin'),
      text: `autojoin ${autojoin} does not go with haresources: Heartbeat does not start`,
      remedy: 'Remove it, and name the nodes.',
    },
  ];
}

/** Heartbeat compares them in small letters, and takes nothing else for the same: a short name is not the full one. */
export function nodeName(node: LintNode, configuration: Configuration): Remark[] {
  const { nodes } = configuration.settings;
  const own = node.hostName?.toLowerCase();
  if (own === undefined || nodes.includes(own)) return [];
  const short = own.split('.')[0]!;
  const meant = nodes.find((name) => name.split('.')[0] === short) ?? nearest(own, nodes)[0];
  const place = placeOf(configuration, 'node');
  return [
    {
      level: 'error',
      place: { ...place, file: node.haCf.path },
      text: `${node.name} calls itself ${node.hostName} (uname -n), which is no node: Heartbeat does not start there`,
      remedy: meant === undefined ? `Add: node ${own}` : `Write ${own} instead of ${meant}, or change the host's name.`,
    },
  ];
}

export function groupNode({ groups, settings }: Configuration): Remark[] {
  return groups
    .filter(({ node }) => !settings.nodes.includes(node))
    .map(({ node, place }) => {
      const [meant] = nearest(node, settings.nodes);
      const hint = meant === undefined ? '' : ` Did you mean ${meant}?`;
      return {
        level: 'error',
        place,
        text: `${node} is no node of ha.cf: Heartbeat does not start`,
        remedy: `Write the name as in ha.cf and uname -n.${hint}`,
      };
    });
}

/** Nodes that ha.cf names and nobody looked at. */
export function nodeUnexamined({ configurations, nodes }: Facts): Remark[] {
  const first = configurations[0];
  if (first === undefined) return [];
  const seen = nodes.flatMap(({ hostName, name }) => [hostName?.toLowerCase(), name.toLowerCase()]);
  const missing = first.settings.nodes.filter((name) => !seen.includes(name));
  // Files without a host are of some node, nobody knows which.
  const nameless = nodes.filter(({ hostName, unreachable }) => hostName === undefined && unreachable === undefined);
  const count = missing.length - nameless.length;
  if (count <= 0) return [];
  const list = missing.join(', ');
  return [
    {
      level: 'note',
      place: placeOf(first, 'node'),
      text: `not examined: ${nameless.length === 0 ? list : `${count} of ${list}`}; whether the files are the same there is not known`,
      remedy: 'Give all nodes: holdfast ha lint NODE NODE',
    },
  ];
}

export function managed(configuration: Configuration): Remark[] {
  const { crm } = configuration.settings;
  if (crm === undefined || crm === 'off' || configuration.haresources === undefined) return [];
  return [
    {
      level: 'note',
      place: topOf(configuration.haresources.file),
      text: `crm ${crm}: a cluster resource manager places resources, and haresources is not used`,
      remedy: 'Remove haresources, or set crm off.',
    },
  ];
}
