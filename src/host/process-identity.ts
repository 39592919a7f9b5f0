/** Telling processes apart for longer than their numbers do. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { assert } from '../base/assert.ts';
import { errnoOf } from '../base/errors.ts';
import { isNumberInUse } from './identity.ts';

const MACHINE_ID_FILE = '/etc/machine-id';
const BOOT_ID_FILE = '/proc/sys/kernel/random/boot_id';
const FORM = /^(\d+):(\d+):([0-9a-f-]{36})@(.+)$/;

/** Fields of /proc/PID/stat after the name, which is the second: the state is the third, the start the 22nd. */
const STATE_FIELD = 3 - 3;
const START_FIELD = 22 - 3;
/** A zombie holds its number until its parent asks for it, but does nothing any more; X and x are seen for a moment only. */
const ENDED_STATES = 'ZXx';

/**
 * This process, in words that no other has, on any machine and at any time: `NUMBER:START:BOOT@MACHINE`. The start is in
 * clock ticks since boot (proc_pid_stat(5), starttime), the boot a random id that the kernel makes (random(4), boot_id).
 * The machine is a digest of its machine-id(5), which is not for others to see and outlives a change of its name; of its
 * name where it has no such id.
 */
export function processIdentity(): string {
  const found = processAt(process.pid);
  assert(found !== undefined, 'this process is not in /proc');
  return `${process.pid}:${found.start}:${bootId()}@${machine()}`;
}

/**
 * Whether the process that `processIdentity` named is still there: not when it is a zombie, when its number has gone to
 * another, or when the machine was started anew. True for a process of another machine, of which nothing is known, and
 * for one whose number is in use but which /proc does not show to this user (`hidepid`, proc(5)).
 * A text of another form is no process.
 */
export function isProcessAlive(identity: string): boolean {
  const [, number, start, boot, host] = FORM.exec(identity) ?? [];
  if (host === undefined) return false;
  if (host !== machine()) return true;
  if (boot !== bootId()) return false;
  const found = processAt(Number(number));
  if (found === undefined) return isNumberInUse(Number(number));
  return found.start === start && !ENDED_STATES.includes(found.state);
}

function machine(): string {
  let own = '';
  try {
    own = readFileSync(MACHINE_ID_FILE, 'latin1').trim();
  } catch (error) {
    if (!['ENOENT', 'EACCES'].includes(errnoOf(error) ?? '')) throw error;
  }
  return createHash('sha256')
    .update(`holdfast ${own || hostname()}`)
    .digest('hex')
    .slice(0, 16);
}

function bootId(): string {
  return readFileSync(BOOT_ID_FILE, 'latin1').trim();
}

/** @returns undefined when there is none of this number to be seen */
function processAt(pid: number): { state: string; start: string } | undefined {
  const text = statOf(pid);
  if (text === undefined) return undefined;
  // The name stands in parentheses and may hold any characters, also parentheses and spaces.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[STATE_FIELD]!, start: fields[START_FIELD]! };
}

function statOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch (error) {
    // ESRCH: it ended between opening and reading.
    if (!['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(errnoOf(error) ?? '')) throw error;
    return undefined;
  }
}
