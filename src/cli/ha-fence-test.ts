import { AppError } from '../base/errors.ts';
import { fence } from '../failover.ts';
import type { Context } from './context.ts';
import { recordProofs } from './fencing-proofs.ts';
import {
  confirmName,
  FENCE_OPTIONS,
  type FenceCall,
  OVERRIDE,
  openFence,
  reasonOf,
  showConditions,
} from './ha-fence-call.ts';
import { recorded } from './ha-record.ts';
import { flag, text } from './options.ts';
import { defineCommand } from './spec.ts';
import { suggestion } from './suggest.ts';
import { counted, printable } from './text.ts';
import { formatDuration } from './time.ts';

const SIGNS = { proven: '✔', failed: '✘', unproven: '?' } as const;

export const command = defineCommand({
  description:
    'Tries every path of fencing without shooting: on each node that may use a device, over ssh, whether its fencer knows the ' +
    'device, whether the device answers its agent there with the configured parameters, and whether it tells of each target ' +
    'if that is on. A target that is online but off by its device hangs on another plug: that is a failure. What could not be ' +
    'asked is unproven, never fine. What was proven is recorded where the configuration knows the cluster, for the verdict before a takeover. Exit code 1 when a path failed, 3 when some are unproven. With --shoot, the whole way is ' +
    'proven: a node is shot and must come back; only where the others keep quorum, nothing would be down, and its name is ' +
    'typed (exit code 20 otherwise).',
  examples: [
    { line: 'ha fence test', does: 'try all devices from all nodes' },
    { line: 'ha fence test --on oss1 fence-oss2', does: 'only one device, asking oss1 about the cluster' },
    { line: 'ha fence test --shoot oss2 --dry-run', does: 'what would be examined and done for a real shot' },
    { line: 'ha fence test --shoot oss2 --yes-shoot oss2', does: 'shoot it, and watch it come back' },
  ],
  arguments: [{ usage: '[device...]', description: 'Ids of devices; all when none is given' }],
  options: {
    ...FENCE_OPTIONS,
    shoot: text('node', 'Shoot this node and watch it come back'),
    yesShoot: text('node', 'The name of the node once more, where nobody is asked'),
    override: OVERRIDE,
    dryRun: flag('With --shoot: print the plan and do nothing', { short: 'n' }),
  },
  async run(context, ids, { shoot, yesShoot, override, dryRun, ...where }) {
    const reason = reasonOf(override);
    if (shoot === undefined && (yesShoot !== undefined || dryRun || reason !== undefined))
      throw new AppError('usage', { detail: '--yes-shoot, --override and --dry-run belong to --shoot' });
    if (shoot !== undefined && ids.length > 0)
      throw new AppError('usage', {
        detail: '--shoot takes no devices',
        hint: 'The cluster chooses the device, as in need.',
      });
    const call = await openFence(context, where);
    if (shoot !== undefined) return await shootNode(context, call, { node: shoot, yesShoot, reason, dryRun });
    return await testPaths(context, call, ids);
  },
});

