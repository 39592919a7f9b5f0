import { AppError, hasCode, recalledError } from '../base/errors.ts';
import { type RunEvent, units } from '../daemon.ts';
import type { Run } from '../ledger.ts';
import type { Context } from './context.ts';
import { flag, list } from './options.ts';
import { showPlannedRun } from './run-plan.ts';
import { describeRun, runFields } from './run-text.ts';
import { defineCommand } from './spec.ts';
import { openWorld } from './world.ts';

interface Work {
  kind: 'backup' | 'verify' | 'prune' | 'fencing';
  subject: string;
}

export const command = defineCommand({
  description:
    'Runs plans of the configuration now, one after the other: hooks, sources, reading back, retention. What came of it is ' +
    'in the ledger, as for runs of the daemon. The exit code is that of the worst run: 0 only when all succeeded, 3 when a ' +
    'snapshot is incomplete, or something of a cluster could not be tried.',
  examples: [
    { line: 'run etc', does: 'run the plan etc' },
    { line: 'run --all', does: 'run every plan' },
    { line: 'run etc --dry-run', does: 'see what a run would do' },
    { line: 'run --verify main', does: 'read back a share of the vault main, as its schedule does' },
    { line: 'run --fencing oss', does: 'try every path of fencing of the cluster oss; nobody is shot' },
  ],
  arguments: [{ usage: '[plan...]', description: 'Plans of the configuration' }],
  options: {
    all: flag('Run every plan'),
    verify: list('vault', 'Read back the share of this vault that is due'),
    prune: list('vault', 'Remove from this vault what no snapshot needs'),
    fencing: list('cluster', 'Try every path of fencing of this cluster, without a shot'),
    dryRun: flag('Show what would be done and do nothing', { short: 'n' }),
  },
  async run(context, plans, options) {
    const { output, signal } = context;
    await using opened = await openWorld(context, { readOnly: options.dryRun });
    const { world, runner } = opened;
    if (options.all && plans.length > 0) throw new AppError('usage', { detail: 'plans are named, and --all is given' });
    const names = options.all ? Object.keys(world.config.plans) : plans;
    const work: Work[] = [
      ...names.map((subject) => ({ kind: 'backup', subject }) as const),
      ...options.verify.map((subject) => ({ kind: 'verify', subject }) as const),
      ...options.prune.map((subject) => ({ kind: 'prune', subject }) as const),
      ...options.fencing.map((subject) => ({ kind: 'fencing', subject }) as const),
    ];
    assertWork(world.config, work);
    if (options.dryRun) {
      for (const each of work) showPlannedRun(context, world, each);
      output.summary({ runs: 0, dry_run: true });
      return undefined;
    }
    const runs: Run[] = [];
    const busy: AppError[] = [];
    for (const each of work) {
      signal.throwIfAborted();
      using progress = output.progress();
      const onEvent = (event: RunEvent): void => show(context, event, progress);
      try {
        const run = await runner({ ...each, trigger: 'manual', dueMs: undefined }, { signal, onEvent });
        progress.end();
        runs.push(run);
        tell(context, run);
      } catch (error) {
        // One that is under way elsewhere keeps none of the others from running.
        if (!hasCode(error, 'plan-busy')) throw error;
        progress.end();
        output.warn(error.message, { item: each.subject });
        busy.push(error);
      }
    }
    output.summary({ runs: runs.length, failed: runs.filter(({ status }) => status !== 'success').length });
    const outcome = conclude(runs);
    if (busy.length > 0) throw busy[0]!;
    return outcome;
  },
});

type Config = Awaited<ReturnType<typeof openWorld>>['world']['config'];

/** Everything is known before anything is begun. */
function assertWork(config: Config, work: readonly Work[]): void {
  if (work.length === 0) {
    const hint = `Plans: ${Object.keys(config.plans).join(', ') || 'none yet'}; or --all.`;
    throw new AppError('usage', { detail: 'no plan was named', hint });
  }
  for (const { kind, subject } of work) {
    const known = Object.keys(units.subjectsByKind(config)[kind]);
    if (known.includes(subject)) {
      if (kind === 'prune' && config.vaults[subject]!.prune === undefined)
        throw new AppError('config', {
          detail: `vault ${subject} has no prune settings`,
          hint: 'Add prune: {} to it.',
        });
      continue;
    }
    const hint = `The configuration has: ${known.join(', ') || 'none'}.`;
    throw new AppError('plan-missing', { detail: subject, hint });
  }
}

type Progress = ReturnType<Context['output']['progress']>;

function show({ output }: Context, event: RunEvent, progress: Progress): void {
  if (event.kind === 'progress')
    progress.update({
      filesDone: event.files,
      bytesDone: event.bytes,
      current: event.current === '' ? [] : [event.current],
    });
  else if (event.kind === 'phase') output.note(event.text);
  else if (event.level === 'info') output.detail(event.text);
  else output.warn(event.text);
}

function tell({ output }: Context, run: Run): void {
  output.line(describeRun(run));
  for (const note of run.notes) output.line(`  ${note}`);
  output.record('run', runFields(run));
}

/** @throws the failure of the first run that failed: its code decides the exit code */
function conclude(runs: readonly Run[]): 'incomplete' | undefined {
  const failed = runs.find(({ status }) => status !== 'success' && status !== 'incomplete');
  if (failed !== undefined) {
    const text = `${failed.kind} ${failed.subject}: ${failed.errorText ?? failed.status}`;
    throw recalledError(failed.errorCode, text);
  }
  return runs.some(({ status }) => status === 'incomplete') ? 'incomplete' : undefined;
}
