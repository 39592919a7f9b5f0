import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { DIGEST_INLINE_BYTES_MAX } from '../base/limits.ts';
import { Digester } from './digest.ts';

const MIB = 1024 * 1024;

function expected(content: Buffer) {
  const hash = (algorithm: string) => createHash(algorithm).update(content).digest('hex');
  return { bytes: content.length, md5: hash('md5'), sha256: hash('sha256') };
}

async function digestOf(digester: Digester, content: Buffer, piece = MIB) {
  const run = digester.begin();
  for (let at = 0; at < content.length; at += piece) await run.update(content.subarray(at, at + piece));
  return await run.end();
}

test('digests of any size are right, on this thread and on two others', async () => {
  await using digester = new Digester();
  const edge = DIGEST_INLINE_BYTES_MAX;
  for (const size of [0, 1, MIB, edge, edge + 1, 3 * edge + 17]) {
    const content = randomBytes(size);
    assert.deepEqual(await digestOf(digester, content), expected(content), `${size} bytes`);
  }
});

test('several archives at once do not mix', async () => {
  await using digester = new Digester();
  const contents = [2, 9, 12, 20].map((mib) => randomBytes(mib * MIB + mib));
  const found = await Promise.all(contents.map((content) => digestOf(digester, content, 300_001)));
  assert.deepEqual(found, contents.map(expected));
});

test('the digests so far can be asked for on the way', async () => {
  await using digester = new Digester();
  const content = randomBytes(12 * MIB);
  const run = digester.begin();
  for (let at = 0; at < content.length; at += 3 * MIB) {
    await run.update(content.subarray(at, at + 3 * MIB));
    assert.deepEqual(await run.soFar(), expected(content.subarray(0, at + 3 * MIB)));
  }
  assert.equal(run.bytes, content.length);
  assert.deepEqual(await run.end(), expected(content));
});

test('shared memory is digested too, and dropped runs leave nothing behind', async () => {
  await using digester = new Digester();
  const content = randomBytes(10 * MIB);
  const shared = new Uint8Array(new SharedArrayBuffer(content.length));
  shared.set(content);
  const dropped = digester.begin();
  await dropped.update(shared);
  await dropped.drop();
  const run = digester.begin();
  await run.update(shared);
  assert.deepEqual(await run.end(), expected(content));
  await digester.begin().drop();
});

test('a thread that ends is told, not waited for', async () => {
  const digester = new Digester();
  const run = digester.begin();
  await run.update(Buffer.alloc(DIGEST_INLINE_BYTES_MAX + 1));
  await digester[Symbol.asyncDispose]();
  await assert.rejects(run.end(), { code: 'interrupted' });
});
