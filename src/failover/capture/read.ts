/** Reads the files that a node is configured by, with their rights, in one go. */

import { MIB } from '../../base/bytes.ts';
import { CONFIGURATION_FILE_BYTES_MAX } from '../../base/cluster-limits.ts';
import { AppError } from '../../base/errors.ts';
import { codec, type Processes } from '../../host.ts';
import { READ_FILES } from './script.ts';

export interface ReadFile {
  path: string;
  bytes: Buffer;
  /** Rights, as 0o400. */
  mode: number;
  uid: number;
  gid: number;
  /** `UNKNOWN` where the node has no name for the number. */
  user: string;
  group: string;
  modifiedMs: number;
}

export interface ReadNode {
  /** As the node calls itself. */
  name: string;
  files: readonly ReadFile[];
  /** Paths that are not there; folders with a slash at the end. */
  absent: readonly string[];
  /** What is there, or may be, and could not be read. */
  unreadable: readonly { path: string; why: string }[];
}

const WHY: Readonly<Record<string, string>> = {
  denied: 'no right to read it',
  odd: `no plain file, or larger than ${CONFIGURATION_FILE_BYTES_MAX / MIB} MiB`,
  torn: 'it was changed while it was read',
  crowded: 'there are too many files in it',
};

/**
 * @param paths folders, of which the files directly in them are read, end with a slash
 * @throws {AppError} `command-failed` when the node printed something else, as where a login prints too; what running a
 * program there throws. What a file holds is in no message.
 */
export async function readNodeFiles(
  seat: { name: string; processes: Processes },
  paths: readonly string[],
  { timeLimitMs, signal }: { timeLimitMs: number; signal?: AbortSignal | undefined },
): Promise<ReadNode> {
  const args = ['-c', READ_FILES, 'holdfast-read', ...paths];
  const { exitCode, output, errorText } = await seat.processes.run('sh', args, {
    timeLimitMs,
    signal,
    outputBytesMax: OUTPUT_BYTES_MAX,
  });
  const lines = output.toString('latin1').split('\n');
  if (exitCode !== 0 || lines.at(-2) !== 'end' || !lines[0]!.startsWith('name '))
    throw unexpected(seat.name, errorText.trim().split('\n')[0] ?? '');
  const told = lines.slice(1, -2).map((line) => line.split(' '));
  const pathsOf = (kind: string): string[] =>
    told.filter(([each]) => each === kind).map(([, path = '']) => textOf(path));
  if (told.some(([kind = '']) => kind !== 'file' && kind !== 'absent' && !Object.hasOwn(WHY, kind)))
    throw unexpected(seat.name, '');
  return {
    name: lines[0]!.slice('name '.length),
    files: told.filter(([kind]) => kind === 'file').map((words) => fileOf(words, seat.name)),
    absent: pathsOf('absent'),
    unreadable: Object.entries(WHY).flatMap(([kind, why]) => pathsOf(kind).map((path) => ({ path, why }))),
  };
}

/** In hexadecimal digits. */
export function digestOf(bytes: Uint8Array): string {
  const digest = Buffer.alloc(32);
  codec.sha256Into(bytes, digest);
  return digest.toString('hex');
}

/** All files of a node together, in base64: a few keys, scripts and a CIB. */
const OUTPUT_BYTES_MAX = 64 * MIB;

function fileOf(
  [, path = '', mode = '', uid, gid, user = '', group = '', mtime, size, body = '']: string[],
  name: string,
): ReadFile {
  const bytes = Buffer.from(body, 'base64');
  if (bytes.length !== Number(size) || !/^[0-7]{1,4}$/.test(mode)) throw unexpected(name, 'a file is not whole');
  return {
    path: textOf(path),
    bytes,
    mode: Number.parseInt(mode, 8) & 0o777,
    uid: Number(uid),
    gid: Number(gid),
    user,
    group,
    modifiedMs: Number(mtime) * 1000,
  };
}

function textOf(coded: string): string {
  return Buffer.from(coded, 'base64').toString();
}

function unexpected(name: string, said: string): AppError {
  return new AppError('command-failed', {
    detail: `sh on ${name}: ${said || 'what it printed is not what was asked for'}`,
    hint: 'See whether a login there prints something by itself, and whether it has stat and base64 (coreutils).',
  });
}
