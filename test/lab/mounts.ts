/** What is mounted where, told from outside: of the kernel, not of the hosts' own tools. */
import { readFileSync } from 'node:fs';
import { errnoOf } from '../../src/base/errors.ts';
import type { Lun } from './lun.ts';

export interface Mount {
  /** `MAJOR:MINOR` of the device. */
  device: string;
  directory: string;
  type: string;
  /** Of the mount and of the file system, comma separated. */
  options: string;
}

/** Mounts that the process sees, as in proc_pid_mountinfo(5); none when it is gone. */
export function mountsOf(pid: number): Mount[] {
  try {
    return parseMounts(readFileSync(`/proc/${pid}/mountinfo`, 'utf8'));
  } catch (error) {
    if (!['ENOENT', 'ESRCH', 'EINVAL'].includes(errnoOf(error) ?? '')) throw error;
    return [];
  }
}

export function parseMounts(text: string): Mount[] {
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => {
    // Optional fields end with a dash of their own.
    const [before = '', after = ''] = line.split(' - ');
    const [, , device = '', , directory = '', options = ''] = before.split(' ');
    const [type = '', , ownOptions = ''] = after.split(' ');
    return { device, directory: unescapeMount(directory), type, options: `${options},${ownOptions}` };
  });
}

export interface DoubleMount {
  lun: string;
  hosts: string[];
  /** Milliseconds since 1970. */
  atMs: number;
}

/** Looks at all LUNs again and again, and takes down when one is active on more hosts than one. */
export class MountWatch implements Disposable {
  readonly doubles: DoubleMount[] = [];
  /** How often it has looked: a watch that has not, proves nothing. */
  looks = 0;
  /** How often a LUN was seen active on some host. */
  sightings = 0;
  readonly #timer: NodeJS.Timeout;

  constructor(luns: () => readonly Lun[], activeOn: (lun: Lun) => string[], everyMs: number) {
    this.#timer = setInterval(() => {
      this.looks++;
      for (const lun of luns()) this.#judge(lun, activeOn(lun));
    }, everyMs);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #judge(lun: Lun, hosts: string[]): void {
    if (hosts.length > 0) this.sightings++;
    if (hosts.length > 1) this.doubles.push({ lun: lun.name, hosts, atMs: Date.now() });
  }
}

/** Blanks and backslashes are written as three octal digits. */
function unescapeMount(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
