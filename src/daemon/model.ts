/** What the parts of the daemon hand to each other, and to the commands `run`, `status` and `serve`. */
import type { Config } from '../config.ts';
import type { Clock, Identity, Processes } from '../host.ts';
import type { Ledger, Run, RunKind, RunTrigger } from '../ledger.ts';
import type { Delivered, Notice } from '../notify.ts';

/** One thing to be done: a backup of a plan, a verification or pruning of a vault, a test of a cluster's fencing. */
export interface RunRequest {
  kind: Exclude<RunKind, 'shelf'>;
  /** Plan, vault or cluster. */
  subject: string;
  trigger: RunTrigger;
  /** The time of the schedule it stands for; undefined when somebody asked for it. */
  dueMs: number | undefined;
}

/** What runs need of the world. The configuration is the one that held when the run began. */
export interface RunWorld {
  config: Config;
  ledger: Ledger;
  clock: Clock;
  identity: Identity;
  /** Of this machine, or of one in the configuration, by its name. */
  processesOf(host: string): Processes;
  /** Sends it to whom it concerns, or to targets that are named, and takes that down; what could not be delivered is in the result. */
  tell(notice: Notice, to?: readonly string[]): Promise<Delivered[]>;
  /** Tries again what targets have not taken: what is due, and everything that was not tried since `sinceMs`. */
  tellOwed(sinceMs?: number): Promise<void>;
  /** A variable of the environment, for secrets. */
  environment: Readonly<Record<string, string | undefined>>;
  /** `0.1.0` */
  version: string;
  /** This process, as `NewRun.process` has it. */
  process: string;
  /** Whether such a process is still there. */
  isAlive(process: string): boolean;
}

/** What a run tells on its way, for its log and for a terminal. */
export type RunEvent =
  | { kind: 'phase'; text: string }
  | { kind: 'line'; level: 'info' | 'warning' | 'error'; text: string }
  | { kind: 'progress'; files: number; bytes: number; current: string };

/** Does one run, from its entry in the ledger to its notices. Rejects only when the ledger itself fails, or for `plan-busy`. */
export type Runner = (
  request: RunRequest,
  options: { signal: AbortSignal; onEvent?: (event: RunEvent) => void },
) => Promise<Run>;
