/** Trying plans out, with Pacemaker's own programs and scheduler, on a file in the place of a cluster. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, it } from 'node:test';
import { describePeer } from '../../../test/peers.ts';
import { type Processes, systemClock, systemProcesses } from '../../host.ts';
import { type PacemakerSeats, readSituation } from './live-pacemaker.ts';
import { planCleanup, planMove } from './plan-move.ts';
import { rehearse } from './rehearse.ts';

const SCENARIOS = new URL('../../../test/scenarios/failover/', import.meta.url).pathname;

describePeer('a rehearsal', ['crm_verify', 'crm_mon'], () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-rehearse-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  let count = 0;

  /** A "cluster" that is a file; what is meant for a copy names it among its arguments. */
  function seatsOver(scenario: string, change: (text: string) => string = (text) => text): PacemakerSeats {
    const file = join(folder, `cib-${count++}.xml`);
    writeFileSync(file, change(readFileSync(`${SCENARIOS}act-${scenario}/cib.xml`, 'utf8')));
    const run: Processes['run'] = async (command, args, options) => {
      const { env: _, ...rest } = options ?? {};
      return systemProcesses.run(command, args, { ...rest, env: { CIB_file: file } });
    };
    const seat = { name: 'oss1', processes: { run, stream: systemProcesses.stream } };
    return { seat, seatOf: () => seat, clock: systemClock };
  }

  it('of forgetting a failure shows what comes of it', async () => {
    const seats = seatsOver('cleanup');
    const situation = await readSituation(seats);
    assert.ok(situation.state.failCounts.length > 0, 'there is something to forget');
    const plan = planCleanup(situation, { resource: 'g2', node: undefined }, 0);
    const { isClean, text } = await rehearse(plan, seats);
    assert.deepEqual([isClean, text], [true, '1 steps end as planned, and nobody is fenced']);
  });

  it('of forgetting is not clean when what comes of it is not what was promised', async () => {
    // Without the failure the resource would have to go where it may not run.
    const seats = seatsOver('cleanup', (text) =>
      text.replace(
        '</constraints>',
        '<rsc_location id="no1" rsc="g2" node="oss1" score="-INFINITY"/><rsc_location id="no2" rsc="g2" node="oss2" score="-INFINITY"/></constraints>',
      ),
    );
    const plan = planCleanup(await readSituation(seats), { resource: 'g2', node: undefined }, 0);
    const { isClean, text } = await rehearse(plan, seats);
    assert.equal(isClean, false, text);
    assert.match(text, /ost1 is stopped/);
  });

  it('touches the cluster in no way', async () => {
    const seats = seatsOver('cleanup');
    const before = (await readSituation(seats)).document.text;
    await rehearse(planMove(await readSituation(seats), { resource: 'g1', node: 'oss2', keeps: true }, 0), seats);
    await rehearse(planCleanup(await readSituation(seats), { resource: undefined, node: undefined }, 0), seats);
    assert.equal((await readSituation(seats)).document.text, before);
  });
});
