/** Mail to servers and programs that misbehave, which a real one does not on demand. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, it } from 'node:test';
import { freePort, startMute } from '../../test/sshd.ts';
import { AppError } from '../base/errors.ts';
import { simulated, systemClock, systemProcesses } from '../host.ts';
import { type Notice, openTarget, type Target, type TargetOptions } from '../notify.ts';

type Mail = Extract<TargetOptions, { kind: 'mail' }>;
type Smtp = NonNullable<Mail['smtp']>;

const NOTICE: Notice = {
  kind: 'test',
  severity: 'info',
  plan: undefined,
  title: 'notifications on node7',
  lines: ['Grüße'],
  hostname: 'node7',
  atMs: 0,
  facts: {},
};
const PASSWORD = 'Tr0ub4dor&3';
const never = new AbortController().signal;
const world = { clock: systemClock, processes: systemProcesses };

/** What the fake server answers to a command, or to the end of a text; undefined is silence, `''` hangs up. */
type Script = (line: string) => string | undefined;

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A server that greets and then follows `script`. @returns its port and all it was told */
async function fakeServer(script: Script, greeting = '220 fake'): Promise<{ port: number; heard: string[] }> {
  const heard: string[] = [];
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    if (greeting !== '') socket.write(`${greeting}\r\n`);
    let rest = '';
    let inText = false;
    socket.on('data', (chunk) => {
      const lines = (rest + chunk.toString('latin1')).split('\r\n');
      rest = lines.pop()!;
      for (const line of lines) {
        heard.push(line);
        if (inText && line !== '.') continue;
        const answer = script(line);
        inText = line === 'DATA' && answer?.startsWith('354') === true;
        if (answer === '') socket.destroy();
        else if (answer !== undefined) socket.write(`${answer}\r\n`);
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const address = server.address();
  assert.ok(address !== null && typeof address !== 'string');
  return { port: address.port, heard };
}

/** All goes well, but for the commands that begin with a key. */
function usual(odd: Record<string, string | undefined>): Script {
  return (line) => {
    const key = Object.keys(odd).find((each) => line === each || line.startsWith(`${each} `));
    if (key !== undefined) return odd[key];
    if (line.startsWith('EHLO')) return '250-fake\r\n250 AUTH PLAIN';
    if (line.startsWith('AUTH')) return '235 welcome';
    return line === 'DATA' ? '354 go on' : line === 'QUIT' ? '221 bye' : '250 fine';
  };
}

function mail(smtp: Partial<Smtp> & { port: number }, options: Partial<Mail> = {}): Target {
  const rest = { host: '127.0.0.1', tls: 'none', caFile: undefined, user: 'alice', password: PASSWORD } as const;
  return openTarget({ ...mailOptions(), smtp: { ...rest, ...smtp }, ...options }, world);
}

function mailOptions(): Mail {
  const sendmail = '/usr/sbin/sendmail';
  return {
    kind: 'mail',
    name: 'admins',
    to: ['a@example.org'],
    from: undefined,
    smtp: undefined,
    sendmail,
    timeLimitMs: 5000,
  };
}

async function failure(target: Target, signal = never): Promise<AppError> {
  const error = await target.send(NOTICE, signal).then(
    () => assert.fail('was delivered'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof AppError, String(error));
  const told = JSON.stringify([error, error.message, error.hint, error.stack, String(error.cause)]);
  assert.ok(!told.includes(PASSWORD) && !told.includes(Buffer.from(PASSWORD).toString('base64')), told);
  return error;
}

describe('mail to a server that fails', () => {
  it('fails when nobody listens, and when the name is not found', async () => {
    const { code, message, canRetry } = await failure(mail({ port: await freePort() }));
    assert.deepEqual([code, canRetry], ['notify-failed', true]);
    assert.match(message, /: admins: 127\.0\.0\.1 refused the connection$/);
    const unknown = await failure(mail({ port: 25, host: 'no-such-host.invalid', tls: 'starttls' }));
    assert.equal(unknown.code, 'notify-failed');
    assert.match(unknown.message, /no-such-host\.invalid is a name/);
  });

  const silences: [string, Record<string, undefined>, string?][] = [
    ['before its greeting', {}, ''],
    ['after EHLO', { EHLO: undefined }],
    ['after the login', { AUTH: undefined }],
    ['after RCPT', { RCPT: undefined }],
    ['after DATA', { DATA: undefined }],
    ['after the text', { '.': undefined }],
  ];
  for (const [when, odd, greeting] of silences)
    it(`gives up at the time limit on a server that hangs ${when}`, async () => {
      const { port } = await fakeServer(usual(odd), greeting);
      const begin = Date.now();
      const { code, message } = await failure(mail({ port }, { timeLimitMs: 150 }));
      assert.equal(code, 'notify-failed');
      assert.match(message, /admins: no answer within 0\.15 s$/);
      assert.ok(Date.now() - begin < 2000);
    });

  it('keeps the time limit over the whole talk, not each step of it', async () => {
    const script = usual({});
    const { port } = await fakeServer((line) => {
      const until = Date.now() + 60;
      while (Date.now() < until);
      return script(line);
    });
    assert.match((await failure(mail({ port }, { timeLimitMs: 150 }))).message, /no answer within/);
  });

  it('does not wait for an answer to QUIT once the message is taken', async () => {
    const { port, heard } = await fakeServer(usual({ QUIT: undefined }));
    await mail({ port }).send(NOTICE, never);
    assert.ok(heard.includes('.') && heard.some((line) => line.startsWith('Subject: [Holdfast] test: ')));
  });

  it('stops with the reason of the signal', async () => {
    const { port } = await startMute().then((mute) => {
      closers.push(() => void mute[Symbol.asyncDispose]());
      return mute;
    });
    const stop = new AbortController();
    const reason = new Error('the daemon ends');
    setTimeout(() => stop.abort(reason), 50);
    await assert.rejects(mail({ port }).send(NOTICE, stop.signal), reason);
    await assert.rejects(mail({ port }).send(NOTICE, AbortSignal.abort(reason)), reason);
  });

  const hangUps = ['EHLO', 'AUTH', 'MAIL', 'RCPT', 'DATA', '.'];
  for (const step of hangUps)
    it(`is not delivered when the server hangs up at ${step}`, async () => {
      const { port } = await fakeServer(usual({ [step]: '' }));
      const { code, message } = await failure(mail({ port }));
      assert.equal(code, 'notify-failed', message);
      assert.match(message, /127\.0\.0\.1 closed the connection/);
    });

  const answers: [Record<string, string>, AppError['code'], RegExp][] = [
    [{ '.': '452 disk full' }, 'notify-failed', /refused the message \(452 disk full\)$/],
    [{ '.': '552 too large' }, 'notify-refused', /refused the message \(552 too large\)$/],
    [{ DATA: '451 not now' }, 'notify-failed', /refused the message \(451 not now\)$/],
    [{ MAIL: '550 who are you' }, 'notify-refused', /refused the sender \(550 who are you\)$/],
    [{ AUTH: `535 alice, ${PASSWORD} is wrong` }, 'notify-refused', /refused the login \(535\)$/],
    [{ AUTH: '454 later' }, 'notify-failed', /refused the login \(454\)$/],
    [{ RCPT: `550 you said ${PASSWORD}` }, 'notify-refused', /refused all 1 recipients \(550\)$/],
    [{ '.': 'nonsense\u001b[2J' }, 'notify-failed', /could not be talked to \(EMESSAGE\)$/],
    [{ MAIL: `550-${'long '.repeat(500)}\r\n550 end` }, 'notify-refused', /refused the sender \(550-.{100,200}…\)$/],
  ];
  for (const [odd, code, message] of answers)
    it(`tells what an answer means: ${JSON.stringify(odd).slice(0, 60)}`, async () => {
      const { port } = await fakeServer(usual(odd));
      const error = await failure(mail({ port }));
      assert.equal(error.code, code, error.message);
      assert.match(error.message, message);
    });

  it('says nothing of worth when STARTTLS is offered and then fails', async () => {
    for (const after of ['', '220 go on', '454 not now']) {
      const offer = usual({ EHLO: '250-fake\r\n250-AUTH PLAIN\r\n250 STARTTLS', STARTTLS: after });
      const { port, heard } = await fakeServer(offer);
      await failure(mail({ port, tls: 'starttls' }, { timeLimitMs: 300 }));
      const clear = heard.filter((line) => /^(?:AUTH|MAIL|RCPT|DATA)/.test(line));
      assert.deepEqual(clear, []);
      assert.ok(heard.includes('STARTTLS'));
    }
  });

  it('does not talk plain where TLS comes first', async () => {
    const { port, heard } = await fakeServer(usual({}));
    const error = await failure(mail({ port, tls: 'implicit' }));
    assert.match(error.message, /could not agree on TLS/);
    assert.ok(!heard.some((line) => line.startsWith('EHLO')));
  });
});

describe('mail through a program', () => {
  const target = (answer: Parameters<typeof simulated.scriptedProcesses>[0], options: Partial<Mail> = {}) => {
    const processes = simulated.scriptedProcesses(answer);
    return { processes, target: openTarget({ ...mailOptions(), ...options }, { clock: systemClock, processes }) };
  };

  it('hands over sender, recipients and the message, without a shell', async () => {
    const to = ['a@example.org', 'b+c@example.org'];
    const { processes, target: mailer } = target(() => ({}), { to, from: 'Backup <b@example.org>' });
    await mailer.send(NOTICE, never);
    const [call] = processes.calls;
    assert.equal(call!.command, '/usr/sbin/sendmail');
    assert.deepEqual(call!.args, ['-i', '-f', 'b@example.org', '--', ...to]);
    const input = Buffer.from(call!.options.input as Uint8Array).toString();
    assert.doesNotMatch(input, /\r/);
    assert.match(input, /^From: Backup <b@example\.org>$/m);
    assert.match(input, /^Gr=C3=BC=C3=9Fe$/m);
    assert.equal(call!.options.signal?.aborted, false);
  });

  it('tells the exit code and the last line of what the program said', async () => {
    const { target: mailer } = target(() => ({ exitCode: 75, errorText: 'one\nqueue is\u0007full\n\n' }));
    const error = await failure(mailer);
    assert.equal(error.code, 'notify-failed');
    assert.match(error.message, /admins: \/usr\/sbin\/sendmail ended with exit code 75: queue is full$/);
    const silent = await failure(target(() => ({ exitCode: 1 })).target);
    assert.match(silent.message, /ended with exit code 1$/);
  });

  it('tells that there is no such program, and stops one that hangs', async () => {
    const missing = await failure(target(() => undefined).target);
    assert.equal(missing.code, 'notify-refused');
    assert.match(missing.message, /admins: a command was not found: \/usr\/sbin\/sendmail$/);
    const directory = mkdtempSync(join(tmpdir(), 'holdfast-'));
    const sendmail = join(directory, 'sendmail');
    writeFileSync(sendmail, '#!/bin/sh\nexec sleep 30\n', { mode: 0o755 });
    const hanging = openTarget({ ...mailOptions(), sendmail, timeLimitMs: 100 }, world);
    const error = await failure(hanging);
    assert.match(error.message, /no answer within 0\.1 s$/);
    rmSync(directory, { recursive: true });
  });
});

describe('options of mail that cannot be used', () => {
  const wrong: [string, Partial<Mail>, RegExp][] = [
    ['nobody to send to', { to: [] }, /nobody to send to/],
    ['a recipient that is an option', { to: ['-oQ/tmp@example.org'] }, /no address/],
    ['a recipient that is two', { to: ['a@example.org,b@example.org'] }, /no address/],
    ['a recipient with a line end', { to: ['a@example.org\r\nRCPT TO:<b@example.org>'] }, /no address/],
    ['a sender that is none', { from: 'backup' }, /from is no address: backup/],
    ['a sender with a line end', { from: 'a\r\nBcc: x <b@example.org>' }, /from is no address/],
    ['a sender that is an option', { from: '-X/tmp/log@example.org' }, /from is no address/],
  ];
  for (const [what, options, message] of wrong)
    it(`refuses ${what}`, () => {
      assert.throws(() => openTarget({ ...mailOptions(), ...options }, world), { code: 'config', message });
    });

  it('refuses half a login', () => {
    assert.throws(() => mail({ port: 25, user: undefined }), { code: 'config', message: /a password without a user/ });
    assert.throws(() => mail({ port: 25, password: undefined }), {
      code: 'config',
      message: /a user without a password/,
    });
  });

  it('wants news, not signs of life', () => {
    const target = mail({ port: 25 });
    const kinds = ['failure', 'recovery', 'overdue', 'anomaly', 'summary', 'test'] as const;
    assert.ok(kinds.every((kind) => target.wants(kind)));
    assert.ok(!target.wants('start') && !target.wants('success'));
  });
});
