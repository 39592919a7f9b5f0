/** Webhooks with TLS, against a real server with a certificate of an authority of its own. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, it } from 'node:test';
import { makeCertificates } from '../../test/mail-server.ts';
import { describePeer } from '../../test/peers.ts';
import { closeServers, startServer, status } from '../../test/web-server.ts';
import { AppError } from '../base/errors.ts';
import { simulated, systemClock } from '../host.ts';
import { notices, openTarget, type Target, type TargetWorld } from '../notify.ts';
import { systemTrust } from './certificates.ts';

const NOTICE = notices.testNotice({ hostname: 'node7', nowMs: 0 });
const SECRET = 'T00/B00/s3cr3t';
const never = new AbortController().signal;
const world: TargetWorld = { processes: simulated.scriptedProcesses(() => undefined), clock: systemClock };

afterEach(closeServers);

async function failureOf(target: Target): Promise<AppError> {
  const error = await target.send(NOTICE, never).then(
    () => assert.fail('was delivered'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof AppError, String(error));
  assert.doesNotMatch(JSON.stringify([error.message, error.hint, error.stack, String(error.cause)]), /s3cr3t/);
  return error;
}

describePeer('a webhook with TLS', ['openssl'], () => {
  it('is sent to a server whose certificate is trusted, and to no other', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'holdfast-'));
    const { caFile, certFile, keyFile } = makeCertificates(directory);
    const pem = { key: readFileSync(keyFile, 'utf8'), cert: readFileSync(certFile, 'utf8') };
    const { port, heard } = await startServer(status(200, 'ok'), pem);
    const options = { kind: 'webhook', name: 'chat', headers: {}, timeLimitMs: 5000 } as const;
    const trust = () => systemTrust(caFile);
    const to = (host: string, given: TargetWorld) =>
      openTarget({ ...options, url: `https://${host}:${port}/${SECRET}` }, given);
    await to('localhost', { ...world, trust }).send(NOTICE, never);
    assert.equal(heard.length, 1);
    const stranger = await failureOf(to('localhost', world));
    assert.equal(stranger.code, 'notify-refused');
    assert.match(stranger.message, /chat: localhost has a certificate that is not trusted \([A-Z_]+\)$/);
    const plain = await startServer(status(200));
    const mixed = await failureOf(openTarget({ ...options, url: `https://localhost:${plain.port}/` }, world));
    assert.match(mixed.message, /localhost could not agree on TLS/);
    assert.equal(heard.length + plain.heard.length, 1);
    rmSync(directory, { recursive: true });
  });

  it('is not sent when the certificate is for another name', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'holdfast-'));
    const { caFile, certFile, keyFile } = makeCertificates(directory, 'DNS:other.example.org');
    const pem = { key: readFileSync(keyFile, 'utf8'), cert: readFileSync(certFile, 'utf8') };
    const { port, heard } = await startServer(status(200), pem);
    const url = `https://localhost:${port}/`;
    const target = openTarget(
      { kind: 'webhook', name: 'chat', url, headers: {}, timeLimitMs: 5000 },
      { ...world, trust: () => systemTrust(caFile) },
    );
    const error = await failureOf(target);
    assert.match(error.message, /chat: localhost has a certificate for another name$/);
    assert.deepEqual(heard, []);
    rmSync(directory, { recursive: true });
  });
});
