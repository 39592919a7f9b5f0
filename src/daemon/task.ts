/** One run under way: what it works with, and what is known of it so far, which stays known when it fails. */
import type { Processes } from '../host.ts';
import type { Run, RunFigures } from '../ledger.ts';
import type { RunEvent, RunWorld } from './model.ts';
import { type LockedVault, openLocked } from './open.ts';
import type { Redactor } from './redact.ts';
import { revealSecret, type SecretParts } from './secrets.ts';

export interface Task {
  /** Plan, vault or cluster. */
  readonly name: string;
  readonly run: Run;
  readonly world: RunWorld;
  readonly redactor: Redactor;
  /** Aborted when the run shall stop: by a person, or because its time is over. */
  readonly signal: AbortSignal;
  readonly emit: (event: RunEvent) => void;
  readonly findings: Findings;
}

/** What is true of the run already. */
export interface Findings {
  figures: RunFigures;
  snapshotId: string | undefined;
  /** Problems that leave the run incomplete: how many. */
  problems: number;
  /** What these are in words; that things could not be read, when absent. */
  problemsText?: string;
  /** Lines a person should read beside the outcome. */
  notes: string[];
  /** Why the run is unusual; empty when it is not. */
  anomalies: readonly string[];
}

export function noFindings(): Findings {
  return { figures: {}, snapshotId: undefined, problems: 0, notes: [], anomalies: [] };
}

export function secretParts({ world, redactor, signal }: Task): SecretParts {
  return { environment: world.environment, processes: world.processesOf('local'), redactor, signal };
}

/** Programs of a host, whose output may hold no secret once it is in our hands. */
export function processesOf(task: Task): (host: string) => Processes {
  return (host) => task.world.processesOf(host);
}

/** @throws {AppError} `secret-missing`; what opening a vault and taking its lock throw */
export async function openTaskVault(
  task: Task,
  vaultName: string,
  lock: { exclusive: boolean; waitMs: number },
): Promise<LockedVault> {
  const { config, clock, identity } = task.world;
  const vault = config.vaults[vaultName]!;
  const password = await revealSecret(vault.password, secretParts(task));
  const onWait = (text: string): void => task.emit({ kind: 'line', level: 'warning', text });
  const { stateDirectory } = config;
  return await openLocked({ vault, password, stateDirectory, clock, identity, signal: task.signal, onWait }, lock);
}