async function testPaths(
  context: Context,
  { view, seatOf, options }: FenceCall,
  ids: readonly string[],
): Promise<'incomplete' | undefined> {
  const { output } = context;
  const known = view.fencing.devices.map(({ id }) => id);
  const strange = ids.find((id) => !known.includes(id));
  if (strange !== undefined) {
    const hint = suggestion(strange, known) ?? `There are: ${known.join(', ') || 'none'}.`;
    throw new AppError('usage', { detail: `the cluster has no fence device ${strange}`, hint });
  }
  const { paths, uncovered } = fence.planPaths(view, ids);
  const atMs = options.clock.nowMs();
  const tried = await fence.tryPaths(view, paths, { seatOf, options });
  const recordedAs = await recordProofs(context, {
    nodes: view.state.nodes.map(({ name }) => name),
    proofs: fence.proofsOf(tried, atMs),
    ways: ids.length > 0 ? undefined : fence.waysOf(paths),
  });
  if (tried.length > 0)
    output.table(
      [
        { title: '' },
        { title: 'Device' },
        { title: 'Used by' },
        { title: 'Tried' },
        { title: 'Took', align: 'right' },
        { title: 'Result', flexible: 'start' },
      ],
      tried.map((path) => [
        SIGNS[path.tried.outcome],
        path.device.id,
        path.from,
        path.target === undefined ? path.step : `status of ${targetText(path.target)}`,
        path.tried.tookMs === 0 ? '' : formatDuration(path.tried.tookMs),
        path.tried.outcome === 'proven' ? path.tried.text : `${path.tried.outcome.toUpperCase()}: ${path.tried.text}`,
      ]),
    );
  for (const { device, from, step, target = null, tried: own } of tried)
    output.record('path', {
      device: device.id,
      from,
      step,
      target,
      outcome: own.outcome,
      took_ms: own.tookMs,
      power: own.power ?? null,
      text: own.text,
    });
  const missing = ids.length > 0 ? [] : uncovered;
  for (const { node, why } of missing) output.line(printable(`✘ ${node}: ${why}`));
  const count = (outcome: keyof typeof SIGNS): number => tried.filter((path) => path.tried.outcome === outcome).length;
  const [proven, failed, unproven] = [count('proven'), count('failed'), count('unproven')];
  output.summary({ proven, failed, unproven, uncovered: missing, recorded_as: recordedAs ?? null });
  output.line(`${counted(proven, 'step')} proven, ${failed} failed, ${unproven} unproven.`);
  if (failed + missing.length > 0 || tried.length === 0)
    throw new AppError('failed', {
      detail:
        tried.length === 0
          ? 'there is no fence device'
          : `${failed} of ${counted(tried.length, 'step')} failed, ${counted(missing.length, 'node')} without a device`,
      hint: 'Each line above says what to look at.',
    });
  return unproven > 0 ? 'incomplete' : undefined;
}

interface Shot {
  node: string;
  yesShoot: string | undefined;
  reason: string | undefined;
  dryRun: boolean;
}

async function shootNode(
  context: Context,
  call: FenceCall,
  { node, yesShoot, reason, dryRun }: Shot,
): Promise<undefined> {
  const { output } = context;
  const { view } = call;
  const plan = fence.planShot(view, node, await fence.shotFacts(view, node, call));
  showConditions(context, plan.conditions);
  output.note('Then:');
  for (const [at, step] of plan.steps.entries()) output.note(printable(`  ${at + 1}. ${step}`));
  output.record('plan', { target: plan.target, by: plan.by, steps: plan.steps, active: plan.active });
  if (dryRun) {
    output.summary({ node, dry_run: true });
    return undefined;
  }
  fence.refuseUnless(plan.conditions, reason);
  await confirmName(context, {
    name: node,
    given: yesShoot,
    flag: '--yes-shoot',
    question: `${node} loses its power now.`,
  });
  const onStep: Parameters<typeof fence.executeShot>[2]['onStep'] = (step) => {
    if (step.kind === 'checked') return;
    output.line(printable(STEP_TEXTS[step.kind].replace('NODE', node).replace('TIME', formatDuration(step.tookMs))));
    output.record('step', { ...step });
  };
  const verdict = plan.conditions.map((each) => each.text);
  const action = { command: 'ha fence test --shoot', target: node, verdict, override: reason };
  const result = await recorded(context, action, () =>
    fence.executeShot(view, plan, { ...call, override: reason, onStep }),
  );
  output.line(printable(`✔ ${node} was shot, came back, and everything runs again.`));
  output.summary({
    node,
    shot_ms: result.shotMs,
    back_ms: result.backMs,
    settled_ms: result.settledMs,
    override: reason ?? null,
  });
  return undefined;
}

const STEP_TEXTS = {
  shot: 'NODE is shot, says the fencer, after TIME.',
  back: 'NODE is a member again, after TIME.',
  settled: 'Every resource runs, on one node each, after TIME.',
} as const;

function targetText({ node, plug }: { node: string; plug: string }): string {
  return plug === node ? node : `${node} (plug ${plug})`;
}
