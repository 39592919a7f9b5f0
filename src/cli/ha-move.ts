import { act } from '../failover.ts';
import { ACT_OPTIONS, runAction } from './ha-act.ts';
import { flag } from './options.ts';
import { defineCommand } from './spec.ts';

export const command = defineCommand({
  description:
    'Moves one resource, or the group it is in, to another node of a Pacemaker cluster. The constraint by which it is moved ' +
    'is removed when it is there, unless --keep is given; where it would go straight back, it is refused without that. A ' +
    'verdict comes first; exit code 20 when it is not green.',
  examples: [
    { line: 'ha move ost0 oss2', does: 'move ost0, and leave nothing behind' },
    { line: 'ha move --keep ost0 oss2', does: 'hold it there until: holdfast ha clear ost0' },
  ],
  arguments: [
    { usage: '<resource>', description: 'Id of a group or primitive' },
    { usage: '[node]', description: 'Where to; the other one of two when absent' },
  ],
  options: { ...ACT_OPTIONS, keep: flag('Leave the constraint, which is named') },
  run: (context, [resource, node], values) =>
    runAction(context, values, {
      plan: ({ situation }, nowMs) => act.planMove(situation, { resource: resource!, node, keeps: values.keep }, nowMs),
    }),
});
