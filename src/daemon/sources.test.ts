import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Processes, simulated, systemClock, systemProcesses } from '../host.ts';
import { openSources, type SourceParts } from './sources.ts';

const dump = { command: ['dump', '--all'], as: 'db.sql', host: 'local', environment: {}, minSize: 10, timeLimit: 5000 };
const files = {
  files: ['/etc', '/srv/\u00e9'],
  exclude: ['*.o'],
  iexclude: [],
  excludeFile: ['/patterns'],
  excludeIfPresent: [],
  excludeCaches: true,
  oneFileSystem: true,
  minFiles: 1,
};

function parts(processes: Processes): SourceParts {
  return {
    processesOf: () => processes,
    processesOfNode: () => processes,
    clusters: { lab: { nodes: ['n1', 'n2'], fencing: { timeLimit: 60_000 } } },
    clock: systemClock,
    version: '0.0.0',
    environmentOf: async () => ({ PGPASSWORD: 'secret' }),
    contentOf: async () => Buffer.from('*.tmp\n'),
    environment: {},
    signal: new AbortController().signal,
  };
}

async function read(processes: Processes): Promise<string> {
  const { streams } = await openSources([dump], parts(processes));
  const { stream } = streams[0]!;
  assert.ok(typeof stream === 'function');
  return Buffer.concat(await Array.fromAsync(stream(new AbortController().signal))).toString();
}

test('files become raw targets and a selection, commands become streams', async () => {
  const { targets, selection, streams } = await openSources([files, dump], parts(systemProcesses));
  assert.deepEqual(targets, ['/etc', Buffer.from('/srv/\u00e9').toString('latin1')]);
  assert.deepEqual([selection.excludes, selection.oneFileSystem, selection.excludeCaches], [['*.o'], true, true]);
  assert.equal(Buffer.from(selection.excludeFiles![0]!).toString(), '*.tmp\n');
  assert.deepEqual(
    streams.map(({ name }) => name),
    ['db.sql'],
  );
});

test('the output of a command is believed at its end only', async () => {
  assert.equal(await read(simulated.scriptedProcesses(() => ({ output: 'a whole dump' }))), 'a whole dump');
  const failing = simulated.scriptedProcesses(() => ({
    output: 'half a dump and',
    exitCode: 2,
    errorText: 'x\nno table\n',
  }));
  await assert.rejects(read(failing), { code: 'source-failed', message: /dump ended with exit code 2: no table$/ });
  const short = simulated.scriptedProcesses(() => ({ output: 'too short' }));
  await assert.rejects(read(short), { code: 'command-empty', message: /9 bytes where at least 10/ });
  await assert.rejects(read(simulated.scriptedProcesses(() => undefined)), { code: 'command-missing' });
});

test('secrets reach a command by its environment, never by its arguments', async () => {
  const processes = simulated.scriptedProcesses(() => ({ output: 'a whole dump' }));
  await read(processes);
  assert.deepEqual(processes.calls[0]!.args, ['--all']);
  assert.deepEqual(processes.calls[0]!.options.env, { PGPASSWORD: 'secret' });
});
