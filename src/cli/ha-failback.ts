import { act } from '../failover.ts';
import { ACT_OPTIONS, runAction } from './ha-act.ts';
import { defineCommand } from './spec.ts';

export const command = defineCommand({
  description:
    'Brings resources back to the nodes that they prefer, one after the other: each is moved and waited for, and what moves ' +
    'left on it is removed. With Heartbeat whoever holds groups of the peer gives them back (hb_standby foreign). A verdict ' +
    'comes first; exit code 20 when it is not green.',
  examples: [
    { line: 'ha failback -n', does: 'see what is away from home' },
    { line: 'ha failback', does: 'bring everything back' },
    { line: 'ha failback ost0', does: 'only this one' },
  ],
  arguments: [{ usage: '[resource...]', description: 'Ids of groups or primitives; all when absent' }],
  options: ACT_OPTIONS,
  run: (context, resources, values) =>
    runAction(context, values, { plan: ({ situation }, nowMs) => act.planFailback(situation, { resources }, nowMs) }),
});
