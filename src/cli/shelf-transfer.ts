import { formatBytes } from '../base/bytes.ts';
import { AppError } from '../base/errors.ts';
import { processIdentity } from '../host.ts';
import { days, listings, type ShelfEnd, transfer } from '../shelf.ts';
import type { Progress } from './progress.ts';
import { chosenShelf, dayOf, type ShelfCall, tell, warn, warnOf } from './shelf-call.ts';
import { counted, printable } from './text.ts';
import { formatDuration } from './time.ts';

/** Copies what the target lacks. @throws {AppError} `usage` without a target; `failed` when not all arrived */
export async function transferStep(call: ShelfCall): Promise<'incomplete' | undefined> {
  const { context, values, target: to } = call;
  const { output } = context;
  if (to === undefined)
    throw new AppError('usage', { detail: `shelf ${call.name} has no target`, hint: 'Add one to its configuration.' });
  if (values.source || values.target)
    throw new AppError('usage', {
      detail: 'transfer goes from the source to the target',
      hint: 'Leave --source and --target away.',
    });
  await using source = await call.open('source');
  await using target = await call.open('target');
  const plan = await planOf(call, source, target);
  showPlan(call, plan, printable(target.address));
  const { steps, unfit } = plan;
  if (values.dryRun) {
    output.line(`Dry run: ${counted(steps.length, 'archive')} with ${formatBytes(plan.bytes)} would be sent.`);
  } else {
    await execute(call, plan, { source, target });
  }
  return unfit.length > 0 ? 'incomplete' : undefined;
}

async function planOf(call: ShelfCall, source: ShelfEnd, target: ShelfEnd): Promise<transfer.TransferPlan> {
  const { clock, signal } = call.context;
  const shelf = chosenShelf(call);
  const day = dayOf(call);
  const ours = await listings.listShelf(source, shelf, signal);
  const onRetry = (event: transfer.RetryEvent): void => tellRetry(call, event);
  const retries = call.target!.retries;
  const theirs = await transfer.retried(() => listings.listShelf(target, shelf, signal), {
    retries,
    clock,
    signal,
    onRetry,
  });
  const wanted = ours.archives.filter((archive) => day === undefined || days.isSameDay(archive.day, day));
  if (wanted.length === 0)
    warn(
      call,
      `nothing to transfer${day === undefined ? '' : ` of ${days.formatDay(day)}`}: there is no archive at the source`,
    );
  // Who names a day, or all of them, means these; else nothing goes over that the next purge would remove again.
  const isLimited = day === undefined && !call.values.all;
  const purged = isLimited ? { shelf, keep: call.values.keep, locked: theirs.locked } : undefined;
  return transfer.planTransfer(wanted, theirs, purged);
}

function showPlan(call: ShelfCall, plan: transfer.TransferPlan, address: string): void {
  const { steps, present, older, unfit, bytes } = plan;
  const { output } = call.context;
  output.note(
    `To ${address}: ${counted(steps.length, 'archive')} with ${formatBytes(bytes)}; ${present.length} there already`,
  );
  if (older.length > 0)
    output.note(
      `Not sent: ${counted(older.length, 'older archive')}, which keep would have purge remove; --day or --all sends them`,
    );
  for (const { path } of older) output.record('not_sent', { path, why: 'keep' });
  for (const { archive, action, why, presentBytes } of steps) {
    const { path, bytes: size } = archive;
    output.line(`${action.padEnd(7)}  ${printable(path)}  ${formatBytes(size)} (${printable(why)})`);
    output.record('transfer_plan', { path, action, why, bytes: size, present_bytes: presentBytes });
  }
  for (const { archive, why } of unfit) warnOf(call, `not sent: ${archive.path} ${why}`, { path: archive.path, why });
}

async function execute(
  call: ShelfCall,
  plan: transfer.TransferPlan,
  ends: { source: ShelfEnd; target: ShelfEnd },
): Promise<void> {
  const { context, values, options, random, target: to } = call;
  const { output, clock, signal } = context;
  using progress = output.progress();
  const { retries, timeLimit: timeLimitMs } = to!;
  const bandwidth = values.bandwidth ?? to!.bandwidth;
  const report = await transfer.executeTransfer(plan, {
    ...ends,
    options: { bandwidth, retries, timeLimitMs, sidecars: options.sidecars },
    identity: processIdentity(),
    clock,
    random,
    signal,
    onEvent: teller(call, progress, plan.steps.length),
  });
  progress.end();
  const arrived = report.outcomes.length - report.missing;
  tell(call, `Transferred ${counted(arrived, 'archive')}; ${formatBytes(report.sentBytes)} sent.`);
  output.record('transferred', { archives: arrived, missing: report.missing, bytes: report.sentBytes });
  if (report.missing > 0) throw failure(report, ends.target);
}

function teller(call: ShelfCall, progress: Progress, filesTotal: number): (event: transfer.TransferEvent) => void {
  let filesDone = 0;
  return (event) => {
    if (event.kind === 'waiting')
      call.context.output.note(
        `Another transfer seems to be under way: ${printable(event.holder)}; looking whether it moves.`,
      );
    if (event.kind === 'restart') warn(call, `${event.archive.path} begins anew: ${event.why}`);
    if (event.kind === 'retry') tellRetry(call, event, event.archive?.path);
    if (event.kind === 'progress') {
      const { archive, stage, bytes } = event;
      const current = [`${stage} ${archive.path}`];
      progress.update({ filesDone, filesTotal, bytesDone: bytes, bytesTotal: archive.bytes, current });
    }
    if (event.kind === 'end') {
      filesDone++;
      tellOutcome(call, event.outcome);
    }
  };
}

function tellRetry(call: ShelfCall, { error, pauseMs }: transfer.RetryEvent, path?: string): void {
  warn(call, `${path === undefined ? '' : `${path}: `}${error.message}; trying again in ${formatDuration(pauseMs)}`);
}

function tellOutcome({ context, log }: ShelfCall, outcome: transfer.TransferOutcome): void {
  const { archive, result, sentBytes, error } = outcome;
  const { output } = context;
  const text = `${printable(archive.path)}${error === undefined ? '' : `: ${printable(error.message)}`}`;
  const line = `${result.padEnd(9)}  ${text}`;
  output.line(error === undefined ? line : output.paint('red', line));
  if (error === undefined) log.line('info', `${result} ${text}`);
  else log.problem(`${result} ${text}`);
  output.record('outcome', { path: archive.path, result, sent_bytes: sentBytes, error: error?.code ?? null });
}

function failure({ outcomes, missing }: transfer.TransferReport, { address }: ShelfEnd): AppError {
  const { error } = outcomes.find((each) => each.error !== undefined)!;
  return new AppError('failed', {
    detail: `${counted(missing, 'archive')} of ${outcomes.length} did not reach ${address}: ${error!.message}`,
    hint: error!.hint,
    cause: error,
  });
}
