/** Resources that do not run, run twice, or would not be looked after. */
import type { ClusterState, CollectionState, PrimitiveState, Remark } from '../state.ts';
import { isFenceDevice, isRepeated, type Placed, primitivesOf } from './walk.ts';

export function judgeResources({ kind, resources, nodes, options }: ClusterState): Remark[] {
  const all = primitivesOf(resources);
  if (kind === 'heartbeat') return all.flatMap((placed) => unheld(placed) ?? judgePlaced(placed));
  const resting = new Set(nodes.filter(({ isInMaintenance }) => isInMaintenance).map(({ name }) => name));
  // In maintenance nothing is managed, which is told once.
  const isAtRest = ({ nodes: own }: PrimitiveState): boolean =>
    options.isInMaintenance === true || (own.length > 0 && own.every((name) => resting.has(name)));
  const remarks = all.flatMap((placed) =>
    judgePlaced(placed).filter(({ code }) => code !== 'unmanaged' || !isAtRest(placed.primitive)),
  );
  return [...remarks, ...collectionsOf(resources).flatMap(judgeCollection)];
}

/** Of Heartbeat's groups one side knows only what it holds itself. */
function unheld({ primitive: { id, role, pending } }: Placed): Remark[] | undefined {
  if (role !== 'Unknown' || pending !== undefined) return undefined;
  const text = 'are not held by who was asked, and the others were not asked: name every node';
  return [{ level: 'error', code: 'unknown', subject: id, text }];
}

/** Nothing in a group, clone or bundle that was stopped on purpose runs. */
export function isStoppedOnPurpose({ primitive, within }: Placed): boolean {
  return primitive.targetRole === 'Stopped' || within.some(({ isDisabled }) => isDisabled === true);
}

function judgePlaced(placed: Placed): Remark[] {
  const { primitive, within } = placed;
  const error = (code: string, text: string): Remark => ({ level: 'error', code, subject: primitive.id, text });
  const warning = (code: string, text: string): Remark => ({ level: 'warning', code, subject: primitive.id, text });
  const where = primitive.nodes.join(' and ');
  const isManaged = primitive.isManaged && within.every((each) => each.isManaged);
  return [
    // Fence devices are only registered where they "run": while a node is unclean they are on both, without harm.
    ...(primitive.nodes.length > 1 && !isFenceDevice(primitive) ? [activeTwice(primitive, where)] : []),
    ...(primitive.isBlocked ? [error('blocked', 'is blocked: the cluster waits for a person')] : []),
    ...(primitive.isFailed && !primitive.isFailureIgnored
      ? [error('failed', `has FAILED${where === '' ? '' : ` on ${where}`}`)]
      : []),
    ...(primitive.isFailed && primitive.isFailureIgnored ? [warning('failed', 'has failed, which is ignored')] : []),
    ...(changeOf(primitive) === undefined ? stopped(placed) : [error('changing', `is ${changeOf(primitive)}`)]),
    ...(primitive.isUncertain
      ? [error('uncertain', `was last on ${where}, which is unclean: it is not known where it runs`)]
      : []),
    ...(isManaged ? [] : [error('unmanaged', 'is not managed: it would not be moved when its node fails')]),
    ...(primitive.isOrphaned ? [warning('orphaned', 'runs but is no longer configured')] : []),
  ];
}

/** What is being done to it, in a word; undefined when nothing is. */
export function changeOf({ pending, role }: PrimitiveState): string | undefined {
  if (pending !== undefined) return pending.toLowerCase();
  return role === 'Starting' || role === 'Stopping' || role === 'Migrating' ? role.toLowerCase() : undefined;
}

function activeTwice(primitive: PrimitiveState, where: string): Remark {
  const { id } = primitive;
  const isMoving = changeOf(primitive)?.startsWith('migrat') === true;
  return {
    level: isMoving ? 'warning' : 'error',
    code: 'active-twice',
    subject: id,
    text: isMoving ? `is being moved between ${where}` : `is ACTIVE ON SEVERAL NODES: ${where}`,
  };
}

/** Instances of a clone may well be stopped, where there are fewer nodes than instances. */
function stopped(placed: Placed): Remark[] {
  const { primitive, within } = placed;
  if (primitive.isActive || primitive.isFailed || primitive.isOrphaned || isRepeated(within)) return [];
  const subject = primitive.id;
  if (primitive.lockedTo !== undefined)
    return [{ level: 'error', code: 'stopped', subject, text: `is stopped, and waits for ${primitive.lockedTo}` }];
  return isStoppedOnPurpose(placed)
    ? [{ level: 'warning', code: 'disabled', subject, text: 'is stopped on purpose' }]
    : [{ level: 'error', code: 'stopped', subject, text: 'is stopped' }];
}

function collectionsOf(resources: ClusterState['resources']): CollectionState[] {
  return resources.flatMap((each) => (each.kind === 'primitive' ? [] : [each, ...collectionsOf(each.members)]));
}

function judgeCollection(collection: CollectionState): Remark[] {
  if (collection.kind === 'group') return [];
  const { id: subject, kind, isPromotable } = collection;
  const instances = primitivesOf([collection]);
  const active = instances.filter(({ primitive }) => primitive.isActive);
  const isWanted = !instances.every(isStoppedOnPurpose);
  if (instances.length > 0 && active.length === 0)
    return isWanted
      ? [{ level: 'error', code: 'stopped', subject, text: `no instance of this ${kind} runs` }]
      : [{ level: 'warning', code: 'disabled', subject, text: 'is stopped on purpose' }];
  const isPromoted = active.some(({ primitive: { role } }) => role === 'Promoted');
  if (!isPromotable || isPromoted || !isWanted) return [];
  return [{ level: 'error', code: 'not-promoted', subject, text: 'no instance is promoted' }];
}
