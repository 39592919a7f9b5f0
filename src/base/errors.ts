/**
 * The one registry of everything that can go wrong, and the one class that carries it.
 * `exit` is the process exit code (product glossary), `hint` says what to do next, `retry` whether trying again can help.
 */
const REGISTRY = {
  usage: { exit: 2, retry: false, message: 'wrong usage', hint: 'See holdfast --help.' },
  config: { exit: 2, retry: false, message: 'wrong configuration', hint: 'See holdfast --help.' },
  failed: { exit: 1, retry: false, message: 'failed', hint: '' },
  incomplete: {
    exit: 3,
    retry: false,
    message: 'finished, but not everything could be done',
    hint: 'See the lines above.',
  },
  interrupted: {
    exit: 130,
    retry: true,
    message: 'interrupted',
    hint: 'Run the command again; finished work is kept.',
  },
  'vault-missing': {
    exit: 10,
    retry: false,
    message: 'there is no vault here',
    hint: 'Check the address, or create one with: holdfast init',
  },
  'vault-exists': {
    exit: 1,
    retry: false,
    message: 'there is a vault here already',
    hint: 'Use it, or choose another place.',
  },
  'vault-foreign': {
    exit: 10,
    retry: false,
    message: 'this is not a vault',
    hint: 'Check the address; nothing was changed.',
  },
  'vault-version': {
    exit: 1,
    retry: false,
    message: 'the vault has a format version this program does not know',
    hint: 'Use a newer Holdfast or restic for this vault.',
  },
  'vault-locked': {
    exit: 11,
    retry: true,
    message: 'the vault is locked',
    hint: 'Wait for the other run, or remove stale locks with: holdfast unlock',
  },
  'lock-lost': {
    exit: 11,
    retry: true,
    message: 'the lock on the vault could not be kept',
    hint: 'Check the storage and the clock, then run again.',
  },
  'password-wrong': {
    exit: 12,
    retry: false,
    message: 'wrong password, or no key matches it',
    hint: 'Check the password file or command.',
  },
  'password-missing': {
    exit: 2,
    retry: false,
    message: 'no password given',
    hint: 'Use --password-file, HOLDFAST_PASSWORD_FILE or HOLDFAST_PASSWORD_COMMAND.',
  },
  'file-missing': { exit: 1, retry: false, message: 'a file is missing in the vault', hint: 'Run: holdfast check' },
  'file-damaged': {
    exit: 1,
    retry: false,
    message: 'a file in the vault is damaged',
    hint: 'Run: holdfast check --read-data, then holdfast repair.',
  },
  'blob-missing': {
    exit: 1,
    retry: false,
    message: 'a blob is in no index',
    hint: 'Run: holdfast repair index, then holdfast check.',
  },
  'tree-invalid': {
    exit: 1,
    retry: false,
    message: 'a tree is not valid',
    hint: 'Run: holdfast check, then holdfast repair snapshots.',
  },
  'snapshot-missing': { exit: 1, retry: false, message: 'no such snapshot', hint: 'See: holdfast snapshots' },
  'id-ambiguous': { exit: 2, retry: false, message: 'the id fits several', hint: 'Give more characters.' },
  'path-missing': { exit: 1, retry: false, message: 'no such path in the snapshot', hint: 'See: holdfast ls' },
  'check-failed': {
    exit: 1,
    retry: false,
    message: 'the vault has errors',
    hint: 'See the lines above; holdfast repair --help says what can be mended.',
  },
  'source-failed': { exit: 1, retry: true, message: 'the source could not be read', hint: 'No snapshot was made.' },
  'source-missing': { exit: 1, retry: false, message: 'nothing to back up', hint: 'Check the paths.' },
  'target-unsafe': {
    exit: 20,
    retry: false,
    message: 'refused: this would write outside the target',
    hint: 'The snapshot is hostile or damaged; nothing was written there.',
  },
  refused: { exit: 20, retry: false, message: 'refused by a safety rule', hint: '' },
  'storage-full': {
    exit: 1,
    retry: false,
    message: 'the storage is full',
    hint: 'Free space or grow the storage; earlier snapshots are untouched.',
  },
  'storage-denied': {
    exit: 1,
    retry: false,
    message: 'the storage refused access',
    hint: 'Check owner and modes, or the credentials.',
  },
  'storage-failed': {
    exit: 1,
    retry: true,
    message: 'the storage failed',
    hint: 'Check the device or the connection, then run again.',
  },
  'not-found': { exit: 1, retry: false, message: 'not found in the storage', hint: 'Run: holdfast check' },
  'command-missing': { exit: 1, retry: false, message: 'a command was not found', hint: 'Install it, or check PATH.' },
  'command-failed': { exit: 1, retry: false, message: 'a command failed', hint: 'Run it by hand to see why.' },
  'command-timeout': {
    exit: 1,
    retry: true,
    message: 'a command took too long and was stopped',
    hint: 'See what it waits for, or allow it more time.',
  },
  'command-empty': {
    exit: 1,
    retry: false,
    message: 'a command succeeded but its output is too small',
    hint: 'Run it by hand to see what it prints; minSize says what is expected.',
  },
  'source-empty': {
    exit: 1,
    retry: false,
    message: 'a source has fewer files than expected',
    hint: 'See whether something is not mounted; minFiles says how many files there have to be.',
  },
  'secret-missing': {
    exit: 2,
    retry: false,
    message: 'a secret could not be read',
    hint: 'Check the file, command, variable or credential that the configuration names.',
  },
  'plan-missing': { exit: 2, retry: false, message: 'no such plan', hint: 'See: holdfast status' },
  'run-exists': {
    exit: 1,
    retry: false,
    message: 'this run is under way or done already',
    hint: 'See: holdfast history',
  },
  'run-missing': { exit: 1, retry: false, message: 'no such run', hint: 'See: holdfast history' },
  'plan-busy': {
    exit: 1,
    retry: true,
    message: 'a run of this plan is under way',
    hint: 'Wait for it; see: holdfast status',
  },
  'clock-behind': {
    exit: 1,
    retry: false,
    message: 'the clock is behind what it showed before',
    hint: 'Check date and time synchronisation on this machine; the snapshot is there, but its time is wrong.',
  },
  'hook-failed': { exit: 1, retry: false, message: 'a hook failed', hint: 'Run it by hand to see why.' },
  'ledger-failed': {
    exit: 1,
    retry: true,
    message: 'the ledger could not be read or written',
    hint: 'Check stateDirectory: owner, modes and free space.',
  },
  'notify-failed': {
    exit: 1,
    retry: true,
    message: 'a notification could not be delivered',
    hint: 'Try: holdfast notify test',
  },
  'notify-refused': {
    exit: 1,
    retry: false,
    message: 'a notification was refused',
    hint: 'Check address, login and certificate of the target, then try: holdfast notify test',
  },
  'host-unreachable': {
    exit: 1,
    retry: true,
    message: 'a host could not be reached',
    hint: 'Try: holdfast doctor',
  },
  'host-refused': {
    exit: 1,
    retry: false,
    message: 'ssh was refused',
    hint: 'Check key, agent and known hosts; holdfast doctor tells which.',
  },
  'archive-damaged': {
    exit: 1,
    retry: false,
    message: 'an archive does not match its sidecar',
    hint: 'Make the archive again, or transfer it once more.',
  },
  'archive-missing': { exit: 1, retry: false, message: 'no such archive', hint: 'See: holdfast shelf ls' },
  'shelf-busy': {
    exit: 1,
    retry: true,
    message: 'another transfer to this shelf is under way',
    hint: 'Wait for it to end; a stale lock gives way by itself.',
  },
  'shelf-missing': { exit: 2, retry: false, message: 'no such shelf', hint: 'See: holdfast config show' },
  'worker-failed': {
    exit: 1,
    retry: false,
    message: 'a worker thread failed',
    hint: 'Please report this with the text above.',
  },
} as const satisfies Record<string, { exit: number; retry: boolean; message: string; hint: string }>;

