/** Opening a vault for a command, with its lock. */
import { join } from 'node:path';
import { AppError, hasCode } from '../base/errors.ts';
import { RETRY_TOLD_MS } from '../base/limits.ts';
import { type Cache, directoryCache, syscalls, systemClock, systemIdentity, systemRandom } from '../host.ts';
import { openStorage, type Storage } from '../storage.ts';
import { openVault, type Vault } from '../vault.ts';
import type { Context } from './context.ts';
import { list, text } from './options.ts';
import { formatDuration } from './time.ts';

/** File type bits of st_mode (inode(7)). */
const FORMAT_MASK = 0o170000;
const FORMAT_DIRECTORY = 0o040000;

/** For commands that take a snapshot: which ones to choose from. */
export const FILTER_OPTIONS = {
  host: list('name', 'Only snapshots of this host', { short: 'H' }),
  tag: list('tags', 'Only snapshots with all of these tags, separated by commas'),
  path: list('path', 'Only snapshots that have this path'),
} as const;

/** For commands that lock a vault. */
export const LOCK_OPTIONS = {
  retryLock: text('duration', 'Wait this long for others to release the vault: 30s, 5m, 2h'),
  keyHint: text('id', 'Try this key first'),
} as const;

export interface OpenRequest {
  /** `exclusive` for what must be alone with the vault; `none` for what needs no lock. */
  lock: 'shared' | 'exclusive' | 'none';
  retryLock?: string | undefined;
  keyHint?: string | undefined;
  /** Look at the vault itself, not at what an earlier run kept of it: for those who examine it. */
  fresh?: boolean;
  /** Load the index while the lock settles. */
  needsIndex?: boolean;
}

/** A vault that is open and locked until disposed of. */
export interface OpenedVault extends AsyncDisposable {
  vault: Vault;
  /** Aborted when the command shall stop or the lock was lost: hand this on, not the context's. */
  signal: AbortSignal;
}

/** @throws {AppError} what opening a vault and taking its lock throw */
export async function openLocked(context: Context, request: OpenRequest): Promise<OpenedVault> {
  const storage = await storageOf(context);
  return await openAt(context, { storage, password: await context.password() }, request);
}

/** The same for any vault. */
export async function openAt(
  context: Context,
  { storage, password }: { storage: Storage; password: string },
  request: OpenRequest,
): Promise<OpenedVault> {
  await using opening = new AsyncDisposableStack();
  const vault = await openVault(storage, {
    password,
    keyHint: request.keyHint,
    signal: context.signal,
    clock: systemClock,
    identity: systemIdentity(),
    cacheOf: request.fresh || request.lock === 'exclusive' ? undefined : cacheOf(context),
  }).catch((error: unknown) => {
    throw isDirectory(storage.url) ? foreign(error, storage.url) : error;
  });
  opening.use(vault);
  let { signal } = context;
  if (request.lock === 'exclusive' || (request.lock === 'shared' && !context.globals.noLock)) {
    const waitMs = lockWaitMs(request.retryLock);
    // A failure shows where the index is asked for.
    const meanwhile = request.needsIndex ? () => void vault.index().catch(() => undefined) : undefined;
    const exclusive = request.lock === 'exclusive';
    const lock = opening.use(
      await vault.lock({ exclusive, waitMs, signal, meanwhile }).catch((error: unknown) => {
        throw exclusive ? error : withReadOnlyHint(error);
      }),
    );
    signal = AbortSignal.any([signal, lock.signal]);
    if (request.needsIndex) await vault.confirmIndex(signal);
  }
  const held = opening.move();
  return { vault, signal, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

function withReadOnlyHint(error: unknown): unknown {
  if (!hasCode(error, 'storage-denied')) return error;
  const hint = `${error.hint} To read from a vault that cannot be written to, add --no-lock.`;
  const better = new AppError('storage-denied', { hint, cause: error });
  better.message = error.message;
  return better;
}

/** Where something else is, it helps more to say so than that there is no vault. */
function foreign(error: unknown, url: string): unknown {
  if (!hasCode(error, 'vault-missing')) return error;
  return new AppError('vault-foreign', { detail: `${url} is a directory without a vault's config` });
}

function isDirectory(path: string): boolean {
  const stat = new syscalls.StatRecord();
  return syscalls.statInto(syscalls.CWD, path, stat) && (stat.mode & FORMAT_MASK) === FORMAT_DIRECTORY;
}

/** Where each vault has its cache, as the XDG Base Directory Specification has it; none without a home. */
function cacheOf({ globals, environment }: Context): ((vaultId: string) => Cache) | undefined {
  const home = environment['HOME'];
  const base = environment['XDG_CACHE_HOME'] || (home && join(home, '.cache'));
  if (globals.noCache || !base) return undefined;
  return (vaultId) => directoryCache(join(base, 'holdfast', 'vaults', vaultId));
}

/** The storage of the vault the command is about; passing failures are tried again. */
export async function storageOf(context: Context, url?: string): Promise<Storage> {
  return openStorage(url ?? (await context.storageUrl()), {
    retry: {
      nowMs: () => systemClock.monotonicMs(),
      pause: (ms, signal) => systemClock.sleep(ms, signal),
      random: () => systemRandom.int(2 ** 32) / 2 ** 32,
      onRetry: (event) => tellRetry(context, event),
    },
  });
}

/** Hiccups are nobody's business; who waits for long is to know why. */
function tellRetry({ output }: Context, { error, pauseMs }: { error: AppError; pauseMs: number }): void {
  const message = `${error.message}; trying again in ${formatDuration(pauseMs)}`;
  if (pauseMs >= RETRY_TOLD_MS) output.warn(message);
  else output.detail(message);
}

const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };

/** `90s`, `5m`, `1h30m` of --retry-lock as milliseconds; 0 when it is not given. @throws {AppError} `usage` */
export function lockWaitMs(given: string | undefined): number {
  if (given === undefined) return 0;
  const parts = [...given.matchAll(/(\d+)([smh])/g)];
  if (parts.length === 0 || parts.map(([whole]) => whole).join('') !== given) {
    throw new AppError('usage', { detail: `not a duration: ${given}`, hint: 'Write durations like 30s, 5m or 1h30m.' });
  }
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * UNIT_MS[unit!]!, 0);
}
