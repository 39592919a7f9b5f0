import { fence } from '../failover.ts';
import { FENCE_OPTIONS, logOnNode, openFence } from './ha-fence-call.ts';
import { recorded } from './ha-record.ts';
import { defineCommand } from './spec.ts';

export const command = defineCommand({
  description:
    'Ends a pause of fencing at once, or tidies away one that has ended by itself, and puts the setting back to where it was. ' +
    'Success only when the cluster says that fencing is on. A node that fell silent during the pause is fenced now. Pauses ' +
    'and their ends are written to the system log of the node that is asked.',
  examples: [{ line: 'ha fence resume', does: 'fencing is on again' }],
  options: FENCE_OPTIONS,
  async run(context, _args, given) {
    const { output } = context;
    const call = await openFence(context, given);
    const { view, options } = call;
    const isRecorded = await logOnNode(context, call, 'resumes fencing');
    const action = { command: 'ha fence resume', target: view.node, verdict: [], override: undefined };
    const isChanged = await recorded(context, action, () => fence.executeResume(view, options));
    output.line(isChanged ? 'Fencing is on; the pause is gone.' : 'Fencing is on; there was no pause.');
    output.summary({ changed: isChanged, recorded: isRecorded });
    return undefined;
  },
});
