/** A description of pairs, as `failover:` of the configuration gives it, becomes the same as the files of Heartbeat. */

import { AppError } from '../../base/errors.ts';
import { cib, heartbeat, stonith } from '../../cluster.ts';
import { planCluster } from './cluster.ts';
import type { OldGroup, OldResource } from './groups.ts';
import { type ImportPlan, newNotebook, type ScriptKind } from './model.ts';

export interface PairDescription {
  /** Of the cluster. */
  name: string;
  /** Two or more. */
  nodes: readonly { name: string /** One for each link. */; addresses: readonly string[] }[];
  fence: readonly FenceDescription[];
  groups: readonly GroupDescription[];
  /** Whether groups go back by themselves: no when left out. */
  failback?: boolean;
  /** Addresses of which a node should reach as many as possible. */
  ping?: readonly string[];
  /** When a node counts as lost: 6.6 s when left out, which is corosync's own token. */
  deadAfterMs?: number;
  /** A node that boots alone fences its peer and starts everything: no when left out. */
  startsAlone?: boolean;
  lustreAgent?: 'filesystem' | 'lustre';
  scripts?: Readonly<Record<string, ScriptKind>>;
}

export interface FenceDescription {
  /** Of fence-agents: `fence_ipmilan`. */
  agent: string;
  /** Nodes it shoots. */
  hosts: readonly string[];
  options: Readonly<Record<string, string | stonith.Secret>>;
  /** Of nodes whose plug has another name. */
  plugs?: Readonly<Record<string, string>>;
}

export interface GroupDescription {
  /** The preferred node. */
  node: string;
  /** In the order of starting: as in haresources, or an agent with its parameters. */
  resources: readonly (string | { agent: string; params?: Readonly<Record<string, string>> })[];
}

/** What the survivor of a pair waits less than its peer. */
const DELAY_SECONDS = 10;
const DEAD_AFTER_MS = 6_600;

/** One plan for each. @throws {AppError} `config` when a pair contradicts itself */
export function importFromDescription(pairs: readonly PairDescription[]): ImportPlan[] {
  return pairs.map(planPair);
}

function planPair(pair: PairDescription): ImportPlan {
  expectWhole(pair);
  const { name, nodes, failback = false, ping = [], deadAfterMs = DEAD_AFTER_MS, startsAlone = false } = pair;
  const none = { ms: undefined, place: undefined };
  return planCluster(
    {
      clusterName: name,
      nodes: nodes.map((node, at) => ({ ...node, nodeId: at + 1 })),
      times: { keepalive: none, warntime: none, deadtime: { ms: deadAfterMs, place: undefined }, initdead: none },
      failback: { value: failback ? 'on' : 'off', was: `failback: ${failback}`, place: undefined, why: '' },
      groups: pair.groups.map((group) => groupOf(group, pair)),
      pings: {
        pings: ping.map((address) => ({ kind: 'ping', name: address, addresses: [address], place: undefined })),
        deadpingMs: undefined,
        mover: ping.length === 0 ? undefined : { name: 'ping', place: undefined },
      },
      fence: { devices: fenceDevices(pair), unmapped: [] },
      map: { lustreAgent: pair.lustreAgent ?? 'filesystem', scripts: pair.scripts ?? {} },
    },
    { options: { startsAlone }, notebook: newNotebook() },
  );
}

function expectWhole({ name, nodes, fence, groups }: PairDescription): void {
  const names = nodes.map((node) => node.name);
  const stranger = [...groups.map(({ node }) => node), ...fence.flatMap(({ hosts }) => hosts)].find(
    (node) => !names.includes(node),
  );
  const wrong = (detail: string, hint: string): AppError =>
    new AppError('config', { detail: `failover ${name}: ${detail}`, hint });
  if (names.length < 2) throw wrong(`${names.length} nodes`, 'A pair has two.');
  if (stranger !== undefined) throw wrong(`${stranger} is none of its nodes`, `Nodes are ${names.join(', ')}.`);
  const idle = fence.find(({ hosts }) => hosts.length === 0);
  if (idle !== undefined) throw wrong(`the fence device ${idle.agent} shoots nobody`, 'Name the nodes under hosts.');
  if (groups.length === 0 || groups.some(({ resources }) => resources.length === 0))
    throw wrong('there is a group without resources, or none at all', 'Name what it starts, in order.');
}

function groupOf({ node, resources }: GroupDescription, { name }: PairDescription): OldGroup {
  return { node, place: undefined, resources: resources.map((resource) => resourceOf(resource, name)) };
}

function resourceOf(resource: GroupDescription['resources'][number], pair: string): OldResource {
  if (typeof resource !== 'string') {
    const { agent, params = {} } = resource;
    const text = [agent, ...Object.entries(params).map(([name, value]) => `${name}=${value}`)].join(' ');
    return {
      script: agent.split(':').at(-1)!,
      params: Object.values(params),
      text,
      place: undefined,
      direct: { agent, params },
    };
  }
  const { groups, problems } = heartbeat.parseHaresources(`node ${resource}`);
  const [parsed, ...more] = groups[0]?.resources ?? [];
  if (parsed === undefined || more.length > 0 || problems.length > 0)
    throw new AppError('config', {
      detail: `failover ${pair}: ${JSON.stringify(resource)} is no resource`,
      hint: 'Write it as in haresources: Filesystem::/dev/sdb::/mnt/ost1::lustre, or as an agent with params.',
    });
  return { ...parsed, text: resource, place: undefined };
}

function fenceDevices({ fence, nodes }: PairDescription): stonith.FenceDevice[] {
  const names = nodes.map(({ name }) => name);
  const ids = new Map<string, number>();
  return fence.map(({ agent, hosts, options, plugs = {} }) => {
    const [only, ...more] = hosts;
    const base = `fence-${more.length === 0 ? only : agent.replace(/^fence_/, '')}`;
    const count = (ids.get(base) ?? 0) + 1;
    ids.set(base, count);
    const isDelayed = names.length === 2 && hosts.includes(names[0]!);
    return {
      id: count === 1 ? base : `${base}-${count}`,
      agent,
      options: hidden(options),
      hosts,
      plugOf: plugs,
      mayRunOn: more.length > 0 ? names : names.filter((node) => node !== only),
      delaySecondsOf: isDelayed ? { [names[0]!]: DELAY_SECONDS } : {},
      asked: [],
      notes: [],
      places: [],
    };
  });
}

/** Values of options that are secret by their names. */
function hidden(options: FenceDescription['options']): stonith.FenceDevice['options'] {
  return Object.fromEntries(
    Object.entries(options).map(([name, value]) => [
      name,
      typeof value === 'string' && cib.isSecretName(name) ? new stonith.Secret(value) : value,
    ]),
  );
}
