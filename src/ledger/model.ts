/** What the ledger holds, and the port to it. */

/** `backup` of a plan; `verify` and `prune` of a vault; `shelf` commands that a schedule began; `fencing` of a cluster. */
export type RunKind = 'backup' | 'verify' | 'prune' | 'shelf' | 'fencing';

/** `catch-up`: its time had passed while nothing ran. `retry`: the run of that time was killed. */
export type RunTrigger = 'schedule' | 'catch-up' | 'retry' | 'manual';

/**
 * - `running`: begun, and its process was alive when it last said so.
 * - `success`: everything was done and read back. The only one that moves the time of the last success.
 * - `incomplete`: there is a snapshot, but something could not be read.
 * - `failed`, `interrupted`: an error; somebody or a time limit stopped it.
 * - `lost`: its process ended without a word (kill -9, power cut), found out later.
 */
export type RunStatus = 'running' | 'success' | 'incomplete' | 'failed' | 'interrupted' | 'lost';

export interface NewRun {
  kind: RunKind;
  /** Plan, vault, shelf or cluster, by kind. */
  subject: string;
  trigger: RunTrigger;
  /** The time of the schedule it stands for; undefined when somebody asked for it. */
  dueMs: number | undefined;
  startedMs: number;
  /** Path of the log of the run. */
  logFile: string | undefined;
  /** Who runs it: recognised again after the process is gone and its number used for another (proc_pid_stat(5), starttime). */
  process: string;
  /** What a person should know even of a run that was killed; replaced by those of its end. */
  notes?: readonly string[];
}

/** What a run of a plan stored; of other kinds only what applies. Absent is unknown, never 0. */
export interface RunFigures {
  files?: number;
  bytes?: number;
  filesChanged?: number;
  /** Bytes of new blobs, before and after compression. */
  bytesAdded?: number;
  bytesStored?: number;
  /** Bytes read back from the vault and found right. */
  bytesVerified?: number;
  /** What could not be read, or proven. */
  problems?: number;
  /** Size of the vault afterwards, in bytes. */
  vaultBytes?: number;
}

export interface RunOutcome {
  status: Exclude<RunStatus, 'running'>;
  endedMs: number;
  figures?: RunFigures;
  snapshotId?: string | undefined;
  /** Code of the registry and one line, for all but `success`. */
  errorCode?: string | undefined;
  errorText?: string | undefined;
  /** What else a person should know: each a line. */
  notes?: readonly string[];
}

export interface Run extends NewRun {
  /** Rising by one; never used again. */
  id: number;
  status: RunStatus;
  endedMs: number | undefined;
  figures: RunFigures;
  snapshotId: string | undefined;
  /**
   * Number of the point among those of its plan, from 1, given when a backup ends with a snapshot, whatever came of it.
   * Undefined for all other runs.
   */
  sequence: number | undefined;
  errorCode: string | undefined;
  errorText: string | undefined;
  notes: readonly string[];
}

export interface PointRecord {
  sequence: number;
  /** Its run was a `success`: everything it should hold is in it, and was read back. */
  isGood: boolean;
}

export interface RunQuery {
  kind?: RunKind;
  subject?: string;
  statuses?: readonly RunStatus[];
  dueMs?: number;
  /** Only runs that began at this time or later. */
  sinceMs?: number;
  /** The newest so many; all when absent. */
  limit?: number;
}

/** That a snapshot as a whole was read back and matched. */
export interface Proof {
  /** Its name in the configuration. */
  vault: string;
  /** Its own id, which tells it from another under that name. */
  vaultId: string;
  snapshotId: string;
  /** The id it was made with: other tags give it another one. */
  originId: string;
  /** The oldest reading among those of its packs: how fresh the proof is. */
  provenMs: number;
}

