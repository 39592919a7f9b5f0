import assert from 'node:assert/strict';
import { test } from 'node:test';
import { simulated } from '../../host.ts';
import { usesOf } from './uses.ts';

const clock = simulated.fixedClock();
const uses = (answer: simulated.ScriptedAnswer) =>
  usesOf({ name: 'oss1', processes: simulated.scriptedProcesses(() => answer), clock }, '/dev/sdb');

test('mounts, holders and the claim are told apart', async () => {
  assert.deepEqual(await uses({ output: 'claim free\nend\n' }), { mounts: [], holders: [], claim: 'free' });
  const output = 'mount /mnt/a b\nmount /mnt/c\nholder dm-0\nclaim busy\nend\n';
  assert.deepEqual(await uses({ output }), { mounts: ['/mnt/a b', '/mnt/c'], holders: ['dm-0'], claim: 'busy' });
  assert.equal((await uses({ output: 'end\n' })).claim, 'unknown');
});

test('an answer that is cut short, or none, is an error that names the device', async () => {
  const cases: [simulated.ScriptedAnswer, RegExp][] = [
    [{ output: '' }, /\/dev\/sdb on oss1: its uses could not be listed to the end/],
    [{ output: 'claim free\n' }, /to the end/],
    [{ output: 'claim free\nend' }, /to the end/],
    [{ exitCode: 81 }, /no such device/],
    [{ exitCode: 82 }, /no block device/],
    [{ exitCode: 83 }, /only root/],
    [{ exitCode: 2 }, /cannot be listed/],
  ];
  for (const [answer, message] of cases) await assert.rejects(uses(answer), { code: 'device-failed', message });
});
