import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hasCode } from '../../base/errors.ts';
import { simulated } from '../../host.ts';
import { readLiveConfiguration } from './live.ts';

type Answers = Record<string, simulated.ScriptedAnswer>;

async function read(answers: Answers) {
  const processes = simulated.scriptedProcesses(({ command }) => answers[command]);
  const seat = { name: 'n1', processes };
  const live = await readLiveConfiguration(seat, { clock: simulated.fixedClock() });
  return { ...live, calls: processes.calls.map(({ command, args }) => [command, ...args].join(' ')) };
}

describe('the configuration of a running cluster', () => {
  it('is read, and nothing else is done', async () => {
    const live = await read({ cibadmin: { output: '<cib/>' }, cat: { output: 'totem {\n}\n' } });
    assert.equal(live.cibText, '<cib/>');
    assert.equal(live.corosyncText, 'totem {\n}\n');
    assert.deepEqual(live.calls, ['cibadmin --query', 'cat /etc/corosync/corosync.conf']);
  });

  it('goes without a corosync.conf that is not there', async () => {
    assert.equal((await read({ cibadmin: { output: '<cib/>' }, cat: { exitCode: 1 } })).corosyncText, undefined);
    assert.equal((await read({ cibadmin: { output: '<cib/>' } })).corosyncText, undefined);
  });

  it('names a cluster that is down, and a program that is missing', async () => {
    const down = {
      cibadmin: { exitCode: 102, errorText: 'Could not connect to the CIB: Transport endpoint is not connected' },
    };
    await assert.rejects(read(down), (error) => hasCode(error, 'cluster-down'));
    await assert.rejects(
      read({ cibadmin: { output: '<cib><configuration>' } }),
      (error) => hasCode(error, 'cluster-unclear') && /cibadmin on n1 printed no whole CIB: .*ends/.test(error.message),
    );
    await assert.rejects(read({}), (error) => hasCode(error, 'command-missing'));
  });
});
