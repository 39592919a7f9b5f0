import { AppError, hasCode } from '../base/errors.ts';
import type { live } from '../cluster.ts';
import { fence } from '../failover.ts';
import { systemIdentity } from '../host.ts';
import { confirmName, FENCE_OPTIONS, openFence, showConditions } from './ha-fence-call.ts';
import { recorded } from './ha-record.ts';
import { flag, text } from './options.ts';
import { defineCommand } from './spec.ts';
import { printable } from './text.ts';

const ANSWER_MS_MAX = 15_000;

export const command = defineCommand({
  description:
    'Tells the cluster that a node is off, when it waits for that and no device could switch the node off. The cluster ' +
    'believes it and starts the resources elsewhere: when the node still writes, its file systems are destroyed. So it must ' +
    'be said how that was verified, and the name be typed. Refused with exit code 20 when the node is a member, answers over ' +
    'ssh, or a device says that it is on. What was said is written to the system log of the node that is told.',
  examples: [
    {
      line: 'ha fence confirm oss2 --verified "both power cables pulled at 14:05, J. Doe"',
      does: 'after somebody stood in front of it',
    },
  ],
  arguments: [{ usage: '<node>', description: 'Name of the node in the cluster' }],
  options: {
    ...FENCE_OPTIONS,
    verified: text('how', 'How it was verified that the node is off, by whom and when'),
    dryRun: flag('Show what is known of the node, and do nothing', { short: 'n' }),
    yesOff: text('node', 'The name of the node once more, where nobody is asked'),
  },
  async run(context, [node], { verified = '', yesOff, dryRun, ...where }) {
    const { output } = context;
    if (verified.trim() === '')
      throw new AppError('usage', {
        detail: 'it is not said how it was verified that the node is off',
        hint: 'Say it with --verified, as in --verified "both power cables pulled at 14:05, J. Doe".',
      });
    const { view, options, seatOf } = await openFence(context, where);
    const facts = async (now: fence.FencingView) => {
      const paths = fence
        .planPaths(now)
        .paths.filter(({ step, target, from }) => step === 'status' && target?.node === node && from === now.node);
      const [tried, isAnswering] = await Promise.all([
        fence.tryPaths(now, paths, { seatOf, options }),
        node === now.node ? true : answers(seatOf(node!), context.signal),
      ]);
      return { tried, isAnswering };
    };
    const plan = fence.planConfirm(view, { node: node!, verified }, await facts(view));
    showConditions(context, plan.conditions);
    if (dryRun) {
      output.line('Nothing was told to the cluster.');
      output.summary({ node, verified: plan.verified, dry_run: true });
      return undefined;
    }
    fence.refuseUnless(plan.conditions, verified);
    await confirmName(context, { name: node!, given: yesOff, flag: '--yes-off', question: `Is ${node} surely off?` });
    const { username } = systemIdentity();
    const verdict = plan.conditions.map((each) => each.text);
    // Somebody's word stands in for evidence: it has to be on record, as what is done against a verdict.
    const action = { command: 'ha fence confirm', target: node!, verdict, override: verified };
    const isRecorded = await recorded(context, action, () =>
      fence.executeConfirm(view, plan, { options, by: username, facts }),
    );
    if (!isRecorded) output.warn(`the system log of ${view.node} did not take the record: keep this output`);
    output.line(printable(`The cluster takes ${node} for off, by the word of ${username}: ${plan.verified}`));
    output.summary({ node, verified: plan.verified, by: username, recorded: isRecorded });
    return undefined;
  },
});

/** Whoever refuses a key lives as well. */
async function answers({ processes }: live.Seat, signal: AbortSignal): Promise<boolean | undefined> {
  try {
    await processes.run('true', [], { timeLimitMs: ANSWER_MS_MAX, signal });
    return true;
  } catch (error) {
    if (hasCode(error, 'host-refused')) return true;
    if (hasCode(error, 'host-unreachable')) return false;
    if (!hasCode(error, 'command-timeout', 'command-missing', 'command-failed')) throw error;
    return undefined;
  }
}
