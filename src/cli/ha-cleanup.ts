import { act } from '../failover.ts';
import { ACT_OPTIONS, runAction } from './ha-act.ts';
import { text } from './options.ts';
import { defineCommand } from './spec.ts';

export const command = defineCommand({
  description:
    'Makes a Pacemaker cluster forget failures of a resource, or of all, so that it may run again where it failed. Done is ' +
    'what was seen: no failure is left, and what should run does, exactly once.',
  examples: [
    { line: 'ha cleanup ost0', does: 'after its cause was mended' },
    { line: 'ha cleanup --node oss1', does: 'all failures on oss1' },
  ],
  arguments: [{ usage: '[resource]', description: 'Id of the resource; all when absent' }],
  options: { ...ACT_OPTIONS, node: text('node', 'Only failures on this node') },
  run: (context, [resource], values) =>
    runAction(context, values, {
      plan: ({ situation }, nowMs) => act.planCleanup(situation, { resource, node: values.node }, nowMs),
    }),
});
