/** Hands notices to the targets of the configuration. Secrets are read when something is sent, and kept no longer. */
import { AppError, textOf } from '../base/errors.ts';
import { audienceOf, type Config, kindOf, readSecret, type Secret, type TargetConfig } from '../config.ts';
import type { Clock, Processes } from '../host.ts';
import type { Ledger } from '../ledger.ts';
import {
  createNotifier,
  type Delivered,
  isWanted,
  type Notice,
  openTarget,
  type Target,
  type TargetOptions,
} from '../notify.ts';

export interface TellerOptions {
  config: Config;
  ledger: Ledger;
  clock: Clock;
  processes: Processes;
  environment: Readonly<Record<string, string | undefined>>;
  /** What could not be delivered, or be taken down. */
  onProblem: (text: string) => void;
}

export interface Teller {
  /** Tells all whom a notice concerns, or the targets that are named. What failed is in the result and told to `onProblem`. */
  tell(notice: Notice, to?: readonly string[]): Promise<Delivered[]>;
  /** Tries again what targets have not taken: what is due, and everything that was not tried since `sinceMs`. */
  tellOwed(sinceMs?: number): Promise<void>;
}

export function createTeller(options: TellerOptions): Teller {
  const { config, ledger, clock, onProblem } = options;
  const { targets, routes } = config.notifications;
  const notifier = createNotifier({
    targets: new Map(
      Object.entries(targets).map(([name, target]) => [
        name,
        { target: lateTarget(name, target, options), atMost: target.atMost },
      ]),
    ),
    routes,
    record: ledger,
    clock,
    timezone: config.timezone,
    onProblem: ({ target, notice, error }) =>
      onProblem(
        `${target === undefined ? '' : `target ${target}: `}${notice?.kind ?? 'what is owed'}: ${error.message}`,
      ),
  });
  const never = new AbortController().signal;
  return {
    tell: (notice, to) =>
      notifier.tell(notice, to === undefined ? audienceOf(config, notice) : { ofPlan: to, ofVault: undefined }, never),
    tellOwed: (sinceMs) => notifier.tellOwed(sinceMs, never),
  };
}

/** One whose secrets are read for each message. */
function lateTarget(name: string, target: TargetConfig, options: TellerOptions): Target {
  const { clock, processes } = options;
  const open = (given: TargetOptions): Target => openTarget(given, { processes, clock });
  return {
    name,
    wants: (kind) => isWanted(kindOf(target), kind),
    async send(notice, signal) {
      const secrets = await reveal(name, target, { options, signal });
      const given = optionsOf(name, target, (secret) => secrets.get(secret)!);
      await open(given).send(notice, signal);
    },
  };
}

/** @throws {AppError} `notify-failed` when a secret cannot be read: the others who are told must hear nonetheless */
async function reveal(
  name: string,
  target: TargetConfig,
  { options, signal }: { options: TellerOptions; signal: AbortSignal },
): Promise<Map<Secret, string>> {
  const { environment, processes } = options;
  const found = new Map<Secret, string>();
  try {
    for (const secret of secretsOfTarget(target))
      found.set(secret, await readSecret(secret, { environment, processes, signal }));
  } catch (error) {
    if (!(error instanceof AppError) || signal.aborted) throw error;
    throw new AppError('notify-failed', { detail: `${name}: ${textOf(error)}`, hint: error.hint, cause: error });
  }
  return found;
}

export function secretsOfTarget({ mail, webhook, ping }: TargetConfig): Secret[] {
  const found = [mail?.smtp?.password, webhook?.url, ...Object.values(webhook?.headers ?? {}), ping?.url];
  return found.filter((secret) => secret !== undefined);
}

/** @param read gives what each of `secretsOfTarget` is */
export function optionsOf(name: string, target: TargetConfig, read: (secret: Secret) => string): TargetOptions {
  const { mail, webhook, ping, timeLimit } = target;
  const common = { name, timeLimitMs: timeLimit };
  if (webhook !== undefined) {
    const headers = Object.entries(webhook.headers).map(([key, secret]) => [key, read(secret)]);
    return { ...common, kind: 'webhook', url: read(webhook.url), headers: Object.fromEntries(headers) };
  }
  if (ping !== undefined) return { ...common, kind: 'ping', url: read(ping.url) };
  const { to, from, smtp, sendmail } = mail!;
  const server =
    smtp === undefined
      ? undefined
      : {
          host: smtp.host,
          port: smtp.port,
          tls: smtp.tls,
          caFile: smtp.caFile,
          user: smtp.user,
          password: smtp.password === undefined ? undefined : read(smtp.password),
        };
  return { ...common, kind: 'mail', to, from, smtp: server, sendmail };
}
