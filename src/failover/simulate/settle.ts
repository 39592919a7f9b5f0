/** What the views together come to: who is fenced, where everything ends up, and whether it is safe. */
import type { simulator } from '../../cluster.ts';
import type { EstimatePart, Fault, Outcome, Placement, Twice, Verdict, World } from './model.ts';
import { planSimulation, type SimulationPlan } from './plan.ts';
import { simulateView, type ViewOutcome } from './view.ts';
import { isIdle } from './world.ts';

/** Shots closer to each other than this are a race: it takes a fence device about a second to act. */
const RACE_MS = 1_000;

export async function simulateFaults(
  world: World,
  faults: readonly Fault[],
  run: simulator.Simulator['run'],
): Promise<Outcome> {
  const plan = planSimulation(world, faults);
  const views = await Promise.all(plan.views.map((view) => simulateView({ world, plan, view }, run)));
  return outcomeOf(world, plan, views);
}

export function outcomeOf(world: World, plan: SimulationPlan, views: readonly ViewOutcome[]): Outcome {
  const remarks = [...plan.remarks];
  const duel = fightOut(views, remarks);
  const living = views.filter(({ view }) => view.nodes.some((node) => !duel.shot.has(node)));
  const returned = new Set(views.flatMap(({ view }) => view.returnedNodes));
  const down = new Set([...[...plan.off].filter((node) => !returned.has(node)), ...duel.shot, ...fencedOf(living)]);
  for (const node of returned) if (living.length > 0) down.delete(node);
  const after = mergePlacements(world, { living, down, returned });
  const twice = [...living.flatMap((each) => each.twice), ...heldTwice(world, after)];
  const unfenced = living.flatMap((each) => each.unfenced);
  const stopped = stoppedOf(world, { plan, living, after });
  const moved = movedOf(world, after);
  const parts = estimateOf(world, { plan, living });
  const tooShort = living.flatMap((each) => each.tooShort);
  remarks.push(...tooShort.map(({ text }) => text), ...living.flatMap(({ inTurn }) => inTurn));
  for (const { isUnsettled } of living)
    if (isUnsettled)
      remarks.push('It does not settle: what is left waits for something that cannot be done, until somebody helps.');
  return {
    faults: plan.faults,
    verdict: verdictOf({ twice, unfenced, stopped, moved, tooShort, wasIdle: isIdle(world) }),
    before: world.placement,
    after,
    steps: living.flatMap(({ steps }) => steps),
    stopped,
    moved,
    fenced: living.flatMap(({ fenced }) => fenced.map(({ node, by }) => ({ node, by }))),
    unfenced,
    twice: once(twice),
    estimate: {
      parts,
      leastMs: parts.reduce((sum, { leastMs }) => sum + leastMs, 0),
      mostMs: parts.reduce((sum, { mostMs }) => sum + mostMs, 0),
    },
    remarks: [...new Set(remarks)],
    nodesDown: [...down].toSorted(),
  };
}

/** Of sides that shoot at each other, the one whose shot comes first lives. */
function fightOut(views: readonly ViewOutcome[], remarks: string[]): { shot: ReadonlySet<string> } {
  const shot = new Set<string>();
  if (views.length < 2) return { shot };
  const alive = (nodes: readonly string[]): boolean => nodes.some((node) => !shot.has(node));
  const shots = views
    .flatMap(({ view, fenced }) => fenced.map((each) => ({ ...each, from: view.nodes })))
    .filter(({ node }) => views.some(({ view }) => view.nodes.includes(node)))
    .toSorted((a, b) => a.delayMs - b.delayMs);
  for (const each of shots) {
    if (!alive(each.from)) continue;
    const answer = shots.find(({ node, from }) => each.from.includes(node) && from.includes(each.node));
    if (!shot.has(each.node) && answer !== undefined) remarks.push(wordsOfDuel(each, answer));
    shot.add(each.node);
  }
  return { shot };
}

interface Fired {
  node: string;
  from: readonly string[];
  delayMs: number;
  randomMs: number;
}

function wordsOfDuel(first: Fired, second: Fired): string {
  const [winner, loser] = [first.from.join(', '), first.node];
  const aheadMs = second.delayMs - first.delayMs;
  const random = Math.max(first.randomMs, second.randomMs);
  if (aheadMs >= RACE_MS && aheadMs >= random)
    return `Both sides shoot; ${winner} lives, as the shot at ${second.node} waits ${aheadMs / 1000} s longer.`;
  if (random > 0)
    return `Both sides shoot, and chance decides (pcmk_delay_max): shown is the case in which ${winner} lives. ${loser} may win as well.`;
  return `Both sides shoot at the same moment: either may win, and both may go down. Give the device that shoots the more important node a delay (pcmk_delay_base).`;
}

function fencedOf(views: readonly ViewOutcome[]): string[] {
  return views.flatMap(({ fenced }) => fenced.map(({ node }) => node));
}

