import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { systemProcesses } from './system.ts';

const { run, stream } = systemProcesses;
const MIB = 1024 * 1024;

test('output, error text and exit code come back; nothing passes through a shell', async () => {
  const result = await run('printf', ['%s', '$HOME; `id` *']);
  assert.deepEqual(result, { exitCode: 0, output: Buffer.from('$HOME; `id` *'), errorText: '' });
  const failed = await run('sh', ['-c', 'echo sorry >&2; exit 7']);
  assert.deepEqual(failed, { exitCode: 7, output: Buffer.alloc(0), errorText: 'sorry\n' });
});

test('input goes in as bytes or as a stream, environment and directory are set', async () => {
  const bytes = Buffer.alloc(3 * MIB, 'binary\0');
  assert.deepEqual((await run('cat', [], { input: bytes })).output, bytes);
  async function* pieces() {
    for (let at = 0; at < bytes.length; at += 100_000) yield bytes.subarray(at, at + 100_000);
  }
  assert.deepEqual((await run('cat', [], { input: pieces() })).output, bytes);
  const script = 'echo "$COLOUR"; env | grep -c ^HOME=; pwd; cat';
  const { output } = await run('sh', ['-c', script], { env: { COLOUR: 'blue', HOME: undefined }, directory: '/usr' });
  assert.equal(output.toString(), 'blue\n0\n/usr\n');
});

test('a program that leaves its input unread is no error; input that fails is', async () => {
  assert.equal((await run('true', [], { input: Buffer.alloc(8 * MIB) })).exitCode, 0);
  async function* broken() {
    yield Buffer.from('a');
    throw new Error('the source broke');
  }
  await assert.rejects(run('cat', [], { input: broken() }), /the source broke/);
});

test('a missing program and a missing directory have their own errors, without arguments in them', async () => {
  const missing = { code: 'command-missing', message: 'a command was not found: no-such-program' };
  await assert.rejects(run('no-such-program', ['--password=hidden']), missing);
  const { output, ended } = stream('no-such-program', ['--password=hidden']);
  for await (const _ of output) assert.fail('no output');
  await assert.rejects(ended, missing);
  await assert.rejects(run('./no-such-program', []), { code: 'command-missing' });
  await assert.rejects(run('true', [], { directory: '/no/such' }), { code: 'command-failed', message: /\/no\/such/ });
  await assert.rejects(run('/etc/passwd', []), { code: 'command-failed', message: /could not be started: EACCES/ });
  await assert.rejects(run('true', ['x'.repeat(4 * MIB)]), { code: 'command-failed', message: /E2BIG/ });
});

test('death by a signal is a failure', async () => {
  await assert.rejects(run('sh', ['-c', 'kill -9 $$']), {
    code: 'command-failed',
    message: /sh: killed by signal SIGKILL/,
  });
});

test('a time limit stops the program and what it started', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-'));
  const mark = join(directory, 'mark');
  const start = Date.now();
  const script = `(sleep 1; echo late > ${mark}) & sleep 30`;
  await assert.rejects(run('sh', ['-c', script], { timeLimitMs: 200 }), {
    code: 'command-timeout',
    message: /sh, after 0.2 s/,
  });
  assert.ok(Date.now() - start < 1500);
  await wait(1100);
  assert.equal(existsSync(mark), false);
  rmSync(directory, { recursive: true });
});

test('a program that will not end is killed', async () => {
  const start = Date.now();
  const script = 'trap "" TERM; while :; do sleep 0.1; done';
  await assert.rejects(run('sh', ['-c', script], { timeLimitMs: 100 }), { code: 'command-timeout' });
  assert.ok(Date.now() - start < 5000);
});

test('an abort signal stops the program with its reason', async () => {
  const reason = new Error('not any more');
  await assert.rejects(run('sleep', ['30'], { signal: AbortSignal.abort(reason) }), reason);
  const controller = new AbortController();
  setTimeout(() => controller.abort(reason), 50);
  await assert.rejects(run('sleep', ['30'], { signal: controller.signal }), reason);
  const late = stream('sleep', ['30'], { signal: controller.signal });
  await assert.rejects(late.ended, reason);
});

test('output beyond the maximum stops the program', async () => {
  const attempt = run('cat', ['/dev/zero'], { outputBytesMax: 100_000 });
  await assert.rejects(attempt, { code: 'command-failed', message: /cat: more than 100000 bytes/ });
});

test('of endless error text the end is kept', async () => {
  const { errorText } = await run('sh', ['-c', 'head -c 300000 /dev/zero | tr "\\0" x >&2; echo last >&2']);
  assert.equal(errorText.length, 65536);
  assert.ok(errorText.endsWith('xlast\n'));
});

test('a stream is pulled: a slow reader holds the program back', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-'));
  const count = join(directory, 'count');
  writeFileSync(count, '');
  const script = `for i in 1 2 3 4 5 6 7 8 9 10; do head -c 1000000 /dev/zero; printf x >> ${count}; done`;
  const { output, ended } = stream('sh', ['-c', script]);
  let size = 0;
  for await (const chunk of output) {
    if (size === 0) {
      await wait(300);
      assert.ok(readFileSync(count).length <= 1);
    }
    size += chunk.length;
  }
  assert.equal(size, 10_000_000);
  assert.deepEqual(await ended, { exitCode: 0, errorText: '' });
  rmSync(directory, { recursive: true });
});

test('leaving a stream early stops the program, and the end tells so', async () => {
  const { output, ended } = stream('cat', ['/dev/zero']);
  for await (const _ of output) break;
  await assert.rejects(ended, { code: 'command-failed', message: /not wanted/ });
});

test('output that was cut by a failure is told by the end, not by the output', async () => {
  const { output, ended } = stream('sh', ['-c', 'echo part; exit 3']);
  const chunks: Uint8Array[] = [];
  for await (const chunk of output) chunks.push(chunk);
  assert.equal(Buffer.concat(chunks).toString(), 'part\n');
  assert.equal((await ended).exitCode, 3);
});

test('there is no terminal to prompt on', async () => {
  const { exitCode } = await run('sh', ['-c', 'exec 3</dev/tty'], {});
  assert.notEqual(exitCode, 0);
});
