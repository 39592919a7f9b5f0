/** One view of what happened, round by round, until nothing is left to do or nothing can be done. */
import { SIMULATION_ROUNDS_MAX } from '../../base/cluster-limits.ts';
import { cib, type simulator } from '../../cluster.ts';
import { criticalPath, type ShortStart, tooShort, waitsInTurn } from './estimate.ts';
import { shotAt } from './fencing.ts';
import type { EstimatePart, Placement, Step, Twice, World } from './model.ts';
import type { SimulationPlan, View } from './plan.ts';
import { followGraph } from './transition.ts';
import { placementOf } from './world.ts';

export interface ViewOutcome {
  view: View;
  steps: Step[];
  placement: Placement;
  fenced: { node: string; by: readonly string[]; delayMs: number; randomMs: number }[];
  unfenced: { node: string; why: string }[];
  twice: Twice[];
  parts: EstimatePart[];
  reasons: ReadonlyMap<string, string>;
  /** Starts that are given less time than they need. */
  tooShort: ShortStart[];
  /** What a node under load adds to the time. */
  inTurn: string[];
  isUnsettled: boolean;
}

interface Case {
  world: World;
  plan: SimulationPlan;
  view: View;
}

export async function simulateView(given: Case, run: simulator.Simulator['run']): Promise<ViewOutcome> {
  const { world, plan, view } = given;
  let outcome = startOf(world, view);
  let cibText = plan.cibTextOf(view);
  let isBack = view.returnedNodes.length === 0;
  for (let round = 0; round < SIMULATION_ROUNDS_MAX; round++) {
    const isReturn = !isBack && round > 0;
    const told = round === 0 ? { failedNodes: view.failedNodes, injected: view.injected } : {};
    const back = isReturn ? { returnedNodes: view.returnedNodes } : {};
    const transition = await run({ cibText, failing: view.failing, ...told, ...back });
    isBack ||= isReturn;
    const lost = new Set(isReturn ? [] : view.lost);
    const { next, isStuck } = afterRound(outcome, { ...given, transition, lost });
    outcome = next;
    if (!transition.isComplete) return outcome;
    // What a fencing that fails leaves behind, crm_simulate cannot tell: to it fencing always works.
    if (isStuck || (transition.failed.length === 0 && isBack)) return { ...outcome, isUnsettled: false };
    cibText = withFailures(transition.cibText, transition.failed);
  }
  return outcome;
}

function startOf({ placement }: World, view: View): ViewOutcome {
  const nothing = { steps: [], fenced: [], unfenced: [], twice: [], parts: [], tooShort: [], inTurn: [] };
  return { view, placement, ...nothing, reasons: new Map(), isUnsettled: true };
}

interface Round extends Case {
  transition: simulator.SimulatedTransition;
  /** Not heard in this round. */
  lost: ReadonlySet<string>;
}

function afterRound(
  before: ViewOutcome,
  { world, plan, view, transition, lost }: Round,
): { next: ViewOutcome; isStuck: boolean } {
  const shots = shotsOf(transition, { world, view, dead: plan.dead });
  const { graph, failed } = transition;
  const followed = followGraph({
    graph,
    isComplete: transition.isComplete,
    placement: before.placement,
    // A fence device that is registered twice harms nobody.
    plural: new Set(world.resources.filter(({ isCloned, isFence }) => isCloned || isFence).map(({ id }) => id)),
    lost,
    proven: new Set(before.fenced.map(({ node }) => node)),
    unfenceable: new Set(shots.flatMap((shot) => ('why' in shot ? [shot.node] : []))),
    failed,
  });
  const isStuck = followed.stuck.length > 0;
  const fired = shots.flatMap((shot) => ('why' in shot || !followed.fenced.includes(shot.node) ? [] : [shot]));
  const missed = shots.flatMap((shot) => ('why' in shot && followed.stuck.includes(shot.node) ? [shot] : []));
  const next = {
    ...before,
    steps: [...before.steps, ...followed.steps],
    twice: [...before.twice, ...followed.twice],
    fenced: [...before.fenced, ...fired],
    unfenced: [...before.unfenced, ...missed],
    parts: [...before.parts, ...criticalPath({ world, transition, done: followed.done, shots, lost })],
    tooShort: [...before.tooShort, ...tooShort({ world, transition, done: followed.done, lost })],
    inTurn: [...before.inTurn, ...waitsInTurn({ world, transition, done: followed.done, lost })],
    placement: isStuck ? followed.placement : placementOf(transition.after.resources),
    reasons: new Map([...before.reasons, ...transition.reasons]),
  };
  return { next, isStuck };
}

type Shots = (
  | { node: string; by: readonly string[]; delayMs: number; randomMs: number }
  | { node: string; why: string }
)[];

function shotsOf(
  { graph }: simulator.SimulatedTransition,
  { world, view, dead }: { world: World; view: View; dead: ReadonlySet<string> },
): Shots {
  return graph
    .filter(({ kind }) => kind === 'fence')
    .map(({ node }) => {
      const shot = shotAt(world, { target: node, from: view.nodes.filter((each) => each !== node), dead });
      return 'why' in shot
        ? { node, why: shot.why }
        : { node, by: shot.devices, delayMs: shot.delayMs, randomMs: shot.randomMs };
    });
}

/**
 * crm_simulate counts a failed start as one failure. The cluster's controller counts it as infinitely many while
 * start-failure-is-fatal holds, which is what keeps the resource off that node (Pacemaker Explained, cluster options).
 */
function withFailures(cibText: string, failed: readonly string[]): string {
  const starts = failed.filter((name) => name.endsWith('#start_0')).map((name) => `fail-count-${name}`);
  if (starts.length === 0) return cibText;
  const document = cib.parseXml(cibText, 'cib');
  const isFatal =
    cib.parseBoolean(cib.valueIn(cib.readCib(document).properties, 'start-failure-is-fatal') ?? 'true') ?? true;
  if (!isFatal) return cibText;
  for (const element of cib.everyElement(cib.rootOf(document)))
    if (element.name === 'nvpair' && starts.includes(element.attributes.get('name') ?? ''))
      cib.setAttribute(element, 'value', 'INFINITY');
  return cib.formatXml(document);
}
