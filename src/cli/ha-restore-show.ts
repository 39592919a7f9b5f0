/** A runbook and what becomes of it, as they are told. What files hold is never told. */
import type { restore } from '../failover.ts';
import type { Output } from './output.ts';
import { printable } from './text.ts';

const MODES = {
  join: (peer: string) => `The cluster lives on ${peer}: its files and its CIB count, not those of the backup.`,
  found: () => 'No peer has a living cluster: the backup is all there is.',
};

export function showRestorePlan(output: Output, plan: restore.RestorePlan): void {
  const { node, cluster, mode, peer, gates, files, steps, notes, stack } = plan;
  output.line(printable(`restore ${node} of ${cluster}`));
  output.line(printable(MODES[mode](peer ?? '')));
  for (const { isMet, text, isOverridable, hint } of gates) {
    const sign = isMet ? '✔' : '✘';
    const line = printable(`${sign} ${text}`);
    output.line(isMet ? line : output.paint('red', line));
    if (!isMet) output.line(printable(`    ${hint}`));
    output.record('gate', { met: isMet, overridable: isOverridable, text, hint });
  }
  for (const { path, from, now, mode: rights, user, group } of files)
    output.record('file', { path, from, now, mode: `0${rights.toString(8)}`, user, group });
  if (steps.length === 0) output.line(printable(`${node} is as it should be: nothing to do.`));
  for (const [at, step] of steps.entries()) {
    output.line(printable(`${at + 1}. ${step.text}`));
    output.line(printable(`     ${step.command}`));
    output.line(printable(`     only if ${step.check}`));
    output.line(printable(`     then within ${Math.round(step.timeLimitMs / 1000)} s: ${step.verify}`));
  }
  for (const note of notes) output.line(printable(`! ${note}`));
  output.record('plan', {
    cluster,
    node,
    stack,
    mode,
    peer: peer ?? null,
    steps: steps.map(({ text, command, check, verify, timeLimitMs }) => {
      return { text, command, check, verify, time_limit_s: timeLimitMs / 1000 };
    }),
    notes,
  });
}

export function showRestoreEvent(output: Output, event: restore.RestoreEvent): void {
  switch (event.kind) {
    case 'step':
      output.note(printable(`${event.number}/${event.of} ${event.step.text} …`));
      output.record('step', { number: event.number, of: event.of, text: event.step.text });
      return;
    case 'waiting':
      output.detail(printable(`    ${Math.round(event.elapsedMs / 1000)} s: ${event.text}`));
      output.record('waiting', { elapsed_s: event.elapsedMs / 1000, limit_s: event.limitMs / 1000, text: event.text });
      return;
    case 'verified':
      output.note(printable(`  ✔ ${event.text}, after ${(event.tookMs / 1000).toFixed(1)} s`));
      output.record('verified', { text: event.text, took_s: event.tookMs / 1000 });
  }
}
