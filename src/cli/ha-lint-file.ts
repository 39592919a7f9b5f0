/** Files of a cluster that are no Heartbeat's: corosync.conf, a CIB, PowerMan's configuration. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { AppError, errnoOf, hasCode, textOf } from '../base/errors.ts';
import { cib, corosync, type Finding, powerman } from '../cluster.ts';

const CHECKS: readonly { pattern: RegExp; check: (file: string) => Finding[] }[] = [
  { pattern: /^corosync\.conf$/, check: checkCorosync },
  { pattern: /^powerman.*\.conf$/, check: checkPowerman },
  { pattern: /\.xml$/, check: checkCib },
];

/** How such a file is checked; undefined for all others. */
export function checkOf(file: string): ((file: string) => Finding[]) | undefined {
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
      return readFileSync(path, 'latin1');
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw unreadable(path, error);
      return undefined;
    }
  };
  return powerman.powermanViewOf(powerman.loadPowerman(file, read));
}

/** What Pacemaker itself makes of its content is told by crm_verify(8). */
function checkCib(file: string): Finding[] {
  const remedy = 'Mend it where it was made; for the meaning of what it says run crm_verify -V --xml-file on a node.';
  try {
    cib.readCib(cib.parseXml(readText(file, 'utf8'), file));
    return [];
  } catch (error) {
    if (!hasCode(error, 'config')) throw error;
    const [before, line, column] = /^.*?:(\d+):(\d+): /s.exec(error.message) ?? ['', 1, 1];
    const place = { file, line: Number(line), column: Number(column) };
    const text = error.message.slice(before.length);
    return [{ code: 'cib-unreadable', level: 'error', place, text, remedy: error.hint || remedy }];
  }
}

function readText(file: string, encoding: 'utf8' | 'latin1'): string {
  try {
    return readFileSync(file, encoding);
  } catch (error) {
    throw unreadable(file, error);
  }
}

function unreadable(file: string, error: unknown): unknown {
  if (errnoOf(error) === undefined) return error;
  return new AppError('config', {
    detail: textOf(error),
    hint: `Check the path and the rights: ${file}`,
    cause: error,
  });
}
