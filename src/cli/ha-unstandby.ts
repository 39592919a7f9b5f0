import { act } from '../failover.ts';
import { ACT_OPTIONS, runAction } from './ha-act.ts';
import { ownNode } from './ha-act-ends.ts';
import { defineCommand } from './spec.ts';

export const command = defineCommand({
  description:
    'A node takes resources again. Those that prefer it more than to stay go back at once, which the plan says; the others ' +
    'by ha failback.',
  examples: [
    { line: 'ha unstandby -n oss1', does: 'see what it would do, and whether it is safe now' },
    { line: 'ha unstandby oss1', does: 'oss1 is ready again' },
  ],
  arguments: [{ usage: '[node]', description: 'Name of the node; the one that is asked when absent' }],
  options: ACT_OPTIONS,
  run: (context, [node], values) =>
    runAction(context, values, {
      plan: async (ends, nowMs) =>
        act.planUnstandby(ends.situation, { node: node ?? (await ownNode(context, ends)) }, nowMs),
    }),
});
