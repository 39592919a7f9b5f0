/** Failures of the network in words. The library's own messages are not passed on: they may hold addresses and answers. */
import { AppError } from '../base/errors.ts';

export interface Trouble {
  /** What the other side did: goes on from its name. */
  text: string;
  /** Whether trying again cannot help. */
  isFinal: boolean;
}

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused the connection',
  ECONNRESET: 'closed the connection',
  EPIPE: 'closed the connection',
  ECONNECTION: 'closed the connection',
  ENOTFOUND: 'is a name that was not found',
  EAI_AGAIN: 'is a name no name server answered for',
  EDNS: 'is a name that was not found',
  ETIMEDOUT: 'did not answer in time',
  EHOSTUNREACH: 'cannot be reached',
  ENETUNREACH: 'cannot be reached',
};
/** Names of X509_V_ERR_… as Node gives them. */
const UNTRUSTED =
  /^(?:[A-Z_]*CERT[A-Z_]*|UNABLE_TO_[A-Z_]+|INVALID_(?:CA|PURPOSE)|PATH_LENGTH_EXCEEDED|HOSTNAME_MISMATCH)$/;
const TLS = /^(?:EPROTO|ERR_SSL_[A-Z0-9_]+|ERR_TLS_[A-Z0-9_]+|ETLS)$/;

/** @param code of the system, of TLS or of the library */
export function networkTrouble(code: string | undefined): Trouble {
  const words = WORDS[code ?? ''];
  if (words !== undefined) return { text: words, isFinal: false };
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return { text: 'has a certificate for another name', isFinal: true };
  if (code === 'CERT_HAS_EXPIRED') return { text: 'has a certificate that has expired', isFinal: true };
  if (code !== undefined && UNTRUSTED.test(code))
    return { text: `has a certificate that is not trusted (${code})`, isFinal: true };
  if (code !== undefined && TLS.test(code)) return { text: `could not agree on TLS (${code})`, isFinal: true };
  return { text: `could not be talked to${code === undefined ? '' : ` (${code})`}`, isFinal: false };
}

/** The cause of an error when some of those who are behind a target have the message: it is not sent to it again. */
const TAKEN_BY_SOME = Symbol('taken by some');

export function takenBySome(detail: string, hint: string): AppError {
  return new AppError('notify-refused', { detail, hint, cause: TAKEN_BY_SOME });
}

export function isTakenBySome({ cause }: AppError): boolean {
  return cause === TAKEN_BY_SOME;
}

/** @param detail names target and other side, and holds no secret */
export function notifyError(detail: string, isFinal: boolean, hint?: string): AppError {
  return new AppError(isFinal ? 'notify-refused' : 'notify-failed', {
    detail,
    ...(hint === undefined ? {} : { hint }),
  });
}