/** An unusual point: its snapshot stays but is not promoted, and the last good one stays as well, until released. */
export interface Hold {
  /** The run that holds it: the one that made it, or the first that found it where the ledger did not know of it. */
  runId: number;
  plan: string;
  snapshotId: string;
  /** One line each. */
  reasons: readonly string[];
  heldMs: number;
  /** When a person looked at it, and who. */
  releasedMs: number | undefined;
  releasedBy: string | undefined;
  /** That person found it wrong: it is held no longer, and counts as good no more than what followed on it until then. */
  isWrong: boolean;
}

export interface SentNotice {
  target: string;
  /** What it was about: `failure etc`, `overdue etc`; the same key is one story. */
  key: string;
  sentMs: number;
  isDelivered: boolean;
}

/** Something a person had done to a cluster. */
export interface NewAction {
  /** `ha takeover`, `ha mmp clear`. */
  command: string;
  /** Node, resource or device. */
  target: string;
  /** User and machine. */
  who: string;
  startedMs: number;
  /** What was examined before, each a line; empty where nothing had to be. */
  verdict: readonly string[];
  /** Why it was done against the verdict; undefined when it was not. */
  override: string | undefined;
}

export interface ActionOutcome {
  /** `done`: and seen to be so. `refused`: nothing was changed. */
  outcome: 'done' | 'failed' | 'refused' | 'interrupted';
  endedMs: number;
  text?: string | undefined;
  /** What was found, where it was examined in the course of the action. */
  verdict?: readonly string[] | undefined;
}

export interface OperatorAction extends NewAction {
  id: number;
  /** Undefined while it is under way, or when its process was killed. */
  outcome: ActionOutcome['outcome'] | undefined;
  endedMs: number | undefined;
  text: string | undefined;
}

/** What came of trying one path of fencing, without a shot. What could not be asked is none. */
export interface PathProof {
  /** Its name in the configuration. */
  cluster: string;
  /** The node that would be shot. */
  node: string;
  /** Device and the node that asked it: `fence-oss2 from oss1`. */
  by: string;
  isProven: boolean;
  atMs: number;
  /** What the device said, without secrets. */
  text: string;
}

export type FencingPath = Pick<PathProof, 'node' | 'by'>;

/** A notice that a target has not taken yet, and that is tried again. */
export interface OwedNotice {
  id: number;
  target: string;
  /** The whole of it, as JSON. */
  notice: string;
  /** Since when. */
  owedMs: number;
  /** When it was tried last, and how often. */
  triedMs: number;
  attempts: number;
}

/**
 * All calls are synchronous and durable on return; one that changes something waits for other processes for up to half a
 * minute. @throws {AppError} `ledger-failed` naming the file; `storage-full`
 */
export interface Ledger extends Disposable {
  /**
   * Of several processes that try at once, one succeeds. A run whose process died blocks its subject until `sweepLost`.
   * @throws {AppError} `run-exists` when a run of that kind, subject and due time is running or has ended by itself: one that was killed or stopped may be begun again;
   *   `plan-busy` when another run of that kind and subject is running
   */
  beginRun(run: NewRun): Run;
  /** Ends a run that is `running`. @throws {AppError} `run-missing` */
  endRun(id: number, outcome: RunOutcome): Run;
  /** Takes down that whom it concerns was told how a run ended, or was not to be told. */
  markTold(id: number): void;
  /** Runs that have ended and of which nobody was told: their process was killed in between. The oldest first. */
  untold(): Run[];
  run(id: number): Run | undefined;
  /** Newest first. */
  runs(query: RunQuery): Run[];
  /**
   * The points of a plan by snapshot, the oldest first. Unlike the runs they are never forgotten, as the ladder holds
   * points for longer.
   */
  points(plan: string): Map<string, PointRecord>;
  /** Ends runs whose process `isAlive` does not know any more as `lost`. @returns them */
  sweepLost(isAlive: (process: string) => boolean, nowMs: number): Run[];
  /** The time of schedule up to which all of `kind` and `subject` is settled, so that nothing is made up for twice. */
  settledUntil(kind: RunKind, subject: string): number | undefined;
  /** Never goes back: an earlier time than the one there changes nothing. */
  settle(kind: RunKind, subject: string, untilMs: number): void;

