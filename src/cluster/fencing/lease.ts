/**
 * A pause of fencing that the cluster itself ends: a set of properties with a rule that holds before a moment (Pacemaker
 * Explained, "Rules"). Nothing of ours has to live for it to end.
 *
 * Three things of Pacemaker shape it. The set `cib-bootstrap-options` comes before every other one, whatever their scores
 * (unpack_nvpair_blocks in lib/pengine/rules.c), so a `stonith-enabled` in it is moved to a set of its own for the time.
 * Fencers up to 2.1 look at the value without its rule when it is the only one of that name in the CIB, so there is always a
 * second one. And the rule is evaluated by the clock of the DC.
 */
import { AppError } from '../../base/errors.ts';
import type { Cib, Rule, ValueSet } from '../cib/model.ts';
import { durationMs, formatScore, INFINITY_SCORE, parseBoolean } from '../cib/values.ts';
import { element, type XmlElement } from '../cib/xml.ts';
import type { CibEdit } from './patch.ts';

/** Id of the set that says false for a time. */
export const LEASE_SET = 'holdfast-fencing-pause';
/** Id of the set that says what holds otherwise. */
const KEPT_SET = 'holdfast-fencing';
/** Always first, whatever its score. */
const FIRST_SET = 'cib-bootstrap-options';
const NAME = 'stonith-enabled';
const CONFIG = '/cib/configuration/crm_config';
/** pacemaker-controld(7), `cluster-recheck-interval`. */
const RECHECK_MS = 15 * 60_000;
/** Of Pacemaker 2.0.3, the first that looks ahead to the next change of a rule. */
const LOOKS_AHEAD = [3, 2, 0] as const;

export interface Setting {
  /** What holds without the lease. */
  isEnabled: boolean;
  /** Undefined when there is no pause. One that has ended stays in the configuration until it is tidied away. */
  lease: { endMs: number; hasEnded: boolean } | undefined;
  /** Ids of other sets whose rules decide about it as well; what holds then is not known here. */
  foreignRules: readonly string[];
}

export function fencingSetting(cib: Cib, nowMs: number): Setting {
  const sets = cib.properties.filter((set) => settingIn(set) !== undefined);
  const lease = sets.find(({ id }) => id === LEASE_SET);
  const endMs = lease === undefined ? undefined : endOf(lease.rule);
  const plain = sets.filter(({ rule, id }) => rule === undefined && id !== LEASE_SET).toSorted(byPrecedence)[0];
  const foreign = sets.filter(({ rule, id }) => id !== LEASE_SET && rule !== undefined).map(({ id }) => id);
  // Without an end that can be read it is no lease but a setting, which is somebody else's by now.
  const foreignRules = lease !== undefined && endMs === undefined ? [...foreign, LEASE_SET] : foreign;
  return {
    isEnabled: parseBoolean(plain === undefined ? 'true' : (settingIn(plain) ?? '')) ?? true,
    lease: endMs === undefined ? undefined : { endMs, hasEnded: nowMs >= endMs },
    foreignRules,
  };
}

/**
 * What must change in the CIB for fencing to pause until then; a pause that is there gets the new end.
 * @throws {AppError} `refused` when fencing is off for good, or other sets stand in the way
 */
export function pauseEdits(cib: Cib, endMs: number): CibEdit[] {
  const { isEnabled, foreignRules } = fencingSetting(cib, 0);
  if (foreignRules.length > 0)
    throw new AppError('refused', {
      detail: `${NAME} depends on rules of ${foreignRules.join(', ')}; nobody could tell what holds during and after a pause`,
      hint: `Remove these sets, or write the end of your pause into them.`,
    });
  if (!isEnabled)
    throw new AppError('refused', {
      detail:
        'fencing is off in the configuration, for good: there is nothing to pause, and no pause would switch it on',
      hint: `Switch it on first: crm_attribute --type crm_config --name ${NAME} --update true`,
    });
  // Of Pacemaker 3, which takes it for the same and before it.
  if (cib.properties.some((set) => settingIn(set, 'fencing-enabled') !== undefined))
    throw new AppError('refused', {
      detail: `the option is spelled fencing-enabled here, which outweighs any ${NAME}`,
      hint: `Call it ${NAME} for the time, or pause by hand.`,
    });
  const rival = cib.properties.find((set) => set.id !== LEASE_SET && set.id !== FIRST_SET && isRival(set));
  if (rival !== undefined)
    throw new AppError('refused', {
      detail: `the set ${rival.id} says ${NAME} with the highest score there is; no pause can outweigh it`,
      hint: 'Give that set a lower score.',
    });
  return [
    ...removalOf(cib, LEASE_SET),
    ...keepEdits(cib),
    { kind: 'create', parent: CONFIG, element: leaseSet(endMs) },
  ];
}

