import type { RequestOptions } from 'node:https';
import { ANSWER_BYTES_MAX } from '../base/limits.ts';

export interface Post {
  url: URL;
  headers: Readonly<Record<string, string>>;
  body: Uint8Array;
  /** Certificates that vouch for the server, in PEM. */
  trusted: readonly string[];
}

export interface Answer {
  status: number;
  /** Its first 1,024 bytes. */
  text: string;
}

/**
 * One POST on a connection of its own. Redirects are not followed: they are answers. Once the status is there, nothing
 * that happens to the rest of the answer changes it.
 * @throws what Node throws, or the signal's reason
 */
export async function post({ url, headers, body, trusted }: Post, signal: AbortSignal): Promise<Answer> {
  const { request } = await (url.protocol === 'https:' ? import('node:https') : import('node:http'));
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const options: RequestOptions = {
      method: 'POST',
      headers: { 'user-agent': 'holdfast', ...headers, 'content-length': body.length },
      agent: false,
      ca: [...trusted],
      rejectUnauthorized: true,
      signal,
    };
    let fail = (error: Error) => reject(signal.aborted ? signal.reason : error);
    const call = request(url, options, (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      const end = () => {
        resolve({
          status: response.statusCode ?? 0,
          text: Buffer.concat(chunks).toString().slice(0, ANSWER_BYTES_MAX),
        });
        call.destroy();
      };
      fail = end;
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size >= ANSWER_BYTES_MAX) end();
      });
      response.on('end', end).on('error', end);
    });
    call.on('error', (error) => fail(error));
    call.end(body);
  });
}
