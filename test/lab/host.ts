/**
 * A host: network, mounts, names, shared memory and processes of its own, on a root that is this machine's with a layer
 * above. What it writes stays in the layer, over crashes and reboots. It dies with the process that has started it.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { AppError } from '../../src/base/errors.ts';
import { type Processes, systemProcesses } from '../../src/host.ts';
import { childOf, FirstWords, kill, startFirstProcess } from './keeper.ts';
import type { Lun } from './lun.ts';
import { type Mount, mountsOf } from './mounts.ts';
import type { Powered } from './power.ts';
import { addressOf, type Link, type Switch } from './switch.ts';

const BOOT_MS_MAX = 15_000;
const EXEC_MS_MAX = 15_000;
/** What is run in a host gets no variables of the test runner. */
const ENVIRONMENT = {
  HOME: '/root',
  LC_ALL: 'C.UTF-8',
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  // Else bash takes the socket that its input is for a remote login and runs the account's start-up files (bash(1)).
  SHLVL: '1',
};

export interface HostOptions {
  name: string;
  /** Makes its addresses, 1 to 254. */
  number: number;
  /** Its own directory: root, layer and console. */
  home: string;
  powerDirectory: string;
  network: Switch;
  /** LUNs that it has a path to, at the time of asking. */
  luns: () => readonly Lun[];
}

export interface ExecOptions {
  input?: string;
  /** 15 s when absent. */
  timeLimitMs?: number;
}

export interface Executed {
  exitCode: number;
  output: string;
  errorText: string;
}

export class Host implements Powered, AsyncDisposable {
  readonly name: string;
  /** Runs programs in the host, for code that takes the machine as an argument. */
  readonly processes: Processes;
  readonly #options: HostOptions;
  /** Boots and crashes one after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  /** `unshare`, whose one child is the host's first process and holds its number until `unshare` has ended. */
  #keeper: ChildProcess | undefined;
  #firstPid = 0;
  #isDisposed = false;
  /** Programs run in it from outside, which hold its mounts until they have ended. */
  readonly #running = new Set<Promise<unknown>>();

  constructor(options: HostOptions) {
    this.name = options.name;
    this.#options = options;
    this.processes = {
      run: (command, args, given = {}) => {
        const timeLimitMs = given.timeLimitMs ?? EXEC_MS_MAX;
        const run = systemProcesses.run('nsenter', this.#entering([command, ...args], given.env), {
          ...given,
          timeLimitMs,
        });
        return this.#track(run.then((result) => found(result, command)));
      },
      stream: (command, args, given) => {
        const stream = systemProcesses.stream('nsenter', this.#entering([command, ...args], given?.env), given);
        void this.#track(stream.ended).catch(() => {});
        return stream;
      },
    };
    for (const each of ['upper', 'work', 'root']) mkdirSync(join(options.home, each), { recursive: true });
  }

  get isOn(): boolean {
    return this.#keeper !== undefined;
  }

  /** Number of its first process on this machine. @throws {Error} when it is off */
  get firstPid(): number {
    if (!this.isOn) throw new Error(`host ${this.name} is off`);
    return this.#firstPid;
  }

