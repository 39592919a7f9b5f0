/**
 * What crm_mon prints, in its dialects: `<crm_mon version=…>` (Pacemaker 1.1, and `--as-xml` until 2.1) and
 * `<pacemaker-result api-version="2.…">` (`--output-as=xml`, since 2.0.3; crm_mon-*.rng beside Pacemaker's schemas).
 */

import { FENCING_EVENTS_MAX } from '../../base/cluster-limits.ts';
import { AppError } from '../../base/errors.ts';
import type {
  Ban,
  ClusterAnswer,
  ClusterOptions,
  ClusterState,
  Coordinator,
  FailCount,
  FailedAction,
  FencingEvent,
  NodeState,
} from '../state.ts';
import { childOf, childrenOf, descendantsOf, type Element, readMachineXml, unclear } from './machine-xml.ts';
import { resourcesOf } from './resources.ts';
import { booleanOf, countOf, INFINITE, reasonOf, timeOf } from './values.ts';

/** The part of a state that crm_mon tells. */
export type CrmMonPart = Pick<
  ClusterState,
  | 'answer'
  | 'stack'
  | 'dc'
  | 'hasQuorum'
  | 'options'
  | 'nodes'
  | 'resources'
  | 'failures'
  | 'failCounts'
  | 'bans'
  | 'fencing'
>;

/** Major version of the interface whose documents are understood. */
const API_MAJOR = '2';

/** @throws {AppError} `cluster-unclear`; `cluster-down`, `cluster-denied` as the document says */
export function readCrmMon(text: string, program = 'crm_mon'): CrmMonPart {
  const root = readMachineXml(text, program);
  const answer = answerOf(root, program);
  throwStatus(root, program);
  const summary = childOf(root, 'summary');
  const nodes = childOf(root, 'nodes');
  // A document without them is what crm_mon prints when it learnt nothing; it may say "OK" all the same.
  if (summary === undefined || nodes === undefined)
    throw unclear(program, silence(root), 'See whether the cluster runs there, and what crm_mon -1 says.');
  const members = childrenOf(nodes, 'node').map((node) => nodeOf(node, root));
  const unclean = new Set(members.filter(({ isUnclean }) => isUnclean).map(({ name }) => name));
  return {
    answer,
    stack: childOf(summary, 'stack')?.attributes['type'],
    dc: coordinatorOf(childOf(summary, 'current_dc')),
    hasQuorum: booleanOf(childOf(summary, 'current_dc')?.attributes['with_quorum']),
    options: optionsOf(childOf(summary, 'cluster_options')),
    nodes: members,
    resources: resourcesOf(childOf(root, 'resources'), unclean),
    failures: childrenOf(childOf(root, 'failures'), 'failure').map(failureOf),
    failCounts: failCountsOf(root),
    bans: childrenOf(childOf(root, 'bans'), 'ban').map(banOf),
    fencing: fencingOf(childOf(root, 'fence_history'), childOf(root, 'pacemakerd')),
  };
}

function silence(root: Element): string {
  const errors = descendantsOf(root, 'error').map(({ text }) => text.trim());
  return `answered without telling of any node${errors.length === 0 ? '' : `: ${errors.join('; ')}`}`;
}

/** @throws {AppError} `cluster-unclear` for a document of another program or of a later interface */
function answerOf({ name, attributes }: Element, program: string): ClusterAnswer {
  if (name === 'crm_mon') return { program: 'crm_mon', dialect: 'crm_mon', version: attributes['version'] };
  if (name !== 'pacemaker-result') throw unclear(program, `printed a document <${name}>, which is not known`);
  const version = attributes['api-version'];
  if (version?.split('.', 1)[0] === API_MAJOR) return { program: 'crm_mon', dialect: 'pacemaker-result', version };
  throw unclear(
    program,
    `speaks version ${version ?? 'unknown'} of its interface; versions 2.x are understood`,
    'Use a newer Holdfast for this Pacemaker, and until then: crm_mon -1',
  );
}

/** Exit codes as Pacemaker has them since 2.0 (crm_error(8)): what a document says, and programs end with. */
export const EXIT = { usage: 64, denied: 4, disconnected: 102, unconnected: 107 } as const;

/** @throws {AppError} when the document says that the program failed */
export function throwStatus(root: Element, program: string): void {
  const status = childOf(root, 'status');
  if (status === undefined) return;
  const code = countOf(status.attributes['code']) ?? -1;
  const errors = descendantsOf(status, 'error').map(({ text }) => text.trim());
  if (code !== 0) throw statusError(program, { code, message: status.attributes['message'] ?? '', errors });
}

/** What a failed program of Pacemaker means. */
export function statusError(
  program: string,
  { code, message, errors }: { code: number; message: string; errors: readonly string[] },
): AppError {
  const all = [message, ...errors].filter((text) => text !== '').join('; ');
  const detail = `${program}: ${all || `exit code ${code}`}`;
  if (code === EXIT.denied || /permission denied|insufficient privileges/i.test(all))
    return new AppError('cluster-denied', { detail });
  const isDown = code === EXIT.disconnected || code === EXIT.unconnected;
  if (isDown || /not connected|not available on this node|connection (?:to cluster failed|refused)/i.test(all))
    return new AppError('cluster-down', { detail });
  return new AppError('cluster-unclear', { detail });
}

