import assert from 'node:assert/strict';
import { test } from 'node:test';
import { simulated } from '../../host.ts';
import { usesOf } from './uses.ts';

const clock = simulated.fixedClock();
const uses = (answer: simulated.ScriptedAnswer) =>
  usesOf({ name: 'oss1', processes: simulated.scriptedProcesses(() => answer), clock }, '/dev/sdb');

test('mounts, holders and the claim are told apart', async () => {
  const machine = { name: 'oss1', boot: 'b-1' };
  const told = 'machine b-1 oss1\n';
  assert.deepEqual(await uses({ output: `${told}claim free\nend\n` }), {
    mounts: [],
    holders: [],
    claim: 'free',
    machine,
  });
  const output = `mount /mnt/a b\nmount /mnt/c\nholder dm-0\n${told}claim busy\nend\n`;
  assert.deepEqual(await uses({ output }), {
    mounts: ['/mnt/a b', '/mnt/c'],
    holders: ['dm-0'],
    claim: 'busy',
    machine,
  });
  assert.equal((await uses({ output: `${told}end\n` })).claim, 'unknown');
});

test('an answer that is cut short, or none, is an error that names the device', async () => {
  const cases: [simulated.ScriptedAnswer, RegExp][] = [
    [{ output: '' }, /\/dev\/sdb on oss1: its uses could not be listed to the end/],
    [{ output: 'claim free\n' }, /to the end/],
    [{ output: 'claim free\nend' }, /to the end/],
    [{ output: 'claim free\nend\n' }, /which machine it is/],
    [{ output: 'machine  oss1\nclaim free\nend\n' }, /which machine it is/],
    [{ exitCode: 81 }, /no such device/],
    [{ exitCode: 82 }, /no block device/],
    [{ exitCode: 83 }, /only root/],
    [{ exitCode: 2 }, /cannot be listed/],
  ];
  for (const [answer, message] of cases) await assert.rejects(uses(answer), { code: 'device-failed', message });
});
