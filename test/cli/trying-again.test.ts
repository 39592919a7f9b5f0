/** A storage that fails for a while: the program waits, says so, and can be stopped. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;
const TOLD_WITHIN_MS = 30_000;

it('who waits for a storage is told why, and may stop', async () => {
  const vault = mkdtempSync(join(tmpdir(), 'holdfast-'));
  // Opening a socket fails with ENXIO, which is none of the errors that are final.
  const server = createServer().listen(join(vault, 'config'));
  const child = spawn(process.execPath, [MAIN, '-r', vault, '--quiet', 'snapshots'], {
    env: { PATH: process.env['PATH'], HOLDFAST_PASSWORD: 'x', HOME: vault },
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: TOLD_WITHIN_MS,
  });
  const ended = once(child, 'close');
  try {
    let said = '';
    for await (const text of child.stderr.setEncoding('utf8')) {
      said += text;
      if (said.includes('trying again')) child.kill('SIGINT');
    }
    assert.match(said, /^warning: .*loading .*config: ENXIO.*; trying again in [12]\.\d s$/m);
    assert.match(said, /^error: interrupted$/m);
    assert.deepEqual(await ended, [130, null]);
  } finally {
    server.close();
    rmSync(vault, { recursive: true });
  }
});
