/** What the retention of a plan keeps now and will remove: by the points there are, or over a year that is only imagined. */
import { AppError } from '../base/errors.ts';
import type { SnapshotId } from '../base/ids.ts';
import { when } from '../config.ts';
import { type PointPlan, planPoints, simulator } from '../retention.ts';
import { prune } from '../vault.ts';
import type { RunWorld } from './model.ts';
import { openLocked } from './open.ts';
import { pointsOf, policyOf } from './points.ts';
import { Redactor } from './redact.ts';
import { vaultPassword } from './secrets.ts';

export interface RetainRequest {
  plan: string;
  /** Only say what would go. */
  dryRun: boolean;
  /** Waits so long for others at the vault, ms. */
  waitMs: number;
  signal: AbortSignal;
}

/**
 * Plans the retention of a plan over the points in its vault and, without `dryRun`, forgets what nothing wants any more.
 * @throws {AppError} `plan-missing`; what opening, locking, planning and forgetting throw
 */
export async function retainPoints(world: RunWorld, request: RetainRequest): Promise<PointPlan> {
  const { config, clock, identity, ledger, environment } = world;
  const { plan: name, dryRun, waitMs, signal } = request;
  const plan = planOf(world, name);
  const secrets = { environment, processes: world.processesOf('local'), redactor: new Redactor(), signal };
  const password = await vaultPassword(config, plan.vault, secrets);
  const vaultConfig = config.vaults[plan.vault]!;
  await using opened = await openLocked(
    { vault: vaultConfig, password, stateDirectory: config.stateDirectory, clock, identity, signal, onWait: () => {} },
    { exclusive: !dryRun, waitMs },
  );
  const snapshots = await opened.vault.listSnapshots(opened.signal);
  const points = pointsOf(snapshots, {
    plan: name,
    hostname: plan.hostname ?? identity.hostname,
    vault: plan.vault,
    ledger,
  });
  const outlook = planPoints(points, policyOf(plan.retention), {
    nowMs: clock.nowMs(),
    upcomingMs: turnsAfter(world, name, clock.nowMs()),
  });
  if (dryRun) return outlook;
  const remove = outlook.remove.map(({ point }) => point.id as SnapshotId);
  await prune.executeForget(opened.vault, { seen: snapshots.map(({ id }) => id), remove }, opened.signal);
  for (const id of remove) ledger.removeProof(plan.vault, id);
  return outlook;
}

/**
 * A year of the plan's policy and schedule, if it began today without points.
 * @throws {AppError} `plan-missing`; `config` for a plan without a schedule
 */
export function imagineYear(world: RunWorld, name: string, days = 365): string[] {
  const plan = planOf(world, name);
  const nowMs = world.clock.nowMs();
  if (plan.schedule === undefined)
    throw new AppError('config', { detail: `plan ${name} has no schedule`, hint: 'Say when it runs: schedule: daily' });
  const timeZone = plan.schedule.timezone ?? world.config.timezone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  const due = turnsAfter(world, name, nowMs);
  const simulation = simulator.simulate({ policy: policyOf(plan.retention), startMs: nowMs, days, due, timeZone });
  return simulator.calendarLines(simulation);
}

/** @throws {AppError} `plan-missing` */
function planOf({ config }: RunWorld, name: string): RunWorld['config']['plans'][string] {
  const plan = config.plans[name];
  if (plan === undefined) {
    const hint = `Plans: ${Object.keys(config.plans).join(', ') || 'none'}.`;
    throw new AppError('plan-missing', { detail: name, hint });
  }
  return plan;
}

/** Times of the plan's schedule, for as long as somebody asks; none without one. */
function* turnsAfter({ config }: RunWorld, name: string, afterMs: number): Generator<number> {
  const { schedule } = config.plans[name]!;
  if (schedule === undefined) return;
  const turns = when.parseWhen(schedule.at, schedule.timezone ?? config.timezone);
  for (let at = turns.next(afterMs); at !== undefined; at = turns.next(at)) yield at;
}