function coordinatorOf(element: Element | undefined): Coordinator | undefined {
  if (element === undefined || booleanOf(element.attributes['present']) !== true) return undefined;
  const { name, version, mixed_version: mixed } = element.attributes;
  return { name, version, isMixedVersion: booleanOf(mixed) ?? false };
}

function optionsOf(element: Element | undefined): ClusterOptions {
  const given = element?.attributes ?? {};
  return {
    // Pacemaker 3 has both names, and will drop the first.
    fencesNodes: booleanOf(given['fencing-enabled'] ?? given['stonith-enabled']),
    noQuorumPolicy: given['no-quorum-policy'],
    isInMaintenance: booleanOf(given['maintenance-mode']),
    stopsAllResources: booleanOf(given['stop-all-resources']),
    isSymmetric: booleanOf(given['symmetric-cluster']),
  };
}

const KINDS: Readonly<Record<string, NodeState['kind']>> = { member: 'member', remote: 'remote', ping: 'ping' };

function nodeOf({ attributes }: Element, root: Element): NodeState {
  const name = attributes['name'] ?? '';
  const isSet = (key: string): boolean => booleanOf(attributes[key]) ?? false;
  const isGuest = 'id_as_resource' in attributes || 'container_id' in attributes;
  return {
    name,
    id: attributes['id'] ?? name,
    kind: isGuest ? 'guest' : (KINDS[attributes['type'] ?? ''] ?? 'unknown'),
    isOnline: isSet('online'),
    isDc: isSet('is_dc'),
    isUnclean: isSet('unclean'),
    isStandby: isSet('standby'),
    isStandbyOnFail: isSet('standby_onfail'),
    isInMaintenance: isSet('maintenance'),
    isPending: isSet('pending'),
    isShuttingDown: isSet('shutdown'),
    health: attributes['health'],
    resourcesRunning: countOf(attributes['resources_running']),
    attributes: attributesOf(root, name),
  };
}

function attributesOf(root: Element, node: string): NodeState['attributes'] {
  const own = childrenOf(childOf(root, 'node_attributes'), 'node').filter(({ attributes: { name } }) => name === node);
  return own
    .flatMap((element) => childrenOf(element, 'attribute'))
    .map(({ attributes: { name = '', value = '', expected } }) => ({ name, value, expected: countOf(expected) }));
}

/** Old documents have `id` or only the key: `mdt0_monitor_5000`. */
function failureOf({ attributes }: Element): FailedAction {
  const key = attributes['op_key'] ?? attributes['id'] ?? '';
  const parts = /^(.+)_([a-z-]+)_(\d+)$/.exec(key);
  const interval = countOf(attributes['interval']) ?? countOf(parts?.[3]);
  return {
    resource: parts?.[1] ?? key,
    operation: attributes['task'] ?? parts?.[2] ?? '',
    intervalMs: interval,
    node: attributes['node'] ?? '',
    exitCode: countOf(attributes['exitcode']),
    exitText: attributes['exitstatus'] ?? '',
    reason: reasonOf(attributes['exitreason']),
    status: attributes['status'] ?? '',
    at: timeOf(attributes['last-rc-change']),
  };
}

function failCountsOf(root: Element): FailCount[] {
  return childrenOf(childOf(root, 'node_history'), 'node').flatMap((node) =>
    childrenOf(node, 'resource_history').flatMap(({ attributes }) => {
      const count = countOf(attributes['fail-count']) ?? 0;
      if (count === 0) return [];
      const threshold = countOf(attributes['migration-threshold']);
      return [
        {
          resource: attributes['id'] ?? '',
          node: node.attributes['name'] ?? '',
          count: Math.min(count, INFINITE),
          threshold: threshold === 0 ? undefined : threshold,
        },
      ];
    }),
  );
}

function banOf({ attributes }: Element): Ban {
  return {
    id: attributes['id'] ?? '',
    resource: attributes['resource'] ?? '',
    node: attributes['node'] ?? '',
    score: Math.max(-INFINITE, countOf(attributes['weight']) ?? -INFINITE),
    isPromotedOnly: booleanOf(attributes['promoted-only'] ?? attributes['master_only']) ?? false,
  };
}

/**
 * Undefined when the document says that the fencer did not answer (`status` other than 0). A live cluster without an
 * event has no such element since 2.1 (where `pacemakerd` stands in the document); before, its absence says nothing.
 */
function fencingOf(history: Element | undefined, daemon: Element | undefined): FencingEvent[] | undefined {
  if (history === undefined) return daemon === undefined ? undefined : [];
  return (countOf(history.attributes['status']) ?? 0) === 0 ? fencingEventsOf(history) : undefined;
}

export function fencingEventsOf(parent: Element): FencingEvent[] {
  return descendantsOf(parent, 'fence_event').slice(0, FENCING_EVENTS_MAX).map(fencingEventOf);
}

/** Until 2.0.2 the status was called `state`. */
function fencingEventOf({ attributes }: Element): FencingEvent {
  const status = attributes['status'] ?? attributes['state'];
  return {
    target: attributes['target'] ?? '',
    action: attributes['action'] ?? '',
    status: status === 'success' || status === 'failed' ? status : 'pending',
    delegate: attributes['delegate'],
    client: attributes['client'] ?? '',
    origin: attributes['origin'] ?? '',
    reason: reasonOf(attributes['exit-reason']),
    completed: timeOf(attributes['completed']),
  };
}
