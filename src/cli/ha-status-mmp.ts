/** What multiple-mount protection says of the filesystems of a cluster: the one place where status meets `mmp`. */
import { type AppError, type ErrorCode, hasCode } from '../base/errors.ts';
import { live, mmp } from '../cluster.ts';
import { readingFields, STATES, writerText } from './ha-mmp-text.ts';

export interface FilesystemReading {
  filesystem: live.SharedFilesystem;
  /** The machine where it was read. */
  from: string;
  sign: string;
  state: string;
  writer: string;
  error: string | undefined;
  /** For programs; empty when it was not read. */
  fields: Record<string, unknown>;
}

/** A device that cannot be read is told, and stops nothing. */
const UNREADABLE: readonly ErrorCode[] = [
  'device-failed',
  'command-timeout',
  'command-missing',
  'command-failed',
  'host-unreachable',
  'host-refused',
  'storage-denied',
];

/** Reads each device from `host`, at the same time. What is on no device, as of NFS, is left out. */
export async function readFilesystems(
  filesystems: readonly live.SharedFilesystem[],
  host: mmp.MmpHost,
  signal: AbortSignal,
): Promise<FilesystemReading[]> {
  const own = filesystems.flatMap((filesystem) => {
    const place = live.placeOfDevice(filesystem);
    return place.kind === 'path' ? [{ filesystem, path: place.path }] : [];
  });
  return await Promise.all(own.map(({ filesystem, path }) => readOne(filesystem, host, { path, signal })));
}

async function readOne(
  filesystem: live.SharedFilesystem,
  host: mmp.MmpHost,
  { path, signal }: { path: string; signal: AbortSignal },
): Promise<FilesystemReading> {
  try {
    const reading = await mmp.readMmp(host, path, signal);
    const sign = { clean: '✔', 'active-or-crashed': '✔', fsck: '!', 'not-ext4': '', 'no-mmp': '!', damaged: '✘' };
    return {
      filesystem,
      from: host.name,
      sign: sign[reading.state],
      state: STATES[reading.state],
      writer: writerText(reading),
      error: undefined,
      fields: readingFields(reading),
    };
  } catch (error) {
    if (!hasCode(error, ...UNREADABLE)) throw error;
    return unread(filesystem, host, error);
  }
}

function unread(filesystem: live.SharedFilesystem, { name }: mmp.MmpHost, error: AppError): FilesystemReading {
  return { filesystem, from: name, sign: '!', state: 'not read', writer: '', error: error.message, fields: {} };
}
