import { CHANGE_OPTIONS, changeDevices } from './ha-mmp-change.ts';
import { defineCommand } from './spec.ts';

export const command = defineCommand({
  description:
    'Switches multiple-mount protection off, with tune2fs on this machine. From then on nothing keeps a second host from ' +
    'mounting the file system and destroying it. Only when it is clean, is mounted and held nowhere on this machine and ' +
    'the hosts named, and its MMP block does not change while it is watched, for as long as a mount would; all of it is ' +
    'examined again right before. Exit code 20 when any of that does not hold or could not be examined; nothing is changed ' +
    'then.',
  examples: [
    { line: 'ha mmp disable --not-shared /dev/sdb', does: 'a device that no other host reaches' },
    { line: 'ha mmp disable --dry-run --host oss2 /dev/mapper/ost1', does: 'print the plan' },
  ],
  arguments: [{ usage: '<device...>', description: 'Path of a device on this machine' }],
  options: CHANGE_OPTIONS,
  run: (context, devices, values) => changeDevices(context, devices, { action: 'disable', ...values }),
});
