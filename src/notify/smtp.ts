/** One message to one mail server (RFC 5321). */
import { Buffer } from 'node:buffer';
import type SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { TargetOptions } from './model.ts';
import { oneLine } from './text.ts';
import { networkTrouble, notifyError, type Trouble, takenBySome } from './trouble.ts';

export type Server = NonNullable<Extract<TargetOptions, { kind: 'mail' }>['smtp']>;

export interface Letter {
  /** Name of the target, for errors. */
  name: string;
  from: string;
  to: readonly string[];
  message: Uint8Array;
  /** This machine, for EHLO. */
  domain: string;
  /** Certificates that vouch for the server, in PEM. */
  trusted: readonly string[];
  /** Longest wait for anything; the signal says how long all may take. */
  timeLimitMs: number;
}

/** A server that does not answer QUIT is left after this. */
const CLOSE_MS = 1000;
const ANSWER_CHARS_MAX = 200;

type SmtpError = Error & { code?: string; originalCode?: string; command?: string } & {
  response?: string;
  responseCode?: number;
  permanent?: boolean;
};

/**
 * Resolves when the server took the message for every recipient. With STARTTLS nothing but EHLO leaves in the clear.
 * @throws {AppError} `notify-failed`, `notify-refused` (some recipients may have been accepted), or the signal's reason
 */
export async function sendBySmtp(server: Server, letter: Letter, signal: AbortSignal): Promise<void> {
  await talk(server, letter, {
    signal,
    async work(connection) {
      const info = await hand(connection, letter);
      const refused = info.rejectedErrors?.[0];
      if (refused !== undefined) throw somebodyRefused(server, letter, info.rejectedErrors as SmtpError[]);
    },
  });
}

/** All that comes before a message, and its end: greeting, EHLO, TLS, login, QUIT. Throws as `sendBySmtp`. */
export async function trySmtp(
  server: Server,
  given: Omit<Letter, 'from' | 'to' | 'message'>,
  signal: AbortSignal,
): Promise<void> {
  const letter = { ...given, from: '', to: [], message: new Uint8Array() };
  await talk(server, letter, { signal, work: async () => undefined });
}

interface Talk {
  signal: AbortSignal;
  /** Between the login and QUIT. */
  work: (connection: SMTPConnection) => Promise<void>;
}

async function talk(server: Server, letter: Letter, { signal, work }: Talk): Promise<void> {
  const { default: Connection } = await import('nodemailer/lib/smtp-connection');
  signal.throwIfAborted();
  const connection = new Connection(connectionOptions(server, letter));
  const broken = new Promise<never>((_, reject) => {
    connection.on('error', reject);
    connection.once('end', () => reject(Object.assign(new Error('closed'), { code: 'ECONNECTION' })));
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  try {
    await Promise.race([broken, begin(connection, server).then(() => work(connection))]);
    connection.quit();
  } catch (error) {
    signal.throwIfAborted();
    throw isSmtpError(error) ? smtpError(server, letter, error) : error;
  } finally {
    connection.close();
  }
}

function connectionOptions(
  { host, port, tls }: Server,
  { domain, trusted, timeLimitMs }: Letter,
): SMTPConnection.Options {
  return {
    host,
    port,
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    tls: { ca: [...trusted], rejectUnauthorized: true, minVersion: 'TLSv1.2' },
    name: domain,
    dnsTimeout: timeLimitMs,
    connectionTimeout: timeLimitMs,
    greetingTimeout: timeLimitMs,
    socketTimeout: timeLimitMs,
    socketCloseTimeout: CLOSE_MS,
    // Not even the default of writing to the terminal when asked to.
    logger: false,
  };
}

async function begin(connection: SMTPConnection, { user, password }: Server): Promise<void> {
  await new Promise<void>((resolve, reject) => connection.connect((error) => (error ? reject(error) : resolve())));
  if (user === undefined) return;
  await new Promise<void>((resolve, reject) =>
    connection.login({ user, pass: password }, (error) => (error ? reject(error) : resolve())),
  );
}

function hand(connection: SMTPConnection, { from, to, message }: Letter): Promise<SMTPConnection.SentMessageInfo> {
  return new Promise((resolve, reject) =>
    connection.send({ from, to: [...to] }, Buffer.from(message), (error, sent) =>
      error ? reject(error) : resolve(sent),
    ),
  );
}

/** Not to be tried again, or those who have it would get it twice. */
function somebodyRefused(server: Server, { name, to }: Letter, errors: readonly SmtpError[]): Error {
  const detail = `${name}: ${server.host} refused ${errors.length} of ${to.length} recipients${answerOf(server, errors[0]!)}`;
  return takenBySome(detail, 'The others have the message. Check the addresses of the target.');
}

function smtpError(server: Server, letter: Letter, error: SmtpError): Error {
  const { text, isFinal } = troubleOf(server, letter, error);
  return notifyError(`${letter.name}: ${server.host} ${text}`, isFinal);
}

function troubleOf(server: Server, { to }: Letter, error: SmtpError): Trouble {
  const { code, command, responseCode, permanent } = error;
  const isFinal = permanent ?? true;
  // What a server says about a login is not passed on: it may repeat what it was given.
  if (code === 'EAUTH') return { text: `refused the login${responseCode ? ` (${responseCode})` : ''}`, isFinal };
  if (code === 'ETLS' && responseCode !== undefined)
    return { text: `has no STARTTLS (${responseCode})`, isFinal: responseCode >= 500 };
  if (responseCode === undefined) return networkTrouble(error.originalCode ?? code);
  const answer = answerOf(server, error);
  if (command === 'RCPT TO') return { text: `refused all ${to.length} recipients${answer}`, isFinal };
  if (command === 'MAIL FROM') return { text: `refused the sender${answer}`, isFinal };
  if (code === 'EMESSAGE' || command === 'DATA') return { text: `refused the message${answer}`, isFinal };
  return { text: `answered as a mail server should not${answer}`, isFinal };
}

/** What the server said, in brackets, unless it repeats the password. */
function answerOf({ password }: Server, { response, responseCode }: SmtpError): string {
  const said = oneLine(response ?? '', ANSWER_CHARS_MAX);
  const forms = password === undefined ? [] : [password, Buffer.from(password).toString('base64')];
  const isSafe = said !== '' && !forms.some((form) => said.includes(form));
  if (isSafe) return ` (${said})`;
  return responseCode === undefined ? '' : ` (${responseCode})`;
}

function isSmtpError(error: unknown): error is SmtpError {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && error.name !== 'AppError';
}
