/** Files of a cluster that are no Heartbeat's: corosync.conf, a CIB, PowerMan's configuration. */
import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { AppError, errnoOf, textOf } from '../base/errors.ts';
import { corosync, type Finding, powerman } from '../cluster.ts';
import { lint } from '../failover.ts';

/** Larger is no configuration. */
const FILE_BYTES_MAX = 64 * 1024 * 1024;

type Check = (file: string, nowMs: number) => Finding[];

const CHECKS: readonly { pattern: RegExp; check: Check }[] = [
  { pattern: /^corosync\.conf$/, check: checkCorosync },
  { pattern: /^powerman.*\.conf$/, check: checkPowerman },
  { pattern: /\.xml$/, check: checkCib },
];

/** How such a file is checked; undefined for all others. */
export function checkOf(file: string): Check | undefined {
  return CHECKS.find(({ pattern }) => pattern.test(basename(file)))?.check;
}

function checkCorosync(file: string): Finding[] {
  return corosync.checkCorosync(corosync.parseCorosync(readText(file, 'utf8'), file));
}

function checkPowerman(file: string): Finding[] {
  return [...readPowerman(file).findings];
}

/** With all that it includes. Whatever an editor has saved is a byte for a character to PowerMan. */
export function readPowerman(file: string): powerman.PowermanView {
  const read = (path: string): string | undefined => {
    try {
      return readPlain(path, 'latin1');
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw unreadable(path, error);
      return undefined;
    }
  };
  return powerman.powermanViewOf(powerman.loadPowerman(file, read));
}

function checkCib(file: string, nowMs: number): Finding[] {
  return lint.checkCib(readText(file, 'utf8'), file, { nowMs });
}

function readText(file: string, encoding: 'utf8' | 'latin1'): string {
  try {
    return readPlain(file, encoding);
  } catch (error) {
    throw unreadable(file, error);
  }
}

/** A pipe that nobody writes to would never be read to its end. */
function readPlain(file: string, encoding: 'utf8' | 'latin1'): string {
  const stats = statSync(file);
  if (!stats.isFile() || stats.size > FILE_BYTES_MAX)
    throw new AppError('config', {
      detail: `${file}: no plain file, or over ${FILE_BYTES_MAX / 1024 / 1024} MiB`,
      hint: 'See what lies there (ls -l), and give the file itself.',
    });
  return readFileSync(file, encoding);
}

function unreadable(file: string, error: unknown): unknown {
  if (errnoOf(error) === undefined) return error;
  return new AppError('config', {
    detail: textOf(error),
    hint: `Check the path and the rights: ${file}`,
    cause: error,
  });
}
