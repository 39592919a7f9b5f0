import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hasCode } from '../../base/errors.ts';
import { simulated, systemClock, systemProcesses } from '../../host.ts';
import { argvOfHeartbeat, changeHeartbeat, type HeartbeatChange } from './change.ts';
import { missingScripts, readHaresources } from './files.ts';
import { heartbeatFilesystems } from './filesystems.ts';
import { askStonithPaths } from './stonith-path.ts';

const options = { clock: systemClock };
const ORDER: HeartbeatChange = { kind: 'hb-standby', node: 'h1', which: 'foreign' };

describe('an order to Heartbeat', () => {
  it('is found in the folder of each distribution', async () => {
    const processes = simulated.scriptedProcesses(({ command }) =>
      command === '/usr/lib64/heartbeat/hb_standby' ? { output: '' } : undefined,
    );
    await changeHeartbeat({ name: 'h1', processes }, ORDER, options);
    assert.deepEqual(processes.calls.at(-1)!.args, ['foreign']);
    assert.deepEqual(argvOfHeartbeat({ ...ORDER, kind: 'hb-takeover', which: 'all' }), [
      '/usr/share/heartbeat/hb_takeover',
      'all',
    ]);
  });

  it('that fails has a name', async () => {
    const none = { name: 'h1', processes: simulated.scriptedProcesses(() => undefined) };
    await assert.rejects(changeHeartbeat(none, ORDER, options), (error) => {
      return hasCode(error, 'command-missing') && /hb_standby on h1/.test(error.message);
    });
    const processes = simulated.scriptedProcesses(() => ({ exitCode: 1, errorText: 'cannot open FIFO' }));
    await assert.rejects(changeHeartbeat({ name: 'h1', processes }, ORDER, options), (error) => {
      return hasCode(error, 'command-failed') && /cannot open FIFO/.test(error.message);
    });
  });
});

describe('what a pair is configured with', () => {
  it('filesystems of its groups', async () => {
    const text = 'h1 10.0.0.1 Filesystem::/dev/sdb::/mnt/a::ext4 apache\nh2 Filesystem::/dev/sdc::/mnt/b\n';
    const processes = simulated.scriptedProcesses(() => ({ output: text }));
    assert.deepEqual(heartbeatFilesystems(await readHaresources({ name: 'h1', processes }, options)), [
      { resource: 'groups of h1', device: '/dev/sdb', mountpoint: '/mnt/a', kind: 'ext4' },
      { resource: 'groups of h2', device: '/dev/sdc', mountpoint: '/mnt/b', kind: undefined },
    ]);
    const silent = {
      name: 'h1',
      processes: simulated.scriptedProcesses(() => ({ exitCode: 1, errorText: 'No such file' })),
    };
    await assert.rejects(readHaresources(silent, options), (error) => hasCode(error, 'cluster-unclear'));
  });

  it('scripts that a machine lacks, by its own shell', async () => {
    const own = { name: 'local', processes: systemProcesses };
    const strange = 'no-such-script $(x)';
    assert.deepEqual(await missingScripts(own, ['Filesystem', strange], options).then((all) => all.at(-1)), strange);
    const cut = { name: 'h1', processes: simulated.scriptedProcesses(() => ({ output: 'missing a\n' })) };
    await assert.rejects(missingScripts(cut, ['a'], options), (error) => hasCode(error, 'cluster-unclear'));
  });

  it('its STONITH devices, of which no parameter is an argument', async () => {
    const haCf =
      'stonith_host * external/ipmi h1 10.0.9.1 admin pa55word\nstonith_host h2 meatware h2\nnode h1\nnode h2\n';
    const endings: Record<string, number> = { 'external/ipmi': 0, meatware: 83 };
    const processes = simulated.scriptedProcesses(({ command, args }) => {
      if (command === 'cat') return { output: haCf };
      return { output: 'h1\n', exitCode: endings[args[3]!] ?? 1 };
    });
    const seat = { name: 'h2', processes };
    const ask = (node: string) => askStonithPaths(seat, node, options);
    assert.deepEqual(
      (await ask('h2')).map(({ plugin, isAnswering, why }) => [plugin, isAnswering, why]),
      [['meatware', false, 'stonith says that it is not OK']],
      'the last line that it may use is the one that Heartbeat keeps',
    );
    assert.deepEqual(
      (await ask('h1')).map(({ plugin, hosts }) => [plugin, hosts]),
      [['external/ipmi', ['h1']]],
    );
    assert.doesNotMatch(JSON.stringify(processes.calls.map(({ args }) => args)), /pa55word/);
    assert.match(String(processes.calls.find(({ args }) => args.includes('external/ipmi'))!.options.input), /pa55word/);
  });
});
