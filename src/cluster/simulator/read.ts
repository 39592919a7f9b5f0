/** Reads what crm_simulate prints with `--output-as=xml`. */
import { childOf, childrenOf, descendantsOf, type Element, readMachineXml, unclear } from '../pacemaker/machine-xml.ts';
import type { ResourceNow, SimulatedStatus } from './model.ts';

const PROGRAM = 'crm_simulate';

export interface PrintedTransition {
  before: SimulatedStatus;
  after: SimulatedStatus;
  reasons: ReadonlyMap<string, string>;
  failed: readonly string[];
  tried: readonly string[];
}

/** @throws {AppError} `cluster-unclear` */
export function readSimulation(text: string): PrintedTransition {
  const root = readMachineXml(text, PROGRAM);
  const before = childOf(root, 'cluster_status');
  const after = childOf(root, 'revised_cluster_status');
  if (root.name !== 'pacemaker-result' || before === undefined || after === undefined)
    throw unclear(PROGRAM, `printed <${root.name}> without a status before and after`);
  return {
    before: statusOf(before),
    after: statusOf(after),
    reasons: reasonsOf(childOf(root, 'actions')),
    failed: failedOf(childOf(root, 'transition')),
    tried: triedOf(childOf(root, 'transition')),
  };
}

function statusOf(element: Element): SimulatedStatus {
  return {
    nodes: childrenOf(childOf(element, 'nodes'), 'node').map(({ attributes: a }) => ({
      name: a['name'] ?? '',
      isOnline: a['online'] === 'true',
      isUnclean: a['unclean'] === 'true',
      isStandby: a['standby'] === 'true' || a['standby_onfail'] === 'true',
    })),
    resources: resourcesIn(childOf(element, 'resources'), false),
  };
}

function resourcesIn(parent: Element | undefined, isCloned: boolean): ResourceNow[] {
  return (parent?.children ?? []).flatMap((element) => {
    if (element.name === 'resource') return [resourceOf(element, isCloned)];
    return resourcesIn(element, isCloned || element.name === 'clone' || element.name === 'bundle');
  });
}

function resourceOf(element: Element, isCloned: boolean): ResourceNow {
  const a = element.attributes;
  return {
    id: (a['id'] ?? '').replace(/:\d+$/, ''),
    agent: (a['resource_agent'] ?? '').replaceAll('::', ':'),
    isCloned,
    role: a['role'] ?? 'Unknown',
    nodes: childrenOf(element, 'node').map(({ attributes }) => attributes['name'] ?? ''),
    isBlocked: a['blocked'] === 'true',
    isFailed: a['failed'] === 'true',
    isManaged: a['managed'] !== 'false',
  };
}

function reasonsOf(actions: Element | undefined): Map<string, string> {
  const reasons = new Map<string, string>();
  for (const { attributes: a } of actions?.children ?? []) {
    const subject = a['resource'] ?? a['node'];
    if (subject !== undefined && a['reason'] !== undefined) reasons.set(subject, a['reason']);
  }
  return reasons;
}

/** A failure that was simulated shows as a count of failures that goes up. */
function failedOf(transition: Element | undefined): string[] {
  const attributes = transition === undefined ? [] : descendantsOf(transition, 'inject_attr');
  return attributes.flatMap(({ attributes: { name = '' } }) => {
    const match = /^fail-count-(.+)$/.exec(name);
    return match === null ? [] : [match[1]!];
  });
}

/** It is told before it is carried out. */
function triedOf(transition: Element | undefined): string[] {
  const actions = transition === undefined ? [] : descendantsOf(transition, 'rsc_action');
  return actions.map(({ attributes: a }) => `${a['resource']}_${a['op']}_${a['interval'] ?? 0}@${a['node']}`);
}
