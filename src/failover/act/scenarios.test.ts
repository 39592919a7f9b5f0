/**
 * Golden cases of plans: `test/scenarios/failover/act-NAME` has what crm_mon and cibadmin said (of a Heartbeat pair who
 * holds what, and its haresources), `request.json` what is asked for, and `expected.json` the plan or why there is none.
 * HOLDFAST_REGENERATE=1 writes the expected plans anew; review the difference before committing it.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { hasCode } from '../../base/errors.ts';
import { cib, type pacemaker } from '../../cluster.ts';
import { simulated, systemClock } from '../../host.ts';
import { readPair } from './live-heartbeat.ts';
import { readSituation } from './live-pacemaker.ts';
import type { ActionPlan, Situation } from './model.ts';
import { planApply } from './plan-apply.ts';
import { planCleanup, planClear, planMove } from './plan-move.ts';
import { planFailback, planStandby, planTakeover, planUnstandby } from './plan-node.ts';
import { heartbeatSeat } from './sample-pair.ts';

interface Request {
  action: string;
  node?: string;
  resource?: string;
  keep?: boolean;
  file?: string;
  faults?: string[];
  holds?: Record<string, string>;
  dead?: string[];
}

const FOLDER = new URL('../../../test/scenarios/failover/', import.meta.url).pathname;
const SCENARIOS = readdirSync(FOLDER).filter((name) => name.startsWith('act-'));
const NOW_MS = Date.UTC(2026, 10, 21, 20);
const clock = { ...systemClock, nowMs: () => NOW_MS, sleep: async () => undefined };

test('there are scenarios', () => assert.ok(SCENARIOS.length >= 30));

for (const name of SCENARIOS) {
  test(`scenario ${name}`, async () => {
    const folder = join(FOLDER, name);
    const read = (file: string): string => readFileSync(join(folder, file), 'utf8');
    const request: Request = JSON.parse(read('request.json'));
    const told = await planned(request, read);
    const path = join(folder, 'expected.json');
    if (process.env['HOLDFAST_REGENERATE'] === '1') writeFileSync(path, `${JSON.stringify(told, null, 2)}\n`);
    assert.deepEqual(JSON.parse(JSON.stringify(told)), JSON.parse(readFileSync(path, 'utf8')));
  });
}

async function planned(request: Request, read: (file: string) => string): Promise<unknown> {
  try {
    const { situation, document } = await situationOf(request, read);
    const plan = planFor(request, situation, { document, read });
    assert.equal(plan.isNeeded, plan.steps.length > 0);
    // Whatever is planned: nothing may be active twice, before and after each step.
    for (const { checks, expects } of plan.steps) {
      assert.ok(checks.some(({ kind }) => kind === 'nowhere-twice'));
      assert.ok(plan.cluster === 'heartbeat' || expects.some(({ kind }) => kind === 'nowhere-twice'));
    }
    return plan;
  } catch (error) {
    if (!hasCode(error, 'refused', 'usage')) throw error;
    return { code: error.code, message: error.message, hint: error.hint };
  }
}

async function situationOf(
  { holds, dead = [] }: Request,
  read: (file: string) => string,
): Promise<{ situation: Situation; document: cib.XmlDocument | undefined }> {
  if (holds !== undefined) {
    const seats = Object.entries(holds).map(([own, held]) =>
      heartbeatSeat(own, { held, dead, haresources: read('haresources') }),
    );
    const seatOf = (node: string): pacemaker.Seat | undefined => seats.find((seat) => seat.name === node);
    return { situation: await readPair({ seats, seatOf, clock }), document: undefined };
  }
  const processes = simulated.scriptedProcesses(({ command, args }) => {
    if (command === 'crm_mon') return { output: read('crm_mon.xml') };
    if (command !== 'cibadmin') return undefined;
    return { output: args.includes('--scope') ? configurationIn(read('cib.xml')) : read('cib.xml') };
  });
  const { document, ...situation } = await readSituation({ seat: { name: 'oss1', processes }, clock });
  return { situation, document };
}

function configurationIn(text: string): string {
  return /<configuration>[\s\S]*<\/configuration>/.exec(text)![0];
}

function planFor(
  { action, node = '', resource, keep = false, file = '', faults = [] }: Request,
  situation: Situation,
  { document, read }: { document: cib.XmlDocument | undefined; read: (file: string) => string },
): ActionPlan {
  switch (action) {
    case 'takeover':
      return planTakeover(situation, { node }, NOW_MS);
    case 'standby':
      return planStandby(situation, { node }, NOW_MS);
    case 'unstandby':
      return planUnstandby(situation, { node }, NOW_MS);
    case 'move':
      return planMove(situation, { resource: resource!, node: node || undefined, keeps: keep }, NOW_MS);
    case 'clear':
      return planClear(situation, { resource }, NOW_MS);
    case 'failback':
      return planFailback(situation, { resources: resource === undefined ? [] : [resource] }, NOW_MS);
    case 'cleanup':
      return planCleanup(situation, { resource, node: node || undefined }, NOW_MS);
    case 'apply':
    case 'rollback': {
      const wanted = cib.parseXml(read(file), file);
      return planApply(situation, { action, wanted, live: document!, faults, allowsOlder: false }, NOW_MS);
    }
    default:
      throw new Error(`no such action: ${action}`);
  }
}
