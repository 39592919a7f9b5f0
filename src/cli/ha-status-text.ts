/** The words for the state of a cluster: verdict, nodes, resources. */
import { live } from '../cluster.ts';
import { counted } from './text.ts';

/** The first line: whether all is well, then the figures that a person asks for first. */
export function verdictOf(survey: live.Survey): string {
  const { views, answers } = survey;
  const head = live.isHealthy(survey) ? '✔ healthy' : '✘ UNHEALTHY';
  const silent = answers.filter((answer) => 'error' in answer);
  const asked = silent.length === 0 ? [] : [`${silent.length} of ${answers.length} machines did not answer`];
  if (views.length === 0) return `${head}: ${asked.join(', ')}`;
  const split = survey.disagreements.length === 0 ? [] : ['THE NODES DISAGREE'];
  // Of several views the figures of none are right.
  const figures = views.length === 1 ? figuresOf(views[0]!) : [];
  return `${head}: ${[...split, ...figures, ...asked].join(', ')}`;
}

function figuresOf(state: live.ClusterState): string[] {
  const members = state.nodes.filter(({ kind }) => kind !== 'guest' && kind !== 'ping');
  const online = members.filter(({ isOnline }) => isOnline);
  return [
    resourceFigure(state),
    `${online.length} of ${counted(members.length, 'node')} online`,
    ...quorumFigure(state),
  ];
}

/** Fence devices are told apart; a clone or bundle counts once. */
function resourceFigure({ resources }: live.ClusterState): string {
  const own = live.primitivesOf(resources).filter(({ primitive }) => !live.isFenceDevice(primitive));
  const units = Map.groupBy(
    own,
    ({ primitive, within }) => within.find(({ kind }) => kind !== 'group')?.id ?? primitive.id,
  );
  const started = [...units.values()].filter((all) => all.some(({ primitive }) => isWell(primitive)));
  const wanted = [...units.values()].filter((all) => !all.every(live.isStoppedOnPurpose));
  if (units.size === 0) return 'no resources';
  const off = units.size - wanted.length;
  return `${started.length} of ${counted(wanted.length, 'resource')} started${off === 0 ? '' : ` (${off} off on purpose)`}`;
}

function isWell(primitive: live.PrimitiveState): boolean {
  const { isActive, isUncertain, isFailed, isFailureIgnored } = primitive;
  return isActive && !isUncertain && (!isFailed || isFailureIgnored) && live.changeOf(primitive) === undefined;
}

function quorumFigure({ kind, hasQuorum, options, resources, fencing }: live.ClusterState): string[] {
  if (kind === 'heartbeat') return ['no quorum with Heartbeat', 'fencing not told'];
  const quorum = hasQuorum === undefined ? 'quorum unknown' : hasQuorum ? 'quorum' : 'NO QUORUM';
  return [quorum, fencingFigure({ options, resources, fencing })];
}

function fencingFigure({
  options,
  resources,
  fencing,
}: Pick<live.ClusterState, 'options' | 'resources' | 'fencing'>): string {
  const devices = live.primitivesOf(resources).filter(({ primitive }) => live.isFenceDevice(primitive));
  const started = devices.filter(({ primitive }) => isWell(primitive)).length;
  const last = new Map((fencing ?? []).toReversed().map((event) => [event.target, event.status]));
  if (options.fencesNodes === false) return 'FENCING OFF';
  if (options.fencesNodes === undefined) return 'fencing unknown';
  if (devices.length === 0) return 'NO FENCE DEVICE';
  if ([...last.values()].includes('failed')) return 'FENCING FAILED';
  if ([...last.values()].includes('pending')) return 'FENCING UNDER WAY';
  if (started === devices.length) return 'fencing on';
  return `FENCING WEAK (${started} of ${counted(devices.length, 'device')} started)`;
}

export interface ResourceRow {
  sign: string;
  name: string;
  agent: string;
  state: string;
  where: string;
}

/** A row for each resource, indented by what it is in; the like instances of a clone are one row. */
export function resourceRows(resources: readonly live.ResourceState[], depth = 0): ResourceRow[] {
  const indent = '  '.repeat(depth);
  return resources.flatMap((resource): ResourceRow[] => {
    if (resource.kind === 'primitive') return [rowOf([resource], indent)];
    const { members, kind, id } = resource;
    const own = members.filter((member) => member.kind === 'primitive');
    if (kind === 'clone' && own.length === members.length && own.length > 0)
      return [{ ...rowOf(own, indent), name: `${indent}${id} (clone)` }];
    const state = [
      ...(resource.isDisabled ? ['off on purpose'] : []),
      ...(resource.isManaged ? [] : ['unmanaged']),
    ].join(', ');
    const head = { sign: '', name: `${indent}${id} (${kind})`, agent: '', state, where: '' };
    return [head, ...resourceRows(members, depth + 1)];
  });
}

/** @param same instances of one resource, at least one */
function rowOf(same: readonly live.PrimitiveState[], indent: string): ResourceRow {
  const [first] = same;
  const active = same.filter(({ isActive }) => isActive);
  const roles = Map.groupBy(active, ({ role }) => role);
  const nodesOf = (all: readonly live.PrimitiveState[]): string => all.flatMap(({ nodes }) => nodes).join(', ');
  const where =
    roles.size > 1 ? [...roles].map(([role, all]) => `${role}: ${nodesOf(all)}`).join('; ') : nodesOf(active);
  const flaws = [...new Set(same.flatMap(flawsOf))];
  const role = active.length === 0 ? first!.role : [...roles.keys()].join(', ');
  const isTwice = same.length === 1 && first!.nodes.length > 1 && !live.isFenceDevice(first!);
  const isOff = active.length === 0 && first!.targetRole !== 'Stopped' && first!.role !== 'Unknown';
  return {
    sign: isTwice || isOff || same.some(isBad) ? '✘' : active.length === 0 ? '!' : '✔',
    name: `${indent}${first!.id}`,
    agent: first!.agent,
    state: [isTwice ? 'ACTIVE TWICE' : role, ...flaws].join(', '),
    where,
  };
}

function isBad({ isFailed, isFailureIgnored, isBlocked, isManaged, isUncertain }: live.PrimitiveState): boolean {
  return (isFailed && !isFailureIgnored) || isBlocked || !isManaged || isUncertain;
}

function flawsOf(one: live.PrimitiveState): string[] {
  return [
    ...(one.pending === undefined ? [] : [`${one.pending.toLowerCase()} …`]),
    ...(one.isUncertain ? ['node UNCLEAN'] : []),
    ...(one.isFailed ? [one.isFailureIgnored ? 'failed (ignored)' : 'FAILED'] : []),
    ...(one.isBlocked ? ['BLOCKED'] : []),
    ...(one.isManaged ? [] : ['unmanaged']),
    ...(one.isOrphaned ? ['orphaned'] : []),
    ...(one.targetRole === 'Stopped' ? ['off on purpose'] : []),
  ];
}