  address(link: Link): string {
    return addressOf(this.#options.number, link);
  }

  /** Resolves when its network is up; `/etc/lab/boot` has only begun. Nothing when it is on. */
  boot(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.isOn) return;
      if (this.#isDisposed) throw new Error(`host ${this.name} is gone`);
      try {
        await this.#start();
      } catch (error) {
        await this.#stop();
        throw new Error(`host ${this.name} did not come up: ${error} ${this.console()}`, { cause: error });
      }
    });
  }

  /** All processes end at once. The kernel unmounts cleanly, as after a panic that still syncs. Nothing when it is off. */
  kill(): Promise<void> {
    return this.#inTurn(() => this.#stop());
  }

  /** The plug is pulled: what was not on disk is lost, and disks look as if still in use. Nothing when it is off. */
  powerLoss(): Promise<void> {
    return this.#inTurn(async () => {
      if (!this.isOn) return;
      const luns = this.#options.luns();
      for (const lun of luns) lun.dropPower(this.name);
      await this.#stop();
      for (const lun of luns) await lun.restorePower(this.name);
    });
  }

  /** Runs a program in the host. @throws {AppError} `command-timeout`, `command-missing` */
  async exec(argv: readonly string[], { input, timeLimitMs }: ExecOptions = {}): Promise<Executed> {
    const [program = '', ...args] = argv;
    const { exitCode, output, errorText } = await this.processes.run(program, args, {
      timeLimitMs: timeLimitMs ?? EXEC_MS_MAX,
      ...(input === undefined ? {} : { input: Buffer.from(input) }),
    });
    return { exitCode, output: output.toString(), errorText };
  }

  /** As `exec`, for what must succeed. @returns standard output */
  async must(argv: readonly string[], options: ExecOptions = {}): Promise<string> {
    const { exitCode, output, errorText } = await this.exec(argv, options);
    if (exitCode !== 0)
      throw new Error(`${argv.join(' ')} on ${this.name}: exit code ${exitCode}: ${errorText}${output}`);
    return output;
  }

  /** Puts a file on the host's disk while it is off: a running one may not notice. Folders are as on this machine. */
  write(path: string, text: string | Uint8Array, mode = 0o644): void {
    if (this.isOn) throw new Error(`host ${this.name} is on: files are written from outside only while it is off`);
    const file = join(this.#upper, path);
    this.#makeFolder(dirname(path));
    writeFileSync(file, text, { mode });
    chmodSync(file, mode);
  }

  /** What the host has written itself; undefined when it has not. */
  read(path: string): string | undefined {
    const file = join(this.#upper, path);
    return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  }

  /** Everything its first processes have said, of all boots. */
  console(): string {
    return existsSync(this.#consoleFile) ? readFileSync(this.#consoleFile, 'utf8') : '';
  }

  /** None when it is off. */
  mounts(): Mount[] {
    return this.isOn ? mountsOf(this.#firstPid) : [];
  }

  /** Off for good. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    await this.kill();
  }

  get #upper(): string {
    return join(this.#options.home, 'upper');
  }

  get #consoleFile(): string {
    return join(this.#options.home, 'console');
  }

  async #start(): Promise<void> {
    // It may have ended by itself.
    await this.#stop();
    const { home, powerDirectory, network } = this.#options;
    const luns = this.#options.luns().flatMap((lun) => [lun.name, ...lun.numberOf(this.name).split(':')]);
    const parameters = [this.name, home, powerDirectory, this.address(0), this.address(1), ...luns];
    const keeper = startFirstProcess({ parameters, consoleFile: this.#consoleFile, environment: ENVIRONMENT });
    this.#keeper = keeper;
    keeper.once('exit', () => {
      this.#keeper = undefined;
      this.#firstPid = 0;
    });
    const words = new FirstWords(keeper, BOOT_MS_MAX);
    await words.hear('up');
    this.#firstPid = childOf(keeper.pid!);
    await network.plug(this.name, this.#firstPid);
    await words.hear('ready');
  }

  async #stop(): Promise<void> {
    const keeper = this.#keeper;
    if (keeper !== undefined) {
      const gone = once(keeper, 'exit');
      // Before its first process is known, what would become it ends with its parent.
      kill(this.#firstPid === 0 ? keeper.pid! : this.#firstPid);
      await gone;
    }
    await Promise.allSettled(this.#running);
    await this.#options.network.unplug(this.name);
    // After a plain kill the kernel unmounts cleanly, which counts as the host's doing; it is off when that is done.
    for (const lun of this.#options.luns()) await lun.waitReleased(this.name);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work);
    this.#turn = mine.catch(() => {});
    return mine;
  }

  /** Nothing of the environment of this machine reaches a program there, but what it is given. */
  #entering(argv: readonly string[], given: Readonly<Record<string, string | undefined>> = {}): string[] {
    const all = Object.entries({ ...ENVIRONMENT, ...given }).filter(([, value]) => value !== undefined);
    const env = all.map(([name, value]) => `${name}=${value}`);
    return ['--target', String(this.firstPid), '--all', '--root', '--wd', '--', 'env', '-i', ...env, ...argv];
  }

  #track<T>(run: Promise<T>): Promise<T> {
    const settled = run.then(
      () => undefined,
      () => undefined,
    );
    this.#running.add(settled);
    void settled.then(() => this.#running.delete(settled));
    return run;
  }

  /** A new folder in the layer hides the rights of the machine's own, so it gets the same. */
  #makeFolder(path: string): void {
    const folder = join(this.#upper, path);
    if (existsSync(folder)) return;
    this.#makeFolder(dirname(path));
    mkdirSync(folder);
    if (!existsSync(path)) return;
    const { mode, uid, gid } = statSync(path);
    chmodSync(folder, mode & 0o7777);
    chownSync(folder, uid, gid);
  }
}

/** As the port promises for programs of this machine. */
function found<T extends { exitCode: number; errorText: string }>(result: T, command: string): T {
  if (result.exitCode === 127 && result.errorText.startsWith('env: '))
    throw new AppError('command-missing', { detail: command });
  return result;
}
