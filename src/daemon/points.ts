/** The restore points of a plan, as its vault and the ledger know them together. */
import type { PlanConfig } from '../config.ts';
import type { Ledger } from '../ledger.ts';
import { type Point, type PointPolicy, parseDuration } from '../retention.ts';
import type { Snapshot } from '../vault.ts';
import { isInDoubt, type Mark, markOf } from './doubt.ts';

/**
 * Snapshots say themselves of which plan they are, and which point of it: so a lost ledger loses no place on the ladder,
 * and stock restic shows it.
 */
const PLAN_TAG = 'plan:';
const POINT_TAG = 'point:';
/** On snapshots of unusual runs, so that a hold outlives the ledger. It stays when the hold is released: the ledger says that. */
export const HELD_TAG = 'held:unusual';

export function tagsOf(plan: string, sequence: number): string[] {
  return [`${PLAN_TAG}${plan}`, `${POINT_TAG}${sequence}`];
}

/** Whose points: several machines may run a plan of the same name into one vault, and each looks after its own. */
export interface PlanOwner {
  plan: string;
  /** As the snapshots of the plan have it. */
  hostname: string;
}

export function isOfPlan({ tags, hostname }: Pick<Snapshot, 'tags' | 'hostname'>, owner: PlanOwner): boolean {
  return hostname === owner.hostname && tags.includes(`${PLAN_TAG}${owner.plan}`);
}

/** Number of the point among those of its plan; undefined for one made elsewhere. */
export function sequenceOf({ tags }: Pick<Snapshot, 'tags'>): number | undefined {
  const tag = tags.find((each) => /^point:[1-9]\d{0,14}$/.test(each));
  return tag === undefined ? undefined : Number(tag.slice(POINT_TAG.length));
}

/** The number the next point of the plan gets: higher than any that the vault or the ledger has seen. */
export function nextSequence(snapshots: readonly Snapshot[], ledger: Ledger, owner: PlanOwner): number {
  const inVault = snapshots.filter((each) => isOfPlan(each, owner)).map((each) => sequenceOf(each) ?? 0);
  const inLedger = [...ledger.points(owner.plan).values()].map(({ sequence }) => sequence);
  return Math.max(0, ...inVault, ...inLedger) + 1;
}

/** Commands that leave something out mark what they make so; it has not the content of what it names as its origin. */
const CHANGED_TAGS = ['repaired', 'rewrite'];

/** The id a snapshot was made with: other tags give it another id, and the ledger knows the first. */
export function originOf({ id, original, tags }: Pick<Snapshot, 'id' | 'original' | 'tags'>): string {
  return original === undefined || CHANGED_TAGS.some((tag) => tags.includes(tag)) ? id : original;
}

/** Snapshots of the plan that were held when they were made, of which the ledger knows nothing, as it was lost or not yet told. */
export function unknownHolds(snapshots: readonly Snapshot[], ledger: Ledger, owner: PlanOwner): Snapshot[] {
  const known = new Set(ledger.holds(owner.plan).map(({ snapshotId }) => snapshotId));
  return snapshots.filter(
    (each) => isOfPlan(each, owner) && each.tags.includes(HELD_TAG) && !known.has(originOf(each)),
  );
}

export interface PointSources extends PlanOwner {
  /** Name of the vault. */
  vault: string;
  ledger: Ledger;
  /** The point of a run that is still under way, and will be good if nothing goes wrong any more. */
  current?: string | undefined;
}

