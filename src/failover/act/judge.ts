/** Whether checks and expectations hold in a situation. Pure; mounts, which need more than a state, are in `mounted.ts`. */
import { live, type state } from '../../cluster.ts';
import { type Check, type Expectation, type Outcome, type Situation, wordsOfExpectation } from './model.ts';
import { movableOf, nodeOf, unreadiness } from './places.ts';

/** Why a check does not hold; undefined when it does. */
export function violationOf(check: Check, situation: Situation): string | undefined {
  const { state, cib } = situation;
  switch (check.kind) {
    case 'able':
      return inability(situation);
    case 'settled':
      return unrest(situation);
    case 'ready': {
      const why = unreadiness(nodeOf(situation, check.node));
      return why === undefined ? undefined : `${check.node} ${why}`;
    }
    case 'online': {
      const node = nodeOf(situation, check.node);
      return node?.isOnline && !node.isUnclean ? undefined : `${check.node} is not online`;
    }
    case 'at':
      return misplacement(situation, check.resource, check.node);
    case 'nowhere-twice':
      return doubled(situation);
    case 'managed': {
      const movable = movableOf(situation, check.resource);
      if (movable === undefined) return `${check.resource} is gone`;
      return movable.isManaged ? undefined : `${check.resource} is not managed`;
    }
    case 'fences':
      return state.options.fencesNodes === true ? undefined : 'fencing was switched off meanwhile, or is paused';
    case 'version': {
      if (cib === undefined)
        return `the configuration could not be read${state.gaps[0] === undefined ? '' : `: ${state.gaps[0].why}`}`;
      const { adminEpoch, epoch } = check.version;
      const isSame = cib.adminEpoch === adminEpoch && cib.epoch === epoch;
      return isSame ? undefined : `the CIB was changed by another meanwhile: it is ${cib.adminEpoch}.${cib.epoch} now`;
    }
  }
}

/** What of a state says about an expectation; undefined for those that need more than a state. */
export function judgeExpectation(expectation: Expectation, situation: Situation): Outcome | undefined {
  if (expectation.kind === 'mounted' || expectation.kind === 'configured') return undefined;
  const why = failureOf(expectation, situation);
  if (why === undefined) return { expectation, outcome: 'met', text: wordsOfExpectation(expectation) };
  return { expectation, outcome: why.isUnknown ? 'unexamined' : 'violated', text: why.text };
}

interface Failure {
  text: string;
  isUnknown?: boolean;
}

function failureOf(
  expectation: Exclude<Expectation, { kind: 'mounted' | 'configured' }>,
  situation: Situation,
): Failure | undefined {
  switch (expectation.kind) {
    case 'at':
      return asFailure(
        misplacement(situation, expectation.resource, expectation.node),
        situation,
        expectation.resource,
      );
    case 'once':
      return asFailure(notOnce(situation, expectation.resource), situation, expectation.resource);
    case 'nowhere-twice':
      return asFailure(doubled(situation), situation);
    case 'empty':
      return asFailure(remains(situation, expectation.node), situation);
    case 'standby': {
      const node = nodeOf(situation, expectation.node);
      if (node === undefined) return { text: `${expectation.node} is no node of the cluster any more` };
      const words = `${node.name} is ${node.isStandby ? '' : 'not '}in standby`;
      return node.isStandby === expectation.isOn ? undefined : { text: words };
    }
    case 'constraint': {
      // Without the configuration, of which a gap tells, nothing is known of its constraints.
      if (situation.cib === undefined) return { text: 'constraints could not be read', isUnknown: true };
      const isThere = situation.cib.constraints.some(({ id }) => id === expectation.id);
      if (isThere === expectation.isThere) return undefined;
      return { text: `the constraint ${expectation.id} is ${isThere ? 'still there' : 'not there'}` };
    }
    case 'no-failure':
      return asFailure(failureLeft(situation, expectation), situation);
  }
}

function asFailure(text: string | undefined, situation: Situation, resource?: string): Failure | undefined {
  if (text === undefined) return undefined;
  const uncertain = live
    .primitivesOf(situation.state.resources)
    .some(
      ({ primitive, within }) =>
        (primitive.id === resource || within.some(({ id }) => id === resource)) &&
        (primitive.isUncertain || primitive.role === 'Unknown'),
    );
  return { text, isUnknown: uncertain };
}

/** Why the cluster cannot act. */
function inability({ state }: Situation): string | undefined {
  const unclean = state.nodes.filter(({ isUnclean }) => isUnclean).map(({ name }) => name);
  if (unclean.length > 0) return `${unclean.join(' and ')} is UNCLEAN`;
  if (state.kind === 'heartbeat') return undefined;
  if (state.dc === undefined) return 'no DC is elected';
  if (state.hasQuorum !== true) return state.hasQuorum === false ? 'there is no quorum' : 'nothing is said of quorum';
  if (state.options.isInMaintenance === true) return 'the cluster is in maintenance';
  return state.options.stopsAllResources === true ? 'stop-all-resources is set' : undefined;
}

