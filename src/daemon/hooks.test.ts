import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Processes, simulated, systemProcesses } from '../host.ts';
import { runHooks } from './hooks.ts';

const hook = (...command: string[]) => ({ command, host: 'local', timeLimit: 2000 });

function options(processes: Processes, lines: string[] = []): Parameters<typeof runHooks>[1] {
  return {
    moment: 'before',
    processesOf: () => processes,
    environment: { HOLDFAST_PLAN: 'etc' },
    signal: new AbortController().signal,
    onLine: (text) => lines.push(text),
  };
}

test('hooks run in order, know the plan, and what they say is in the log', async () => {
  const lines: string[] = [];
  const hooks = [hook('sh', '-c', 'echo $HOLDFAST_PLAN; echo problem >&2'), hook('echo', 'second; not a shell')];
  await runHooks(hooks, options(systemProcesses, lines));
  assert.deepEqual(lines, ['hook before: sh', '  etc', '  problem', 'hook before: echo', '  second; not a shell']);
});

test('the first that fails ends it, and is named with what it said last', async () => {
  const calls: string[] = [];
  const processes = simulated.scriptedProcesses(({ command }) => {
    calls.push(command);
    return command === 'bad' ? { exitCode: 3, errorText: 'first\nno space\n' } : {};
  });
  const run = runHooks([hook('good'), hook('bad', '--password=x'), hook('never')], options(processes));
  await assert.rejects(run, {
    code: 'hook-failed',
    message: 'a hook failed: hook before: bad ended with exit code 3: no space',
  });
  assert.deepEqual(calls, ['good', 'bad']);
});

test('a program that is not there, or takes too long, is a failed hook', async () => {
  await assert.rejects(runHooks([hook('/nowhere/tool')], options(systemProcesses)), { code: 'hook-failed' });
  const slow = { ...hook('sleep', '20'), timeLimit: 50 };
  await assert.rejects(runHooks([slow], options(systemProcesses)), { code: 'hook-failed', message: /too long/ });
});

test('who stops the run stops the hook, and that is no failure of the hook', async () => {
  const controller = new AbortController();
  const reason = new Error('stop');
  const run = runHooks([hook('sleep', '20')], { ...options(systemProcesses), signal: controller.signal });
  controller.abort(reason);
  await assert.rejects(run, reason);
});
