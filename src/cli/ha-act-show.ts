/** Plans, verdicts and what becomes of them, as they are told. */
import type { act, verdict } from '../failover.ts';
import { act as acting } from '../failover.ts';
import type { Output } from './output.ts';
import { printable } from './text.ts';

const SIGNS = { good: '✔', bad: '✘', unexamined: '?', met: '✔', violated: '✘' } as const;

export function showPlan(output: Output, plan: act.ActionPlan): void {
  const { action, subject, steps, promises, notes, leaves, isNeeded } = plan;
  const name = [action, subject].filter((word) => word !== '').join(' ');
  if (!isNeeded) output.line(printable(`${name}: nothing to do.`));
  for (const [at, step] of steps.entries()) {
    output.note(printable(`${at + 1}. ${step.text}`));
    output.note(printable(`     ${step.command.join(' ')}`));
    output.note(printable(`     only if ${step.checks.map(acting.wordsOfCheck).join('; ')}`));
    output.note(
      printable(
        `     then within ${Math.round(step.timeLimitMs / 1000)} s: ${step.expects.map(acting.wordsOfExpectation).join('; ')}`,
      ),
    );
  }
  if (promises.length > 0) output.note(printable(`At the end: ${promises.map(acting.wordsOfExpectation).join('; ')}`));
  if (leaves.length > 0) output.line(printable(`Stays: ${leaves.join(', ')}`));
  for (const note of notes) output.line(printable(`! ${note}`));
  output.record('plan', planFields(plan));
}

function planFields(plan: act.ActionPlan): Record<string, unknown> {
  const { action, cluster, subject, isNeeded, sources, moved, leaves, notes, plannedMs } = plan;
  const steps = plan.steps.map(({ text, command, checks, expects, timeLimitMs }) => ({
    text,
    command,
    checks: checks.map(acting.wordsOfCheck),
    expects: expects.map(acting.wordsOfExpectation),
    time_limit_s: timeLimitMs / 1000,
  }));
  const promises = plan.promises.map(acting.wordsOfExpectation);
  const time = new Date(plannedMs).toISOString();
  return { action, cluster, subject, time, needed: isNeeded, sources, moved, steps, promises, leaves, notes };
}

export function showVerdict(output: Output, judged: verdict.Verdict): void {
  for (const { name, subject, finding, text, examinedMs } of judged.inputs) {
    const about = subject === '' ? name : `${name} of ${subject}`;
    output.line(printable(`${SIGNS[finding]} ${about}: ${text}`));
    output.record('input', {
      name,
      subject,
      finding,
      text,
      examined: examinedMs === undefined ? null : new Date(examinedMs).toISOString(),
    });
  }
  output.line(judged.isGreen ? output.paint('green', 'Ready.') : output.paint('red', 'NOT ready.'));
  output.record('verdict', { green: judged.isGreen, reasons: judged.reasons });
}

/** Tells events as they come. What is waited for is said once, so that silence means no change; with -v at every look. */
export function eventTeller(output: Output): (event: act.ActionEvent) => void {
  let awaited: string | undefined;
  return (event) => {
    const text = event.kind === 'waiting' ? event.text : undefined;
    showEvent(output, event, text !== awaited);
    awaited = text;
  };
}

function showEvent(output: Output, event: act.ActionEvent, isNews: boolean): void {
  switch (event.kind) {
    case 'step':
      output.note(printable(`${event.number}/${event.of} ${event.step.text} …`));
      output.record('step', { number: event.number, of: event.of, text: event.step.text, command: event.step.command });
      return;
    case 'waiting':
      if (isNews) output.note(printable(waitingLine(event)));
      else output.detail(printable(waitingLine(event)));
      output.record('waiting', { elapsed_s: event.elapsedMs / 1000, limit_s: event.limitMs / 1000, text: event.text });
      return;
    case 'settled':
      output.note(`    settled after ${(event.elapsedMs / 1000).toFixed(1)} s`);
      output.record('settled', { elapsed_s: event.elapsedMs / 1000 });
      return;
    case 'outcome': {
      const { outcome, text } = event.outcome;
      const line = printable(`  ${SIGNS[outcome]} ${text}`);
      if (outcome === 'met') output.note(line);
      else output.line(line);
      output.record('outcome', { outcome, text });
    }
  }
}

function waitingLine({ elapsedMs, limitMs, text }: { elapsedMs: number; limitMs: number; text: string }): string {
  return `    ${Math.round(elapsedMs / 1000)} s of at most ${Math.round(limitMs / 1000)} s: ${text}`;
}
