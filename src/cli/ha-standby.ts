import { act } from '../failover.ts';
import { ACT_OPTIONS, runAction } from './ha-act.ts';
import { ownNode } from './ha-act-ends.ts';
import { defineCommand } from './spec.ts';

export const command = defineCommand({
  description:
    'A node gives up everything it has, and takes nothing until ha unstandby. With Heartbeat the order is hb_standby, which ' +
    'gives all groups to the peer once. A verdict comes first; exit code 20 when it is not green. Done is what was seen: ' +
    'nothing is active there any more, and everything else exactly once elsewhere.',
  examples: [
    { line: 'ha standby -n oss1', does: 'see what it would do, and whether it is safe now' },
    { line: 'ha standby oss1', does: 'empty oss1 before work on it' },
  ],
  arguments: [{ usage: '[node]', description: 'Name of the node; the one that is asked when absent' }],
  options: ACT_OPTIONS,
  run: (context, [node], values) =>
    runAction(context, values, {
      plan: async (ends, nowMs) =>
        act.planStandby(ends.situation, { node: node ?? (await ownNode(context, ends)) }, nowMs),
    }),
});
