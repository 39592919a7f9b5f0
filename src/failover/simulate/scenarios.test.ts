/**
 * Golden cases: `test/scenarios/failover/simulate-NAME/` has a CIB, a corosync.conf and the faults; `expected.json` is
 * what Pacemaker's own scheduler and the rules around it make of them. HOLDFAST_REGENERATE=1 writes the expected outcomes
 * anew; review the difference before committing it.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, it } from 'node:test';
import { describePeer, requirePeer } from '../../../test/peers.ts';
import { simulator } from '../../cluster.ts';
import { systemProcesses } from '../../host.ts';
import { parseFault } from './fault.ts';
import type { Outcome } from './model.ts';
import { simulateFaults } from './settle.ts';
import { openWorld } from './world.ts';

interface Case {
  about: string;
  faults: string[];
  mountWaits?: Record<string, number>;
}

const FOLDER = new URL('../../../test/scenarios/failover/', import.meta.url).pathname;
const SCENARIOS = readdirSync(FOLDER).filter((name) => name.startsWith('simulate-'));

describePeer('simulated faults', ['crm_simulate', 'crm_verify'], () => {
  const opening = simulator.openSimulator({ processes: systemProcesses });
  after(async () => await (await opening)[Symbol.asyncDispose]());

  it('has enough of them', () => assert.ok(SCENARIOS.length >= 12));

  for (const name of SCENARIOS)
    it(name, async () => {
      const program = await opening;
      const folder = join(FOLDER, name);
      const { faults, mountWaits = {} }: Case = JSON.parse(readFileSync(join(folder, 'case.json'), 'utf8'));
      const cibText = readFileSync(join(folder, 'cib.xml'), 'utf8');
      const corosyncText = readFileSync(join(folder, 'corosync.conf'), 'utf8');
      const input = { cibText, corosyncText, file: 'cib.xml', mountWaitS: (device: string) => mountWaits[device] };
      const world = await openWorld(input, program);
      const outcome = await simulateFaults(
        world,
        faults.map((fault) => parseFault(fault, world)),
        program.run,
      );
      const path = join(folder, 'expected.json');
      const plain = plainOf(outcome);
      if (process.env['HOLDFAST_REGENERATE'] === '1') writeFileSync(path, `${JSON.stringify(plain, null, 2)}\n`);
      assert.deepEqual(JSON.parse(JSON.stringify(plain)), JSON.parse(readFileSync(path, 'utf8')));
      if (world.fencesNodes) assert.deepEqual(outcome.twice, [], 'with fencing nothing is ever active twice');
    });

  it('puts only CIBs to the scheduler that crm_verify takes', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-scenarios-'));
    try {
      for (const name of SCENARIOS) {
        const cibText = readFileSync(join(FOLDER, name, 'cib.xml'), 'utf8');
        const world = await openWorld({ cibText, file: name }, await opening);
        writeFileSync(join(folder, 'cib.xml'), world.cibText);
        const args = ['--xml-file', join(folder, 'cib.xml')];
        const { exitCode, errorText } = await systemProcesses.run(requirePeer('crm_verify'), args, {
          timeLimitMs: 30_000,
        });
        assert.equal(exitCode, 0, `${name}: ${errorText}`);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

function plainOf({ before, after: afterwards, ...rest }: Outcome) {
  return { ...rest, before: Object.fromEntries(before), after: Object.fromEntries(afterwards) };
}
