import { CHANGE_OPTIONS, changeDevices } from './ha-mmp-change.ts';
import { defineCommand } from './spec.ts';

export const command = defineCommand({
  description:
    'Switches multiple-mount protection on, with tune2fs on this machine. Without it nothing in the file system says who ' +
    'else has it, so every other host that reaches the device must be named, and is examined: mounted in no namespace, held ' +
    'by nothing, and the same file system; its journal must be replayed. Exit code 20 when any of that does not hold or ' +
    'could not be examined; nothing is changed then.',
  examples: [
    { line: 'ha mmp enable --host oss2 /dev/mapper/ost1', does: 'a device that this host and oss2 reach' },
    { line: 'ha mmp enable -n --host oss2=/dev/sdc /dev/sdb', does: 'print the plan; oss2 has another name for it' },
  ],
  arguments: [{ usage: '<device...>', description: 'Path of a device on this machine' }],
  options: CHANGE_OPTIONS,
  run: (context, devices, values) => changeDevices(context, devices, { action: 'enable', ...values }),
});
