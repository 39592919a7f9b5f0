/** What the daemon itself tells: overdue plans, a wrong configuration, a ledger that fails. Runs tell of themselves. */
import type { AppError } from '../base/errors.ts';
import type { Run } from '../ledger.ts';
import { type Notice, notices } from '../notify.ts';
import type { RunWorld } from './model.ts';
import { newPlanKey, overdueKey, type PlanStatus, type Status } from './status.ts';

export const CONFIG_KEY = 'configuration';

/**
 * Tells once of each plan that has become overdue, and once when it is no longer. Told first and taken down after, so that
 * who is killed in between tells twice rather than never.
 * @throws {AppError} `ledger-failed`
 */
export async function tellOverdue(world: RunWorld, status: Status): Promise<void> {
  for (const plan of status.plans) await judgePlan(world, plan, status.nowMs);
  const { ledger, config } = world;
  const gone = [...ledger.troubles().keys()].filter((key) => {
    const [word, name = ''] = key.split(' ', 2);
    return ['overdue', 'no-success'].includes(word!) && !(name in config.plans);
  });
  for (const key of gone) ledger.closeTrouble(key);
}

async function judgePlan(world: RunWorld, plan: PlanStatus, nowMs: number): Promise<void> {
  const { ledger } = world;
  if (plan.lastSuccess === undefined) ledger.openTrouble(newPlanKey(plan.plan), nowMs);
  else ledger.closeTrouble(newPlanKey(plan.plan));
  const key = overdueKey(plan.plan);
  const sinceMs = ledger.troubles().get(key);
  if (plan.isOverdue && sinceMs === undefined) {
    await world.tell(overdueNotice(world, plan, nowMs));
    ledger.openTrouble(key, nowMs);
  }
  if (plan.isOverdue || sinceMs === undefined || !isSince(plan.lastSuccess, sinceMs, nowMs)) return;
  const newestProvenMs = plan.proven?.pointMs ?? 'none';
  const about = aboutPlan(world, plan, nowMs);
  await world.tell(
    notices.recoveryNotice({ ...about, trouble: 'overdue', sinceMs, newestProvenMs, nextMs: plan.nextMs }),
  );
  ledger.closeTrouble(key);
}

/** Only a good run is a recovery; a clock that was set back, or a rule that was eased, is none. */
function isSince(success: Run | undefined, sinceMs: number, nowMs: number): boolean {
  return success !== undefined && ((success.endedMs ?? 0) > sinceMs || sinceMs > nowMs);
}

function overdueNotice(world: RunWorld, status: PlanStatus, nowMs: number): Notice {
  const { last, lastSuccess, overdueMs = nowMs } = status;
  const newestGoodMs = lastSuccess?.endedMs;
  const fromMs = newestGoodMs ?? world.ledger.troubles().get(newPlanKey(status.plan)) ?? nowMs;
  return notices.overdueNotice({
    ...aboutPlan(world, status, nowMs),
    newestGoodMs,
    overdueAfterMs: overdueMs - fromMs,
    lastRun: last?.endedMs === undefined ? undefined : { status: last.status, endedMs: last.endedMs },
    newestProvenMs: status.proven?.pointMs ?? 'none',
    nextMs: status.nextMs,
  });
}

function aboutPlan({ identity, config }: RunWorld, { plan }: PlanStatus, nowMs: number): notices.About {
  return { plan, hostname: identity.hostname, nowMs, timezone: config.timezone };
}

/** A new configuration that is wrong, or a ledger that fails: about no plan, and about all. */
export function troubleNotice(world: RunWorld, title: string, error: AppError): Notice {
  return {
    kind: 'failure',
    severity: 'critical',
    plan: undefined,
    title,
    lines: [error.message, ...(error.hint === '' ? [] : [error.hint])],
    hostname: world.identity.hostname,
    atMs: world.clock.nowMs(),
    facts: { code: error.code },
  };
}

export function overNotice(world: RunWorld, title: string): Notice {
  return {
    kind: 'recovery',
    severity: 'info',
    plan: undefined,
    title,
    lines: [],
    hostname: world.identity.hostname,
    atMs: world.clock.nowMs(),
    facts: {},
  };
}
