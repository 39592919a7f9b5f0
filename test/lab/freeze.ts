/** All processes of a host stopped where they are, as when a hypervisor holds a machine. Its kernel goes on. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { errnoOf } from '../../src/base/errors.ts';
import type { Host } from './host.ts';

export function freeze(host: Host): void {
  signalAll(host, 'SIGSTOP');
}

/** Nothing when it is off: what was stopped is gone. */
export function thaw(host: Host): void {
  if (!host.isOn) return;
  signalAll(host, 'SIGCONT');
  // nsenter(1) stops together with what it has started in the host, and is outside of it.
  const entering = `nsenter\0--target\0${host.firstPid}\0`;
  for (const pid of processes()) if (argumentsOf(pid).startsWith(entering)) send(pid, 'SIGCONT');
}

function signalAll({ firstPid }: Host, signal: 'SIGSTOP' | 'SIGCONT'): void {
  const space = readlinkSync(`/proc/${firstPid}/ns/pid`);
  // What is started while they are listed is found by the second look.
  for (let look = 0; look < 2; look++) for (const pid of processes()) if (spaceOf(pid) === space) send(pid, signal);
}

function send(pid: number, signal: 'SIGSTOP' | 'SIGCONT'): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (errnoOf(error) !== 'ESRCH') throw error;
  }
}

function processes(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** Empty when it has just ended. */
function argumentsOf(pid: number): string {
  return orGone(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8')) ?? '';
}

/** Undefined when it has just ended. */
function spaceOf(pid: number): string | undefined {
  return orGone(() => readlinkSync(`/proc/${pid}/ns/pid`));
}

function orGone<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES'].includes(errnoOf(error) ?? '')) return undefined;
    throw error;
  }
}
