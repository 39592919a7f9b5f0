/** Worlds for tests of the daemon: a real configuration and a real ledger, and a clock, runs and messages of our own. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Config, loadConfig } from '../../src/config.ts';
import type { Subject, Turns } from '../../src/daemon/schedule.ts';
import type { RunWorld } from '../../src/daemon.ts';
import { type Clock, simulated } from '../../src/host.ts';
import { type Ledger, openLedger } from '../../src/ledger.ts';
import type { Notice } from '../../src/notify.ts';

type Json = Record<string, unknown>;

/** What a test leaves out of vaults and plans is filled in. */
export interface GivenConfig extends Json {
  vaults?: Record<string, Json>;
  plans?: Record<string, Json>;
}

const VAULT = { url: '/srv/vault', password: { value: 'secret' } };
const PLAN = { vault: 'main', sources: [{ files: ['/etc'] }] };

/** Of JSON, which is YAML too. */
export async function configOf({ vaults = { main: {} }, plans = {}, ...rest }: GivenConfig = {}): Promise<Config> {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-config-'));
  const file = join(directory, 'holdfast.yaml');
  const filled = {
    stateDirectory: join(directory, 'state'),
    ...rest,
    vaults: Object.fromEntries(Object.entries(vaults).map(([name, vault]) => [name, { ...VAULT, ...vault }])),
    plans: Object.fromEntries(Object.entries(plans).map(([name, plan]) => [name, { ...PLAN, ...plan }])),
  };
  try {
    writeFileSync(file, JSON.stringify(filled), { mode: 0o600 });
    return (await loadConfig({ file, environment: {} })).config;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

export interface TestWorld extends RunWorld {
  told: Notice[];
  /** Processes that are there. */
  alive: Set<string>;
}

export interface GivenWorld {
  config: Config;
  ledger?: Ledger;
  clock: Clock;
}

export async function worldOf({ config, ledger, clock }: GivenWorld): Promise<TestWorld> {
  const told: Notice[] = [];
  const alive = new Set(['daemon']);
  return {
    config,
    ledger: ledger ?? (await openLedger({ file: ':memory:' })),
    clock,
    identity: simulated.fixedIdentity({ hostname: 'head1', pid: 4711 }),
    processesOf: () => simulated.scriptedProcesses(() => undefined),
    tell: async (notice) => {
      told.push(notice);
      return [];
    },
    tellOwed: async () => undefined,
    environment: {},
    version: '0.0.0',
    process: 'daemon',
    isAlive: (process) => alive.has(process),
    told,
    alive,
  };
}

/** A machine's clock that can be set: `advance` lets time pass, `set` makes the wall clock jump. */
export function settableClock(startMs: number): Clock & { advance(ms: number): Promise<void>; jump(ms: number): void } {
  const inner = simulated.fixedClock(startMs);
  let offsetMs = 0;
  return {
    nowMs: () => inner.nowMs() + offsetMs,
    monotonicMs: () => inner.monotonicMs(),
    sleep: (ms, signal) => inner.sleep(ms, signal),
    advance: (ms) => inner.advance(ms),
    jump: (ms) => {
      offsetMs += ms;
    },
  };
}

/** Turns at even distances, by arithmetic: for tests that look at thousands of them. */
export function turnsEvery(periodMs: number, offsetMs = 0): Turns {
  const next = (afterMs: number) => (Math.floor((afterMs - offsetMs) / periodMs) + 1) * periodMs + offsetMs;
  return {
    text: `${periodMs} ${offsetMs}`,
    timezone: 'UTC',
    next,
    previous: (beforeMs) => next(beforeMs - 1) - periodMs,
  };
}

/** As `when.parseWhen` for times such as 22:00 of each day in UTC; all others are of 03:00. */
export function parseDaily(text: string): Turns {
  const [, hours = '3', minutes = '0'] = /^(\d+):(\d+)$/.exec(text) ?? [];
  return turnsEvery(24 * 60 * 60_000, (Number(hours) * 60 + Number(minutes)) * 60_000);
}

/** A backup of `etc` to `main` without anything special, but for what is given. */
export function subjectWith(given: Partial<Subject> & Pick<Subject, 'turns'>): Subject {
  return {
    kind: 'backup',
    subject: 'etc',
    vault: 'main',
    randomDelayMs: 0,
    catchUp: true,
    windowMs: undefined,
    ...given,
  };
}

/** That a snapshot of the vault `main` was read back. */
export function proofOf(snapshotId: string, provenMs: number): Parameters<Ledger['saveProof']>[0] {
  return { vault: 'main', vaultId: 'v1', snapshotId, originId: snapshotId, provenMs };
}
