import type { AppError } from '../base/errors.ts';
import { mmp } from '../cluster.ts';
import type { Context } from './context.ts';
import { type NamedDevice, openHosts, readDeviceName } from './ha-mmp-devices.ts';
import { unreadable } from './ha-mmp-show.ts';
import { adviceText, readingFields, waitText, writerText } from './ha-mmp-text.ts';
import { whole } from './options.ts';
import { defineCommand } from './spec.ts';
import { printable } from './text.ts';
import { formatTime } from './time.ts';

/** Between attempts at a device that cannot be read. */
const RETRY_MS = 2000;

export const command = defineCommand({
  description:
    'Follows devices until interrupted and says when something changes: active, with the host that keeps writing, as soon ' +
    'as the sequence moves; stale once it has stood still for as long as the kernel itself waits before it takes a file ' +
    'system for abandoned. A file system that is frozen (fsfreeze) writes nothing and looks stale too. Nothing is written ' +
    'and nothing mounted. A device that cannot be read is named, and tried again.',
  examples: [
    { line: 'ha mmp watch /dev/mapper/ost1', does: 'see whether another host has it' },
    { line: 'ha mmp watch --for 25 --json /dev/sdb', does: 'watch for 25 seconds, for programs' },
  ],
  arguments: [{ usage: '<device...>', description: 'Path of a device here, or HOST:PATH' }],
  options: { for: whole('seconds', 'End after this time, with exit code 0', { min: 1 }) },
  async run(context, names, { for: seconds }) {
    const find = await openHosts(context);
    const devices = names.map((name) => readDeviceName(name, find));
    const last = new Map<string, string>();
    const end = new AbortController();
    const signal = AbortSignal.any([context.signal, end.signal]);
    const timer = seconds === undefined ? undefined : context.clock.sleep(seconds * 1000, signal);
    const ended = timer?.then(
      () => end.abort(end),
      () => undefined,
    );
    try {
      await Promise.all(devices.map((device) => follow(context, { device, signal, last })));
    } catch (error) {
      end.abort(end);
      if (error !== end) throw error;
    }
    await ended;
    context.output.summary({ devices: Object.fromEntries(last) });
    return undefined;
  },
});

interface Following {
  device: NamedDevice;
  signal: AbortSignal;
  /** What was last said of each device. */
  last: Map<string, string>;
}

/** Never returns. @throws the signal's reason */
async function follow(context: Context, { device, signal, last }: Following): Promise<never> {
  let told = '';
  const tell = (activity: string, key: string, show: () => void): void => {
    last.set(device.name, activity);
    if (told !== key) show();
    told = key;
  };
  for (;;) {
    try {
      for await (const watched of mmp.watchMmp(device.host, device.device, signal)) {
        const key = `${watched.activity} ${writerText(watched.reading)}`;
        tell(watched.activity, key, () => show(context, device.name, watched));
      }
    } catch (error) {
      const failure = unreadable(error);
      tell('unreadable', failure.message, () => showFailure(context, device.name, failure));
    }
    await context.clock.sleep(RETRY_MS, signal);
  }
}

function show({ output, clock }: Context, name: string, { reading, activity, stillMs }: mmp.Watched): void {
  const nowMs = clock.nowMs();
  output.line(printable(`${formatTime(nowMs)}  ${name}: ${wordsOf(activity, reading)}`));
  output.record('mmp', {
    time_seen: new Date(nowMs).toISOString(),
    device: name,
    activity,
    still_s: Math.round(stillMs / 100) / 10,
    ...readingFields(reading),
  });
}

function showFailure({ output, clock }: Context, name: string, failure: AppError): void {
  const nowMs = clock.nowMs();
  output.line(printable(`${formatTime(nowMs)}  ${name}: cannot be read: ${failure.message}`));
  const fields = { device: name, activity: 'unreadable', code: failure.code, message: failure.message };
  output.record('mmp', { time_seen: new Date(nowMs).toISOString(), ...fields });
}

function wordsOf(activity: mmp.Activity, reading: mmp.MmpReading): string {
  const writer = writerText(reading);
  const by = writer === '' ? '' : ` by ${writer}`;
  const stillS = mmp.stillnessOf(reading);
  switch (activity) {
    case 'active':
      return `ACTIVE: it keeps being written${by}; a mount would be refused after ${stillS} s`;
    case 'stale':
      return `stale: not written for ${stillS} s, last${by}; a mount: ${waitText(reading)}`;
    case 'undecided':
      return `active or crashed, last written${by}; ${stillS} s without a change will tell`;
    case 'clean':
      return `clean: nobody has it${writer === '' ? '' : `, last ${writer}`}`;
    case 'fsck':
    case 'unprotected':
    case 'unreadable':
      return `${activity}: ${adviceText(reading)}`;
  }
}
