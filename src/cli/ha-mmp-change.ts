/** What `enable`, `disable` and `clear` share: which hosts are examined, the plan as it is shown, and its execution. */
import { AppError, hasCode } from '../base/errors.ts';
import { live, mmp, UNANSWERED } from '../cluster.ts';
import type { Context } from './context.ts';
import { type FindHost, LOCAL, openHosts, readHostPath } from './ha-mmp-devices.ts';
import { readingFields } from './ha-mmp-text.ts';
import { recorded } from './ha-record.ts';
import { flag, list, type OptionValues } from './options.ts';
import { printable } from './text.ts';

export const CHANGE_OPTIONS = {
  host: list('host', 'Another host that reaches the device, by name, or name=path where it is called otherwise there'),
  notShared: flag('No other host reaches the device'),
  dryRun: flag('Print the plan and do nothing', { short: 'n' }),
} as const;

export interface Change extends OptionValues<typeof CHANGE_OPTIONS> {
  action: mmp.MmpAction;
  override?: string | undefined;
}

const SIGNS = { met: '✔', violated: '✘', unexamined: '?' } as const;

/** One device after the other; the first that is refused ends it. */
export async function changeDevices(context: Context, devices: readonly string[], change: Change): Promise<undefined> {
  const { output } = context;
  checkOptions(devices, change);
  const find = await openHosts(context);
  const changed: string[] = [];
  for (const device of devices) if (await changeDevice(context, device, { ...change, find })) changed.push(device);
  output.summary({ action: change.action, changed, dry_run: change.dryRun, override: change.override ?? null });
  return undefined;
}

function checkOptions(devices: readonly string[], { host, notShared, override }: Change): void {
  if (notShared && host.length > 0)
    throw new AppError('usage', { detail: '--host and --not-shared exclude each other', hint: 'Give one of them.' });
  if (devices.length > 1 && host.some((each) => each.includes('=')))
    throw new AppError('usage', { detail: '--host name=path is for one device', hint: 'Give one device at a time.' });
  if (override?.trim() === '')
    throw new AppError('usage', { detail: '--override takes a reason', hint: 'Say why it is safe all the same.' });
}

/** @returns whether anything was changed */
async function changeDevice(
  context: Context,
  device: string,
  { find, action, host, notShared, dryRun, override }: Change & { find: FindHost },
): Promise<boolean> {
  const { output, signal } = context;
  const here = { host: find(LOCAL), device: localPath(device) };
  const paths = [here, ...host.map((each) => readHostPath(each, device, find))];
  const plan = mmp.planMmp({
    action,
    reading: await mmp.readMmp(here.host, device, signal),
    paths: paths.map((path) => ({ host: path.host.name, device: path.device })),
    isAlone: notShared,
    members: await membersOf(context, here),
  });
  showPlan(context, plan);
  if (!plan.isNeeded || dryRun) return false;
  const verdict = plan.conditions.map(({ text }) => text);
  const result = await recorded(context, { command: `ha mmp ${action}`, target: device, verdict, override }, (find) =>
    mmp.executeMmp(plan, { paths, override, signal, onStep: (step) => showStep(context, step, find) }),
  );
  for (const each of result.overridden) output.warn(`overridden (${override}): ${each.text}`);
  const overridden = result.overridden.map(({ condition, text }) => ({ ...condition, text }));
  const fields = { device, action, override: override ?? null, overridden, ...readingFields(result.after) };
  output.record('changed', fields);
  output.line(printable(`${device}: ${DONE[action]}.`));
  return true;
}

const DONE = {
  enable: 'multiple-mount protection is on, and clean',
  disable: 'multiple-mount protection is off; from now on any host can mount it a second time',
  clear: 'the sequence is clean',
} as const satisfies Record<mmp.MmpAction, string>;

/**
 * Nodes of the cluster that runs here; none where none does, or none answers.
 */
async function membersOf({ clock, signal }: Context, { host: seat }: { host: mmp.MmpHost }): Promise<string[]> {
  try {
    const { nodes } = await live.readState(seat, { clock, signal });
    return nodes.filter(({ kind }) => kind === 'member' || kind === 'unknown').map(({ name }) => name);
  } catch (error) {
    if (!hasCode(error, ...UNANSWERED)) throw error;
    return [];
  }
}

/** Between two notes while a block is watched: a person sees that it goes on, and the screen is not full of it. */
const NOTE_EVERY_S = 5;

/** It is done on this machine, whatever else is asked of other hosts. */
function localPath(device: string): string {
  if (device.startsWith('/')) return device;
  throw new AppError('usage', {
    detail: `${device}: the path of a device of this machine begins with a slash`,
    hint: 'Run this command on a host that reaches the device.',
  });
}

function showPlan({ output }: Context, plan: mmp.MmpPlan): void {
  const { action, device, label, uuid, isNeeded, conditions, stillS, command, args } = plan;
  const name = `${device} (${label === '' ? '' : `${label}, `}${uuid})`;
  if (!isNeeded) output.line(printable(`${name}: nothing to do.`));
  else {
    output.note(printable(`To ${action} MMP of ${name}, only if`));
    for (const { text } of conditions) output.note(printable(`  - ${text}`));
    if (stillS > 0) output.note(`  - nobody writes its MMP block for ${stillS} s`);
    output.note(printable(`then: ${[command, ...args].join(' ')}`));
  }
  output.record('plan', {
    action,
    device,
    label,
    uuid,
    needed: isNeeded,
    conditions: conditions.map(({ kind, host, device: path, text }) => ({ kind, host, device: path, text })),
    still_s: stillS,
    command: [command, ...args],
  });
}

function showStep({ output }: Context, step: mmp.MmpStep, find: (line: string) => void): void {
  if (step.kind === 'watching') output.note(`Watching the MMP block for ${step.seconds} s …`);
  if (step.kind === 'waiting') {
    if (step.elapsedS % NOTE_EVERY_S === 0) output.note(`   ${step.elapsedS} of ${step.ofS} s`);
    output.record('waiting', { elapsed_s: step.elapsedS, limit_s: step.ofS });
  }
  if (step.kind === 'running')
    output.note(printable(`${[step.command, ...step.args].join(' ')} … (at most ${step.timeLimitMs / 1000} s)`));
  if (step.kind !== 'examined') return;
  for (const { condition, outcome, text } of step.conditions) {
    const { kind, host, device } = condition;
    const line = printable(`${SIGNS[outcome]} ${kind === 'others-known' ? '' : `${device} on ${host}: `}${text}`);
    find(line);
    if (outcome !== 'met') output.line(line);
    else if (step.round === 1) output.note(line);
    output.record('condition', { round: step.round, kind, host, device, outcome, text });
  }
}
