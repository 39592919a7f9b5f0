/** What is asked of the machines of a cluster for a verdict, played by programs that answer as those of Pacemaker. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { cib, type pacemaker } from '../../cluster.ts';
import { simulated, systemClock } from '../../host.ts';
import { readSituation } from '../act/live-pacemaker.ts';
import { planApply } from '../act/plan-apply.ts';
import { lookAtFencing } from './look-fencing.ts';

const FOLDER = new URL('../../../test/scenarios/failover/act-takeover-returning/', import.meta.url).pathname;
const clock = systemClock;
const LISTED = (text: string, host: string): string =>
  text.replace(
    `<primitive id="fence-${host}" class="stonith" type="fence_ipmilan"/>`,
    `<primitive id="fence-${host}" class="stonith" type="fence_ipmilan"><instance_attributes id="fa"><nvpair id="fb" name="pcmk_host_list" value="${host}"/></instance_attributes></primitive>`,
  );

/** Both nodes; the agent ends with that code. */
async function pair(cibText: string, { status = 0 }: { status?: number } = {}) {
  const processes = simulated.scriptedProcesses(({ command, args }) => {
    if (command === 'crm_mon') return { output: readFileSync(`${FOLDER}crm_mon.xml`) };
    if (command === 'crm_node') return { output: 'oss1\n' };
    if (args.includes('--list-registered')) return { output: 'fence-oss2\n1 fence device found\n' };
    if (command === 'stonith_admin')
      return { output: '<pacemaker-result api-version="2.25"><status code="0" message="OK"/></pacemaker-result>' };
    if (command === 'fence_ipmilan') return { exitCode: status };
    if (command !== 'cibadmin') return undefined;
    return { output: args.includes('--scope') ? /<configuration>[\s\S]*<\/configuration>/.exec(cibText)![0] : cibText };
  });
  const seatOf = (name: string): pacemaker.Seat => ({ name, processes });
  const seat = seatOf('oss1');
  return { situation: await readSituation({ seat, clock }), sight: { seat, seatOf, clock } };
}

describe('fencing, for a verdict', () => {
  const bare = readFileSync(`${FOLDER}cib.xml`, 'utf8');

  it('is asked of the devices', async () => {
    const finding = async (text: string, status?: number): Promise<string> => {
      const { situation, sight } = await pair(text, status === undefined ? {} : { status });
      return (await lookAtFencing(situation, 'oss2', sight)).finding;
    };
    assert.equal(await finding(bare), 'unexamined', 'no device is known to fence it');
    assert.equal(await finding(LISTED(bare, 'oss2')), 'good');
    assert.equal(await finding(LISTED(bare, 'oss2'), 1), 'bad');
    assert.equal(await finding(LISTED(bare, 'oss2'), 2), 'bad', 'off by its device, and online');
  });

  it('before a configuration is applied, of the devices that it brings, switched as it says', async () => {
    const { situation, sight } = await pair(bare);
    const look = async (text: string) => {
      const wanted = cib.parseXml(text, 'new.xml');
      const proofs = [
        { node: 'oss2', by: 'fence-oss2 from oss1', isProven: true, atMs: clock.nowMs(), text: 'by the old ones' },
      ];
      return (await lookAtFencing(situation, 'oss2', { ...sight, wanted, proofs })).finding;
    };
    assert.equal(await look(LISTED(bare, 'oss2')), 'good');
    assert.equal(await look(bare), 'unexamined', 'what was proven of the old devices says nothing');
    const off = LISTED(bare, 'oss2').replace(
      'name="stonith-enabled" value="true"',
      'name="stonith-enabled" value="false"',
    );
    assert.equal(await look(off), 'bad');
  });
});

it('a configuration with filesystems that are new asks about every member', async () => {
  const text = readFileSync(`${FOLDER}cib.xml`, 'utf8');
  const { situation } = await pair(text);
  const empty = { ...situation, state: { ...situation.state, resources: [] } };
  const request = { action: 'apply', live: situation.document, faults: [], allowsOlder: true } as const;
  const wanted = cib.parseXml(text.replace('by-id/ost1', 'by-id/ost9'), 'new.xml');
  const { sources, arriving } = planApply(empty, { ...request, wanted }, 0);
  assert.deepEqual([sources, arriving.map(({ device }) => device)], [['oss1', 'oss2'], ['/dev/disk/by-id/ost9']]);
});
