/** Targets that are tried without telling them anything: a real mail server, real listeners, and some that misbehave. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { type MailServer, makeCertificates, startMailServer } from '../../test/mail-server.ts';
import { describePeer } from '../../test/peers.ts';
import { freePort, startMute } from '../../test/sshd.ts';
import { closeServers, startServer, status } from '../../test/web-server.ts';
import { AppError } from '../base/errors.ts';
import { systemClock } from '../host.ts';
import { type TargetOptions, tryTarget } from '../notify.ts';

type Mail = Extract<TargetOptions, { kind: 'mail' }>;
type Smtp = NonNullable<Mail['smtp']>;

const never = new AbortController().signal;
const common = { name: 'admins', timeLimitMs: 5000 };
const MAIL: Mail = {
  ...common,
  kind: 'mail',
  to: ['a@example.org'],
  from: undefined,
  smtp: undefined,
  sendmail: '/bin/true',
};
const plain = { host: '127.0.0.1', tls: 'none', caFile: undefined, user: undefined, password: undefined } as const;

const tried = (options: TargetOptions, trust?: () => Promise<string[]>, signal = never): Promise<string> =>
  tryTarget(options, { clock: systemClock, hostname: 'node7.example.org', signal, ...(trust && { trust }) });

async function failure(options: TargetOptions, trust?: () => Promise<string[]>): Promise<string> {
  const error = await tried(options, trust).then(
    (text) => assert.fail(text),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof AppError, String(error));
  assert.ok(!JSON.stringify([error.message, error.hint, error.stack]).includes('hunter2'));
  return `${error.code} ${error.message.slice(error.message.indexOf(': ') + 2)}`;
}

describePeer('a mail server that is tried', ['exim4', 'openssl', 'root'], () => {
  let server: MailServer;
  before(async () => {
    server = await startMailServer();
  });
  after(() => server[Symbol.asyncDispose]());
  const mail = (smtp: Partial<Smtp> = {}): Mail => {
    const { port, caFile, user, password } = server;
    return { ...MAIL, smtp: { host: 'localhost', port, tls: 'starttls', caFile, user, password, ...smtp } };
  };

  it('is talked to up to the login, and told goodbye, and gets no mail', async () => {
    assert.match(await tried(mail()), /^localhost:\d+ answers with TLS, and takes the login$/);
    const implicit = mail({ port: server.tlsPort, tls: 'implicit', user: undefined, password: undefined });
    assert.match(await tried(implicit), /answers with TLS$/);
    assert.equal(server.count(), 0);
    assert.doesNotMatch(server.log(), /<=|unexpected disconnection|syntax or protocol/);
  });

  it('is held to the rules of sending', async () => {
    assert.match(
      await failure(mail({ password: 'hunter2' })),
      /^notify-refused admins: localhost refused the login \(535\)$/,
    );
    assert.match(await failure(mail({ caFile: undefined })), /has a certificate that is not trusted/);
    assert.match(
      await failure(mail({ caFile: '/nonexistent/ca.pem' })),
      /^config caFile \/nonexistent\/ca\.pem cannot be read/,
    );
    assert.match(
      await failure(mail({ host: 'mail.invalid', tls: 'none' })),
      /^config admins: mail to mail\.invalid without TLS$/,
    );
    assert.match(await failure({ ...mail(), to: ['no body'] }), /^config admins: no address/);
    assert.equal(server.count(), 0);
  });
});

describe('a mail server that is not there', () => {
  it('is told apart: closed port, unknown name, silence', async () => {
    const closed = { ...MAIL, smtp: { ...plain, port: await freePort() } };
    assert.equal(await failure(closed), 'notify-failed admins: 127.0.0.1 refused the connection');
    const unknown: Mail = { ...MAIL, smtp: { ...plain, tls: 'starttls', host: 'no-such-host.invalid', port: 25 } };
    assert.match(await failure(unknown), /no-such-host\.invalid is a name/);
    await using mute = await startMute();
    const silent = { ...MAIL, timeLimitMs: 100, smtp: { ...plain, port: mute.port } };
    // The library keeps the same limit for each step, and either may be first to notice.
    assert.match(
      await failure(silent),
      /^notify-failed admins: (?:no answer within 0\.1 s|127\.0\.0\.1 did not answer in time)$/,
    );
  });
});

describe('a program that takes mail', () => {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-trial-'));
  after(() => rmSync(directory, { recursive: true }));

  it('is there, and is not run', async () => {
    const [sendmail, mark] = [join(directory, 'sendmail'), join(directory, 'ran')];
    writeFileSync(sendmail, `#!/bin/sh\ntouch ${mark}\n`, { mode: 0o755 });
    assert.match(await tried({ ...MAIL, sendmail }), /sendmail is there; .*holdfast notify test admins$/);
    assert.throws(() => readFileSync(mark), { code: 'ENOENT' });
  });

  it('is not there, or is no program', async () => {
    const sendmail = '/nonexistent/sendmail';
    assert.equal(await failure({ ...MAIL, sendmail }), `notify-refused admins: ${sendmail} is not there`);
    const text = join(directory, 'text');
    writeFileSync(text, '');
    assert.match(await failure({ ...MAIL, sendmail: text }), /text is no program$/);
    assert.match(await failure({ ...MAIL, sendmail: directory }), /is no program$/);
    assert.match(await failure({ ...MAIL, sendmail: `${text}/below` }), /cannot be run \(ENOTDIR\)$/);
  });
});

describe('a webhook and a ping that are tried', () => {
  afterEach(closeServers);
  const ping = (url: string, timeLimitMs = 5000): TargetOptions => ({ kind: 'ping', name: 'alive', timeLimitMs, url });

  it('are connected to, and asked nothing', async () => {
    const { port, heard } = await startServer(status(200));
    assert.equal(
      await tried(ping(`http://127.0.0.1:${port}/hunter2`)),
      '127.0.0.1 takes connections; nothing was sent',
    );
    const hook: TargetOptions = { ...common, kind: 'webhook', url: `http://localhost:${port}/hunter2`, headers: {} };
    assert.match(await tried(hook), /^localhost takes connections/);
    assert.deepEqual(heard, []);
  });

  it('are told apart: closed port, unknown name, no address, a header that is none', async () => {
    const closed = `http://127.0.0.1:${await freePort()}/hunter2`;
    assert.equal(await failure(ping(closed)), 'notify-failed alive: 127.0.0.1 refused the connection');
    assert.match(await failure(ping('https://no-such-host.invalid/hunter2')), /no-such-host\.invalid is a name/);
    assert.match(await failure(ping('hunter2')), /^config alive: its url is no address/);
    const headers = { Authorization: 'Bearer hunter2\n' };
    const hook: TargetOptions = { ...common, kind: 'webhook', url: 'http://localhost/', headers };
    assert.match(await failure(hook), /^config admins: the value of header Authorization/);
  });

  it('have a certificate that is judged', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'holdfast-trial-tls-'));
    try {
      const { caFile, certFile, keyFile } = makeCertificates(directory);
      const secure = { key: readFileSync(keyFile, 'utf8'), cert: readFileSync(certFile, 'utf8') };
      const { port, heard } = await startServer(status(200), secure);
      const trust = async () => [readFileSync(caFile, 'utf8')];
      for (const host of ['localhost', '127.0.0.1'])
        assert.match(await tried(ping(`https://${host}:${port}/`), trust), /with a certificate that is trusted/);
      assert.match(await failure(ping(`https://localhost:${port}/`)), /has a certificate that is not trusted/);
      const { port: clear } = await startServer(status(200));
      assert.match(await failure(ping(`https://localhost:${clear}/`)), /could not agree on TLS/);
      assert.deepEqual(heard, []);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('are given up at the time limit, and when stopped', async () => {
    await using mute = await startMute();
    const url = `https://127.0.0.1:${mute.port}/`;
    assert.equal(await failure(ping(url, 100)), 'notify-failed alive: no answer within 0.1 s');
    const reason = new Error('stopped');
    const stop = new AbortController();
    setTimeout(() => stop.abort(reason), 30);
    await assert.rejects(tried(ping(url), undefined, stop.signal), reason);
    await assert.rejects(tried(ping(url), undefined, AbortSignal.abort(reason)), reason);
  });
});
