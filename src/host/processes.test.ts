import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scriptedProcesses } from './processes.ts';

const processes = scriptedProcesses(({ command, args }) => {
  if (command === 'dump') return { output: `-- ${args.join(' ')}`, errorText: 'slow' };
  return command === 'fail' ? { exitCode: 2 } : undefined;
});

test('played programs answer as scripted and the calls are kept', async () => {
  const result = await processes.run('dump', ['a', 'b'], { env: { TOKEN: 'x' } });
  assert.deepEqual(result, { exitCode: 0, output: Buffer.from('-- a b'), errorText: 'slow' });
  assert.deepEqual(processes.calls.at(-1), { command: 'dump', args: ['a', 'b'], options: { env: { TOKEN: 'x' } } });
});

test('played streams give output, then how it ended', async () => {
  const { output, ended } = processes.stream('dump', ['c']);
  const chunks: Uint8Array[] = [];
  for await (const chunk of output) chunks.push(chunk);
  assert.equal(Buffer.concat(chunks).toString(), '-- c');
  assert.equal((await ended).exitCode, 0);
  assert.equal((await processes.stream('fail', []).ended).exitCode, 2);
});

test('what is not scripted is missing', async () => {
  await assert.rejects(processes.run('other', []), { code: 'command-missing' });
  const { output, ended } = processes.stream('other', []);
  for await (const _ of output) assert.fail('no output');
  await assert.rejects(ended, { code: 'command-missing' });
  await assert.rejects(processes.run('dump', [], { signal: AbortSignal.abort(new Error('off')) }), /off/);
});
