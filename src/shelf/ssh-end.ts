/** A shelf on another machine, worked on by its own tools: one command each, nothing of ours installed there. */
import { AppError, hasCode } from '../base/errors.ts';
import { REMOTE_LISTING_BYTES_MAX, REMOTE_STEP_MS_MAX, SIDECAR_BYTES_MAX } from '../base/limits.ts';
import type { Processes } from '../host.ts';
import { isLockedName, splitPath } from './end-path.ts';
import type { Digests, Listing, ShelfEnd } from './model.ts';
import { partialPath } from './partial.ts';
import { type RemoteExit, remoteError } from './ssh-error.ts';
import { readDigests, readListing } from './ssh-output.ts';
import { SCRIPTS } from './ssh-scripts.ts';

export interface SshEndOptions {
  /** For messages: `cms01:/data/backup`. */
  address: string;
  root: string;
  /** Told of what is left out of a listing, and why. */
  onProblem?: (text: string) => void;
}

interface Step {
  script: keyof typeof SCRIPTS;
  /** Of a file below the root; undefined for the root itself. */
  path: string | undefined;
  /** For messages: `writing`. */
  doing: string;
  args?: readonly (string | number)[];
}

type ProcessResult = Awaited<ReturnType<Processes['run']>>;

type RunOptions = Omit<NonNullable<Parameters<Processes['run']>[2]>, 'env'> & {
  /** Whether an end with another code than 0 is one that was to be expected. */
  isFine?: (exit: RemoteExit) => boolean;
};

/**
 * The shelf below `root` on the machine where `processes` run: sh, and GNU coreutils 8.24, findutils and grep or newer.
 * New files and folders have the modes that the umask of the account leaves.
 */
export function sshEnd(processes: Processes, options: SshEndOptions): ShelfEnd {
  return new SshEnd(processes, options);
}

class SshEnd implements ShelfEnd {
  readonly address: string;
  readonly #root: string;
  readonly #processes: Processes;
  readonly #onProblem: (text: string) => void;

  constructor(processes: Processes, { address, root, onProblem = () => {} }: SshEndOptions) {
    this.address = address;
    this.#root = root;
    this.#processes = processes;
    this.#onProblem = onProblem;
  }

  async list(signal: AbortSignal): Promise<Listing> {
    const step: Step = { script: 'list', path: undefined, doing: 'listing', args: [SIDECAR_BYTES_MAX] };
    const exit = await this.#run(step, { signal, outputBytesMax: REMOTE_LISTING_BYTES_MAX });
    const { listing, isWhole } = readListing(exit.output, this.#onProblem);
    // Files that go while they are looked at are no matter; whatever else was not seen makes the listing worthless.
    if (!isWhole && !onlyGone(exit.errorText)) throw this.#failed(exit, step);
    return listing;
  }

  async digest(path: string, signal: AbortSignal, onBytes?: (bytes: number) => void): Promise<Digests> {
    const step: Step = { script: 'digest', path, doing: 'reading' };
    const exit = await this.#run(step, { signal });
    const output = exit.output.toString();
    const digests = readDigests(output);
    if (digests === undefined) throw this.#failed({ exitCode: 1, errorText: `${output}\n${exit.errorText}` }, step);
    onBytes?.(digests.bytes);
    return digests;
  }

  async size(path: string): Promise<number | undefined> {
    const found = await unlessMissing(this.#short({ script: 'size', path, doing: 'looking at' }));
    return found === undefined ? undefined : Number(found.toString());
  }

  async *read(path: string, offset: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const step: Step = { script: 'read', path, doing: 'reading', args: [offset] };
    const { output, ended } = this.#processes.stream('sh', this.#args(step), { signal, env: ENV });
    yield* output;
    const exit = await ended;
    if (exit.exitCode !== 0) throw this.#failed(exit, step);
  }

  async write(path: string, offset: number, bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
    await this.#run({ script: 'write', path, doing: 'writing', args: [offset] }, { signal, input: bytes });
  }

  async rename(from: string, to: string, modifiedMs: number): Promise<void> {
    const target = splitPath(to);
    if (target.folders.join('/') !== splitPath(from).folders.join('/'))
      throw new AppError('failed', { detail: `${from} cannot be renamed into another folder: ${to}` });
    const time = `@${(Math.floor(modifiedMs) / 1000).toFixed(3)}`;
    const doing = `giving the name ${target.name} to`;
    await this.#short({ script: 'rename', path: from, doing, args: [target.name, time] });
  }

  async place(path: string, content: string): Promise<void> {
    const input = Buffer.from(content);
    const temporary = splitPath(partialPath(path)).name;
    await this.#short({ script: 'place', path, doing: 'writing', args: [temporary, input.length] }, { input });
  }

  async remove(path: string): Promise<void> {
    await unlessMissing(this.#short({ script: 'remove', path, doing: 'removing' }));
  }

  async removeEmptyFolders(under: string): Promise<string[]> {
    if (under.split('/').some(isLockedName)) return [];
    const path = under === '' ? undefined : under;
    const step: Step = { script: 'empty', path, doing: 'removing empty folders of' };
    // A folder that something has come into meanwhile stays.
    const output = await this.#short(step, { isFine: (exit) => exit.exitCode === 1 && onlyGone(exit.errorText) });
    const parent = under.slice(0, under.lastIndexOf('/') + 1);
    const found = output.toString().split('\0').slice(0, -1);
    return found.map((each) => `${parent}${each.slice('./'.length)}`);
  }

  async freeBytes(): Promise<number> {
    const output = await this.#short({ script: 'free', path: undefined, doing: 'asking for free space on' });
    const [blocks, blockBytes] = output.toString().split(' ').map(Number);
    return blocks! * blockBytes!;
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  async #short(step: Step, options: RunOptions = {}): Promise<Buffer> {
    return (await this.#run(step, { timeLimitMs: REMOTE_STEP_MS_MAX, ...options })).output;
  }

  async #run(step: Step, { isFine, ...options }: RunOptions): Promise<ProcessResult> {
    const exit = await this.#processes.run('sh', this.#args(step), { ...options, env: ENV });
    if (exit.exitCode !== 0 && isFine?.(exit) !== true) throw this.#failed(exit, step);
    return exit;
  }

  #failed(exit: RemoteExit, { path, doing }: Step): AppError {
    const what = path === undefined ? this.address : `${this.address}/${path}`;
    return remoteError(exit, { address: this.address, doing: `${doing} ${what}` });
  }

  #args({ script, path, args = [] }: Step): string[] {
    const { folders, name } = path === undefined ? { folders: [], name: '' } : splitPath(path);
    return ['-c', SCRIPTS[script], 'sh', this.#root, folders.join('/'), name, ...args.map(String)];
  }
}

/** Failures are told apart by the words of the tools, those of the C locale. */
const ENV = { LC_ALL: 'C', TZ: 'UTC0', POSIXLY_CORRECT: undefined };

async function unlessMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (hasCode(error, 'not-found')) return undefined;
    throw error;
  }
}

function onlyGone(errorText: string): boolean {
  const lines = errorText.split('\n').filter((line) => line.trim() !== '');
  return lines.every((line) => /: (?:No such file or directory|Directory not empty)$/.test(line));
}
