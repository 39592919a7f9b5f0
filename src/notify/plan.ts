import type { Notice, Route, Severity } from './model.ts';

export interface DeliveryState {
  /** Targets by name, and how many messages each may get an hour. */
  targets: ReadonlyMap<string, { atMost: number; wants: (kind: Notice['kind']) => boolean }>;
  routes: readonly Route[];
  /** Targets a plan or a cluster names itself, which then count instead of the routes. */
  ofPlan: readonly string[] | undefined;
  /** When the notice is about a vault: its plans, with the targets that each names itself. */
  ofVault?: readonly PlanTargets[] | undefined;
  /** When what was sent to each target within the last hour. */
  sentMs: ReadonlyMap<string, readonly number[]>;
  nowMs: number;
}

export interface PlanTargets {
  plan: string;
  notify: readonly string[] | undefined;
}

/** One message to one target; `held` when the target has had too many and this one has to wait to be told in the next. */
export interface Delivery {
  target: string;
  isHeld: boolean;
}

const HOUR_MS = 60 * 60_000;
const RANK: Readonly<Record<Severity, number>> = { info: 0, warning: 1, critical: 2 };

/**
 * Who is told of a notice. Every target at most once; a `test` goes to all that are asked for whatever the routes, and is
 * never held. Without any route, every target is told of everything: silence has to be asked for. What is about a vault
 * goes to those who hear of its plans, and by the routes for all plans. Targets that wait for
 * signs of life (they want `success`) get them whatever the severity and the rate, since a missing sign is an alarm.
 */
export function planDelivery(notice: Notice, state: DeliveryState): Delivery[] {
  const names = [...new Set(listAsked(notice, state))];
  const wanted = names.filter((name) => state.targets.get(name)?.wants(notice.kind) ?? true);
  return wanted.map((target) => ({ target, isHeld: notice.kind !== 'test' && isOver(target, notice.severity, state) }));
}

/** Names that are no targets stay in, so that whoever sends can say so. */
function listAsked(notice: Notice, state: DeliveryState): readonly string[] {
  const { ofPlan, ofVault, routes, targets } = state;
  if (ofPlan !== undefined) return ofPlan;
  if (notice.kind === 'test' || routes.length === 0) return [...targets.keys()];
  if (ofVault !== undefined)
    return [...listRouted(notice, ofVault, state), ...ofVault.flatMap(({ notify = [] }) => notify)];
  if (notice.plan !== undefined) return listRouted(notice, [{ plan: notice.plan, notify: undefined }], state);
  const routed = listRouted(notice, [], state);
  return notice.kind === 'summary' ? routed : [...routed, ...listUnrouted(state)];
}

/** By routes for all plans, and by those that name one of `plans` that names no targets itself. */
function listRouted(notice: Notice, plans: readonly PlanTargets[], state: DeliveryState): string[] {
  const named = plans.filter(({ notify }) => notify === undefined).map(({ plan }) => plan);
  return state.routes
    .filter((route) => route.plans === undefined || route.plans.some((plan) => named.includes(plan)))
    .flatMap(({ to, severity }) =>
      to.filter((name) => RANK[notice.severity] >= RANK[severity] || waitsForLife(name, state)),
    );
}

/**
 * What is about no plan at all stops everything, and no route takes it when all are for certain plans: then everybody is
 * told. Signs of life stand for a plan each and are left alone, unless there is nobody else.
 */
function listUnrouted(state: DeliveryState): string[] {
  const isNews = (name: string): boolean => !waitsForLife(name, state);
  if (state.routes.some(({ plans, to }) => plans === undefined && to.some(isNews))) return [];
  const all = [...state.targets.keys()];
  return all.some(isNews) ? all.filter(isNews) : all;
}

/** The last quarter of what a target may get, but at least one of two or more, is for what is critical. */
export function isOver(
  name: string,
  severity: Severity,
  state: Pick<DeliveryState, 'targets' | 'sentMs' | 'nowMs'>,
): boolean {
  const target = state.targets.get(name);
  if (target === undefined || waitsForLife(name, state)) return false;
  const { nowMs } = state;
  const sent = (state.sentMs.get(name) ?? []).filter((ms) => ms > nowMs - HOUR_MS && ms <= nowMs).length;
  const reserve = target.atMost < 2 ? 0 : Math.max(1, Math.floor(target.atMost / 4));
  return sent >= target.atMost - (severity === 'critical' ? 0 : reserve);
}

function waitsForLife(name: string, { targets }: Pick<DeliveryState, 'targets'>): boolean {
  return targets.get(name)?.wants('success') ?? false;
}
