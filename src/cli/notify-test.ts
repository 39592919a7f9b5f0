import { AppError } from '../base/errors.ts';
import { notices } from '../notify.ts';
import { defineCommand } from './spec.ts';
import { counted } from './text.ts';
import { openWorld } from './world.ts';

export const command = defineCommand({
  description:
    'Sends a test message to notification targets of the configuration, all of them or those named, and says of each ' +
    'whether the other side has taken it. Exit code 1 when any has not.',
  examples: [
    { line: 'notify test', does: 'send to every target' },
    { line: 'notify test ops', does: 'send to the target ops' },
  ],
  arguments: [{ usage: '[target...]', description: 'Targets of the configuration' }],
  async run(context, names) {
    const { output, clock } = context;
    await using opened = await openWorld(context, { readOnly: false });
    const { world } = opened;
    const known = Object.keys(world.config.notifications.targets);
    const unknown = names.find((name) => !known.includes(name));
    if (unknown !== undefined)
      throw new AppError('usage', { detail: `no target ${unknown}`, hint: `Targets: ${known.join(', ') || 'none'}.` });
    if (known.length === 0)
      throw new AppError('config', { detail: 'there are no targets', hint: 'Add notifications.targets.' });
    const notice = notices.testNotice({ hostname: world.identity.hostname, nowMs: clock.nowMs() });
    const delivered = await world.tell(notice, names.length === 0 ? known : names);
    for (const { target, outcome, error } of delivered) {
      output.line(`${outcome === 'delivered' ? '✔' : '✘'} ${target}: ${error?.message ?? outcome}`);
      output.record('delivery', { target, outcome, error: error?.message ?? null });
    }
    const failed = delivered.filter(({ outcome }) => outcome !== 'delivered');
    output.summary({ sent: delivered.length, failed: failed.length });
    if (failed.length > 0)
      throw new AppError('notify-failed', { detail: `${counted(failed.length, 'target')} did not take the message` });
    return undefined;
  },
});
