import { act } from '../failover.ts';
import { ACT_OPTIONS, runAction } from './ha-act.ts';
import { ownNode } from './ha-act-ends.ts';
import { defineCommand } from './spec.ts';

export const command = defineCommand({
  description:
    'A node takes over every resource that runs elsewhere, one after the other. What would go back by itself is held by a ' +
    'constraint, which ha failback removes. With Heartbeat the order is hb_takeover, and both nodes are asked. A verdict ' +
    'comes first: fencing, peer, quorum, multiple-mount protection, replicas, and a simulation; exit code 20 when it is not ' +
    'green. Done is what was seen: each resource active exactly once, and mounted there and nowhere else.',
  examples: [
    { line: 'ha takeover -n oss2', does: 'see what it would do, and whether it is safe now' },
    { line: 'ha takeover oss2', does: 'oss2 takes over everything' },
  ],
  arguments: [{ usage: '[node]', description: 'Name of the node; the one that is asked when absent' }],
  options: ACT_OPTIONS,
  run: (context, [node], values) =>
    runAction(context, values, {
      plan: async (ends, nowMs) =>
        act.planTakeover(ends.situation, { node: node ?? (await ownNode(context, ends)) }, nowMs),
    }),
});
