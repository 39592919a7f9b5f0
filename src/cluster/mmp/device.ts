/**
 * Bytes of a block device as they are on the device: opened for reading only and past the page cache, since on storage
 * that several hosts share, what this host has cached says nothing of what another has written. dd(1) does it, here and
 * over ssh alike, as a program of its own: when a device hangs, it hangs, and not a thread of ours.
 */

import { DEVICE_READ_MS_MAX } from '../../base/cluster-limits.ts';
import { AppError } from '../../base/errors.ts';
import type { Clock, Processes } from '../../host.ts';

/** Any sector size divides it, and with it offsets and lengths that O_DIRECT takes. */
const PAGE_BYTES = 4096;
/** How much longer than its own limit a program is waited for, which cannot be killed while the kernel waits for a device. */
const SLACK_MS = 5000;

const ENDING = { missing: 81, notReadable: 82 } as const;

/** $1 the device, $2 and $3 the first page and the number of pages. An image in a file has no other reader to be stale of. */
const SCRIPT = `
[ -e "$1" ] || exit ${ENDING.missing}
if [ -b "$1" ]; then flags=direct,fullblock
elif [ -f "$1" ]; then flags=fullblock
else exit ${ENDING.notReadable}; fi
exec dd "if=$1" bs=${PAGE_BYTES} "skip=$2" "count=$3" "iflag=$flags" status=none
`;

/** A machine that sees the device. */
export interface MmpHost {
  /** For messages; `local` for this one. */
  name: string;
  processes: Processes;
  clock: Clock;
}

export interface Stretch {
  offset: number;
  length: number;
  signal?: AbortSignal | undefined;
}

/**
 * @returns what there is of the stretch, less where the device ends before
 * @throws {AppError} `device-failed`; `command-timeout` when it hangs; what the port of processes throws
 */
export async function readDevice(
  { name, processes, clock }: MmpHost,
  device: string,
  { offset, length, signal }: Stretch,
): Promise<Uint8Array> {
  const first = Math.floor(offset / PAGE_BYTES);
  const pages = Math.ceil((offset + length) / PAGE_BYTES) - first;
  const args = ['-c', SCRIPT, 'holdfast-read', device, String(first), String(pages)];
  const options = { timeLimitMs: DEVICE_READ_MS_MAX, signal, env: { LC_ALL: 'C' } };
  const where = `${device} on ${name}`;
  const read = processes.run('sh', args, options);
  const { exitCode, output, errorText } = await within(read, { clock, where });
  if (exitCode === ENDING.missing) throw new AppError('device-failed', { detail: `${where}: no such device` });
  if (exitCode === ENDING.notReadable)
    throw new AppError('device-failed', { detail: `${where}: neither a block device nor an image in a file` });
  if (exitCode !== 0) throw new AppError('device-failed', { detail: `${where}: ${reasonOf(errorText)}` });
  const from = offset - first * PAGE_BYTES;
  return output.subarray(from, from + length);
}

/** The port waits until a program has ended, which one that hangs in the kernel does not. */
async function within<T>(work: Promise<T>, { clock, where }: { clock: Clock; where: string }): Promise<T> {
  const done = new AbortController();
  const limitMs = DEVICE_READ_MS_MAX + SLACK_MS;
  const expired = clock.sleep(limitMs, done.signal).then(() => {
    throw new AppError('command-timeout', { detail: `${where} has not answered for ${limitMs / 1000} s` });
  });
  expired.catch(() => {});
  try {
    return await Promise.race([work, expired]);
  } finally {
    done.abort(new Error('read'));
  }
}

/** dd's last word: `dd: error reading '/dev/sdb': Input/output error` → `Input/output error` */
function reasonOf(errorText: string): string {
  const line = errorText.trim().split('\n').at(-1) ?? '';
  return line.replace(/^.*:\s+/, '').trim() || 'it cannot be read';
}