/** What takes the pause back, and puts everything where it was. Empty when there is nothing of it. */
export function resumeEdits(cib: Cib): CibEdit[] {
  const kept = cib.properties.find(({ id }) => id === KEPT_SET);
  const pair = kept?.values.find(({ name }) => name === NAME)?.element;
  const first = cib.properties.find(({ id }) => id === FIRST_SET);
  const moved = pair !== undefined && !isOwnPair(pair);
  const back: CibEdit[] =
    moved && first !== undefined
      ? [{ kind: 'create', parent: pathOf(FIRST_SET), element: element('nvpair', Object.fromEntries(pair.attributes)) }]
      : [];
  // Where the set it came from is gone meanwhile, its value stays here rather than being lost.
  const isNeeded = moved && first === undefined;
  return [...removalOf(cib, LEASE_SET), ...(isNeeded ? [] : removalOf(cib, KEPT_SET)), ...back];
}

/**
 * How late the end may be noticed in a cluster that has nothing else to do: by looking ahead at once, else at the next
 * recheck; undefined when it never looks.
 */
export function recheckOf(cib: Cib): { looksAhead: boolean; noticedAfterMs: number | undefined } {
  const set = cib.properties.find((each) => each.rule === undefined && settingIn(each, 'cluster-recheck-interval'));
  const given = set === undefined ? undefined : durationMs(settingIn(set, 'cluster-recheck-interval') ?? '');
  const parts = /^(\d+)\.(\d+)(?:\.(\d+))?/
    .exec(cib.featureSet ?? '')
    ?.slice(1)
    .map((part) => Number(part ?? 0));
  const recheckMs = given ?? RECHECK_MS;
  if (parts !== undefined && isAtLeast(parts, LOOKS_AHEAD)) return { looksAhead: true, noticedAfterMs: 0 };
  return { looksAhead: false, noticedAfterMs: recheckMs === 0 ? undefined : recheckMs };
}

function isAtLeast(parts: readonly number[], wanted: readonly number[]): boolean {
  const at = wanted.findIndex((each, index) => parts[index] !== each);
  return at < 0 || parts[at]! > wanted[at]!;
}

/** There must be a value beside the lease's, and none in the set that always comes first. */
function keepEdits(cib: Cib): CibEdit[] {
  const others = cib.properties.filter((set) => set.id !== LEASE_SET && settingIn(set) !== undefined);
  const pair = others.find(({ id }) => id === FIRST_SET)?.values.find(({ name }) => name === NAME)?.element;
  const isKept = others.some(({ id }) => id === KEPT_SET);
  if (pair === undefined && others.length > 0) return [];
  const attributes =
    pair === undefined ? { id: `${KEPT_SET}-enabled`, name: NAME, value: 'true' } : Object.fromEntries(pair.attributes);
  const away: CibEdit[] = pair === undefined ? [] : [{ kind: 'delete', path: pathOf(FIRST_SET), child: idOf(pair) }];
  if (isKept) return away;
  const set = element('cluster_property_set', { id: KEPT_SET }, [element('nvpair', attributes)]);
  return [...away, { kind: 'create', parent: CONFIG, element: set }];
}

function leaseSet(endMs: number): XmlElement {
  const end = new Date(endMs).toISOString().replace(/\.\d+Z$/, 'Z');
  const expression = element('date_expression', { id: `${LEASE_SET}-end`, operation: 'lt', end });
  return element('cluster_property_set', { id: LEASE_SET, score: formatScore(INFINITY_SCORE) }, [
    // The score means nothing here, but the schema wants one.
    element('rule', { id: `${LEASE_SET}-rule`, score: '0' }, [expression]),
    element('nvpair', { id: `${LEASE_SET}-enabled`, name: NAME, value: 'false' }),
  ]);
}

function removalOf(cib: Cib, id: string): CibEdit[] {
  return cib.properties.some((set) => set.id === id) ? [{ kind: 'delete', path: CONFIG, child: id }] : [];
}

function isRival(set: ValueSet): boolean {
  return settingIn(set) !== undefined && set.score >= INFINITY_SCORE;
}

function isOwnPair(pair: XmlElement): boolean {
  return idOf(pair).startsWith(`${KEPT_SET}-`);
}

function endOf(rule: Rule | undefined): number | undefined {
  const expression = rule?.expressions[0];
  if (rule?.expressions.length !== 1 || expression?.kind !== 'date' || expression.operation !== 'lt') return undefined;
  const ms = Date.parse(expression.end ?? '');
  return Number.isNaN(ms) ? undefined : ms;
}

function byPrecedence(a: ValueSet, b: ValueSet): number {
  return Number(b.id === FIRST_SET) - Number(a.id === FIRST_SET) || b.score - a.score;
}

function settingIn(set: ValueSet, name: string = NAME): string | undefined {
  return set.values.find((each) => each.name === name)?.value;
}

function pathOf(set: string): string {
  return `${CONFIG}/cluster_property_set[@id='${set}']`;
}

function idOf(pair: XmlElement): string {
  return pair.attributes.get('id') ?? '';
}
