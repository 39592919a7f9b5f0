/** Webhooks and pings against a real server on the loopback. */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { freePort, startMute } from '../../test/sshd.ts';
import { closeServers, startServer, status } from '../../test/web-server.ts';
import { AppError } from '../base/errors.ts';
import { simulated, systemClock } from '../host.ts';
import { type Notice, openTarget, type Target, type TargetWorld } from '../notify.ts';

const NOTICE: Notice = {
  kind: 'failure',
  severity: 'critical',
  plan: 'etc',
  title: 'plan etc on node7\nforged',
  lines: ['The run failed: "disk" full', '  ü\u001b[0m'],
  hostname: 'node7',
  atMs: Date.UTC(2026, 10, 2, 22),
  facts: { run: 42, ok: false },
};
const SECRET = 'T00/B00/s3cr3t';
const never = new AbortController().signal;
const processes = simulated.scriptedProcesses(() => undefined);
const world: TargetWorld = { processes, clock: systemClock };

afterEach(closeServers);

function webhook(
  url: string,
  { headers = {}, timeLimitMs = 5000 }: { headers?: Record<string, string>; timeLimitMs?: number } = {},
) {
  return openTarget({ kind: 'webhook', name: 'chat', url, headers, timeLimitMs }, world);
}

function ping(url: string, timeLimitMs = 5000): Target {
  return openTarget({ kind: 'ping', name: 'alive', url, timeLimitMs }, world);
}

/** Fails when anything of the address but the host, or a credential, is told. */
async function failure(target: Target, notice = NOTICE): Promise<AppError> {
  const error = await target.send(notice, never).then(
    () => assert.fail('was delivered'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof AppError, String(error));
  const told = JSON.stringify([error, error.message, error.hint, error.stack, String(error.cause)]);
  assert.doesNotMatch(told, /s3cr3t|T00|token|hunter2|Bearer/);
  return error;
}

describe('a webhook', () => {
  it('gets the notice as JSON', async () => {
    const { port, heard } = await startServer(status(204));
    const headers = { Authorization: 'Bearer hunter2', 'X-Note': 'é' };
    await webhook(`http://bob:hunter2@127.0.0.1:${port}/${SECRET}?token=x`, { headers: { 'X-Note': 'é' } }).send(
      NOTICE,
      never,
    );
    await webhook(`http://127.0.0.1:${port}/`, { headers }).send({ ...NOTICE, plan: undefined }, never);
    const [first, second] = heard;
    assert.deepEqual([first!.method, first!.url], ['POST', `/${SECRET}?token=x`]);
    assert.equal(first!.headers['content-type'], 'application/json');
    assert.equal(first!.headers['user-agent'], 'holdfast');
    assert.equal(first!.headers['x-note'], 'é');
    assert.equal(first!.headers.authorization, `Basic ${Buffer.from('bob:hunter2').toString('base64')}`);
    assert.equal(second!.headers.authorization, 'Bearer hunter2');
    assert.deepEqual(JSON.parse(first!.body), {
      version: 1,
      kind: 'failure',
      severity: 'critical',
      plan: 'etc',
      title: 'failure: plan etc on node7 forged',
      lines: ['The run failed: "disk" full', '  ü [0m'],
      hostname: 'node7',
      time: '2026-11-02T22:00:00.000Z',
      facts: { run: 42, ok: false },
      text: [
        'failure: plan etc on node7 forged',
        '',
        'The run failed: "disk" full',
        '  ü [0m',
        '',
        'severity  critical',
        'plan      etc',
        'machine   node7',
        'time      2026-11-02T22:00:00.000Z',
        'run       42',
        'ok        false',
        '',
      ].join('\n'),
    });
    assert.equal(JSON.parse(second!.body).plan, null);
  });

  const answers: [number, boolean][] = [
    [400, true],
    [401, true],
    [404, true],
    [408, false],
    [410, true],
    [425, false],
    [429, false],
    [500, false],
    [502, false],
    [503, false],
  ];
  for (const [code, isFinal] of answers)
    it(`${isFinal ? 'is refused' : 'fails for now'} with status ${code}, which is told without the address`, async () => {
      const { port } = await startServer(status(code, `no such hook ${SECRET}`));
      const error = await failure(webhook(`http://127.0.0.1:${port}/${SECRET}?token=x`));
      assert.deepEqual([error.code, error.canRetry], [isFinal ? 'notify-refused' : 'notify-failed', !isFinal]);
      assert.match(error.message, new RegExp(`: chat: 127\\.0\\.0\\.1 answered ${code}$`));
    });

  it('does not follow redirects', async () => {
    const other = await startServer(status(200));
    for (const code of [301, 302, 303, 307, 308]) {
      const { port } = await startServer(status(code, '', { location: `http://127.0.0.1:${other.port}/${SECRET}` }));
      const error = await failure(webhook(`http://127.0.0.1:${port}/${SECRET}`));
      assert.equal(error.code, 'notify-refused');
      assert.match(error.message, new RegExp(`answered ${code}, a redirect, which is not followed$`));
    }
    assert.deepEqual(other.heard, []);
  });

  it('fails when nobody listens, hangs up, or is silent for too long', async () => {
    const gone = await failure(webhook(`http://127.0.0.1:${await freePort()}/${SECRET}`));
    assert.match(gone.message, /chat: 127\.0\.0\.1 refused the connection$/);
    const rude = await startServer((_, response) => void response.destroy());
    assert.match((await failure(webhook(`http://127.0.0.1:${rude.port}/${SECRET}`))).message, /closed the connection$/);
    await using mute = await startMute();
    const late = await failure(webhook(`http://127.0.0.1:${mute.port}/${SECRET}`, { timeLimitMs: 100 }));
    assert.equal(late.code, 'notify-failed');
    assert.match(late.message, /chat: no answer within 0\.1 s$/);
    const nowhere = await failure(webhook(`https://no-such-host.invalid/${SECRET}`));
    assert.match(nowhere.message, /no-such-host\.invalid is a name/);
  });

  it('is delivered with the status, whatever becomes of the rest of the answer', async () => {
    const endless = await startServer((_, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write('x'.repeat(10_000)), 1);
      response.on('close', () => clearInterval(timer));
    });
    await webhook(`http://127.0.0.1:${endless.port}/`).send(NOTICE, never);
    const torn = await startServer((_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('part');
      setTimeout(() => response.destroy(), 20);
    });
    await webhook(`http://127.0.0.1:${torn.port}/`).send(NOTICE, never);
    const stuck = await startServer((_, response) => void response.writeHead(200).flushHeaders());
    await webhook(`http://127.0.0.1:${stuck.port}/`, { timeLimitMs: 150 }).send(NOTICE, never);
    assert.equal(endless.heard.length + torn.heard.length + stuck.heard.length, 3);
  });

  it('stops with the reason of the signal', async () => {
    await using mute = await startMute();
    const stop = new AbortController();
    const reason = new Error('the daemon ends');
    setTimeout(() => stop.abort(reason), 30);
    await assert.rejects(webhook(`http://127.0.0.1:${mute.port}/`).send(NOTICE, stop.signal), reason);
  });

  it('refuses what is no address, and headers that cannot be sent, without telling them', async () => {
    for (const url of ['', 's3cr3t', 'ftp://host/s3cr3t', 'file:///s3cr3t', 'https://', 'https://a b/s3cr3t']) {
      const error = await failure(webhook(url));
      assert.equal(error.code, 'config');
      assert.match(error.message, /^wrong configuration: chat: its url is no address/);
    }
    const url = 'https://no-such-host.invalid/';
    const value = await failure(webhook(url, { headers: { 'X-Token': 'hunter2\r\nHost: evil' } }));
    assert.match(
      value.message,
      /configuration: chat: the value of header X-Token has characters a header cannot have$/,
    );
    for (const header of ['', 'a b', 'Host', 'Content-Length', 'x\r\ny']) {
      const error = await failure(webhook(url, { headers: { [header]: 'hunter2' } }));
      assert.match(error.message, /a header cannot be set/);
    }
  });

  it('wants news, not signs of life', () => {
    const target = webhook('https://hooks.example.org/');
    assert.ok(target.wants('failure') && target.wants('summary') && target.wants('test'));
    assert.ok(!target.wants('start') && !target.wants('success'));
  });
});

