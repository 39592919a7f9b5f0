import { AppError } from '../base/errors.ts';
import { cib, fencing } from '../cluster.ts';
import { fence } from '../failover.ts';
import {
  FENCE_OPTIONS,
  type FenceCall,
  logOnNode,
  OVERRIDE,
  openFence,
  reasonOf,
  showConditions,
} from './ha-fence-call.ts';
import { recorded } from './ha-record.ts';
import { flag } from './options.ts';
import { defineCommand } from './spec.ts';
import { formatDuration, formatTime } from './time.ts';

export const command = defineCommand({
  description:
    'Switches fencing off for a time, such as while a board is replaced. The end stands in the configuration of the cluster, ' +
    'as a rule with a date, so the cluster switches it on again by itself, whatever becomes of this program and of this ' +
    'machine. Until then a node that falls silent counts as harmless: its resources start elsewhere, although it may still ' +
    'write. A second call sets another end. Refused with exit code 20 while a node waits to be fenced; what could not be ' +
    'examined, such as the clock of the DC, can be overridden with a reason.',
  examples: [
    { line: 'ha fence pause 20min', does: 'no fencing for twenty minutes' },
    { line: 'ha fence pause --on oss1 --dry-run 1h', does: 'show what would be examined and done' },
  ],
  arguments: [{ usage: '<duration>', description: 'How long: 90s, 20min, 2h; at most 24h' }],
  options: { ...FENCE_OPTIONS, override: OVERRIDE, dryRun: flag('Print the plan and do nothing', { short: 'n' }) },
  async run(context, [given], { dryRun, override, ...where }) {
    const { output, clock } = context;
    const reason = reasonOf(override);
    const durationMs = cib.durationMs(given!);
    if (durationMs === undefined)
      throw new AppError('usage', { detail: `not a duration: ${given}`, hint: 'Write it like 90s, 20min or 2h.' });
    const call = await openFence(context, where);
    const clocks = await clocksOf(call);
    const dcNowMs = clocks.get(call.view.state.dc?.name ?? '');
    const plan = fence.planPause(call.view, { durationMs, dcNowMs, nowMs: clock.nowMs(), clocks });
    const end = formatTime(plan.endMs);
    showConditions(context, plan.conditions);
    output.note(`Then fencing is off until ${end}; a node that falls silent until then counts as harmless.`);
    const fields = {
      end: new Date(plan.endMs).toISOString(),
      change: plan.isChange,
      dry_run: dryRun,
      override: reason ?? null,
    };
    if (dryRun) {
      output.summary(fields);
      return undefined;
    }
    const overridden = fence.refuseUnless(plan.conditions, reason);
    const deed = `pauses fencing until ${end}${reason === undefined ? '' : `: ${reason}`}`;
    const isRecorded = await logOnNode(context, call, deed);
    const verdict = plan.conditions.map((each) => each.text);
    const action = { command: 'ha fence pause', target: `until ${end}`, verdict, override: reason };
    await recorded(context, action, () => fence.executePause(call.view.seat, plan, call.options));
    for (const { text } of overridden) output.warn(`overridden (${reason}): ${text}`);
    output.line(`Fencing is paused until ${end}, for ${formatDuration(durationMs)}. The cluster itself ends it.`);
    output.line('To end it before: holdfast ha fence resume');
    output.summary({ ...fields, recorded: isRecorded, overridden: overridden.map(({ text }) => text) });
    return undefined;
  },
});

/** Of each member that is online: by that of the DC the rule is judged, and any may become one. */
async function clocksOf({ view, seatOf, options }: FenceCall): Promise<Map<string, number | undefined>> {
  const members = view.state.nodes.filter(({ kind, isOnline }) => kind === 'member' && isOnline);
  const told = members.map(async ({ name }) => [name, await fencing.dateOn(seatOf(name), options)] as const);
  return new Map(await Promise.all(told));
}
