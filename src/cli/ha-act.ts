/** What every command that acts on a cluster does: plan, verdict, execution, each told as it comes. */
import { AppError } from '../base/errors.ts';
import type { cib } from '../cluster.ts';
import { act, verdict } from '../failover.ts';
import type { Context } from './context.ts';
import { recordedProofs } from './fencing-proofs.ts';
import { type Ends, openEnds } from './ha-act-ends.ts';
import { eventTeller, showPlan, showVerdict } from './ha-act-show.ts';
import { recorded } from './ha-record.ts';
import { flag, list, type OptionValues, text, whole } from './options.ts';
import { printable } from './text.ts';

export const ACT_OPTIONS = {
  on: text(
    'host',
    'Ask this host, and give it orders: one of the configuration, or one that ssh knows; this machine when absent',
  ),
  dryRun: flag('Print plan and verdict, and do nothing', { short: 'n' }),
  override: text('reason', 'Go on although the verdict is not green; who, when, why and the verdict are recorded'),
  timeLimit: whole(
    'seconds',
    'For the cluster to settle after each step (default: what the operations of its resources may take)',
    { min: 1 },
  ),
  replica: list('resource=time', 'When a replicated resource was last in step, as 2026-11-21T20:00:00Z'),
} as const;

export type ActValues = OptionValues<typeof ACT_OPTIONS>;

export interface Action {
  plan(ends: Ends, nowMs: number): act.ActionPlan | Promise<act.ActionPlan>;
  /** The configuration that the plan puts there, once it was made. */
  wanted?: () => cib.XmlDocument | undefined;
  /** Right before the first step; for what has to be kept. */
  prepare?: (ends: Ends) => Promise<void>;
}

export async function runAction(context: Context, values: ActValues, action: Action): Promise<undefined> {
  const { output, clock } = context;
  checkOverride(values.override);
  const ends = await openEnds(context, values.on);
  const plan = withTimeLimit(await action.plan(ends, clock.nowMs()), values.timeLimit);
  showPlan(output, plan);
  const wanted = action.wanted?.();
  const changesPlaces = plan.moved.length > 0 || plan.sources.length > 0;
  const judged = !changesPlaces ? undefined : await judge(context, { plan, ends, values, wanted });
  if (!plan.isNeeded || values.dryRun) {
    output.summary({ ...summaryOf(plan, values), done: false, green: judged?.isGreen ?? null });
    return undefined;
  }
  // A reason that nothing had to be overridden with is none.
  const override = judged === undefined || judged.isGreen ? undefined : values.override;
  const taken = { command: `ha ${plan.action}`, target: plan.subject, verdict: linesOf(judged), override };
  const result = await recorded(context, taken, () =>
    carryOut(context, { plan, judged, override, ends, action, wanted }),
  );
  const { tookMs, left, losses } = result;
  output.line(`Done, and verified, after ${(tookMs / 1000).toFixed(1)} s.`);
  for (const loss of losses) output.line(printable(`! ${loss}: see holdfast ha status`));
  output.summary({ ...summaryOf(plan, values), done: true, override: override ?? null, left, losses });
  return undefined;
}

function withTimeLimit(plan: act.ActionPlan, seconds: number | undefined): act.ActionPlan {
  if (seconds === undefined) return plan;
  return { ...plan, steps: plan.steps.map((step) => ({ ...step, timeLimitMs: seconds * 1000 })) };
}

interface Granted {
  plan: act.ActionPlan;
  judged: verdict.Verdict | undefined;
  override: string | undefined;
  ends: Ends;
  action: Action;
  wanted: cib.XmlDocument | undefined;
}

async function carryOut(
  { output, clock, signal }: Context,
  { plan, judged, override, ends, action, wanted }: Granted,
): Promise<act.ActionResult> {
  if (judged !== undefined) verdict.expectReadiness(judged, { plan, override });
  if (override !== undefined) output.warn(`going on against the verdict: ${override}`, { reasons: judged?.reasons });
  await action.prepare?.(ends);
  return await act.executeAction(plan, { cluster: ends.cluster(wanted), clock, signal, onEvent: eventTeller(output) });
}

function linesOf(judged: verdict.Verdict | undefined): string[] {
  return (judged?.inputs ?? []).map(
    ({ name, subject, finding, text: found }) => `${finding}: ${name} ${subject}: ${found}`,
  );
}

function checkOverride(override: string | undefined): void {
  if (override?.trim() !== '') return;
  throw new AppError('usage', { detail: '--override takes a reason', hint: 'Say why it is safe all the same.' });
}

function summaryOf({ action, subject, isNeeded }: act.ActionPlan, { dryRun }: ActValues): Record<string, unknown> {
  return { action, subject, needed: isNeeded, dry_run: dryRun };
}

async function judge(
  context: Context,
  {
    plan,
    ends,
    values,
    wanted,
  }: { plan: act.ActionPlan; ends: Ends; values: ActValues; wanted: cib.XmlDocument | undefined },
): Promise<verdict.Verdict> {
  const { clock, signal, output } = context;
  const { seat, seatOf, situation, rehearse } = ends;
  const inputs = await verdict.gatherReadiness(plan, situation, {
    seat,
    seatOf,
    clock,
    signal,
    proofs: await recordedProofs(
      context,
      situation.state.nodes.map(({ name }) => name),
    ),
    replicas: values.replica.map(readReplica),
    wanted,
    rehearse: rehearse === undefined ? undefined : () => rehearse(plan, wanted),
  });
  const judged = verdict.judgeReadiness(inputs, clock.nowMs());
  showVerdict(output, judged);
  return judged;
}

function readReplica(given: string): verdict.ReplicaEvidence {
  const at = given.lastIndexOf('=');
  const syncedMs = Date.parse(given.slice(at + 1));
  if (at > 0 && !Number.isNaN(syncedMs)) return { resource: given.slice(0, at), syncedMs };
  throw new AppError('usage', {
    detail: `--replica ${given}: not of the form resource=time`,
    hint: 'Give, for example: --replica data=2026-11-21T20:00:00Z',
  });
}
