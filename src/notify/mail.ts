import { AppError, hasCode } from '../base/errors.ts';
import type { Clock, Processes } from '../host.ts';
import type { Trust } from './certificates.ts';
import { composeMail, domainOf } from './message.ts';
import type { Notice, TargetOptions } from './model.ts';
import type { Server } from './smtp.ts';
import { oneLine } from './text.ts';
import { notifyError } from './trouble.ts';

type Mail = Extract<TargetOptions, { kind: 'mail' }>;

/** An address alone, or after a name in angle brackets. It never begins with a hyphen, which a program would take for an option. */
const SENDER = /^(?:[^<>\p{Cc}]*<([^<>\s@,;-][^<>\s@,;]*@[^<>\s@,;]+)>|([^<>\s@,;-][^<>\s@,;]*@[^<>\s@,;]+))$/u;
/** With a domain, or a user of this machine, as the configuration allows: who reads it is for the mail server to know. */
const RECIPIENT = /^[^<>\s\p{Cc}@,;-][^<>\s\p{Cc}@,;]*(?:@[^<>\s\p{Cc}@,;]+)?$/u;
/** Addresses that stay inside this machine (RFC 6761, 6.3; RFC 6890). */
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|::1|\[::1\])$/i;

/**
 * Sends a notice as a mail, through a server or through a program such as sendmail(8).
 * @throws {AppError} `config` when sender, recipients or server cannot be used as they are
 */
export function openMail(
  options: Mail,
  { processes, clock, trust }: { processes: Processes; clock: Clock; trust: Trust },
): (notice: Notice, signal: AbortSignal) => Promise<void> {
  const { name, to, smtp, sendmail, timeLimitMs } = options;
  checkMail(options);
  return async (notice, signal) => {
    const sender = options.from ?? `holdfast@${domainOf(notice.hostname)}`;
    const from = bareAddress(sender) ?? sender;
    const message = await composeMail(notice, { from: sender, to, dateMs: clock.nowMs() });
    if (smtp === undefined) return sendByProgram({ name, sendmail, from, to, message, processes }, signal);
    const trusted = smtp.tls === 'none' ? [] : await trust(smtp.caFile);
    const domain = domainOf(notice.hostname);
    const { sendBySmtp } = await import('./smtp.ts');
    await sendBySmtp(smtp, { name, from, to, message, domain, trusted, timeLimitMs }, signal);
  };
}

/**
 * A server is talked to up to the login; nothing is sent. @throws {AppError} as sending to it would
 * @param hostname this machine's, for EHLO
 */
export async function tryServer(
  { name, smtp, timeLimitMs }: Mail & { smtp: Server },
  { hostname, trust }: { hostname: string; trust: Trust },
  signal: AbortSignal,
): Promise<void> {
  const trusted = smtp.tls === 'none' ? [] : await trust(smtp.caFile);
  const { trySmtp } = await import('./smtp.ts');
  await trySmtp(smtp, { name, domain: domainOf(hostname), trusted, timeLimitMs }, signal);
}

interface ProgramLetter {
  name: string;
  sendmail: string;
  from: string;
  to: readonly string[];
  message: Uint8Array;
  processes: Processes;
}

/**
 * As sendmail(8) takes it: `-i` since a line with a dot alone is text, `-f` the sender, and lines ending in LF. Exit code 0
 * means that the message is queued.
 */
async function sendByProgram({ name, sendmail, from, to, message, processes }: ProgramLetter, signal: AbortSignal) {
  const input = Buffer.from(Buffer.from(message).toString().replaceAll('\r\n', '\n'));
  const ran = await processes
    .run(sendmail, ['-i', '-f', from, '--', ...to], { input, signal })
    .catch((error: unknown) => {
      if (hasCode(error, 'command-missing', 'command-failed'))
        throw notifyError(`${name}: ${error.message}`, !error.canRetry);
      throw error;
    });
  if (ran.exitCode === 0) return;
  const said = oneLine(ran.errorText.trimEnd().split('\n').at(-1) ?? '');
  throw notifyError(
    `${name}: ${sendmail} ended with exit code ${ran.exitCode}${said === '' ? '' : `: ${said}`}`,
    false,
  );
}

/** @throws {AppError} `config` */
export function checkMail(options: Mail): void {
  checkAddresses(options);
  if (options.smtp !== undefined) checkServer(options.name, options.smtp);
}

function checkAddresses({ name, from, to }: Mail): void {
  if (from !== undefined && bareAddress(from) === undefined)
    throw new AppError('config', {
      detail: `${name}: from is no address: ${oneLine(from)}`,
      hint: 'Write backup@example.org, or Backup <backup@example.org>.',
    });
  const wrong = to.find((address) => !RECIPIENT.test(address));
  if (wrong === undefined && to.length > 0) return;
  const detail = wrong === undefined ? `${name}: nobody to send to` : `${name}: no address: ${oneLine(wrong)}`;
  throw new AppError('config', { detail, hint: 'Give each recipient as admin@example.org.' });
}

function bareAddress(sender: string): string | undefined {
  const match = SENDER.exec(sender);
  return match?.[1] ?? match?.[2];
}

function checkServer(name: string, { host, tls, user, password }: Server): void {
  if (tls === 'none' && !LOOPBACK.test(host))
    throw new AppError('config', {
      detail: `${name}: mail to ${host} without TLS`,
      hint: 'Use starttls or implicit; none is only for a server on this machine itself.',
    });
  if ((user === undefined) !== (password === undefined))
    throw new AppError('config', {
      detail: `${name}: ${user === undefined ? 'a password without a user' : 'a user without a password'}`,
      hint: 'Give both, or neither for a server that wants no login.',
    });
}
