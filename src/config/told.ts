/** Who is told of what: by the very rules that notices go by. */
import { type DeliveryState, isWanted, type Notice, planDelivery, type TargetOptions } from '../notify.ts';
import type { Config, TargetConfig } from './schema.ts';

export function kindOf({ webhook, ping }: TargetConfig): TargetOptions['kind'] {
  if (webhook !== undefined) return 'webhook';
  return ping === undefined ? 'mail' : 'ping';
}

/** Whom a notice concerns by the plans that it is about: those of a vault are all that back up to it. A cluster may name its own. */
export function audienceOf(
  { plans, clusters }: Config,
  { plan, vault, cluster }: Pick<Notice, 'plan' | 'vault' | 'cluster'>,
): Pick<DeliveryState, 'ofPlan' | 'ofVault'> {
  if (plan !== undefined) return { ofPlan: plans[plan]?.notify, ofVault: undefined };
  if (cluster !== undefined) return { ofPlan: clusters[cluster]?.fencing.notify, ofVault: undefined };
  if (vault === undefined) return { ofPlan: undefined, ofVault: undefined };
  const users = Object.entries(plans).filter((each) => each[1].vault === vault);
  return { ofPlan: undefined, ofVault: users.map(([name, { notify }]) => ({ plan: name, notify })) };
}

/** What a notice would be about; a critical failure unless something else is said. */
export type Imagined = Partial<Pick<Notice, 'plan' | 'vault' | 'cluster' | 'kind' | 'severity'>>;

/** Targets that would hear of it. */
export function toldOf(config: Config, imagined: Imagined): string[] {
  const { targets, routes } = config.notifications;
  const notice: Notice = {
    ...{
      kind: 'failure',
      severity: 'critical',
      plan: undefined,
      title: '',
      lines: [],
      hostname: '',
      atMs: 0,
      facts: {},
    },
    ...imagined,
  };
  const known = Object.entries(targets).map(
    ([name, target]) =>
      [name, { atMost: target.atMost, wants: (kind: Notice['kind']) => isWanted(kindOf(target), kind) }] as const,
  );
  const state = { ...audienceOf(config, notice), targets: new Map(known), routes, sentMs: new Map(), nowMs: 0 };
  return planDelivery(notice, state).map(({ target }) => target);
}
