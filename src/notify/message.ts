import { Buffer } from 'node:buffer';
import { codec } from '../host.ts';
import type { Notice } from './model.ts';
import { headlineOf, textOf } from './text.ts';

export interface Letterhead {
  /** `holdfast@node7`, or `Backup <backup@example.org>` */
  from: string;
  to: readonly string[];
  /** When the message leaves. */
  dateMs: number;
}

/** Text that can travel as it is; longer lines would be broken and put together again by the reader. */
const PLAIN = /^(?:[\x20-\x7e]{0,76}\n)*$/;

/**
 * The notice as a mail (RFC 5322, MIME) with lines of at most 76 characters that end in CR LF. The same notice to the
 * same people has the same Message-ID, so that a second attempt after a lost answer is recognised as the same message.
 */
export async function composeMail(notice: Notice, { from, to, dateMs }: Letterhead): Promise<Uint8Array> {
  const { default: MailComposer } = await import('nodemailer/lib/mail-composer');
  const text = textOf(notice);
  const composer = new MailComposer({
    from,
    to: [...to],
    subject: `[Holdfast] ${headlineOf(notice)}`,
    date: new Date(dateMs),
    messageId: messageId(notice, to),
    // RFC 3834, 5: keeps holiday notices and other robots from answering.
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Holdfast-Severity': notice.severity },
    text,
    textEncoding: PLAIN.test(text) ? undefined : 'quoted-printable',
    newline: 'windows',
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return composer.compile().build();
}

function messageId(notice: Notice, to: readonly string[]): string {
  const digest = new Uint8Array(32);
  codec.sha256Into(Buffer.from(JSON.stringify([notice, to])), digest);
  return `<${notice.atMs}.${Buffer.from(digest.subarray(0, 12)).toString('hex')}@${domainOf(notice.hostname)}>`;
}

/** The name of a machine as it may be in an address and in EHLO. */
export function domainOf(hostname: string): string {
  const name = hostname.replace(/[^A-Za-z0-9.-]+/g, '-').replace(/^[.-]+|[.-]+$/g, '');
  return name === '' ? 'localhost' : name;
}