export function pointsOf(snapshots: readonly Snapshot[], sources: PointSources): Point[] {
  const { plan, vault, ledger } = sources;
  const proven = new Map(ledger.proofs(vault).map(({ snapshotId, provenMs }) => [snapshotId, provenMs]));
  const unknown = new Set(unknownHolds(snapshots, ledger, sources).map(({ id }) => id));
  const inLedger = new Set(
    ledger.holds(plan).flatMap(({ snapshotId, releasedMs }) => (releasedMs === undefined ? [snapshotId] : [])),
  );
  const own = snapshots.filter((snapshot) => isOfPlan(snapshot, sources));
  const isHeld = (snapshot: Snapshot): boolean => unknown.has(snapshot.id) || inLedger.has(originOf(snapshot));
  const isLesser = doubts(own, isHeld, sources);
  return own.map((snapshot) => ({
    id: snapshot.id,
    timeMs: snapshot.timeMs,
    time: snapshot.time,
    sequence: sequenceOf(snapshot),
    tags: snapshot.tags,
    provenMs: proven.get(snapshot.id),
    isHeld: isHeld(snapshot),
    isLesser: isLesser(snapshot),
  }));
}

/**
 * Which points are worth less than a good one: of runs that were no success, of runs that were killed (the ledger, which
 * knows older ones, does not know these), and what an unusual one has put in doubt.
 */
function doubts(
  own: readonly Snapshot[],
  isHeld: (snapshot: Snapshot) => boolean,
  { plan, ledger, current }: PointSources,
): (snapshot: Snapshot) => boolean {
  const known = ledger.points(plan);
  const firstKnown = Math.min(
    ...own.filter((each) => known.has(originOf(each))).flatMap((snapshot) => sequenceOf(snapshot) ?? []),
  );
  const marks = marksOf(own, isHeld, { plan, ledger });
  return (snapshot) => {
    const sequence = sequenceOf(snapshot) ?? 0;
    // A held one is no lesser for it: it waits for a verdict of its own.
    if (!isHeld(snapshot) && isInDoubt(sequence, snapshot.timeMs, marks)) return true;
    if (snapshot.id === current) return false;
    return !(known.get(originOf(snapshot))?.isGood ?? sequence < firstKnown);
  };
}

function marksOf(
  own: readonly Snapshot[],
  isHeld: (snapshot: Snapshot) => boolean,
  { plan, ledger }: Pick<PointSources, 'plan' | 'ledger'>,
): Mark[] {
  const known = ledger.points(plan);
  const places = new Map(own.map((snapshot) => [originOf(snapshot), sequenceOf(snapshot)]));
  const ofLedger = ledger.holds(plan).flatMap((hold) => {
    const at = places.get(hold.snapshotId) ?? known.get(hold.snapshotId)?.sequence;
    return at === undefined ? [] : markOf(hold, at);
  });
  const ofTags = own.filter(isHeld).flatMap((snapshot): Mark[] => {
    const at = sequenceOf(snapshot);
    return at === undefined ? [] : [markOf({ releasedMs: undefined, isWrong: false }, at)];
  });
  return [...ofTags, ...ofLedger];
}

/** Everything stays where the plan says nothing of retention. */
export function policyOf(retention: PlanConfig['retention']): PointPolicy {
  if (retention === undefined) return { ladder: undefined, rules: {}, pins: [], keepAtLeast: 1 };
  const span = (given: string | undefined): ReturnType<typeof parseDuration> => parseDuration(given ?? '');
  const count = (given: number | undefined): number => given ?? 0;
  return {
    ladder: retention.ladder,
    rules: {
      last: count(retention.keepLast),
      hourly: count(retention.keepHourly),
      daily: count(retention.keepDaily),
      weekly: count(retention.keepWeekly),
      monthly: count(retention.keepMonthly),
      yearly: count(retention.keepYearly),
      within: span(retention.keepWithin),
      withinHourly: span(retention.keepWithinHourly),
      withinDaily: span(retention.keepWithinDaily),
      withinWeekly: span(retention.keepWithinWeekly),
      withinMonthly: span(retention.keepWithinMonthly),
      withinYearly: span(retention.keepWithinYearly),
      tags: retention.keepTags.map((tags) => tags.split(',')),
    },
    pins: retention.pins,
    keepAtLeast: retention.keepAtLeast,
  };
}
