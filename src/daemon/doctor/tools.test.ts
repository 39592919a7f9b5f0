import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Processes, simulated, systemProcesses } from '../../host.ts';
import { examineOwnTool, examineTools, type ToolParts } from './tools.ts';

function parts(processes: Processes): ToolParts {
  return { name: 'local', processes, timeLimitMs: 5000, signal: new AbortController().signal };
}

test('programs are looked up as they will be run, and none that only a shell has is taken for one', async () => {
  const programs = ['sh', 'cd', '/bin/cat', '/nowhere/tool', 'no-such-tool', 'sh'];
  const findings = await examineTools(parts(systemProcesses), programs);
  const found = Object.fromEntries(findings.map(({ subject, level }) => [subject, level]));
  const expected = { '/bin/cat': 'ok', '/nowhere/tool': 'error', cd: 'error', 'no-such-tool': 'error', sh: 'ok' };
  assert.deepEqual(found, expected);
  assert.equal(findings.length, 5);
  assert.match(findings.find(({ subject }) => subject === 'sh')!.text, /\/sh$/);
});

test('programs of the configuration are not run', async () => {
  const processes = simulated.scriptedProcesses(() => ({ output: '/usr/bin/dump' }));
  const [finding] = await examineTools({ ...parts(processes), name: 'node7' }, ['dump']);
  assert.equal(finding!.subject, 'dump on node7');
  assert.deepEqual(
    processes.calls.map(({ command }) => command),
    ['sh'],
  );
});

test('our own programs tell their versions', async () => {
  const versions: string[] = [];
  for (const program of ['ssh', 'tar', 'gzip'] as const) {
    const [finding] = await examineOwnTool(program, parts(systemProcesses));
    assert.equal(finding!.level, 'ok');
    versions.push(finding!.text);
  }
  assert.match(versions.join('\n'), /^OpenSSH_\d.*\n.*tar.*\d\n.*gzip.*\d/);
});

test('a program that is missing or broken is an error', async () => {
  const missing = await examineOwnTool('ssh', parts(simulated.scriptedProcesses(() => undefined)));
  assert.deepEqual(missing, [
    { area: 'tool', subject: 'ssh', level: 'error', text: 'is not there', remedy: 'Install it.' },
  ]);
  const broken = simulated.scriptedProcesses(() => ({ exitCode: 127, errorText: 'libcrypto.so.3: cannot open\n' }));
  const [finding] = await examineOwnTool('ssh', parts(broken));
  assert.equal(finding!.text, 'ssh -V ended with exit code 127: libcrypto.so.3: cannot open');
});
