/** A small HTTP server for metrics and health: it reads a request line, answers, and closes. It takes nothing from anybody. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AppError, textOf } from '../base/errors.ts';
import { HTTP_CONNECTIONS_MAX, HTTP_HEADER_BYTES_MAX, HTTP_REQUEST_MS_MAX } from '../base/limits.ts';

export interface Answer {
  statusCode: number;
  contentType: string;
  body: string;
}

/** By path. What one throws is answered with 500, without its text, and given to `onError`. */
export type Pages = Readonly<Record<string, () => Answer>>;

export interface HttpServer extends AsyncDisposable {
  /** Where it really listens: `127.0.0.1:9419`. */
  readonly address: string;
}

export interface HttpOptions {
  pages: Pages;
  onError(error: unknown): void;
}

interface Endpoint {
  host: string;
  port: number;
}

const ADDRESS = /^(?:\[(?<six>[0-9a-fA-F:.]+(?:%\w+)?)\]|(?<name>[A-Za-z0-9._-]+)):(?<port>\d{1,5})$/;

/** `127.0.0.1:9419`, `[::1]:9419`, `localhost:9419`; port 0 is any free one. @throws {AppError} `config` */
export function parseListen(text: string): Endpoint {
  const { six, name, port } = ADDRESS.exec(text)?.groups ?? {};
  const host = six ?? name;
  if (host !== undefined && Number(port) <= 65_535) return { host, port: Number(port) };
  const hint = 'Write address and port, such as 127.0.0.1:9419 or [::1]:9419.';
  throw new AppError('config', { detail: `daemon.listen: not an address to listen on: ${text}`, hint });
}

/** @throws {AppError} `config` when the address is wrong or cannot be listened on */
export async function listen(address: string, options: HttpOptions): Promise<HttpServer> {
  const endpoint = parseListen(address);
  const server = createServer(
    {
      maxHeaderSize: HTTP_HEADER_BYTES_MAX,
      requestTimeout: HTTP_REQUEST_MS_MAX,
      headersTimeout: HTTP_REQUEST_MS_MAX,
      connectionsCheckingInterval: 1000,
    },
    (request, response) => respond(request, response, options),
  );
  server.maxConnections = HTTP_CONNECTIONS_MAX;
  // Answers that nobody reads, and what is no HTTP, end here as well.
  server.setTimeout(2 * HTTP_REQUEST_MS_MAX, (socket) => socket.destroy());
  server.on('clientError', (_error, socket) => socket.destroy());
  await opened(server, endpoint, address);
  return { address: addressOf(server), [Symbol.asyncDispose]: () => closed(server) };
}

function opened(server: Server, endpoint: Endpoint, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const hint = 'Is another daemon, or something else, listening there?';
      reject(new AppError('config', { detail: `daemon.listen: ${address}: ${textOf(cause)}`, hint, cause }));
    });
    server.listen(endpoint, resolve);
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function addressOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo;
  return family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`;
}

function respond(request: IncomingMessage, response: ServerResponse, options: HttpOptions): void {
  const { statusCode, contentType, body } = answerTo(request, options);
  response.writeHead(statusCode, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    connection: 'close',
    ...(statusCode === 405 ? { allow: 'GET, HEAD' } : {}),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

function answerTo({ method, url = '' }: IncomingMessage, { pages, onError }: HttpOptions): Answer {
  if (method !== 'GET' && method !== 'HEAD') return plain(405, 'method not allowed');
  const path = url.split('?', 1)[0]!;
  if (!Object.hasOwn(pages, path)) return plain(404, 'not found');
  try {
    return pages[path]!();
  } catch (error) {
    onError(error);
    return plain(500, 'failed; the log of the daemon says why');
  }
}

export function plain(statusCode: number, text: string): Answer {
  return { statusCode, contentType: 'text/plain; charset=utf-8', body: `${text}\n` };
}
