import { CHANGE_OPTIONS, changeDevices } from './ha-mmp-change.ts';
import { text } from './options.ts';
import { defineCommand } from './spec.ts';

export const command = defineCommand({
  description:
    'Sets the sequence of a file system back to clean, with tune2fs on this machine: after an e2fsck that died, which every ' +
    'mount refuses, or for an MMP block that is damaged. After a crash alone it is not needed: a mount waits and goes ' +
    'through. A check that is still at work need not write its block for a minute and longer, so the hosts are what counts: ' +
    'mounted and held nowhere on this machine and those named, and the block unchanged while it is watched. What could not ' +
    'be examined can be overridden knowingly, with a reason; what was examined and is wrong cannot. Exit code 20 when ' +
    'refused; nothing is changed then.',
  examples: [
    { line: 'ha mmp clear --host oss2 /dev/mapper/ost1', does: 'after a check that died, when oss2 can be examined' },
    {
      line: 'ha mmp clear --host oss2 --override "oss2 has no power" /dev/mapper/ost1',
      does: 'when oss2 cannot be reached, and is surely off',
    },
  ],
  arguments: [{ usage: '<device...>', description: 'Path of a device on this machine' }],
  options: {
    ...CHANGE_OPTIONS,
    override: text('reason', 'Go on although something could not be examined; the reason is recorded'),
  },
  run: (context, devices, values) => changeDevices(context, devices, { action: 'clear', ...values }),
});
