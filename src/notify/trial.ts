/** Whether a target could be told, without telling it anything. */
import { access, constants, stat } from 'node:fs/promises';
import { connect, isIP, type Socket } from 'node:net';
import { type AppError, errnoOf } from '../base/errors.ts';
import type { Clock } from '../host.ts';
import { systemTrust, type Trust } from './certificates.ts';
import { checkMail, tryServer } from './mail.ts';
import type { TargetOptions } from './model.ts';
import { withinLimit } from './target.ts';
import { networkTrouble, notifyError } from './trouble.ts';
import { checkHeaders, codeOf, parseAddress } from './web.ts';

export interface TrialWorld {
  clock: Clock;
  /** This machine's, which a mail server is told. */
  hostname: string;
  /** Certificates that vouch for servers; this machine's own when absent. */
  trust?: Trust;
  signal: AbortSignal;
}

/**
 * Goes as far as it can without sending: with a mail server up to the login, with webhooks and pings to the connection
 * and its certificate; of a program such as sendmail(8) it is seen that it is there. Keeps the time limit of the target.
 * @returns what was found good, in one line without secrets
 * @throws {AppError} as sending would: `notify-failed`, `notify-refused`, `config`; the signal's reason
 */
export async function tryTarget(options: TargetOptions, world: TrialWorld): Promise<string> {
  const { name, timeLimitMs } = options;
  let found = '';
  const work = async (signal: AbortSignal): Promise<void> => {
    found = options.kind === 'mail' ? await tryMail(options, world, signal) : await tryWeb(options, world, signal);
  };
  await withinLimit(work, { name, timeLimitMs, clock: world.clock, signal: world.signal });
  return found;
}

type Mail = Extract<TargetOptions, { kind: 'mail' }>;
type Web = Exclude<TargetOptions, { kind: 'mail' }>;

async function tryMail(options: Mail, { hostname, trust = systemTrust }: TrialWorld, signal: AbortSignal) {
  const { name, smtp, sendmail } = options;
  checkMail(options);
  if (smtp === undefined) {
    await expectProgram(name, sendmail);
    return `${sendmail} is there; whether it delivers only a message shows: holdfast notify test ${name}`;
  }
  await tryServer({ ...options, smtp }, { hostname, trust }, signal);
  const tls = smtp.tls === 'none' ? 'without TLS, within this machine' : 'with TLS';
  return `${smtp.host}:${smtp.port} answers ${tls}${smtp.user === undefined ? '' : ', and takes the login'}`;
}

async function expectProgram(name: string, program: string): Promise<void> {
  try {
    const found = await stat(program);
    if (!found.isFile() || (found.mode & 0o111) === 0) throw notExecutable(name, program, 'is no program');
    await access(program, constants.X_OK);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    throw notExecutable(name, program, errno === 'ENOENT' ? 'is not there' : `cannot be run (${errno})`);
  }
}

function notExecutable(name: string, program: string, what: string): AppError {
  return notifyError(`${name}: ${program} ${what}`, true, 'Install a mail server, give its sendmail, or give smtp.');
}

/** Name, connection and, with https, the certificate. */
async function tryWeb(options: Web, { trust = systemTrust }: TrialWorld, signal: AbortSignal): Promise<string> {
  const { name } = options;
  const url = parseAddress(name, options.url);
  if (options.kind === 'webhook') checkHeaders(name, options.headers);
  const isSecure = url.protocol === 'https:';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const place = { host, port: Number(url.port || (isSecure ? 443 : 80)) };
  const trusted = isSecure ? await trust() : undefined;
  signal.throwIfAborted();
  await meet(place, trusted, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    const { text, isFinal } = networkTrouble(codeOf(error));
    throw notifyError(`${name}: ${url.hostname} ${text}`, isFinal);
  });
  return `${url.hostname} takes connections${isSecure ? ', with a certificate that is trusted' : ''}; nothing was sent`;
}

/** Connects and leaves. @param trusted for TLS */
async function meet(
  { host, port }: { host: string; port: number },
  trusted: readonly string[] | undefined,
  signal: AbortSignal,
): Promise<void> {
  const tls = trusted === undefined ? undefined : await import('node:tls');
  const servername = isIP(host) === 0 ? { servername: host } : {};
  const socket: Socket =
    tls === undefined
      ? connect({ host, port })
      : tls.connect({ host, port, ...servername, ca: [...trusted!], rejectUnauthorized: true });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once(tls === undefined ? 'connect' : 'secureConnect', () => resolve());
      socket.on('error', reject);
      socket.once('close', () => reject(Object.assign(new Error('closed'), { code: 'ECONNRESET' })));
      signal.addEventListener('abort', () => socket.destroy(), { once: true });
    });
  } finally {
    socket.destroy();
  }
}
