import { act } from '../failover.ts';
import { ACT_OPTIONS, runAction } from './ha-act.ts';
import { defineCommand } from './spec.ts';

export const command = defineCommand({
  description:
    'Removes the constraints that moves and bans left on a resource of a Pacemaker cluster, or on all. What then goes back ' +
    'by itself is said in the plan, and needs a green verdict.',
  examples: [
    { line: 'ha clear ost0', does: 'remove what holds ost0' },
    { line: 'ha clear -n', does: 'see what moves have left anywhere' },
  ],
  arguments: [{ usage: '[resource]', description: 'Id of the resource; all when absent' }],
  options: ACT_OPTIONS,
  run: (context, [resource], values) =>
    runAction(context, values, { plan: ({ situation }, nowMs) => act.planClear(situation, { resource }, nowMs) }),
});
