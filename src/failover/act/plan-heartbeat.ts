/** What Heartbeat in version 1 mode can do: groups of a node go together, from one side of the pair to the other. */
import { heartbeatAct, type state } from '../../cluster.ts';
import type { ActionName, ActionPlan, ActionStep, Expectation, Situation } from './model.ts';
import { planOf, refusal, SOUND } from './steps.ts';

/** Heartbeat tells of no timeouts: a Filesystem that is unmounted and mounted, with the longest wait of its protection. */
const LIMIT_MS = 180_000;

export function planHeartbeatTakeover(situation: Situation, node: string, nowMs: number): ActionPlan {
  const what = `takeover by ${node}`;
  const peers = expectPair(situation, node, what);
  const taken = groupsOf(situation).filter(({ nodes }) => nodes.length !== 1 || nodes[0] !== node);
  return planGroups(situation, nowMs, {
    action: 'takeover',
    node,
    what,
    groups: taken,
    step: {
      text: `${node} takes over all groups`,
      change: { kind: 'hb-takeover', node, which: 'all' },
      expects: groupsOf(situation).map(({ id }): Expectation => ({ kind: 'at', resource: id, node })),
    },
    sources: peers,
  });
}

export function planHeartbeatStandby(situation: Situation, node: string, nowMs: number): ActionPlan {
  const what = `standby of ${node}`;
  const [peer = ''] = expectPair(situation, node, what);
  const given = groupsOf(situation).filter(({ nodes }) => nodes.includes(node));
  return planGroups(situation, nowMs, {
    action: 'standby',
    node,
    what,
    groups: given,
    step: {
      text: `${node} gives up all groups to ${peer}`,
      change: { kind: 'hb-standby', node, which: 'all' },
      expects: [
        ...given.map(({ id }): Expectation => ({ kind: 'at', resource: id, node: peer })),
        { kind: 'empty', node },
      ],
    },
    sources: [node],
  });
}

/** Whoever holds groups of the other gives them back. */
export function planHeartbeatFailback(situation: Situation, nowMs: number): ActionPlan {
  const what = 'failback';
  const away = groupsOf(situation).filter(({ id, nodes }) => nodes.length === 1 && nodes[0] !== ownerOf(id));
  const [holder] = away.flatMap(({ nodes }) => nodes);
  if (holder !== undefined) expectPair(situation, holder, what);
  if (new Set(away.flatMap(({ nodes }) => nodes)).size > 1)
    throw refusal(
      what,
      'each side holds the groups of the other',
      'Bring one side to rest first: holdfast ha takeover.',
    );
  return planGroups(situation, nowMs, {
    action: 'failback',
    node: holder ?? '',
    what,
    groups: away,
    step: {
      text: `${holder} gives back the groups of ${away.map(({ id }) => ownerOf(id)).join(' and ')}`,
      change: { kind: 'hb-standby', node: holder ?? '', which: 'foreign' },
      expects: away.map(({ id }): Expectation => ({ kind: 'at', resource: id, node: ownerOf(id) })),
    },
    sources: holder === undefined ? [] : [holder],
  });
}

interface GroupsPlan {
  action: ActionName;
  node: string;
  what: string;
  groups: readonly state.PrimitiveState[];
  step: Pick<ActionStep, 'text' | 'expects'> & { change: heartbeatAct.HeartbeatChange };
  sources: readonly string[];
}

function planGroups(situation: Situation, nowMs: number, given: GroupsPlan): ActionPlan {
  const { action, node, what, groups, step, sources } = given;
  const unknown = groupsOf(situation).filter(({ role }) => role === 'Unknown');
  if (unknown.length > 0)
    throw refusal(
      what,
      `it is not known who holds ${unknown.map(({ id }) => id).join(', ')}`,
      'Both nodes have to be asked.',
    );
  const subject = action === 'failback' ? '' : node;
  if (groups.length === 0)
    return planOf(situation, nowMs, { action, subject, notes: ['all groups are where they should be already'] });
  const checks = [...SOUND, ...situation.state.nodes.map(({ name }) => ({ kind: 'online' as const, node: name }))];
  const command = heartbeatAct.argvOfHeartbeat(step.change);
  const full: ActionStep = { ...step, checks, command, timeLimitMs: LIMIT_MS };
  return planOf(situation, nowMs, {
    action,
    subject,
    sources,
    moved: groups.map(({ id }) => id),
    steps: [full],
    promises: groupsOf(situation).map(({ id }): Expectation => ({ kind: 'once', resource: id })),
    notes: [`the command is given on ${step.change.node}`],
  });
}

/** @returns the other nodes. @throws {AppError} `refused` unless both sides are up */
function expectPair({ state: { nodes } }: Situation, node: string, what: string): string[] {
  if (!nodes.some(({ name }) => name === node))
    throw refusal(what, `${node} is no node of the pair`, `Nodes: ${nodes.map(({ name }) => name).join(', ')}.`);
  const away = nodes.filter(({ isOnline }) => !isOnline).map(({ name }) => name);
  if (away.length > 0)
    throw refusal(
      what,
      `${away.join(' and ')} is not active: what it held, Heartbeat takes over by itself once STONITH has worked`,
      'See its log, and: holdfast ha status.',
    );
  return nodes.map(({ name }) => name).filter((name) => name !== node);
}

function groupsOf({ state: { resources } }: Situation): state.PrimitiveState[] {
  return resources.filter((each) => each.kind === 'primitive');
}

/** The state names them `groups of NODE`. */
function ownerOf(id: string): string {
  return id.replace(/^groups of /, '');
}
