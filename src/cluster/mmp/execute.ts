import { AppError, hasCode } from '../../base/errors.ts';
import { type ExaminedCondition, examineConditions, type HostPath } from './examine.ts';
import type { MmpReading, MmpState } from './model.ts';
import type { MmpAction, MmpPlan } from './plan.ts';
import { readMmp } from './read.ts';
import { stillnessOf } from './wait.ts';

export interface MmpExecution {
  /** Those the plan was made for, in its order. */
  paths: readonly HostPath[];
  /** Why to go on although something could not be examined; only for `clear`. What was examined and is wrong stays refused. */
  override?: string | undefined;
  signal?: AbortSignal | undefined;
  onStep?(step: MmpStep): void;
}

export type MmpStep =
  | { kind: 'examined'; round: 1 | 2; conditions: readonly ExaminedCondition[] }
  | { kind: 'watching'; seconds: number }
  /** Once a second. */
  | { kind: 'waiting'; elapsedS: number; ofS: number }
  | { kind: 'running'; command: string; args: readonly string[]; timeLimitMs: number };

export interface MmpChange {
  before: MmpReading;
  after: MmpReading;
  /** What could not be examined and was overridden. */
  overridden: readonly ExaminedCondition[];
}

const WANTED = { enable: 'clean', disable: 'no-mmp', clear: 'clean' } as const satisfies Record<MmpAction, MmpState>;

/**
 * Does what the plan says, if all of its conditions hold now, hold still after the block was watched, and the block did
 * not change meanwhile; then reads the device again to see that it is as wanted.
 * @throws {AppError} `refused` with what does not hold, and nothing was changed; `command-failed` when tune2fs refuses
 */
export async function executeMmp(plan: MmpPlan, execution: MmpExecution): Promise<MmpChange> {
  const { paths, signal, onStep } = execution;
  const { host, device } = paths[0]!;
  const before = await readMmp(host, device, signal);
  if (before.ext4?.uuid !== plan.uuid) throw refused(plan, ['it is another file system than when this was planned']);
  if (before.state !== plan.state)
    throw refused(plan, [`it is ${before.state} now, and was ${plan.state} when this was planned`]);
  if (!plan.isNeeded) return { before, after: before, overridden: [] };
  await gate(plan, execution, 1);
  // Whoever had it since may write less often than was planned for.
  const stillS = before.ext4?.hasMmp === true ? Math.max(plan.stillS, stillnessOf(before)) : plan.stillS;
  if (stillS > 0) onStep?.({ kind: 'watching', seconds: stillS });
  for (let elapsedS = 0; elapsedS < stillS; elapsedS++) {
    if (elapsedS > 0) onStep?.({ kind: 'waiting', elapsedS, ofS: stillS });
    await host.clock.sleep(Math.min(1, stillS - elapsedS) * 1000, signal);
  }
  const overridden = await gate(plan, execution, 2);
  const changes = changesOf(before, await readMmp(host, device, signal));
  if (changes.length > 0) throw refused(plan, changes);
  onStep?.({ kind: 'running', command: plan.command, args: plan.args, timeLimitMs: plan.timeLimitMs });
  await runTool(plan, execution);
  const after = await readMmp(host, device);
  if (after.state !== WANTED[plan.action])
    throw new AppError('failed', {
      detail: `${plan.action} of ${device}: tune2fs said it was done, but the device is ${after.state}`,
      hint: 'See: holdfast ha mmp show',
    });
  return { before, after, overridden };
}

/** @returns what was overridden. @throws {AppError} `refused` */
async function gate(plan: MmpPlan, execution: MmpExecution, round: 1 | 2): Promise<ExaminedCondition[]> {
  const { paths, signal, override, onStep } = execution;
  const conditions = await examineConditions(plan, paths, signal);
  onStep?.({ kind: 'examined', round, conditions });
  const violated = conditions.filter(({ outcome }) => outcome === 'violated');
  const unexamined = conditions.filter(({ outcome }) => outcome === 'unexamined');
  const isOverridden = plan.action === 'clear' && override !== undefined;
  const wrong = isOverridden ? violated : [...violated, ...unexamined];
  if (wrong.length > 0) throw refused(plan, wrong.map(wordsOf), unexamined.length > 0 && violated.length === 0);
  return unexamined;
}

function wordsOf({ condition: { kind, host, device }, text, outcome }: ExaminedCondition): string {
  if (kind === 'others-known') return text;
  return `${device} on ${host}: ${outcome === 'unexamined' ? `could not be examined (${text})` : text}`;
}

/** @param isIncomplete nothing is known to be wrong, but something is not known */
function refused({ action, device }: MmpPlan, reasons: readonly string[], isIncomplete = false): AppError {
  const missing =
    'Name each other host with --host NAME=PATH, or say --not-shared if there is none; all must be reachable.';
  return new AppError('refused', {
    detail: `${action} of ${device}: ${reasons.join('; ')}`,
    hint: isIncomplete ? missing : 'Nothing was changed. Unmount it everywhere first.',
  });
}

/** Whoever is at work would have written to the block, or to the superblock where there is none. */
function changesOf(before: MmpReading, after: MmpReading): string[] {
  const hasMoved = before.digest !== after.digest || before.state !== after.state;
  const hasMounted =
    before.ext4?.mountedMs !== after.ext4?.mountedMs || before.ext4?.writtenMs !== after.ext4?.writtenMs;
  const by = after.mmp?.nodeName ? ` by ${after.mmp.nodeName}` : '';
  return [
    ...(hasMoved ? [`somebody has it: its MMP block was written${by} while it was watched`] : []),
    ...(hasMounted && !hasMoved ? ['somebody has it: its superblock was written while it was watched'] : []),
  ];
}

/** Not to be interrupted: tune2fs stopped at work leaves the mark of a check behind. */
async function runTool(plan: MmpPlan, { paths }: MmpExecution): Promise<void> {
  const { command, args, timeLimitMs, action, device } = plan;
  const options = { timeLimitMs, env: { LC_ALL: 'C' } };
  const { exitCode, errorText, output } = await paths[0]!.host.processes
    .run(command, args, options)
    .catch(halfDone(plan));
  if (exitCode === 0) return;
  const lines = `${output.toString()}\n${errorText}`.split('\n').filter((line) => line.trim() !== '');
  throw new AppError('command-failed', {
    detail: `${action} of ${device}: tune2fs ended with ${exitCode}: ${lines.at(-1) ?? 'it says nothing'}`,
    hint: 'See: holdfast ha mmp show',
  });
}

/** What was stopped at work may have changed the device, or have left the mark of a check on it. */
function halfDone({ action, device, timeLimitMs }: MmpPlan): (error: unknown) => never {
  return (error) => {
    if (!hasCode(error, 'command-timeout')) throw error;
    throw new AppError('failed', {
      detail: `${action} of ${device}: tune2fs was not done after ${timeLimitMs / 1000} s, and what it has changed is not known`,
      hint: 'See: holdfast ha mmp show. The mark of a check that it may have left is removed by: holdfast ha mmp clear',
      cause: error,
    });
  };
}
