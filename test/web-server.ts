/** A real server of HTTP or HTTPS that takes down what it heard. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';

export interface Heard {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
}
export type Answer = (heard: Heard, response: ServerResponse) => void;

const closers: (() => void)[] = [];

/** Closes every server that was started. */
export function closeServers(): void {
  for (const close of closers.splice(0)) close();
}

/** Listens on a free port of the loopback, with TLS when `secure` is given, until `closeServers`. */
export async function startServer(
  answer: Answer,
  secure?: { key: string; cert: string },
): Promise<{ port: number; heard: Heard[] }> {
  const heard: Heard[] = [];
  const listener = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method = '', url = '', headers } = request;
    heard.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
    answer(heard.at(-1)!, response);
  };
  const server = secure === undefined ? createServer(listener) : createSecureServer(secure, listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  assert.ok(address !== null && typeof address !== 'string');
  return { port: address.port, heard };
}

/** Answers with this and nothing else. */
export const status =
  (code: number, text = '', headers: Record<string, string> = {}): Answer =>
  (_, response) =>
    void response.writeHead(code, headers).end(text);
