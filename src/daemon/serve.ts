/**
 * The daemon: begins runs when they are due, watches for what is overdue, answers with metrics, and takes a new
 * configuration while it runs. Everything it must not forget is in the ledger, so that it can be killed at any moment.
 */
import { AppError, hasCode } from '../base/errors.ts';
import { SCHEDULE_SLEEP_MS_MAX } from '../base/limits.ts';
import { TaskGroup } from '../base/tasks.ts';
import { when } from '../config.ts';
import type { Run, RunKind, RunStatus } from '../ledger.ts';
import { CONFIG_KEY, overNotice, troubleNotice, watch } from './alarms.ts';
import type { Log } from './events.ts';
import { healthPage } from './health.ts';
import { type Answer, type HttpServer, listen } from './http.ts';
import { lockStateDirectory } from './lock.ts';
import { METRICS_TYPE, renderMetrics } from './metrics.ts';
import type { Runner, RunWorld } from './model.ts';
import { Nap } from './nap.ts';
import { removeLogs } from './old-logs.ts';
import { tellForgotten } from './run.ts';
import { subjectsOf, type Turns } from './schedule.ts';
import { Scheduler, type SchedulerWork } from './scheduler.ts';
import { collectStatus, type Status } from './status.ts';
import { tellSummary } from './summary.ts';
import { replaceFile } from './whole-file.ts';

export interface ServeOptions {
  /** Stops the daemon; runs under way are interrupted. */
  signal: AbortSignal;
  /** Makes what does the runs; each takes the world of the moment it begins in. */
  runnerOf(worldOf: () => RunWorld): Runner;
  /** The world with the configuration as its file now has it. @throws {AppError} when it is wrong */
  reload(): Promise<RunWorld>;
  /** Calls `listener` for each SIGHUP. */
  onHangup(listener: () => void): void;
  log: Log;
  /** For tests. */
  parse?: (text: string, timezone?: string) => Turns;
}

/** Forgetting old runs costs little and is not urgent. */
const FORGET_EVERY_MS = 60 * 60_000;
const DAY_MS = 24 * 60 * 60_000;
const TEXTFILE_HINT = 'Check daemon.textfile: the directory, its mode and the free space.';

/**
 * Resolves when `signal` was aborted and runs have ended.
 * @throws {AppError} `failed` when another daemon holds the state directory; `config`; `ledger-failed` at the start
 */
export async function serve(world: RunWorld, options: ServeOptions): Promise<void> {
  const { identity, clock, config } = world;
  const since = new Date(clock.nowMs()).toISOString();
  const holder = `process ${identity.pid} on ${identity.hostname} since ${since}`;
  using _lock = lockStateDirectory({ stateDirectory: config.stateDirectory, holder });
  await using daemon = new Daemon(world, options);
  await daemon.run();
}

class Daemon implements AsyncDisposable {
  readonly #options: ServeOptions;
  readonly #scheduler: Scheduler;
  readonly #nap: Nap;
  readonly #hangup: Nap;
  readonly #startedMs: number;
  #world: RunWorld;
  #server: HttpServer | undefined;
  /** As the configuration had it. */
  #listenText: string | undefined;
  #ended = new Map<string, { kind: RunKind; subject: string; status: RunStatus; count: number }>();
  #reload: { isOk: boolean; atMs: number };
  #isReloadAsked = false;
  #forgottenMs = Number.NEGATIVE_INFINITY;

  constructor(world: RunWorld, options: ServeOptions) {
    const { clock, ledger, identity } = world;
    this.#options = options;
    this.#world = world;
    this.#nap = new Nap(clock);
    this.#hangup = new Nap(clock);
    this.#startedMs = clock.nowMs();
    this.#reload = { isOk: true, atMs: this.#startedMs };
    const runner = options.runnerOf(() => this.#world);
    this.#scheduler = new Scheduler(
      {
        clock,
        ledger,
        hostname: identity.hostname,
        runner,
        log: options.log,
        onEnd: (run) => this.#count(run),
        onLedger: (error) => void this.#tellLedger(error),
      },
      this.#workOf(world),
    );
  }

  async run(): Promise<void> {
    const { signal, log, onHangup } = this.#options;
    await this.#listen(this.#world);
    onHangup(() => {
      this.#isReloadAsked = true;
      this.#hangup.wake();
    });
    this.#sweep();
    const { plans, vaults } = this.#world.config;
    const counts = { plans: Object.keys(plans).length, vaults: Object.keys(vaults).length };
    log('info', 'ready', { text: 'running what is due', ...counts });
    const group = new TaskGroup(signal);
    group.run((inner) => this.#scheduler.run(inner));
    group.run((inner) => this.#watch(inner));
    group.run((inner) => this.#reloads(inner));
    signal.addEventListener(
      'abort',
      () => log('info', 'stopping', { text: 'stopping; runs under way are interrupted' }),
      {
        once: true,
      },
    );
    await group.join();
    log('info', 'stopped', { text: 'stopped' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]();
  }

  /** Everything that is looked at each minute, and after each run. */
  async #watch(signal: AbortSignal): Promise<void> {
    await this.#configHolds();
    while (!signal.aborted) {
      await this.#beat();
      await this.#nap.sleep(SCHEDULE_SLEEP_MS_MAX, signal);
    }
  }

  async #beat(): Promise<void> {
    await this.#part(() => this.#sweep());
    await this.#part(() => this.#writeTextfile());
    await this.#part(() => this.#forget());
    await this.#part(() => tellForgotten(this.#world));
    await this.#part(async () => {
      const status = this.#status();
      await this.#part(() => watch(this.#world, status));
      await this.#part(() => tellSummary(this.#world, status, this.#parse));
    });
    await this.#part(() => this.#world.tellOwed());
  }

