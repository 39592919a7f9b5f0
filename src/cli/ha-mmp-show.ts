import { DEVICES_READ_MAX } from '../base/cluster-limits.ts';
import { AppError, hasCode } from '../base/errors.ts';
import { mmp } from '../cluster.ts';
import type { Context } from './context.ts';
import { type NamedDevice, openHosts, readDeviceName } from './ha-mmp-devices.ts';
import { adviceText, readingFields, STATES, waitText, writerText, writtenText } from './ha-mmp-text.ts';
import { defineCommand } from './spec.ts';
import { counted, printable } from './text.ts';

interface Shown {
  name: string;
  reading: mmp.MmpReading;
}

export const command = defineCommand({
  description:
    'Says of each device what multiple-mount protection knows of it: clean, active or crashed, being checked, or not ' +
    'protected; which host wrote last and when; and how long a mount would wait. Read from the blocks themselves, past the ' +
    'page cache, without mounting, writing or any tool of ext4. One look cannot tell a file system that is mounted ' +
    'elsewhere from one whose host died: ha mmp watch can. Exit code 1 when a device is damaged or none could be read, 3 ' +
    'when some could not.',
  examples: [
    { line: 'ha mmp show /dev/mapper/ost1 /dev/mapper/ost2', does: 'look at two devices' },
    { line: 'ha mmp show /dev/sdb oss2:/dev/sdc', does: 'compare what this host and oss2 see' },
    { line: 'ha mmp show --json /dev/sdb', does: 'for programs' },
  ],
  arguments: [{ usage: '<device...>', description: 'Path of a device here, or HOST:PATH' }],
  async run(context, names) {
    const find = await openHosts(context);
    const devices = names.map((name) => readDeviceName(name, find));
    const shown: Shown[] = [];
    const failures: AppError[] = [];
    for (const each of await readAll(devices, context.signal)) {
      if ('reading' in each) shown.push(each);
      else failures.push(each.failure);
    }
    show(context, shown);
    for (const failure of failures) context.output.warn(failure.message);
    const damaged = shown.filter(({ reading }) => reading.state === 'damaged');
    context.output.summary({ devices: names.length, unreadable: failures.length, damaged: damaged.length });
    if (damaged.length > 0)
      throw new AppError('failed', { detail: `${counted(damaged.length, 'device')} damaged`, hint: 'See above.' });
    if (shown.length === 0) throw failures[0]!;
    return failures.length > 0 ? 'incomplete' : undefined;
  },
});

/** In the order given, a few at a time. */
async function readAll(devices: readonly NamedDevice[], signal: AbortSignal) {
  const results: (Shown | { failure: AppError })[] = [];
  const waiting = [...devices.entries()];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [at, { host, device, name }] = next;
      results[at] = await mmp.readMmp(host, device, signal).then(
        (reading) => ({ name, reading }),
        (error: unknown) => ({ failure: unreadable(error) }),
      );
    }
  };
  await Promise.all(Array.from({ length: Math.min(DEVICES_READ_MAX, devices.length) }, work));
  return results;
}

/** What keeps one device from being read. @throws whatever else it is */
export function unreadable(error: unknown): AppError {
  const ofHost = ['host-unreachable', 'host-refused', 'command-missing', 'command-failed', 'command-timeout'] as const;
  if (hasCode(error, 'device-failed', ...ofHost)) return error;
  throw error;
}

function show({ output, clock }: Context, shown: readonly Shown[]): void {
  const nowMs = clock.nowMs();
  if (shown.length > 0)
    output.table(
      [
        { title: 'Device', flexible: 'end' },
        { title: 'Label' },
        { title: 'State' },
        { title: 'Last written by', flexible: 'start' },
        { title: 'Written' },
        { title: 'A mount', flexible: 'start' },
      ],
      shown.map(({ name, reading }) => [
        name,
        reading.ext4?.label ?? '',
        STATES[reading.state],
        writerText(reading),
        writtenText(reading, nowMs),
        waitText(reading),
      ]),
    );
  for (const { name, reading } of shown) {
    const advice = adviceText(reading);
    if (advice !== undefined) output.note(printable(`${name}: ${advice}.`));
    output.record('mmp', { device: name, ...readingFields(reading) });
  }
}
