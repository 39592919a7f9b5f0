/** Whatever may change its place by an action is named in its plan, so that a verdict is asked for. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { simulated, systemClock } from '../../host.ts';
import { readSituation } from './live-pacemaker.ts';
import type { Situation } from './model.ts';
import { planCleanup, planClear } from './plan-move.ts';
import { planStandby, planTakeover, planUnstandby } from './plan-node.ts';

const SCENARIOS = new URL('../../../test/scenarios/failover/', import.meta.url).pathname;

async function situationOf(scenario: string, change: (cibText: string) => string = (text) => text): Promise<Situation> {
  const read = (file: string): string => readFileSync(`${SCENARIOS}act-${scenario}/${file}`, 'utf8');
  const text = change(read('cib.xml'));
  const processes = simulated.scriptedProcesses(({ command, args }) => {
    if (command === 'crm_mon') return { output: read('crm_mon.xml') };
    return { output: args.includes('--scope') ? /<configuration>[\s\S]*<\/configuration>/.exec(text)![0] : text };
  });
  return await readSituation({ seat: { name: 'oss1', processes }, clock: systemClock });
}

/** Groups as stopped as they are after a failed start. */
function stopped({ state, ...rest }: Situation): Situation {
  const resources = state.resources.map((each) =>
    each.kind !== 'group'
      ? each
      : {
          ...each,
          members: each.members.map((member) => ({ ...member, nodes: [], isActive: false, role: 'Stopped' as const })),
        },
  );
  return { ...rest, state: { ...state, resources } };
}

const RULED = (text: string): string =>
  text.replace(
    '</constraints>',
    '<rsc_location id="ruled" rsc="g2"><rule id="ruled-r" score="500"><expression id="ruled-e" attribute="#uname" operation="eq" value="oss1"/></rule></rsc_location></constraints>',
  );

it('a standby of a node that has only instances of clones takes them from it', async () => {
  const situation = await situationOf('takeover-returning');
  const clones = { ...situation, state: { ...situation.state } };
  clones.state.resources = situation.state.resources.filter(({ kind }) => kind === 'clone');
  const plan = planStandby(clones, { node: 'oss2' }, 0);
  assert.deepEqual([plan.moved, plan.sources], [[], ['oss2']]);
  const empty = { ...clones, state: { ...clones.state, resources: [] } };
  assert.deepEqual(planStandby(empty, { node: 'oss2' }, 0).sources, []);
});

it('what is stopped may start when a node comes back, a failure is forgotten or a constraint goes', async () => {
  const back = stopped(await situationOf('unstandby-sticky'));
  assert.deepEqual(planUnstandby(back, { node: 'oss2' }, 0).moved, ['g1', 'g2']);
  const cleaned = planCleanup(stopped(await situationOf('cleanup')), { resource: 'g2', node: undefined }, 0);
  assert.deepEqual([cleaned.moved, cleaned.sources], [['g2'], []]);
  assert.ok(cleaned.notes.includes('g2 is stopped, and may start'));
  const cleared = planClear(stopped(await situationOf('clear-returning')), { resource: 'g2' }, 0);
  assert.deepEqual([cleared.moved, cleared.sources], [['g2'], []]);
});

it('what rules decide may leave, whatever plain scores say', async () => {
  const stays = await situationOf('unstandby-sticky');
  assert.deepEqual(planUnstandby(stays, { node: 'oss2' }, 0).moved, []);
  const may = await situationOf('unstandby-sticky', RULED);
  assert.deepEqual(
    [planUnstandby(may, { node: 'oss2' }, 0).moved, may.cib?.constraints.length],
    [['g2'], stays.cib!.constraints.length + 1],
  );
  const cleaned = planCleanup(await situationOf('cleanup', RULED), { resource: 'g2', node: undefined }, 0);
  assert.deepEqual(cleaned.moved, ['g2']);
  assert.match(cleaned.notes.join(), /g2 may leave .*, by rules that only the scheduler knows/);
});

it('the times that operations may take count from a template as from the resource', async () => {
  const limits = async (change?: (text: string) => string): Promise<number[]> =>
    planTakeover(await situationOf('takeover-returning', change), { node: 'oss1' }, 0).steps.map(
      ({ timeLimitMs }) => timeLimitMs,
    );
  const byTemplate = (text: string): string => {
    const own = /<primitive id="ost1"[\s\S]*?<\/primitive>/.exec(text)![0];
    const operations = /<operations>[\s\S]*?<\/operations>/.exec(own)![0];
    const template = `<template id="fs" class="ocf" provider="heartbeat" type="Filesystem">${operations}</template>`;
    const rest = own.replace(operations, '').replace(/<primitive [^>]*>/, '<primitive id="ost1" template="fs">');
    return text.replace(own, rest).replace('<resources>', `<resources>${template}`);
  };
  const plain = await limits();
  assert.ok(plain.length > 0 && plain[0]! >= 420_000);
  assert.deepEqual(await limits(byTemplate), plain);
});
