/** Webhooks and dead-man pings. Their addresses are secrets: errors name the host and nothing else of them. */
import { AppError, type ErrorDetail } from '../base/errors.ts';
import { PING_BODY_BYTES_MAX } from '../base/limits.ts';
import type { Trust } from './certificates.ts';
import { type Answer, post } from './http.ts';
import type { Notice, NoticeKind, TargetOptions } from './model.ts';
import { headlineOf, linesOf, textOf } from './text.ts';
import { networkTrouble, notifyError } from './trouble.ts';

type Send = (notice: Notice, signal: AbortSignal) => Promise<void>;
type Webhook = Extract<TargetOptions, { kind: 'webhook' }>;
type Ping = Extract<TargetOptions, { kind: 'ping' }>;

/** RFC 9110, 5.6.2 and 5.5; beyond Latin-1 nothing can be in a header. */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
/** Set by the connection itself. */
const OWN_HEADERS = ['content-length', 'transfer-encoding', 'connection', 'host'];

/** Answers 4xx that may be another the next time: timeout, too early, too many (RFC 9110, RFC 8470, RFC 6585). */
const PASSING = [408, 425, 429];
/** What dead-man services add for a kind; /log takes a text without moving the state of the check. */
const SUFFIXES: Partial<Record<NoticeKind, string>> = { start: '/start', success: '', failure: '/fail', test: '/log' };

/**
 * POSTs the notice as JSON (docs/notifications.md). Address and headers are judged when something is sent, since they are
 * secrets that may not have been read before: `config` is thrown then.
 */
export function openWebhook({ name, url, headers }: Webhook, trust: Trust): Send {
  return async (notice, signal) => {
    const address = parseAddress(name, url);
    checkHeaders(name, headers);
    const body = Buffer.from(JSON.stringify(webhookBody(notice)));
    const all = { ...lowerCased(headers), 'content-type': 'application/json' };
    const answer = await ask(name, { url: address, headers: all, body, trust }, signal);
    judge(name, address, answer);
  };
}

/** POSTs a short text to the address, with /start, /fail or /log added; `config` as above. */
export function openPing({ name, url }: Ping, trust: Trust): Send {
  return async (notice, signal) => {
    const address = parseAddress(name, url);
    const suffixed = new URL(address);
    suffixed.pathname = address.pathname.replace(/\/$/, '') + (SUFFIXES[notice.kind] ?? '/log');
    const text = [headlineOf(notice), ...linesOf(notice)].join('\n');
    // As a stream, the decoder leaves out a character that was cut in two.
    const cut = new TextDecoder().decode(Buffer.from(text).subarray(0, PING_BODY_BYTES_MAX), { stream: true });
    const body = Buffer.from(cut);
    const headers = { 'content-type': 'text/plain; charset=utf-8' };
    const answer = await ask(name, { url: suffixed, headers, body, trust }, signal);
    judge(name, address, answer);
    judgePing(name, address, answer);
  };
}

/** What a webhook gets; `text` is what chat services show. */
function webhookBody(notice: Notice): Record<string, unknown> {
  const { kind, severity, plan, vault, cluster, hostname, atMs, facts } = notice;
  return {
    version: 1,
    kind,
    severity,
    plan: plan ?? null,
    ...(vault === undefined ? {} : { vault }),
    ...(cluster === undefined ? {} : { cluster }),
    title: headlineOf(notice),
    lines: linesOf(notice),
    hostname,
    time: new Date(atMs).toISOString(),
    facts,
    text: textOf(notice),
  };
}

interface Question {
  url: URL;
  headers: Readonly<Record<string, string>>;
  body: Uint8Array;
  trust: Trust;
}

async function ask(name: string, { url, headers, body, trust }: Question, signal: AbortSignal): Promise<Answer> {
  const trusted = url.protocol === 'https:' ? await trust() : [];
  return post({ url, headers, body, trusted }, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    const { text, isFinal } = networkTrouble(codeOf(error));
    throw notifyError(`${name}: ${url.hostname} ${text}`, isFinal);
  });
}

/** @throws {AppError} unless the status is 2xx */
function judge(name: string, { hostname }: URL, { status }: Answer): void {
  if (status >= 200 && status < 300) return;
  const redirect = status >= 300 && status < 400;
  const isFinal = redirect || (status >= 400 && status < 500 && !PASSING.includes(status));
  const more = redirect ? ', a redirect, which is not followed' : '';
  throw notifyError(`${name}: ${hostname} answered ${status}${more}`, isFinal);
}

/** healthchecks answers 200 to addresses it does not know and to too many pings, and says so in the text (its HTTP API). */
function judgePing(name: string, { hostname }: URL, { text }: Answer): void {
  if (/\(not found\)/.test(text)) throw notifyError(`${name}: ${hostname} does not know this check`, true);
  if (/\(rate limited\)/.test(text)) throw notifyError(`${name}: ${hostname} had too many pings`, false);
}

/** @throws {AppError} `config` */
export function parseAddress(name: string, text: string): URL {
  const url = URL.parse(text);
  if (url !== null && ['https:', 'http:'].includes(url.protocol)) return url;
  throw configError({
    detail: `${name}: its url is no address with http or https`,
    hint: 'Check the secret it is read from.',
  });
}

/** @throws {AppError} `config` */
export function checkHeaders(name: string, headers: Webhook['headers']): void {
  for (const [header, value] of Object.entries(headers)) {
    if (!HEADER_NAME.test(header) || OWN_HEADERS.includes(header.toLowerCase()))
      throw configError({
        detail: `${name}: a header cannot be set: ${JSON.stringify(header)}`,
        hint: 'Leave it out.',
      });
    if (!HEADER_VALUE.test(value))
      throw configError({
        detail: `${name}: the value of header ${header} has characters a header cannot have`,
        hint: 'Check the secret it is read from for line ends.',
      });
  }
}

function configError(detail: ErrorDetail): AppError {
  return new AppError('config', detail);
}

function lowerCased(headers: Webhook['headers']): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([header, value]) => [header.toLowerCase(), value]));
}

export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
