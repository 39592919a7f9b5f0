/** What people did to clusters, from the ledger. */
import type { OperatorAction } from '../ledger.ts';
import type { Context } from './context.ts';
import { formatDuration, formatTime } from './time.ts';

export function showActions({ output }: Context, actions: readonly OperatorAction[]): undefined {
  if (actions.length === 0) output.line('Nobody has done anything to a cluster yet.');
  else
    output.table(
      [
        { title: 'Action', align: 'right' },
        { title: 'Started' },
        { title: 'Command' },
        { title: 'On', flexible: 'start' },
        { title: 'By', flexible: 'start' },
        { title: 'Outcome' },
        { title: 'Took', align: 'right' },
        { title: 'Remarks', flexible: 'start' },
      ],
      actions.map(({ id, startedMs, command, target, who, outcome, endedMs, override, text }) => [
        String(id),
        formatTime(startedMs),
        command,
        target,
        who,
        // Killed, when nobody does it any more; the ledger cannot tell.
        outcome ?? 'no end recorded',
        endedMs === undefined ? '' : formatDuration(endedMs - startedMs),
        [override === undefined ? undefined : `against the verdict: ${override}`, text]
          .filter((each) => each)
          .join('; '),
      ]),
    );
  for (const { startedMs, endedMs, override, outcome, text, ...rest } of actions)
    output.record('action', {
      ...rest,
      started: new Date(startedMs).toISOString(),
      ended: endedMs === undefined ? null : new Date(endedMs).toISOString(),
      override: override ?? null,
      outcome: outcome ?? null,
      text: text ?? null,
    });
  output.summary({ actions: actions.length });
  return undefined;
}