  /** What fails in one keeps nobody from hearing of the rest. */
  async #part(work: () => unknown): Promise<void> {
    try {
      await work();
    } catch (error) {
      // The scheduler meets the same ledger and tells of it; a file that cannot be written shows by its age.
      if (!hasCode(error, 'ledger-failed', 'storage-full', 'failed')) throw error;
      this.#options.log('error', 'watch-failed', { text: error.message, code: error.code });
    }
  }

  /** Runs whose process was killed. They are told of by the watch, as a message may take long. */
  #sweep(): void {
    const { ledger, clock, isAlive } = this.#world;
    for (const run of ledger.sweepLost(isAlive, clock.nowMs())) {
      const { kind, subject, id } = run;
      this.#options.log('error', 'run-lost', { text: `${kind} ${subject} was killed`, kind, subject, run: id });
      this.#count(run);
    }
  }

  async #writeTextfile(): Promise<void> {
    const { textfile } = this.#world.config.daemon;
    if (textfile !== undefined) await replaceFile(textfile, this.#metrics(), TEXTFILE_HINT);
  }

  async #forget(): Promise<void> {
    const { ledger, clock, config } = this.#world;
    if (clock.monotonicMs() < this.#forgottenMs + FORGET_EVERY_MS) return;
    this.#forgottenMs = clock.monotonicMs();
    const files = ledger.forgetRuns(clock.nowMs() - config.daemon.logDays * DAY_MS);
    await removeLogs(config.stateDirectory, files);
  }

  async #reloads(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#hangup.sleep(SCHEDULE_SLEEP_MS_MAX, signal);
      if (!this.#isReloadAsked || signal.aborted) continue;
      this.#isReloadAsked = false;
      await this.#takeNew();
    }
  }

  /** Whatever is wrong with the new configuration, the old one goes on as if nothing had been asked. */
  async #takeNew(): Promise<void> {
    const { log, reload } = this.#options;
    try {
      const next = await reload();
      const work = this.#workOf(next);
      await this.#listen(next);
      this.#scheduler.replace(work);
      this.#world = next;
      this.#reload = { isOk: true, atMs: next.clock.nowMs() };
      log('info', 'reloaded', { text: 'the new configuration is in force' });
      await this.#configHolds();
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      this.#reload = { ...this.#reload, isOk: false };
      log('error', 'reload-failed', { text: `${error.message}; the old configuration stays`, code: error.code });
      await this.#world.tell(troubleNotice(this.#world, 'configuration', error));
      this.#world.ledger.openTrouble(CONFIG_KEY, this.#world.clock.nowMs());
    }
    this.#nap.wake();
  }

  async #configHolds(): Promise<void> {
    if (!this.#world.ledger.troubles().has(CONFIG_KEY)) return;
    await this.#world.tell(overNotice(this.#world, 'configuration'));
    this.#world.ledger.closeTrouble(CONFIG_KEY);
  }

  /** Opens the new address before the old one is given up. */
  async #listen({ config }: RunWorld): Promise<void> {
    const address = config.daemon.listen;
    if (address === this.#listenText) return;
    const old = this.#server;
    const pages = { '/metrics': () => this.#metricsPage(), '/healthz': () => this.#healthPage() };
    const onError = (error: unknown): void => {
      if (!(error instanceof AppError)) throw error;
      this.#options.log('error', 'page-failed', { text: error.message, code: error.code });
    };
    this.#server = address === undefined ? undefined : await listen(address, { pages, onError });
    this.#listenText = address;
    if (this.#server !== undefined)
      this.#options.log('info', 'listening', {
        text: `metrics at http://${this.#server.address}/metrics`,
        address: this.#server.address,
      });
    await old?.[Symbol.asyncDispose]();
  }

  #metricsPage(): Answer {
    return { statusCode: 200, contentType: METRICS_TYPE, body: this.#metrics() };
  }

  #healthPage(): Answer {
    return healthPage(this.#world, this.#scheduler);
  }

  #metrics(): string {
    const { version, config, ledger } = this.#world;
    const undelivered = new Map(Object.keys(config.notifications.targets).map((target) => [target, 0]));
    for (const { target, isDelivered } of ledger.sent({ sinceMs: this.#startedMs }))
      if (!isDelivered) undelivered.set(target, (undelivered.get(target) ?? 0) + 1);
    return renderMetrics({
      status: this.#status(),
      version,
      ended: [...this.#ended.values()],
      undelivered,
      reload: this.#reload,
    });
  }

  #status(): Status {
    return collectStatus(this.#world, this.#parse);
  }

  get #parse(): (text: string, timezone?: string) => Turns {
    return this.#options.parse ?? when.parseWhen;
  }

  #workOf({ config }: RunWorld): SchedulerWork {
    return { subjects: subjectsOf(config, this.#parse), runsAtOnce: config.daemon.runsAtOnce };
  }

  #count({ kind, subject, status }: Run): void {
    const key = `${kind} ${subject} ${status}`;
    const { count } = this.#ended.get(key) ?? { count: 0 };
    this.#ended.set(key, { kind, subject, status, count: count + 1 });
    this.#nap.wake();
  }

  async #tellLedger(error: AppError | undefined): Promise<void> {
    const world = this.#world;
    const notice = error === undefined ? overNotice(world, 'ledger') : troubleNotice(world, 'ledger', error);
    await world.tell(notice);
  }
}
