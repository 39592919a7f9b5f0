import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { describePeer } from '../../../test/peers.ts';
import { heartbeat, simulator } from '../../cluster.ts';
import { systemProcesses } from '../../host.ts';
import { documentsOf, type ImportInput, planImport } from '../import.ts';
import { formatFault, openWorld, singleFaults } from '../simulate.ts';
import { compareImport, type Equivalence } from './compare.ts';

const FOLDER = new URL('../../../test/scenarios/failover/', import.meta.url).pathname;

interface Change {
  /** Each fault alone and not in pairs. */
  isAlone?: boolean;
  haCf?: (text: string) => string;
  cib?: (text: string) => string;
}

/** The import of a scenario, after changes of what goes in and of what came out. */
async function compared(
  name: string,
  { isAlone = true, haCf = (text) => text, cib = (text) => text }: Change = {},
): Promise<Equivalence> {
  const read = (file: string): string => readFileSync(join(FOLDER, name, file), 'utf8');
  const { addresses = {}, resolved = {} }: Pick<ImportInput, 'addresses' | 'resolved'> = JSON.parse(read('input.json'));
  const input: ImportInput = {
    cf: heartbeat.parseHaCf(haCf(read('ha.cf')), 'ha.cf'),
    haresources: heartbeat.parseHaresources(read('haresources'), 'haresources'),
    authkeys: undefined,
    addresses,
    resolved,
  };
  const { cibXml, corosyncConf } = documentsOf(planImport(input));
  await using program = await simulator.openSimulator({ processes: systemProcesses });
  const world = await openWorld({ cibText: cib(cibXml), corosyncText: corosyncConf, file: name }, program);
  const sets = isAlone ? { sets: singleFaults(world).map((fault) => [fault]) } : {};
  return await compareImport(input, world, { run: program.run, width: 2, ...sets });
}

function single({ rows }: Equivalence, fault: string): string[] {
  const own = rows.filter(({ faults }) => faults.length === 1 && formatFault(faults[0]!) === fault);
  return own.map(({ heartbeat: old, pacemaker, difference }) =>
    `${old.join('+') || '-'} ${pacemaker.join('+') || '-'} ${difference}`.trim(),
  );
}

describePeer('Heartbeat and Pacemaker side by side', ['crm_simulate'], () => {
  it('do the same with a pair that has STONITH, but for what is named', async () => {
    const all = await compared('import-ipmi-pair', { isAlone: false });
    assert.deepEqual(all.twice, []);
    assert.ok(all.rows.length >= 100);
    assert.ok(all.rows.every(({ isSame, difference }) => isSame === (difference === '')));
    assert.ok(all.rows.every(({ pacemaker }) => pacemaker.length < 2));
    assert.deepEqual(single(all, 'dies:oss01'), ['oss02 oss02', 'oss02 oss02']);
    assert.deepEqual(single(all, 'standby:oss02'), ['oss01 oss01', 'oss01 oss01']);
    assert.deepEqual(single(all, 'returns:oss01'), ['oss02 oss02', 'oss02 oss02']);
    assert.match(
      single(all, 'cut:oss01').join('|'),
      /^oss01 oss01 After a cut both .* or neither.*\|oss01 oss01 After/,
    );
    assert.match(single(all, 'quorum')[0]!, /^oss01 - Heartbeat has no quorum/);
  });

  it('differ in words when nothing fenced before', async () => {
    const all = await compared('import-plain-pair');
    assert.deepEqual(all.twice, []);
    assert.match(
      single(all, 'cut:oss01')[0]!,
      /^oss01\+oss02 - Pacemaker starts nothing before there is a fence device/,
    );
  });

  it('notice a CIB that was spoilt: without fencing it would run everything twice', async () => {
    const all = await compared('import-ipmi-pair', {
      cib: (text) => text.replace('name="stonith-enabled" value="true"', 'name="stonith-enabled" value="false"'),
    });
    assert.ok(all.twice.length > 0);
    assert.ok(all.rows.some(({ isTwice }) => isTwice));
  });

  it('go back alike where auto_failback is on', async () => {
    const all = await compared('import-ipmi-pair', {
      haCf: (text) => text.replace(/^auto_failback.*$/m, 'auto_failback on'),
    });
    assert.deepEqual(single(all, 'returns:oss01'), ['oss01 oss01', 'oss02 oss02']);
    assert.deepEqual(all.twice, []);
  });
});
