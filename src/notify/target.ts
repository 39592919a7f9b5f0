import type { Clock, Processes } from '../host.ts';
import { systemTrust, type Trust } from './certificates.ts';
import { openMail } from './mail.ts';
import type { Notice, NoticeKind, Target, TargetOptions } from './model.ts';
import { notifyError } from './trouble.ts';
import { openPing, openWebhook } from './web.ts';

export interface TargetWorld {
  processes: Processes;
  clock: Clock;
  /** Certificates that vouch for servers; this machine's own when absent. */
  trust?: Trust;
}

const NEWS: readonly NoticeKind[] = ['failure', 'recovery', 'overdue', 'anomaly', 'summary', 'test'];
const SIGNS_OF_LIFE: readonly NoticeKind[] = ['start', 'success', 'failure', 'test'];

/**
 * One who is told. Nothing is connected to or loaded before the first notice; nothing is tried twice.
 * @throws {AppError} `config` when addresses or server of a mail cannot be used as they are
 */
export function openTarget(options: TargetOptions, world: TargetWorld): Target {
  const { name, timeLimitMs } = options;
  const send = sender(options, world);
  return {
    name,
    wants: (kind) => isWanted(options.kind, kind),
    send: (notice, signal) =>
      withinLimit((limited) => send(notice, limited), { name, timeLimitMs, clock: world.clock, signal }),
  };
}

/** Whether a target of this kind wants notices of that kind: known before its secrets are. */
export function isWanted(target: TargetOptions['kind'], notice: NoticeKind): boolean {
  return (target === 'ping' ? SIGNS_OF_LIFE : NEWS).includes(notice);
}

function sender(
  options: TargetOptions,
  { processes, clock, trust = systemTrust }: TargetWorld,
): (notice: Notice, signal: AbortSignal) => Promise<void> {
  switch (options.kind) {
    case 'mail':
      return openMail(options, { processes, clock, trust });
    case 'webhook':
      return openWebhook(options, trust);
    case 'ping':
      return openPing(options, trust);
  }
}

interface Limit {
  name: string;
  timeLimitMs: number;
  clock: Clock;
  signal: AbortSignal;
}

/** Name resolution, connection, talk: all of it together within the limit. */
export async function withinLimit(work: (signal: AbortSignal) => Promise<void>, limit: Limit): Promise<void> {
  const { name, timeLimitMs, clock, signal } = limit;
  signal.throwIfAborted();
  const late = new AbortController();
  const over = new AbortController();
  const watch = clock.sleep(timeLimitMs, over.signal).then(
    () => late.abort(notifyError(`${name}: no answer within ${timeLimitMs / 1000} s`, false)),
    // The work ended first.
    () => undefined,
  );
  const limited = AbortSignal.any([signal, late.signal]);
  try {
    await work(limited);
  } catch (error) {
    limited.throwIfAborted();
    throw error;
  } finally {
    over.abort();
    await watch;
  }
}