/** What is under way; undefined when nothing is. */
export function unrest({ state }: Situation): string | undefined {
  const changing = live.primitivesOf(state.resources).flatMap(({ primitive }) => {
    const change = live.changeOf(primitive);
    return change === undefined ? [] : [`${primitive.id} is ${change}`];
  });
  const nodes = state.nodes.filter(
    ({ isPending, isShuttingDown, isOnline }) => isPending || (isShuttingDown && isOnline),
  );
  const fencing = (state.fencing ?? []).filter(({ status }) => status === 'pending');
  const all = [
    ...changing,
    ...nodes.map(({ name, isPending }) => `${name} is ${isPending ? 'joining' : 'shutting down'}`),
    ...fencing.map(({ target }) => `${target} is being fenced`),
    ...(state.kind === 'pacemaker' && state.dc === undefined ? ['a DC is being elected'] : []),
  ];
  return all.length === 0 ? undefined : all.join(', ');
}

/** Instances on two nodes at once that exist once; those that are being migrated are meant to be. */
export function doubled({ state }: Situation): string | undefined {
  const twice = live.primitivesOf(state.resources).filter(({ primitive, within }) => {
    if (live.isFenceDevice(primitive) || within.some(({ kind }) => kind !== 'group')) return false;
    return primitive.nodes.length > 1 && live.changeOf(primitive) !== 'migrating';
  });
  if (twice.length === 0) return undefined;
  return twice.map(({ primitive }) => `${primitive.id} is ACTIVE ON ${primitive.nodes.join(' AND ')}`).join(', ');
}

function misplacement(situation: Situation, resource: string, node: string): string | undefined {
  const movable = movableOf(situation, resource);
  if (movable === undefined) return `${resource} is gone`;
  const wrong = movable.wanted.filter((each) => !each.isActive || each.nodes.length !== 1 || each.nodes[0] !== node);
  if (movable.wanted.length > 0 && wrong.length === 0) return badlyOff(movable.wanted);
  if (movable.wanted.length === 0) return `${resource} is stopped on purpose`;
  return wrong.map(whereIs).join(', ');
}

function notOnce(situation: Situation, resource: string): string | undefined {
  const movable = movableOf(situation, resource);
  if (movable === undefined) return `${resource} is gone`;
  const wrong = movable.wanted.filter((each) => !each.isActive || each.nodes.length !== 1);
  return wrong.length === 0 ? badlyOff(movable.wanted) : wrong.map(whereIs).join(', ');
}

/** Active, and yet not what one would call running. */
function badlyOff(primitives: readonly state.PrimitiveState[]): string | undefined {
  const bad = primitives.filter(
    (each) => (each.isFailed && !each.isFailureIgnored) || each.isBlocked || each.isUncertain,
  );
  if (bad.length === 0) return undefined;
  const word = (each: (typeof bad)[number]): string =>
    each.isFailed ? 'has failed' : each.isBlocked ? 'is blocked' : 'is not known to be active';
  return bad.map((each) => `${each.id} ${word(each)}`).join(', ');
}

function whereIs({
  id,
  nodes,
  isActive,
  role,
}: {
  id: string;
  nodes: readonly string[];
  isActive: boolean;
  role: string;
}): string {
  if (role === 'Unknown') return `${id}: it is not known where`;
  return isActive && nodes.length > 0 ? `${id} is on ${nodes.join(' and ')}` : `${id} is stopped`;
}

function remains({ state }: Situation, node: string): string | undefined {
  const left = live
    .primitivesOf(state.resources)
    .filter(({ primitive }) => primitive.nodes.includes(node) && !live.isFenceDevice(primitive))
    .map(({ primitive }) => primitive.id);
  return left.length === 0 ? undefined : `still on ${node}: ${left.join(', ')}`;
}

function failureLeft(
  { state }: Situation,
  { resource, node }: { resource: string | undefined; node: string | undefined },
): string | undefined {
  const group = state.resources.find((each) => each.id === resource);
  const ids =
    group === undefined ? undefined : [group.id, ...live.primitivesOf([group]).map(({ primitive }) => primitive.id)];
  const isMeant = (each: { resource: string; node: string }): boolean => {
    const isOwn = resource === undefined || each.resource === resource || ids?.includes(each.resource) === true;
    return isOwn && (node === undefined || each.node === node);
  };
  const left = [...state.failures, ...state.failCounts].filter(isMeant);
  const all = [...new Set(left.map((each) => `${each.resource} on ${each.node}`))];
  return all.length === 0 ? undefined : `failures are there (again): ${all.join(', ')}`;
}
