/** The daemon inside a test: `serve` itself, with a clock, runs and messages of our own. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '../../src/base/errors.ts';
import { type ServeOptions, serve } from '../../src/daemon/serve.ts';
import type { Runner, RunRequest, RunWorld } from '../../src/daemon.ts';
import { configOf, type GivenConfig, parseDaily, proofOf, settableClock, type TestWorld, worldOf } from './world.ts';

const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const NOON = Date.parse('2026-11-20T12:00:00Z');

type Clock = ReturnType<typeof settableClock>;

export interface Served {
  world: TestWorld;
  clock: Clock;
  events: string[];
  begun: string[];
  get(path: string): Promise<{ status: number; text: string }>;
  hangUp(reloaded: () => Promise<RunWorld>): Promise<void>;
  stop(): Promise<void>;
}

export const CONFIG = {
  timezone: 'UTC',
  vaults: { main: { verify: { schedule: '04:00' } } },
  plans: { etc: { schedule: '22:00' } },
};

/** A runner that takes ten minutes and does what `outcome` says. */
export type Outcome = (request: RunRequest) => 'success' | 'failed';

export function runnerOf(begun: string[], outcome: Outcome): (worldOf: () => RunWorld) => Runner {
  return (current) =>
    async (request, { signal }) => {
      const { ledger, clock, process } = current();
      begun.push(`${request.trigger} ${request.kind} ${request.subject}`);
      const run = ledger.beginRun({ ...request, startedMs: clock.nowMs(), logFile: undefined, process });
      const isWhole = await clock.sleep(10 * MINUTE, signal).then(
        () => true,
        () => false,
      );
      const status = isWhole ? outcome(request) : 'interrupted';
      const endedMs = clock.nowMs();
      const snapshotId = request.kind === 'backup' && status === 'success' ? `point-${run.id}` : undefined;
      if (snapshotId !== undefined) ledger.saveProof(proofOf(snapshotId, endedMs));
      const ended = ledger.endRun(run.id, { status, endedMs, snapshotId });
      ledger.markTold(run.id);
      return ended;
    };
}

/** What `serve` takes beside a world: nobody stops or reloads it, and nothing is written down. */
export function quietOptions(world: RunWorld, outcome: Outcome = () => 'success'): ServeOptions {
  return {
    signal: new AbortController().signal,
    runnerOf: runnerOf([], outcome),
    reload: async () => world,
    onHangup: () => undefined,
    parse: parseDaily,
    log: () => undefined,
  };
}

export async function begin(
  given: GivenConfig = CONFIG,
  prepare: (world: TestWorld) => void = () => undefined,
  outcome: Outcome = () => 'success',
): Promise<Served> {
  const clock = settableClock(NOON);
  const config = await configOf({ ...given, stateDirectory: mkdtempSync(join(tmpdir(), 'holdfast-serve-')) });
  // Any free port, which a configuration may not ask for.
  config.daemon.listen = '127.0.0.1:0';
  const world = await worldOf({ config, clock });
  prepare(world);
  const events: string[] = [];
  const begun: string[] = [];
  const controller = new AbortController();
  let address = '';
  let hangup = (): void => undefined;
  let reloaded: () => Promise<RunWorld> = async () => world;
  const ended = serve(world, {
    signal: controller.signal,
    runnerOf: runnerOf(begun, outcome),
    reload: () => reloaded(),
    onHangup: (listener) => {
      hangup = listener;
    },
    parse: parseDaily,
    log: (_level, event, fields) => {
      events.push(event);
      if (typeof fields['address'] === 'string') address = fields['address'];
    },
  });
  // A real socket opens in real time.
  for (let tries = 0; tries < 200 && !events.includes('ready'); tries++)
    await new Promise((resolve) => setTimeout(resolve, 5));
  assert.ok(events.includes('ready'), events.join());
  await clock.advance(1);
  return {
    world,
    clock,
    events,
    begun,
    async get(path) {
      const response = await fetch(`http://${address}${path}`);
      return { status: response.status, text: await response.text() };
    },
    async hangUp(next) {
      reloaded = next;
      hangup();
      for (let tries = 0; tries < 200 && !events.some((event) => /^reload/.test(event)); tries++)
        await new Promise((resolve) => setTimeout(resolve, 5));
      await clock.advance(1);
    },
    async stop() {
      controller.abort(new AppError('interrupted'));
      await ended;
      rmSync(config.stateDirectory, { recursive: true, force: true });
      assert.equal(events.at(-1), 'stopped');
    },
  };
}

export function toldOf({ told }: TestWorld): string[] {
  return told.map(({ kind, plan }) => `${kind} ${plan ?? '-'}`);
}
