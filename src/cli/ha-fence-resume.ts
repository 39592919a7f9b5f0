import { fence } from '../failover.ts';
import { FENCE_OPTIONS, logOnNode, openFence } from './ha-fence-call.ts';
import { recorded } from './ha-record.ts';
import { flag } from './options.ts';
import { defineCommand } from './spec.ts';

export const command = defineCommand({
  description:
    'Ends a pause of fencing at once, or tidies away one that has ended by itself, and puts the setting back to where it was. ' +
    'Success only when the cluster says that fencing is on. A node that fell silent during the pause is fenced now. Pauses ' +
    'and their ends are written to the system log of the node that is asked.',
  examples: [
    { line: 'ha fence resume', does: 'fencing is on again' },
    { line: 'ha fence resume --on oss1 --dry-run', does: 'say whether there is a pause to end' },
  ],
  options: { ...FENCE_OPTIONS, dryRun: flag('Say what would be done, and do nothing', { short: 'n' }) },
  async run(context, _args, { dryRun, ...given }) {
    const { output } = context;
    const call = await openFence(context, given);
    const { view, options } = call;
    if (dryRun) {
      const edits = fence.planResume(view);
      output.line(
        edits === 0
          ? 'Fencing is on; there is no pause: nothing would be done.'
          : 'The pause would be removed, and the setting put back to where it was.',
      );
      output.summary({ changed: edits > 0, dry_run: true });
      return undefined;
    }
    const isRecorded = await logOnNode(context, call, 'resumes fencing');
    const action = { command: 'ha fence resume', target: view.node, verdict: [], override: undefined };
    const isChanged = await recorded(context, action, () => fence.executeResume(view, options));
    output.line(isChanged ? 'Fencing is on; the pause is gone.' : 'Fencing is on; there was no pause.');
    output.summary({ changed: isChanged, recorded: isRecorded });
    return undefined;
  },
});
