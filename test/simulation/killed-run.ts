/** One run of the real program as a process, killed in the middle if so wished. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { type FSWatcher, readdirSync, watch } from 'node:fs';
import { join } from 'node:path';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;
const RUN_TIMEOUT_MS = 120_000;

/** When to kill: after a time, or when that many changes were seen in the vault's directories. */
export type Kill = { afterMs: number } | { afterEvents: number };

export interface RunOptions {
  /** Directory of the vault. */
  root: string;
  password: string;
  kill?: Kill | undefined;
  /** Where Node keeps what it has compiled, so that each start takes less. */
  compileCache: string;
}

export interface Run {
  status: number | null;
  isKilled: boolean;
  ms: number;
  /** Changes seen in the vault's directories. */
  events: number;
  output: string;
}

/** Fails when the program does not end by itself or by the kill. */
export async function runProgram(
  args: readonly string[],
  { root, password, kill, compileCache }: RunOptions,
): Promise<Run> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: {
      PATH: process.env['PATH'],
      HOLDFAST_VAULT: root,
      HOLDFAST_PASSWORD: password,
      NODE_COMPILE_CACHE: compileCache,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const begin = performance.now();
  const seen = { events: 0, output: '', isLate: false };
  const timers = [
    setTimeout(() => {
      seen.isLate = true;
      child.kill('SIGKILL');
    }, RUN_TIMEOUT_MS),
  ];
  if (kill !== undefined && 'afterMs' in kill) timers.push(setTimeout(() => child.kill('SIGKILL'), kill.afterMs));
  const watchers = watchAll(root, () => {
    seen.events++;
    if (kill !== undefined && 'afterEvents' in kill && seen.events >= kill.afterEvents) child.kill('SIGKILL');
  });
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (seen.output += text));
  const [status, signal] = await new Promise<[number | null, string | null]>((resolve, reject) => {
    child.on('error', reject).on('close', (...ended) => resolve(ended));
  });
  for (const timer of timers) clearTimeout(timer);
  for (const watcher of watchers) watcher.close();
  assert.ok(!seen.isLate, `${args.join(' ')} did not end: ${seen.output}`);
  return { status, isKilled: signal === 'SIGKILL', ms: performance.now() - begin, ...seen };
}

/** Every directory in which files of a vault come and go. */
function watchAll(root: string, onEvent: () => void): FSWatcher[] {
  const data = readdirSync(join(root, 'data')).map((name) => join('data', name));
  return ['index', 'keys', 'locks', 'snapshots', ...data].map((name) => watch(join(root, name), onEvent));
}
