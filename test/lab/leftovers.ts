/**
 * Labs of processes that are gone, killed before they could clear up. Their hosts died with them; a directory, loop devices
 * and, should a host have outlived its parent, processes are removed when the next lab opens. Those of the living are not touched.
 */
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errnoOf } from '../../src/base/errors.ts';
import { isProcessAlive, processIdentity } from '../../src/host.ts';
import { detachLoop, loopsBelow } from './loop.ts';
import { until } from './wait.ts';

export const LAB_PREFIX = 'holdfast-lab-';
const OWNER_FILE = 'owner';
/** Between making its directory and signing it, a lab belongs to nobody. */
const UNSIGNED_MS_MAX = 60_000;
const END_MS_MAX = 10_000;

/** Signs the directory as this process's. */
export function signLab(directory: string): void {
  writeFileSync(join(directory, OWNER_FILE), processIdentity());
}

/** @returns directories that were removed */
export async function removeDeadLabs(): Promise<string[]> {
  const names = readdirSync(tmpdir()).filter((name) => name.startsWith(LAB_PREFIX));
  const dead = names.map((name) => join(tmpdir(), name)).filter(isDead);
  const removed: string[] = [];
  for (const directory of dead) {
    await endProcesses(directory);
    const own = claim(directory);
    if (own === undefined) continue;
    await removeLab(own);
    removed.push(directory);
  }
  return removed;
}

/** Detaches the loop devices of a lab in which nothing runs any more, and removes its directory. */
export async function removeLab(directory: string): Promise<void> {
  for (const device of loopsBelow(directory)) await detachLoop(device);
  // Everything is mounted in namespaces that are gone; a mount here would be somebody else's, with files to lose.
  if (mountTableOf('self').includes(` ${directory}/`)) throw new Error(`something is mounted below ${directory}`);
  rmSync(directory, { recursive: true, force: true });
}

/** Processes that have a mount of the lab's layers, which only its hosts have. */
export function processesOn(directory: string): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => mountTableOf(pid).includes(`upperdir=${directory}/`)).map(Number);
}

async function endProcesses(directory: string): Promise<void> {
  for (const pid of processesOn(directory)) kill(pid);
  await until(`nothing runs on ${directory}`, () => processesOn(directory).length === 0, { limitMs: END_MS_MAX });
}

/** Of several that open at once, one removes it: whoever renames it. Should that one die, the rest is a dead lab again. */
function claim(directory: string): string | undefined {
  const own = `${directory}-${process.pid}`;
  try {
    renameSync(directory, own);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    return undefined;
  }
  signLab(own);
  return own;
}

function isDead(directory: string): boolean {
  const file = join(directory, OWNER_FILE);
  try {
    if (!existsSync(file)) return Date.now() - statSync(directory).mtimeMs > UNSIGNED_MS_MAX;
    return !isProcessAlive(readFileSync(file, 'utf8'));
  } catch (error) {
    // Another lab that opens has removed it meanwhile.
    if (errnoOf(error) !== 'ENOENT') throw error;
    return false;
  }
}

function mountTableOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/mountinfo`, 'utf8');
  } catch (error) {
    // It has ended, or is about to.
    if (!['ENOENT', 'ESRCH', 'EINVAL', 'EACCES'].includes(errnoOf(error) ?? '')) throw error;
    return '';
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (errnoOf(error) !== 'ESRCH') throw error;
  }
}
