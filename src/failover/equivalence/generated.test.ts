/** Any pair: what becomes of it is taken by Pacemaker, starts and stops in order, and is never active twice. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, it } from 'node:test';
import fc from 'fast-check';
import { describePeer, requirePeer } from '../../../test/peers.ts';
import { simulator } from '../../cluster.ts';
import { systemProcesses } from '../../host.ts';
import { samplePair } from '../import/sample-pairs.ts';
import { documentsOf, type ImportInput, planImport } from '../import.ts';
import { everyFaultSet, formatFault, openWorld, singleFaults, type World } from '../simulate.ts';
import { compareImport } from './compare.ts';

/** Nothing runs before there is fencing, which is told on purpose; DRBD's agent comes with DRBD. */
const MEANT = /STONITH|fencing|Resource start-up disabled|^crm_verify: |^$|Configuration (?:in)?valid|linbit/i;
const DOUBLES = 15;
/** What is drawn after it is let pass; an interruption by fast-check would leave a run behind. */
const TIME_MS = 30_000;
const until = (): (() => boolean) => {
  const end = process.hrtime.bigint() + BigInt(TIME_MS) * 1_000_000n;
  return () => process.hrtime.bigint() > end;
};

describePeer('any pair of Heartbeat, imported', ['crm_verify', 'crm_simulate'], () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-pairs-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const opening = simulator.openSimulator({ processes: systemProcesses });
  after(async () => await (await opening)[Symbol.asyncDispose]());

  it('is a CIB that crm_verify accepts', async () => {
    let verified = 0;
    const isOver = until();
    const one = async ({ input, isFenced }: { input: ImportInput; isFenced: boolean }): Promise<void> => {
      if (isOver()) return;
      const file = join(folder, 'cib.xml');
      const plan = planImport(input);
      writeFileSync(file, documentsOf(plan).cibXml);
      const args = ['-V', '--xml-file', file];
      const { exitCode, errorText } = await systemProcesses.run(requirePeer('crm_verify'), args, {
        timeLimitMs: 30_000,
      });
      const other = errorText.split('\n').filter((said) => !MEANT.test(said));
      assert.deepEqual(other, []);
      if (isFenced && plan.fencing.length > 0) assert.equal(exitCode, 0, errorText);
      verified++;
    };
    await fc.assert(fc.asyncProperty(samplePair, one), { numRuns: 60 });
    assert.ok(verified >= 10, `${verified} within the time`);
  });

  const open = async (input: ImportInput): Promise<World> => {
    const { cibXml, corosyncConf } = documentsOf(planImport(input));
    return await openWorld({ cibText: cibXml, corosyncText: corosyncConf, file: 'cib.xml' }, await opening);
  };

  it('has nothing active on two nodes in any fault alone, and in pairs that were drawn', async () => {
    let seen = 0;
    const isOver = until();
    const one = async ({ input }: { input: ImportInput }, picks: readonly number[]): Promise<void> => {
      if (isOver()) return;
      const world = await open(input);
      const pairs = everyFaultSet(world).filter(({ length }) => length === 2);
      const drawn = picks.flatMap((pick) => (pairs.length === 0 ? [] : [pairs[pick % pairs.length]!]));
      const sets = [...singleFaults(world).map((fault) => [fault]), ...drawn];
      const { run } = await opening;
      const { rows, twice, differences } = await compareImport(input, world, { run, width: 2, sets });
      assert.deepEqual(twice, []);
      for (const { faults, pacemaker, isSame, difference } of rows) {
        const told = faults.map(formatFault).join(' ');
        assert.ok(pacemaker.length < 2, told);
        assert.equal(isSame, difference === '', told);
      }
      assert.equal(
        [...differences.values()].reduce((sum, count) => sum + count, 0),
        rows.filter(({ isSame }) => !isSame).length,
      );
      seen += sets.length;
    };
    const picks = fc.array(fc.nat({ max: 1e6 }), { minLength: DOUBLES, maxLength: DOUBLES });
    await fc.assert(fc.asyncProperty(samplePair, picks, one), { numRuns: 8 });
    assert.ok(seen >= 30, `${seen} within the time`);
  });
});
