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
  /** What stands out; undefined when it is as it should be. */
  remark: live.Remark | undefined;
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

/**
 * Reads each device from `host`, at the same time, and judges it by what the cluster says of its resource. What is on
 * no device, as of NFS, is left out.
 */
export async function readFilesystems(
  told: live.ClusterState,
  host: mmp.MmpHost,
  signal: AbortSignal,
): Promise<FilesystemReading[]> {
  const own = told.filesystems.flatMap((filesystem) => {
    const place = live.placeOfDevice(filesystem);
    return place.kind === 'path' ? [{ filesystem, path: place.path, holding: holdingOf(told, filesystem) }] : [];
  });
  return await Promise.all(own.map((each) => readOne(each, host, signal)));
}

interface Own {
  filesystem: live.SharedFilesystem;
  path: string;
  holding: live.Holding;
}

/** Of instances of a clone, all. Of what is between two nodes, or was on an unclean one, the cluster says nothing. */
function holdingOf({ resources }: live.ClusterState, { resource }: live.SharedFilesystem): live.Holding {
  const own = live.primitivesOf(resources).flatMap(({ primitive }) => (primitive.id === resource ? [primitive] : []));
  const isUnsure = own.some((primitive) => live.changeOf(primitive) !== undefined || primitive.isUncertain);
  const holders = own.flatMap((primitive) => (primitive.isActive ? primitive.nodes : []));
  return { isUnsure, holders: isUnsure ? [] : [...new Set(holders)] };
}

async function readOne(
  { filesystem, path, holding }: Own,
  host: mmp.MmpHost,
  signal: AbortSignal,
): Promise<FilesystemReading> {
  try {
    const reading = await mmp.readMmp(host, path, signal);
    const { finding, code, text } = live.judgeDevice(filesystem, reading, holding);
    const isGood = finding === 'good';
    const level = code === 'mmp-off' || finding === 'unexamined' ? 'warning' : 'error';
    const sign = isGood ? (reading.state === 'not-ext4' ? '' : '✔') : level === 'error' ? '✘' : '!';
    const about = { subject: filesystem.resource, text: `${filesystem.device}: ${text} (seen from ${host.name})` };
    return {
      filesystem,
      from: host.name,
      sign,
      state: STATES[reading.state],
      writer: writerText(reading),
      error: undefined,
      fields: readingFields(reading),
      remark: isGood ? undefined : { level, code, ...about },
    };
  } catch (error) {
    if (!hasCode(error, ...UNREADABLE)) throw error;
    return unread(filesystem, host, error);
  }
}

function unread(filesystem: live.SharedFilesystem, { name }: mmp.MmpHost, error: AppError): FilesystemReading {
  const remark = { level: 'warning', code: 'mmp-unread', subject: filesystem.resource, text: error.message } as const;
  return { filesystem, from: name, sign: '!', state: 'not read', writer: '', error: error.message, fields: {}, remark };
}

/** The survey with what the devices say: a device may turn a cluster red that knows of no problem itself. */
export function withDevices(survey: live.Survey, readings: readonly FilesystemReading[]): live.Survey {
  const all = [...survey.remarks, ...readings.flatMap(({ remark }) => remark ?? [])];
  const isError = ({ level }: live.Remark): boolean => level === 'error';
  return { ...survey, remarks: [...all.filter(isError), ...all.filter((each) => !isError(each))] };
}

/** Block and cluster contradict each other, which they also do in the moment between two looks. */
export function contradicts(readings: readonly FilesystemReading[]): boolean {
  return readings.some(({ remark }) => remark?.code === 'mmp-clean' || remark?.code === 'mmp-held');
}
