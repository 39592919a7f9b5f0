import { FENCE_OPTIONS, openFence } from './ha-fence-call.ts';
import { eventFields, whenText } from './ha-fence-text.ts';
import { defineCommand } from './spec.ts';

export const command = defineCommand({
  description:
    'Lists what was fenced, newest first, as the fencer of the node that is asked knows it: it forgets when the whole cluster ' +
    'is stopped. Who asked for it, who did it, how it ended, and why it failed.',
  examples: [
    { line: 'ha fence history', does: 'everything that is known' },
    { line: 'ha fence history oss2', does: 'only what happened to oss2' },
  ],
  arguments: [{ usage: '[node]', description: 'Only of this node' }],
  options: FENCE_OPTIONS,
  async run(context, [node], options) {
    const { output, clock } = context;
    const { view } = await openFence(context, options);
    const events = view.history.filter(({ target }) => node === undefined || target === node);
    if (events.length === 0) output.line('No fencing is known.');
    else
      output.table(
        [
          { title: '' },
          { title: 'Node' },
          { title: 'Action' },
          { title: 'Result' },
          { title: 'By' },
          { title: 'Asked by' },
          { title: 'When' },
          { title: 'Why', flexible: 'start' },
        ],
        events.map((event) => [
          event.status === 'success' ? '✔' : event.status === 'pending' ? '?' : '✘',
          event.target,
          event.action,
          event.status === 'failed' ? 'FAILED' : event.status,
          event.delegate ?? '',
          [event.client, event.origin].filter((part) => part !== '').join(' on '),
          whenText(event, clock.nowMs()),
          event.reason,
        ]),
      );
    for (const event of events) output.record('fencing', eventFields(event));
    output.summary({ events: events.length });
    return undefined;
  },
});
