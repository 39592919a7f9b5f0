/** The process that keeps a host: `unshare`, parent of the host's first process, and gone when that is gone. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { errnoOf } from '../../src/base/errors.ts';
import { FIRST_PROCESS } from './first-process.ts';

export interface FirstProcessOptions {
  /** As the script says. */
  parameters: readonly string[];
  /** What it prints is added here. */
  consoleFile: string;
  environment: Readonly<Record<string, string>>;
}

/** The whole host dies with this process, however that ends: each is told by the kernel of its parent's death. */
export function startFirstProcess({ parameters, consoleFile, environment }: FirstProcessOptions): ChildProcess {
  const own = [
    '--net',
    '--mount',
    '--uts',
    '--ipc',
    '--pid',
    '--fork',
    '--kill-child=KILL',
    '--propagation',
    'private',
  ];
  const argv = ['--pdeathsig', 'KILL', 'unshare', ...own, 'bash', '-c', FIRST_PROCESS, 'host', ...parameters];
  const log = openSync(consoleFile, 'a');
  try {
    return spawn('setpriv', argv, { stdio: ['ignore', log, log, 'pipe'], env: environment });
  } finally {
    closeSync(log);
  }
}

/** The lines that a first process says on its third descriptor. */
export class FirstWords {
  readonly #keeper: ChildProcess;
  readonly #limitMs: number;
  readonly #heard: string[] = [];
  #text = '';

  constructor(keeper: ChildProcess, limitMs: number) {
    this.#keeper = keeper;
    this.#limitMs = limitMs;
    const pipe = keeper.stdio[3] as Readable;
    pipe.on('data', (bytes: Buffer) => {
      this.#text += bytes.toString();
      this.#heard.push(...this.#text.split('\n').slice(0, -1));
      this.#text = this.#text.slice(this.#text.lastIndexOf('\n') + 1);
      keeper.emit('word');
    });
  }

  async hear(word: string): Promise<void> {
    const signal = AbortSignal.timeout(this.#limitMs);
    while (!this.#heard.includes(word)) {
      if (this.#keeper.exitCode !== null || this.#keeper.signalCode !== null) throw new Error(`ended before "${word}"`);
      await Promise.race([once(this.#keeper, 'word', { signal }), once(this.#keeper, 'exit', { signal })]);
    }
  }
}

/** The one child that the keeper has: the host's first process. */
export function childOf(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  if (!/^\d+$/.test(children)) throw new Error(`process ${pid} has not one child but: ${children}`);
  return Number(children);
}

/** At once, and without asking. */
export function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    // It is ending by itself, and its parent is about to.
    if (errnoOf(error) !== 'ESRCH') throw error;
  }
}
