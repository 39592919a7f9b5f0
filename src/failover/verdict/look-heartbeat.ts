/** What an order to a Heartbeat pair comes to, by its rules and by the files that both sides act by. */
import { AppError } from '../../base/errors.ts';
import { heartbeat, heartbeatAct, live, type pacemaker, type state } from '../../cluster.ts';
import type { ActionPlan } from '../act/model.ts';
import { type HeartbeatPair, playOrder } from '../equivalence.ts';
import type { VerdictInput } from './model.ts';
import { orUnseen, type Sight } from './sight.ts';

interface Side {
  node: string;
  seat: pacemaker.Seat;
  settings: heartbeat.HaSettings;
  groups: readonly heartbeat.HaGroup[];
}

/**
 * Heartbeat has no scheduler that could be asked; its few rules are played. Each side starts what its own haresources says,
 * so both must say the same, and whoever takes a group must have the scripts of it.
 */
export async function playPlan(plan: ActionPlan, told: state.ClusterState, sight: Sight): Promise<VerdictInput> {
  const input = { name: 'simulation', subject: '' } as const;
  const looked = await orUnseen(async () => await examine(plan, told, sight));
  if ('error' in looked) return { ...input, finding: 'unexamined', examinedMs: undefined, text: looked.error.message };
  const wrong = looked.value;
  const examinedMs = sight.clock.nowMs();
  if (wrong.length > 0) return { ...input, finding: 'bad', examinedMs, text: wrong.join('; ') };
  const text = `by Heartbeat's rules all groups end as planned; both sides have the same files, and the scripts for it`;
  return { ...input, finding: 'good', examinedMs, text };
}

/** @returns what is wrong */
async function examine(plan: ActionPlan, told: state.ClusterState, sight: Sight): Promise<string[]> {
  const sides = await Promise.all(told.nodes.map(({ name }) => readSide(name, sight)));
  const differing = differencesBetween(sides, told);
  if (differing.length > 0) return differing;
  return [...misplaced(plan, told, sides[0]!), ...(await scriptsMissing(plan, sides, sight))];
}

async function readSide(node: string, { seatOf, clock, signal }: Sight): Promise<Side> {
  const seat = seatOf(node);
  if (seat === undefined) throw unreached(node);
  const options = { clock, signal };
  const [cf, { groups, problems }] = await Promise.all([
    heartbeatAct.readHaCf(seat, options),
    heartbeatAct.readHaresources(seat, options),
  ]);
  const [problem] = problems;
  if (problem !== undefined)
    throw new AppError('cluster-unclear', { detail: `haresources on ${node}: ${problem.text}` });
  return { node, seat, settings: heartbeat.settingsOf(cf), groups };
}

function unreached(node: string): AppError {
  return new AppError('host-unreachable', { detail: `nobody said how ${node} is reached` });
}

function differencesBetween(sides: readonly Side[], told: state.ClusterState): string[] {
  const facts: [string, (side: Side) => string][] = [
    ['haresources', ({ groups }) => JSON.stringify(groups.map(wordsOf))],
    ['the nodes of ha.cf', ({ settings }) => JSON.stringify(settings.nodes.toSorted())],
    ['auto_failback of ha.cf', ({ settings }) => String(settings.autoFailback)],
  ];
  const names = sides.map(({ node }) => node).join(' and ');
  const members = JSON.stringify(told.nodes.map(({ name }) => name.toLowerCase()).toSorted());
  return [
    ...facts.flatMap(([what, of]) => (new Set(sides.map(of)).size < 2 ? [] : [`${what} differs between ${names}`])),
    ...sides.flatMap(({ node, settings }) => [
      ...(settings.crm === undefined || settings.crm === 'off' ? [] : [`ha.cf on ${node} says crm ${settings.crm}`]),
      ...(JSON.stringify(settings.nodes.toSorted()) === members ? [] : [`ha.cf on ${node} names other nodes`]),
    ]),
  ];
}

function wordsOf({ node, resources }: heartbeat.HaGroup): string[] {
  return [node, ...resources.map(heartbeat.formatResource)];
}

/** Where groups end by the rules, and should not. */
function misplaced(plan: ActionPlan, told: state.ClusterState, { settings, groups }: Side): string[] {
  const held = live.primitivesOf(told.resources).map(({ primitive: { id, nodes } }) => [id, nodes] as const);
  const pair: HeartbeatPair = {
    nodes: told.nodes.map(({ name }) => name),
    groups: held.map(([id]) => ({ id, preferred: id.replace(/^groups of /, ''), resources: [] })),
    failback: settings.autoFailback === 'on' ? 'on' : 'off',
    hasStonith: settings.stonith.length > 0,
    shooters: undefined,
  };
  const strange = groups.filter(({ node }) => !pair.nodes.some((name) => name.toLowerCase() === node.toLowerCase()));
  let placement: ReadonlyMap<string, readonly string[]> = new Map(held);
  for (const { change } of plan.steps) {
    if (change.kind !== 'hb-takeover' && change.kind !== 'hb-standby') continue;
    placement = playOrder(pair, placement, change).placement;
  }
  const wanted = plan.steps.flatMap(({ expects }) => expects);
  const placed = [...placement].flatMap(([id, nodes]) => {
    const at = wanted.find((each) => each.kind === 'at' && each.resource === id);
    const isRight = nodes.length === 1 && (at?.kind !== 'at' || at.node === nodes[0]);
    return isRight ? [] : [`by Heartbeat's rules ${id} would be on ${nodes.join(' and ') || 'no node'}`];
  });
  return [...placed, ...strange.map(({ node }) => `haresources names ${node}, which is no node of the pair`)];
}

/** Of what is started, on whoever takes it. */
async function scriptsMissing(plan: ActionPlan, sides: readonly Side[], sight: Sight): Promise<string[]> {
  const { clock, signal } = sight;
  const takers = Map.groupBy(
    plan.steps.flatMap(({ expects }) => expects).flatMap((each) => (each.kind === 'at' ? [each] : [])),
    ({ node }) => node,
  );
  const missing = sides.map(async ({ node, seat, groups }) => {
    const taken = new Set((takers.get(node) ?? []).map(({ resource }) => resource));
    const own = groups.filter((group) => taken.has(`groups of ${group.node}`));
    const names = [...new Set(own.flatMap(({ resources }) => resources.map(({ script }) => script)))];
    const absent = names.length === 0 ? [] : await heartbeatAct.missingScripts(seat, names, { clock, signal });
    return absent.map((name) => `${node} has no resource script ${name}`);
  });
  return (await Promise.all(missing)).flat();
}
