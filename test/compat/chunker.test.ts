/** Stock restic, with a polynomial it drew itself, must make the chunks that the vault's chunker makes. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, randomFillSync } from 'node:crypto';
import { mkdtempSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { MIB } from '../../src/base/bytes.ts';
import { Chunker } from '../../src/vault/chunk.ts';
import { describePeer, requirePeer } from '../peers.ts';

describePeer('chunker', ['restic'], () => {
  it('makes the chunks that restic makes of a file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-'));
    try {
      const path = join(folder, 'data');
      writeFileSync(path, randomFillSync(Buffer.alloc(24 * MIB)).fill(0, 3 * MIB, 5 * MIB));
      const restic = resticIn(folder);
      restic('init');
      restic('backup', path);
      const { chunker_polynomial: polynomial } = JSON.parse(restic('cat', 'config'));
      const chunks = await chunksOf(path, polynomial);
      assert.ok(chunks.length >= 3);
      const blobs = restic('list', 'blobs').trim().split('\n');
      const data = blobs.filter((line) => line.startsWith('data ')).map((line) => line.slice('data '.length));
      assert.deepEqual(new Set(chunks), new Set(data));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

function resticIn(folder: string): (...args: string[]) => string {
  writeFileSync(join(folder, 'password'), 'secret');
  const options = [
    '--repo',
    join(folder, 'vault'),
    '--password-file',
    join(folder, 'password'),
    '--no-cache',
    '--quiet',
  ];
  return (...args) =>
    execFileSync(requirePeer('restic'), [...options, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Ids of the chunks of a file, read a piece at a time straight into the chunker's buffer. */
async function chunksOf(path: string, polynomial: string): Promise<string[]> {
  const chunker = new Chunker(polynomial, 10 * MIB);
  const ids: string[] = [];
  const take = (start: number, end: number) =>
    ids.push(createHash('sha256').update(chunker.buffer.subarray(start, end)).digest('hex'));
  await using file = await open(path);
  let start = 0;
  let end = 0;
  let cut = chunker.cut(0, 0);
  while (true) {
    if (cut !== undefined) {
      take(start, cut);
      start = cut;
      cut = chunker.cut(start, end);
      continue;
    }
    end = chunker.carry(end);
    start = 0;
    const count = readSync(file.fd, chunker.buffer, end, Math.min(3 * MIB, chunker.buffer.length - end), null);
    if (count === 0) break;
    end += count;
    cut = chunker.resume(end);
  }
  if (end > 0) take(0, end);
  return ids;
}