export type ErrorCode = keyof typeof REGISTRY;

export interface ErrorDetail {
  /** What happened to what, in one line; never holds a secret. */
  detail?: string;
  /** Replaces the registry's hint where the place knows better. */
  hint?: string;
  cause?: unknown;
}

/** An error with a code of the registry. Everything thrown on purpose is one; anything else is a bug. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly hint: string;

  constructor(code: ErrorCode, { detail, hint, cause }: ErrorDetail = {}) {
    const entry = REGISTRY[code];
    super(detail === undefined ? entry.message : `${entry.message}: ${detail}`, { cause });
    this.name = 'AppError';
    this.code = code;
    this.hint = hint ?? entry.hint;
  }

  get exitCode(): number {
    return REGISTRY[this.code].exit;
  }

  get canRetry(): boolean {
    return REGISTRY[this.code].retry;
  }
}

/** An error whose code and text were written down; one without a code, or with one of another version, is `failed`. */
export function recalledError(code: string | undefined, message: string): AppError {
  const known = code !== undefined && Object.hasOwn(REGISTRY, code) ? (code as ErrorCode) : 'failed';
  const error = new AppError(known);
  error.message = message;
  return error;
}

/** True when `error` carries one of `codes`; the way to catch one thing and never "any". */
export function hasCode(error: unknown, ...codes: ErrorCode[]): error is AppError {
  return error instanceof AppError && codes.includes(error.code);
}

/** The errno name (`ENOENT`, …) of a system error, or undefined. */
export function errnoOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' && /^E[A-Z0-9]+$/.test(error.code) ? error.code : undefined;
}

/** The text of anything thrown, for a detail line. */
export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Plain form of an error that can cross a thread; `fromWire` makes it an error again. */
export interface WireError {
  code: ErrorCode | undefined;
  message: string;
  hint: string;
  stack: string | undefined;
}

export function toWire(error: unknown): WireError {
  if (error instanceof AppError)
    return { code: error.code, message: error.message, hint: error.hint, stack: error.stack };
  const stack = error instanceof Error ? error.stack : undefined;
  return { code: undefined, message: textOf(error), hint: '', stack };
}

export function fromWire(wire: WireError): Error {
  if (wire.code === undefined) return new AppError('worker-failed', { detail: wire.stack ?? wire.message });
  const error = new AppError(wire.code, { hint: wire.hint });
  error.message = wire.message;
  return error;
}
