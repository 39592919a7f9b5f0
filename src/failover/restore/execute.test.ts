/** Gates and preconditions against played nodes; whole restores are in test/lab/restore.test.ts. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cib } from '../../cluster.ts';
import { simulated } from '../../host.ts';
import { READ_FILES } from '../capture/script.ts';
import { executeRestore, type RestoreEvent } from './execute.ts';
import type { RestorePlan } from './model.ts';
import { planRestore } from './plan.ts';
import { cibOf, PAIR, silentLook, stoppedLook, storedPair, workingLook } from './sample.ts';

/** What a played node is at; what it is told stands in `calls`. */
interface Played {
  daemons: string[];
  live?: cib.XmlDocument;
  replaced?: string;
}

type Call = simulated.ProcessCall;

function play(name: string, node: Played) {
  const answer = ({ command, args, options }: Call) => {
    const script = args[1] ?? '';
    if (command === 'sh' && script === READ_FILES) return { output: `name ${name}\nend\n` };
    if (command === 'sh' && script.includes('/proc/'))
      return { output: `${node.daemons.map((each, at) => `${at + 2} (${each}) S 1\n`).join('')}end\n` };
    if (command === 'cibadmin' && args.includes('--replace')) {
      node.replaced = Buffer.from(options.input as Uint8Array).toString();
      node.live = cib.parseXml(node.replaced, 'replaced');
      return { output: '' };
    }
    if (command === 'cibadmin' && node.live !== undefined) return { output: cib.formatXml(node.live) };
    if (command === 'sh') return { output: '' };
    return undefined;
  };
  const processes = simulated.scriptedProcesses(answer);
  return { node, seat: { name, processes }, processes };
}

type Machine = ReturnType<typeof play>;

async function run(
  plan: RestorePlan,
  machines: readonly Machine[],
  peers: Parameters<typeof planRestore>[0]['peers'],
  override?: string,
) {
  const events: RestoreEvent[] = [];
  const seatOf = (name: string) => machines.find(({ seat }) => seat.name === name)!.seat;
  const onEvent = (event: RestoreEvent): void => void events.push(event);
  const result = executeRestore(plan, { seatOf, peers, clock: simulated.fixedClock(), override, onEvent });
  await result;
  return events;
}

/** Of a runbook only these steps. */
function only(plan: RestorePlan, ...kinds: string[]): RestorePlan {
  return { ...plan, steps: plan.steps.filter(({ change }) => kinds.includes(change.kind)) };
}

describe('carrying out a restore', () => {
  const stored = storedPair();

  it('does nothing at all when a gate is shut', async () => {
    const peers = [silentLook('n1')];
    const plan = planRestore({ stored, target: stoppedLook('n2'), peers, confirmations: [], nowMs: 0 });
    const [n1, n2] = [play('n1', { daemons: [] }), play('n2', { daemons: [] })];
    await assert.rejects(run(plan, [n1, n2], peers), { code: 'refused' });
    assert.deepEqual([n1.processes.calls, n2.processes.calls], [[], []]);
  });

  it('begins nothing when a peer has come up since', async () => {
    const peers = [stoppedLook('n1')];
    const plan = planRestore({ stored, target: stoppedLook('n2'), peers, confirmations: [], nowMs: 0 });
    const [n1, n2] = [play('n1', { daemons: ['corosync', 'pacemakerd'] }), play('n2', { daemons: [] })];
    await assert.rejects(run(plan, [n1, n2], peers), {
      code: 'refused',
      message: /n1 was stopped when .* is unclear now/,
    });
    assert.deepEqual(n2.processes.calls, []);
  });

  it('writes no file below a daemon that has started since', async () => {
    const peers = [stoppedLook('n1')];
    const plan = planRestore({ stored, target: stoppedLook('n2'), peers, confirmations: [], nowMs: 0 });
    const [n1, n2] = [play('n1', { daemons: [] }), play('n2', { daemons: ['corosync'] })];
    await assert.rejects(run(plan, [n1, n2], peers), { code: 'refused', message: /corosync runs on n2/ });
    assert.ok(
      n2.processes.calls.every(({ options }) => options.input === undefined),
      'nothing was written',
    );
  });

  it('believes no file that is not read back as it was written', async () => {
    const peers = [stoppedLook('n1')];
    const plan = only(planRestore({ stored, target: stoppedLook('n2'), peers, confirmations: [], nowMs: 0 }), 'files');
    const [n1, n2] = [play('n1', { daemons: [] }), play('n2', { daemons: [] })];
    await assert.rejects(run(plan, [n1, n2], peers), {
      code: 'failed',
      message: /authkey.* not as it was written.*not done: files/,
    });
    const args = n2.processes.calls.flatMap((call) => call.args).join('\n');
    assert.ok(!args.includes(PAIR['/etc/corosync/authkey']!), 'a key is no argument');
  });

  it('puts the CIB of the backup into an empty cluster, with its version', async () => {
    const peers = [stoppedLook('n1')];
    const target = workingLook('n2', { live: cibOf(3, '') });
    const plan = only(planRestore({ stored, target, peers, confirmations: [], nowMs: 0 }), 'replace');
    const [n1, n2] = [play('n1', { daemons: [] }), play('n2', { daemons: [], live: cibOf(3, '') })];
    const events = await run(plan, [n1, n2], peers);
    assert.deepEqual(
      events.map(({ kind }) => kind),
      ['step', 'verified'],
    );
    assert.match(n2.node.replaced!, /epoch="20"[\s\S]*ost0/);
    await run(plan, [n1, play('n2', n2.node)], peers);
  });

  it('replaces no configuration that has turned up since, and one that was seen only with a reason', async () => {
    const peers = [stoppedLook('n1')];
    const empty = workingLook('n2', { live: cibOf(3, '') });
    const plan = only(planRestore({ stored, target: empty, peers, confirmations: [], nowMs: 0 }), 'replace');
    const n1 = play('n1', { daemons: [] });
    const surprise = play('n2', { daemons: [], live: cibOf(30, 'another') });
    await assert.rejects(run(plan, [n1, surprise], peers), {
      code: 'refused',
      message: /has a configuration by now, 0.30/,
    });
    assert.equal(surprise.node.replaced, undefined);

    const seen = workingLook('n2', { live: cibOf(30, 'another') });
    const forced = only(planRestore({ stored, target: seen, peers, confirmations: [], nowMs: 0 }), 'replace');
    const n2 = play('n2', { daemons: [], live: cibOf(30, 'another') });
    await assert.rejects(run(forced, [n1, n2], peers), { code: 'refused', message: /has a configuration already/ });
    assert.equal(n2.node.replaced, undefined);
    await run(forced, [n1, n2], peers, 'the other was a test');
    assert.match(n2.node.replaced!, /epoch="30"[\s\S]*ost0/);
  });
});