  /** Takes down when packs of a vault were read back and found right. */
  markVerified(vaultId: string, packs: readonly string[], atMs: number): void;
  /** When each pack was last read back and found right, by id. A new map, the caller's: a million packs take 150 MiB. */
  verifiedPacks(vaultId: string): Map<string, number>;
  /** What is damaged or gone is not proven any more. */
  unmarkVerified(vaultId: string, packs: readonly string[]): void;
  saveProof(proof: Proof): void;
  removeProof(vault: string, snapshotId: string): void;
  /** Of a vault by its own id, whatever it is called. @returns how many there were */
  withdrawProofs(vaultId: string, snapshots: readonly string[] | 'all'): number;
  /** A snapshot was written anew under another id, with the same content. */
  moveProof(vaultId: string, from: string, to: string): void;
  proofs(vault: string): Proof[];

  /**
   * A run may hold its own snapshot and earlier ones that nobody had released. Again for the same changes nothing.
   * @throws {AppError} `run-missing` when there is no such run
   */
  hold(hold: Omit<Hold, 'releasedMs' | 'releasedBy' | 'isWrong'>): void;
  /** Also released ones, the newest run first. They stay, as their snapshots say for ever that they were held. */
  holds(plan: string): Hold[];
  /** Everything the run holds. @throws {AppError} `run-missing` when nothing of it is held */
  release(runId: number, by: string, atMs: number): void;
  /** The same, but it was wrong indeed. @throws {AppError} `run-missing` when nothing of it is held */
  reject(runId: number, by: string, atMs: number): void;

  /** Kept until `forgetRuns` is called with a later time. */
  noteSent(notice: SentNotice): void;
  /** Takes down what is still to be delivered. @returns its id */
  owe(notice: Omit<OwedNotice, 'id'>): number;
  /** The oldest first. */
  owed(): OwedNotice[];
  /**
   * Takes down that it is tried now, unless another process did since it was read. @returns whether it is the caller's
   * to try
   */
  claimOwed(notice: Pick<OwedNotice, 'id' | 'triedMs'>, nowMs: number): boolean;
  /** It was delivered or given up. What is not there is fine. */
  settleOwed(ids: readonly number[]): void;
  /** The oldest first. */
  sent(query: { target?: string; key?: string; sinceMs: number }): SentNotice[];
  /**
   * What is known to be wrong now, by key (`failure etc`): survives a restart, so that a recovery can be told.
   * What is open already keeps its time.
   */
  openTrouble(key: string, sinceMs: number): void;
  /** @returns since when it had been open; undefined when it was not */
  closeTrouble(key: string): number | undefined;
  troubles(): Map<string, number>;

  /**
   * Takes down what came of trying paths of fencing; of each path the newest success and the newest failure stay.
   * @param paths all that the cluster has, when all were looked at: what is known of others goes, as they are gone
   */
  savePathProofs(cluster: string, proofs: readonly PathProof[], paths?: readonly FencingPath[]): void;
  /** By node and path, of each the newest first. */
  pathProofs(cluster: string): PathProof[];

  /** Takes down that something is about to be done. @returns its number */
  beginAction(action: NewAction): number;
  /** @throws {AppError} `run-missing` when it is not under way */
  endAction(id: number, outcome: ActionOutcome): void;
  /** Newest first. */
  actions(query?: { sinceMs?: number; limit?: number }): OperatorAction[];

  /**
   * Removes runs that began before, and notices sent before; but never what is running, what is held, nor of each kind
   * and subject the newest run and the newest success. @returns log files of the removed runs, which are the caller's to remove
   */
  forgetRuns(beforeMs: number): string[];

  /** Writes to the disk and takes it back: fails where a change would. */
  expectWritable(): void;
}
