import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import { HTTP_HEADER_BYTES_MAX } from '../base/limits.ts';
import { listen, parseListen, plain } from './http.ts';

const errors: unknown[] = [];
const options = {
  pages: {
    '/metrics': () => plain(200, 'up'),
    '/broken': () => {
      throw new Error('secret detail');
    },
  },
  onError: (error: unknown) => void errors.push(error),
};

/** Sends raw bytes and resolves with all that comes back until the other side closes. */
function talk(address: string, request: string): Promise<string> {
  const { host, port } = parseListen(address);
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port }, () => socket.write(request));
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNRESET' ? resolve(answer) : reject(error),
    );
  });
}

describe('address to listen on', () => {
  it('is a name or address with a port', () => {
    assert.deepEqual(parseListen('127.0.0.1:9419'), { host: '127.0.0.1', port: 9419 });
    assert.deepEqual(parseListen('[::1]:9419'), { host: '::1', port: 9419 });
    assert.deepEqual(parseListen('localhost:0'), { host: 'localhost', port: 0 });
    for (const wrong of ['', '9419', ':9419', '::1:9419', '127.0.0.1', '127.0.0.1:65536', 'a b:1', 'http://x:1'])
      assert.throws(() => parseListen(wrong), { code: 'config' }, wrong);
  });

  it('is told when something else has it', async () => {
    await using first = await listen('127.0.0.1:0', options);
    await assert.rejects(listen(first.address, options), { code: 'config', message: /EADDRINUSE/ });
  });
});

describe('server', () => {
  it('answers GET and HEAD, and closes', async () => {
    await using server = await listen('127.0.0.1:0', options);
    const got = await talk(server.address, 'GET /metrics?x=1 HTTP/1.1\r\nHost: x\r\n\r\n');
    assert.match(got, /^HTTP\/1\.1 200 OK\r\n/);
    assert.match(got, /connection: close/i);
    assert.match(got, /\r\n\r\nup\n$/);
    const head = await talk(server.address, 'HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n');
    assert.match(head, /content-length: 3/);
    assert.match(head, /\r\n\r\n$/);
  });

  it('has nothing else', async () => {
    await using server = await listen('127.0.0.1:0', options);
    for (const path of ['/', '/metrics/', '/..%2fmetrics', '/constructor', '/__proto__', '*'])
      assert.match(await talk(server.address, `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`), /^HTTP\/1\.1 404 /, path);
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS'])
      assert.match(
        await talk(server.address, `${method} /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab`),
        /^HTTP\/1\.1 405 /,
      );
  });

  it('tells nobody outside what went wrong', async () => {
    await using server = await listen('127.0.0.1:0', options);
    const got = await talk(server.address, 'GET /broken HTTP/1.1\r\nHost: x\r\n\r\n');
    assert.match(got, /^HTTP\/1\.1 500 /);
    assert.doesNotMatch(got, /secret/);
    assert.match(String(errors.at(-1)), /secret detail/);
  });

  it('cuts off what is too long, no HTTP, or never ends', async () => {
    const server = await listen('127.0.0.1:0', options);
    assert.doesNotMatch(
      await talk(server.address, `GET /metrics HTTP/1.1\r\nX: ${'x'.repeat(2 * HTTP_HEADER_BYTES_MAX)}\r\n\r\n`),
      / 200 /,
    );
    assert.equal(await talk(server.address, '\x16\x03\x01 no http\r\n\r\n'), '');
    const silent = talk(server.address, 'GET /metrics HTTP/1.1\r\n');
    await new Promise((resolve) => setTimeout(resolve, 50));
    await server[Symbol.asyncDispose]();
    assert.doesNotMatch(await silent, / 200 /);
  });
});
