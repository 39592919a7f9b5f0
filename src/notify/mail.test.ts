/** Mail against a real server (Exim) and its sendmail. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { type MailServer, makeCertificates, startMailServer } from '../../test/mail-server.ts';
import { type ReadMail, readMail } from '../../test/mail-text.ts';
import { describePeer } from '../../test/peers.ts';
import { AppError } from '../base/errors.ts';
import { simulated, systemClock, systemProcesses } from '../host.ts';
import { type Notice, openTarget, type Target, type TargetOptions } from '../notify.ts';

type Mail = Extract<TargetOptions, { kind: 'mail' }>;
type Smtp = NonNullable<Mail['smtp']>;

const NOTICE: Notice = {
  kind: 'failure',
  severity: 'critical',
  plan: 'etc',
  title: 'plan etc on node7',
  lines: ['The run failed: the disk is full', '.', 'From here on nothing was stored.', '', '  indented: äöü €', '=3D'],
  hostname: 'node7.example.org',
  atMs: Date.UTC(2026, 10, 2, 22, 0, 5),
  facts: { run: 42, log: '/var/log/holdfast/42.log' },
};
const TEXT = `failure: plan etc on node7

The run failed: the disk is full
.
From here on nothing was stored.

  indented: äöü €
=3D

severity  critical
plan      etc
machine   node7.example.org
time      2026-11-02T22:00:05.000Z
run       42
log       /var/log/holdfast/42.log
`;

const never = new AbortController().signal;
const world = { clock: simulated.fixedClock(Date.UTC(2026, 10, 2, 22, 1)), processes: systemProcesses };

describePeer('mail through a real server', ['exim4', 'openssl', 'root'], () => {
  let server: MailServer;
  let plain: MailServer;
  before(async () => {
    server = await startMailServer();
    plain = await startMailServer({ hasTls: false });
  });
  after(async () => {
    await server[Symbol.asyncDispose]();
    await plain[Symbol.asyncDispose]();
  });

  const mail = (smtp: Partial<Smtp> = {}, options: Partial<Mail> = {}): Target => {
    const { port, caFile, user, password } = server;
    const whole: Smtp = { host: 'localhost', port, tls: 'starttls', caFile, user, password, ...smtp };
    return openTarget({ ...mailOptions(), smtp: whole, ...options }, world);
  };
  const receive = async (): Promise<ReadMail> => readMail((await server.take(1))[0]!);

  it('arrives as it was written, with STARTTLS and a login', async () => {
    await mail().send(NOTICE, never);
    const { header, text, headers } = await receive();
    assert.equal(text, TEXT);
    assert.equal(header('subject'), '[Holdfast] failure: plan etc on node7');
    assert.equal(header('date'), 'Mon, 02 Nov 2026 22:01:00 +0000');
    assert.match(header('message-id'), /^<1793656805000\.[0-9a-f]{24}@node7\.example\.org>$/);
    assert.equal(header('auto-submitted'), 'auto-generated');
    assert.equal(header('from'), 'holdfast@node7.example.org');
    assert.equal(header('to'), 'admin@example.org');
    assert.equal(header('return-path'), '<holdfast@node7.example.org>');
    assert.equal(header('content-type'), 'text/plain; charset=utf-8');
    assert.match(headers.get('received')!.join(), /helo=node7\.example\.org.* with esmtpsa .*TLS/s);
    assert.match(server.log(), /A=plain:alice/);
  });

  it('arrives with implicit TLS, without a login, and with a sender that has a name', async () => {
    const from = 'Bäckup <backup@example.org>';
    await mail({ port: server.tlsPort, tls: 'implicit', user: undefined, password: undefined }, { from }).send(
      NOTICE,
      never,
    );
    const { header, text } = await receive();
    assert.equal(text, TEXT);
    assert.equal(header('from'), from);
    assert.equal(header('return-path'), '<backup@example.org>');
  });

  it('arrives in the clear on this machine, and nowhere else', async () => {
    const open = { port: plain.port, tls: 'none', caFile: undefined, user: undefined, password: undefined } as const;
    await mail({ ...open, host: '127.0.0.1' }).send(NOTICE, never);
    assert.equal(readMail((await plain.take(1))[0]!).text, TEXT);
    for (const host of ['mail.example.org', '192.0.2.1', '128.0.0.1', '127.0.0.1.example.org', 'localhost.example.org'])
      assert.throws(() => mail({ ...open, host }), { code: 'config', message: /admins: mail to .* without TLS/ });
  });

  it('keeps a title in its place whatever is in it', async () => {
    const title = 'plan étc\r\nBcc: eve@example.org\r\n\r\nsurprise\0\u001b[31m\u2028x\u202e \ud800 ✓'.padEnd(
      400,
      ' äx',
    );
    const lines = ['one\r\n.\r\nMAIL FROM:<eve@example.org>', 'ü'.repeat(5000), '\u001b]0;owned\u0007'];
    await mail().send({ ...NOTICE, title, lines, hostname: 'no de\r\n7', plan: 'a\nb' }, never);
    const { header, headers, text } = await receive();
    assert.equal(headers.get('bcc'), undefined);
    assert.match(
      header('subject'),
      /^\[Holdfast\] failure: plan étc Bcc: eve@example\.org surprise \[31m x {2}\ufffd ✓ äx/,
    );
    assert.ok(header('subject').length <= 230, header('subject'));
    assert.equal(header('from'), 'holdfast@no-de-7');
    assert.match(text, /^one \. MAIL FROM:<eve@example\.org>$/m);
    assert.match(text, /^ü{999}…$/m);
    assert.match(text, /^plan {6}a b$/m);
    assert.doesNotMatch(text, /[\0-\x09\x0b-\x1f\x7f\u202e]/);
  });

  it('bounds a notice with many lines', async () => {
    await mail().send({ ...NOTICE, lines: Array.from({ length: 100_000 }, (_, n) => `line ${n}`) }, never);
    const { text } = await receive();
    assert.match(text, /^line 199\n… and 99800 more lines\n\nseverity/m);
    assert.doesNotMatch(text, /^line 200$/m);
  });

  it('has the same Message-ID when the same is sent again, and another for another notice', async () => {
    const ids: string[] = [];
    for (const title of ['a', 'a', 'b']) {
      await mail().send({ ...NOTICE, title }, never);
      ids.push((await receive()).header('message-id'));
    }
    assert.equal(ids[0], ids[1]);
    assert.notEqual(ids[0], ids[2]);
  });

  it('goes to every recipient; when some are refused, says how many and is not tried again', async () => {
    const to = ['one@example.org', 'two@example.org'];
    await mail({}, { to }).send(NOTICE, never);
    const got = (await server.take(2)).map((raw) => readMail(raw).header('envelope-to'));
    assert.deepEqual(got.sort(), to);
    const some = mail({}, { to: ['refused@example.org', 'one@example.org', 'later@example.org'] });
    await rejects(some, 'notify-refused', /: admins: localhost refused 2 of 3 recipients \(550 no such user here\)$/);
    assert.equal((await receive()).header('envelope-to'), 'one@example.org');
    await rejects(mail({}, { to: ['refused@example.org'] }), 'notify-refused', /refused all 1 recipients \(550/);
    await rejects(mail({}, { to: ['later@example.org'] }), 'notify-failed', /refused all 1 recipients \(451/);
    const stranger = mail({ user: undefined, password: undefined }, { to: ['members@example.org'] });
    await rejects(stranger, 'notify-refused', /\(550 log in first\)$/);
    assert.equal(server.count(), 0);
  });

  it('says when the text is refused', async () => {
    const error = await failure(mail(), { ...NOTICE, title: 'unwanted' });
    assert.equal(error.code, 'notify-refused');
    assert.match(error.message, /localhost refused the message \(550 not this text\)$/);
  });

  it('refuses a certificate it cannot trust, before it says anything', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'holdfast-'));
    const { caFile } = makeCertificates(directory);
    for (const tls of ['starttls', 'implicit'] as const) {
      const port = tls === 'implicit' ? server.tlsPort : server.port;
      await rejects(
        mail({ tls, port, caFile: undefined }),
        'notify-refused',
        /localhost has a certificate that is not trusted/,
      );
      await rejects(mail({ tls, port, caFile }), 'notify-refused', /certificate that is not trusted \([A-Z_]+\)$/);
    }
    // The certificate is for localhost and 127.0.0.1, and 127.0.0.2 is this machine too, but Exim does not listen there.
    await rejects(mail({ host: '127.0.0.2' }), 'notify-failed', /127\.0\.0\.2 refused the connection/);
    writeFileSync(caFile, 'no certificate');
    await rejects(mail({ caFile }), 'config', /caFile .* holds no certificate/);
    await rm(directory, { recursive: true });
    await rejects(mail({ caFile }), 'config', /caFile .* cannot be read: ENOENT/);
    assert.equal(server.count(), 0);
  });

  it('refuses a certificate for another name', async () => {
    await using other = await startMailServer({ names: 'DNS:other.example.org' });
    for (const tls of ['starttls', 'implicit'] as const)
      for (const host of ['localhost', '127.0.0.1']) {
        const port = tls === 'implicit' ? other.tlsPort : other.port;
        const target = mail({ host, tls, port, caFile: other.caFile });
        await rejects(target, 'notify-refused', /has a certificate for another name$/);
      }
    assert.doesNotMatch(other.log(), / <= /);
  });

  it('does not go on in the clear when the server has no STARTTLS', async () => {
    const accepted = () => plain.log().split(' <= ').length;
    const before = accepted();
    const target = mail({ port: plain.port, caFile: server.caFile });
    await rejects(target, 'notify-refused', /localhost has no STARTTLS \(50\d\)$/);
    assert.equal(plain.count(), 0);
    assert.equal(accepted(), before);
  });

  it('does not tell the password when it is wrong', async () => {
    const password = 'Tr0ub4dor&3';
    const error = await failure(mail({ password }));
    assert.equal(error.code, 'notify-refused');
    assert.match(error.message, /localhost refused the login \(535\)$/);
    const told = JSON.stringify([error, error.message, error.stack, error.hint, error.cause]);
    for (const secret of [
      password,
      Buffer.from(password).toString('base64'),
      Buffer.from(`\0alice\0${password}`).toString('base64'),
    ])
      assert.ok(!told.includes(secret), told);
  });

  it('reaches a user of this machine, who has no domain, by sendmail', async () => {
    await mail({}, { smtp: undefined, sendmail: server.sendmail, to: ['root'] }).send(NOTICE, never);
    const { header } = await receive();
    assert.equal(header('envelope-to'), 'root@mail.example.org');
  });

  it('is taken by a real sendmail', async () => {
    const target = mail({}, { smtp: undefined, sendmail: server.sendmail, to: ['one@example.org', 'two@example.org'] });
    await target.send(NOTICE, never);
    const mails = (await server.take(2)).map(readMail);
    assert.deepEqual(mails.map(({ header }) => header('envelope-to')).sort(), ['one@example.org', 'two@example.org']);
    for (const { text, header } of mails) {
      assert.equal(text, TEXT);
      assert.equal(header('subject'), '[Holdfast] failure: plan etc on node7');
      assert.equal(header('return-path'), '<holdfast@node7.example.org>');
    }
  });

  it('leaves nothing open behind', async () => {
    const target = openTarget({ ...mailOptions(), smtp: { ...smtpOf(server) } }, { ...world, clock: systemClock });
    await target.send(NOTICE, never);
    await receive();
    const timers = process.getActiveResourcesInfo().filter((name) => name === 'Timeout');
    assert.ok(timers.length <= 1, `${timers.length} timers`);
  });
});

function smtpOf({ port, caFile, user, password }: MailServer): Smtp {
  return { host: 'localhost', port, tls: 'starttls', caFile, user, password };
}

function mailOptions(): Mail {
  return {
    kind: 'mail',
    name: 'admins',
    to: ['admin@example.org'],
    from: undefined,
    smtp: undefined,
    sendmail: '/nowhere/sendmail',
    timeLimitMs: 10_000,
  };
}

async function failure(target: Target, notice = NOTICE): Promise<AppError> {
  const error = await target.send(notice, never).then(
    () => assert.fail('was delivered'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof AppError, String(error));
  return error;
}

async function rejects(target: Target, code: AppError['code'], message: RegExp): Promise<void> {
  const error = await failure(target);
  assert.equal(error.code, code, error.message);
  assert.match(error.message, message);
}