describe('a dead-man ping', () => {
  it('goes to the address for its kind, with a short text', async () => {
    const { port, heard } = await startServer(status(200, 'OK'));
    const target = ping(`http://127.0.0.1:${port}/ping/s3cr3t?create=1`);
    for (const kind of ['start', 'success', 'failure', 'test'] as const) await target.send({ ...NOTICE, kind }, never);
    await ping(`http://127.0.0.1:${port}/s3cr3t/`).send(NOTICE, never);
    assert.deepEqual(
      heard.map(({ method, url }) => `${method} ${url}`),
      [
        'POST /ping/s3cr3t/start?create=1',
        'POST /ping/s3cr3t?create=1',
        'POST /ping/s3cr3t/fail?create=1',
        'POST /ping/s3cr3t/log?create=1',
        'POST /s3cr3t/fail',
      ],
    );
    assert.equal(heard[1]!.body, 'success: plan etc on node7 forged\nThe run failed: "disk" full\n  ü [0m');
    assert.equal(heard[1]!.headers['content-type'], 'text/plain; charset=utf-8');
  });

  it('bounds its text', async () => {
    const { port, heard } = await startServer(status(200, 'OK'));
    const lines = Array.from({ length: 500 }, () => 'x'.repeat(900));
    await ping(`http://127.0.0.1:${port}/`).send({ ...NOTICE, lines }, never);
    assert.equal(heard[0]!.body.length, 10_000);
    await ping(`http://127.0.0.1:${port}/`).send({ ...NOTICE, lines: lines.map(() => 'ü'.repeat(900)) }, never);
    const size = Buffer.byteLength(heard[1]!.body);
    assert.ok(size <= 10_000 && size > 9_990 && !heard[1]!.body.includes('\ufffd'), String(size));
  });

  it('is not delivered when the service says so with status 200', async () => {
    for (const [text, code] of [
      ['OK (not found)', 'notify-refused'],
      ['OK (rate limited)', 'notify-failed'],
    ]) {
      const { port } = await startServer(status(200, text));
      assert.equal((await failure(ping(`http://127.0.0.1:${port}/s3cr3t`))).code, code);
    }
    const { port } = await startServer(status(404, '(not found)'));
    assert.match((await failure(ping(`http://127.0.0.1:${port}/s3cr3t`))).message, /alive: 127\.0\.0\.1 answered 404$/);
  });

  it('wants signs of life and failures, and no other news', () => {
    const target = ping('https://hc.example.org/s3cr3t');
    const kinds = ['start', 'success', 'failure', 'test'] as const;
    assert.ok(kinds.every((kind) => target.wants(kind)));
    assert.ok(!(['recovery', 'overdue', 'anomaly', 'summary'] as const).some((kind) => target.wants(kind)));
  });
});