/** What each side says of its own nodes. A node that is down runs nothing, whatever is believed of it. */
function mergePlacements(
  world: World,
  {
    living,
    down,
    returned,
  }: { living: readonly ViewOutcome[]; down: ReadonlySet<string>; returned: ReadonlySet<string> },
): Placement {
  return new Map(
    world.resources.map(({ id }) => {
      const nodes = living.flatMap(({ view, placement }) =>
        (placement.get(id) ?? []).filter(
          (node) => !down.has(node) && (view.nodes.includes(node) || returned.has(node)),
        ),
      );
      return [id, [...new Set(nodes)]];
    }),
  );
}

function heldTwice(world: World, after: Placement): Twice[] {
  return world.resources.flatMap(({ id, isCloned, isFence }) => {
    const nodes = after.get(id) ?? [];
    if (isCloned || isFence || nodes.length < 2) return [];
    return [
      { resource: id, nodes, why: 'each of them starts it, or keeps it, and neither proves that the other is off' },
    ];
  });
}

function once(twice: readonly Twice[]): Twice[] {
  const byResource = Map.groupBy(twice, ({ resource }) => resource);
  return [...byResource.values()].map((all) => ({
    ...all[0]!,
    nodes: [...new Set(all.flatMap(({ nodes }) => nodes))].toSorted(),
  }));
}

function stoppedOf(
  world: World,
  { plan, living, after }: { plan: SimulationPlan; living: readonly ViewOutcome[]; after: Placement },
): Outcome['stopped'] {
  const unfenced = living.flatMap((each) => each.unfenced);
  const [stuck] = unfenced;
  const reasons = new Map(living.flatMap(({ reasons: own }) => [...own]));
  const hasQuorum = living.some(({ view }) => view.isQuorate) || world.noQuorumPolicy === 'ignore';
  return service(world).flatMap(({ id }) => {
    const before = world.placement.get(id) ?? [];
    if (before.length === 0 || (after.get(id) ?? []).length > 0) return [];
    const why =
      living.length === 0
        ? 'no node is left'
        : stuck !== undefined
          ? `${stuck.node} cannot be fenced: ${stuck.why}`
          : !hasQuorum
            ? `no quorum (no-quorum-policy=${world.noQuorumPolicy})`
            : reasonOf({ plan, id, reasons });
    return [{ resource: id, why }];
  });
}

function reasonOf({
  plan,
  id,
  reasons,
}: {
  plan: SimulationPlan;
  id: string;
  reasons: ReadonlyMap<string, string>;
}): string {
  const own = plan.faults.find((fault) => fault.kind === 'resource-fails' && fault.resource === id);
  return (
    reasons.get(id) ??
    (own === undefined
      ? 'no node is left that it may run on, or what it needs is stopped'
      : 'it may not run on the nodes that are left')
  );
}

function movedOf(world: World, after: Placement): Outcome['moved'] {
  return service(world).flatMap(({ id, isCloned }) => {
    const [from, to] = [world.placement.get(id) ?? [], after.get(id) ?? []];
    const isSame = to.length === from.length && to.every((node) => from.includes(node));
    return isCloned || isSame || to.length === 0 ? [] : [{ resource: id, from, to }];
  });
}

function service(world: World): World['resources'] {
  return world.resources.filter(({ isFence }) => !isFence);
}

function estimateOf(
  world: World,
  { plan, living }: { plan: SimulationPlan; living: readonly ViewOutcome[] },
): EstimatePart[] {
  const longest = living.toSorted((a, b) => mostOf(b.parts) - mostOf(a.parts))[0];
  if (longest === undefined || longest.parts.length === 0) return [];
  return [...detectionOf(world, { plan, of: longest }), ...longest.parts];
}

function mostOf(parts: readonly EstimatePart[]): number {
  return parts.reduce((sum, { mostMs }) => sum + mostMs, 0);
}

function detectionOf(world: World, { plan, of: { view } }: { plan: SimulationPlan; of: ViewOutcome }): EstimatePart[] {
  const { tokenMs, consensusMs } = world.timing;
  if (view.lost.length > 0)
    return [
      { what: 'token', leastMs: tokenMs, mostMs: tokenMs },
      { what: 'consensus', leastMs: 0, mostMs: consensusMs },
    ];
  const failing = plan.faults.flatMap((fault) =>
    fault.kind === 'resource-fails' && view.injected.some((spec) => spec.startsWith(`${fault.resource}_`))
      ? (world.resources.find(({ id }) => id === fault.resource) ?? [])
      : [],
  );
  return failing.slice(0, 1).map(({ id, monitorMs = 0, monitorTimeoutMs }) => ({
    what: `until the monitor of ${id} notices`,
    leastMs: 0,
    mostMs: monitorMs + monitorTimeoutMs,
  }));
}

function verdictOf({
  twice,
  unfenced,
  stopped,
  moved,
  tooShort,
  wasIdle,
}: Pick<Outcome, 'twice' | 'unfenced' | 'stopped' | 'moved'> & {
  tooShort: readonly { isCertain: boolean }[];
  wasIdle: boolean;
}): Verdict {
  if (twice.length > 0) return 'twice';
  if (unfenced.length > 0) return 'stuck';
  if (wasIdle || stopped.length > 0 || tooShort.some(({ isCertain }) => isCertain)) return 'down';
  return moved.length > 0 ? 'moved' : 'same';
}
