import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AppError, hasCode } from '../../base/errors.ts';
import type { pacemaker } from '../../cluster.ts';
import { simulated, systemClock } from '../../host.ts';
import { readPair } from '../act/live-heartbeat.ts';
import { planFailback, planStandby, planTakeover } from '../act/plan-node.ts';
import { heartbeatSeat } from '../act/sample-pair.ts';
import { playPlan } from './look-heartbeat.ts';

const clock = { ...systemClock, sleep: async () => undefined };
const HA_CF = 'node h1\nnode h2\nauto_failback off\nstonith_host * external/ipmi h1 10.0.9.1 admin x\n';
const HARESOURCES = 'h1 10.0.0.1 Filesystem::/dev/sdb::/mnt/a::ext4\nh2 Filesystem::/dev/sdc::/mnt/b::ext4\n';

interface Given {
  holds?: Record<string, string>;
  haCf?: Record<string, string>;
  haresources?: Record<string, string>;
  missing?: Record<string, readonly string[]>;
  silent?: string;
}

async function pair({
  holds = { h1: 'local', h2: 'local' },
  haCf = {},
  haresources = {},
  missing = {},
  silent,
}: Given) {
  const seats = Object.entries(holds).map(([own, held]): pacemaker.Seat => {
    const side = { held, dead: [], haresources: haresources[own] ?? HARESOURCES };
    const told = heartbeatSeat(own, side);
    const run: typeof told.processes.run = async (command, args, options) => {
      if (own === silent) throw new AppError('host-unreachable', { detail: own });
      return await told.processes.run(command, args, options);
    };
    const files = simulated.scriptedProcesses(({ command, args }) => {
      if (command === 'cat' && args.at(-1) === '/etc/ha.d/ha.cf') return { output: haCf[own] ?? HA_CF };
      const lacks = args.slice(3).filter((name) => missing[own]?.includes(name));
      return { output: [...lacks.map((name) => `missing ${name}`), 'end', ''].join('\n') };
    });
    return {
      name: own,
      processes: {
        ...told.processes,
        run: (command, args, options) =>
          (command === 'sh' && args[2] === 'holdfast-scripts') || args.at(-1) === '/etc/ha.d/ha.cf'
            ? files.run(command, args, options)
            : run(command, args, options),
      },
    };
  });
  const seatOf = (node: string): pacemaker.Seat | undefined => seats.find(({ name }) => name === node);
  return { seats, seatOf, clock, seat: seats[0]! };
}

async function told(given: Given, action = 'takeover'): Promise<string> {
  const own = await pair(given);
  const situation = await readPair(own);
  const plan =
    action === 'takeover'
      ? planTakeover(situation, { node: 'h2' }, 0)
      : action === 'standby'
        ? planStandby(situation, { node: 'h1' }, 0)
        : planFailback(situation, { resources: [] }, 0);
  assert.ok(plan.isNeeded);
  const { finding, text } = await playPlan(plan, situation.state, own);
  return `${finding}: ${text}`;
}

describe('an order to a Heartbeat pair', () => {
  it('is played by its rules', async () => {
    for (const action of ['takeover', 'standby']) assert.match(await told({}, action), /^good: /, action);
    assert.match(await told({ holds: { h1: 'none', h2: 'all' } }, 'failback'), /^good: /);
  });

  it('is not good where both sides would not do the same', async () => {
    const other = HARESOURCES.replace('/dev/sdb', '/dev/sdz');
    assert.match(await told({ haresources: { h2: other } }), /^bad: haresources differs between h/);
    assert.match(await told({ haCf: { h2: HA_CF.replace('off', 'on') } }), /^bad: auto_failback of ha.cf differs/);
    const third = HA_CF.replace('node h2', 'node h2 h3');
    assert.match(await told({ haCf: { h1: third, h2: third } }), /names other nodes/);
    const managed = `${HA_CF}crm on\n`;
    assert.match(await told({ haCf: { h1: managed, h2: managed } }), /says crm on/);
    const strange = `${HARESOURCES}h9 10.0.0.9\n`;
    assert.match(await told({ haresources: { h1: strange, h2: strange } }), /names h9, which is no node/);
  });

  it('is not good where the one who takes lacks a script', async () => {
    assert.match(await told({ missing: { h2: ['Filesystem'] } }), /^bad: h2 has no resource script Filesystem/);
    assert.match(await told({ missing: { h1: ['Filesystem'] } }), /^good/, 'h1 starts nothing');
    assert.match(await told({ missing: { h1: ['Filesystem'] }, holds: { h1: 'none', h2: 'all' } }, 'failback'), /^bad/);
  });

  it('is unexamined where a side tells nothing of its files', async () => {
    const own = await pair({});
    const situation = await readPair(own);
    const plan = planTakeover(situation, { node: 'h2' }, 0);
    const alone = { ...own, seatOf: (node: string) => (node === 'h1' ? undefined : own.seatOf(node)) };
    assert.equal((await playPlan(plan, situation.state, alone)).finding, 'unexamined');
  });

  it('is not planned while a side that is up cannot be asked', async () => {
    const own = await pair({ holds: { h1: 'all', h2: 'all' }, silent: 'h2' });
    await assert.rejects(readPair(own), (error) => {
      return hasCode(error, 'cluster-unclear') && /h2 is up, and could not be asked what it holds/.test(error.message);
    });
  });
});
