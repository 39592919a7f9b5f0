/** Reads a transition graph, as crm_simulate saves it: which action waits for which. */
import { childOf, childrenOf, descendantsOf, type Element, readMachineXml, unclear } from '../pacemaker/machine-xml.ts';
import type { GraphAction } from './model.ts';

/** Pacemaker's own where the graph says nothing (pacemaker-controld(7), stonith-timeout). */
const FENCING_TIMEOUT_MS = 60_000;

export interface TransitionGraph {
  actions: readonly GraphAction[];
  fencingTimeoutMs: number;
}

/** @throws {AppError} `cluster-unclear` */
export function readGraph(text: string): TransitionGraph {
  const root = readMachineXml(text, 'crm_simulate --save-graph');
  if (root.name !== 'transition_graph') throw unclear('crm_simulate', `saved <${root.name}> instead of a graph`);
  const actions = descendantsOf(root, 'synapse').flatMap(actionsOf);
  const seconds = /^(\d+)s?$/.exec(root.attributes['stonith-timeout'] ?? '')?.[1];
  return {
    actions: inOrder(actions),
    fencingTimeoutMs: seconds === undefined ? FENCING_TIMEOUT_MS : Number(seconds) * 1000,
  };
}

function actionsOf(synapse: Element): GraphAction[] {
  const after = childrenOf(childOf(synapse, 'inputs'), 'trigger').flatMap(({ children }) =>
    children.map(({ attributes }) => Number(attributes['id'])),
  );
  return (childOf(synapse, 'action_set')?.children ?? []).map((element) => actionOf(element, after));
}

function actionOf(element: Element, after: readonly number[]): GraphAction {
  const { id, operation = '', operation_key: key = '', on_node: node = '' } = element.attributes;
  const meta = childOf(element, 'attributes')?.attributes ?? {};
  const isFence = element.name === 'crm_event' && operation === 'stonith';
  return {
    id: Number(id),
    kind: isFence ? 'fence' : element.name === 'rsc_op' ? 'operation' : 'other',
    operation: isFence ? (meta['stonith_action'] ?? key.split('-').at(-1) ?? 'off') : operation,
    node,
    resource: isFence ? '' : (childOf(element, 'primitive')?.attributes['id'] ?? resourceOf(key)).replace(/:\d+$/, ''),
    intervalMs: Number(meta['CRM_meta_interval'] ?? 0),
    timeoutMs: Number(meta['CRM_meta_timeout'] ?? 0),
    after,
  };
}

/** `mdt0_stop_0` → `mdt0` */
function resourceOf(key: string): string {
  return /^(.+)_[^_]+_\d+$/.exec(key)?.[1] ?? '';
}

/** What waits comes behind what it waits for. A ring, which no scheduler makes, is unclear. */
function inOrder(actions: readonly GraphAction[]): GraphAction[] {
  const left = new Map(actions.map((action) => [action.id, action]));
  const done: GraphAction[] = [];
  while (left.size > 0) {
    const ready = [...left.values()].filter(({ after }) => !after.some((id) => left.has(id)));
    if (ready.length === 0) throw unclear('crm_simulate', 'saved a graph in which actions wait for each other');
    for (const action of ready) left.delete(action.id);
    done.push(...ready.toSorted((a, b) => a.id - b.id));
  }
  return done;
}
