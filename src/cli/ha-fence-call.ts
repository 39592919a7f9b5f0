/** What the commands for fencing share: whom they ask, how conditions are shown, and names that are typed to be sure. */
import { AppError } from '../base/errors.ts';
import { fencing, type live } from '../cluster.ts';
import type { fence } from '../failover.ts';
import { systemIdentity } from '../host.ts';
import type { Context } from './context.ts';
import { LOCAL, openHosts } from './ha-mmp-devices.ts';
import { type OptionValues, text, whole } from './options.ts';
import { askLine } from './prompt.ts';
import { printable } from './text.ts';

export const FENCE_OPTIONS = {
  on: text('host', 'Ask this host: one of the configuration, or one that ssh knows; this machine when absent'),
  timeLimit: whole('seconds', 'For each program that is asked (default 20; 60 for a fence device)', { min: 1 }),
} as const;

export const OVERRIDE = text('reason', 'Go on although something could not be examined; the reason is recorded');

export interface FenceCall {
  view: fence.FencingView;
  options: live.ReadOptions;
  /** Of a node, by the name it has in the cluster. */
  seatOf(node: string): live.Seat;
}

/** Reads the fencing of the cluster that was asked for. @throws as `fence.readFencing` */
export async function openFence(
  context: Context,
  { on, timeLimit }: OptionValues<typeof FENCE_OPTIONS>,
): Promise<FenceCall> {
  const { fence } = await import('../failover.ts');
  const find = await openHosts(context);
  const seat = find(on ?? LOCAL);
  const limit = timeLimit === undefined ? {} : { timeLimitMs: timeLimit * 1000 };
  const options = { clock: context.clock, signal: context.signal, ...limit };
  const view = await fence.readFencing(seat, options);
  return { view, options, seatOf: (node) => (node === view.node ? seat : find(node)) };
}

/**
 * Tells who reads the log of that node what somebody is about to do, as the ledger is on this machine; a log that takes
 * nothing is warned of, and stops nobody. @param deed what follows on a name: `resumes fencing`
 */
export async function logOnNode(context: Context, { view, options }: FenceCall, deed: string): Promise<boolean> {
  const line = `${systemIdentity().username} ${deed}`.replace(/\s+/g, ' ');
  const isRecorded = await fencing.recordOn(view.seat, line, options);
  if (!isRecorded) context.output.warn(`the system log of ${view.node} did not take the record: ${line}`);
  return isRecorded;
}

const SIGNS = { met: '✔', violated: '✘', unexamined: '?' } as const;

export function showConditions({ output }: Context, conditions: readonly fence.Condition[]): void {
  for (const { outcome, text } of conditions) {
    const line = printable(`${SIGNS[outcome]} ${text}`);
    if (outcome === 'met') output.note(line);
    else output.line(`${line}${outcome === 'unexamined' ? ' (could not be examined)' : ''}`);
    output.record('condition', { outcome, text });
  }
}

/** An override without a reason is none. @throws {AppError} `usage` */
export function reasonOf(override: string | undefined): string | undefined {
  if (override === undefined || override.trim() !== '') return override?.trim();
  throw new AppError('usage', { detail: '--override takes a reason', hint: 'Say why it is safe all the same.' });
}

/**
 * The name must be typed, or be given with the option; yes alone is said too easily.
 * @throws {AppError} `usage` when it is another, or nobody can be asked
 */
export async function confirmName(
  { terminal }: Context,
  { name, given, flag, question }: { name: string; given: string | undefined; flag: string; question: string },
): Promise<void> {
  if (given === name) return;
  const hint = `Give ${flag} ${name}, or type the name when asked.`;
  if (given !== undefined) throw new AppError('usage', { detail: `${flag} names ${given}, not ${name}`, hint });
  if (terminal === undefined)
    throw new AppError('usage', { detail: `nobody is here to type the name of ${name}`, hint });
  const typed = await askLine(`${printable(question)} Type ${printable(name)} to go on: `, terminal);
  if (typed.trim() !== name)
    throw new AppError('refused', {
      detail: `${JSON.stringify(typed)} was typed, not ${name}`,
      hint: 'Nothing was done.',
    });
}
