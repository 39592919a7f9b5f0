import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { describePeer } from '../../../test/peers.ts';
import { AppError, hasCode } from '../../base/errors.ts';

import { simulated, systemProcesses } from '../../host.ts';
import { openSimulator } from './run.ts';

const STATUS = '<nodes><node name="n1" online="true"/></nodes><resources/>';
const ANSWER = `<pacemaker-result><cluster_status>${STATUS}</cluster_status><actions/><transition/><revised_cluster_status>${STATUS}</revised_cluster_status></pacemaker-result>`;
const GRAPH = '<transition_graph stonith-timeout="30s"/>';

interface Played extends simulated.ScriptedAnswer {
  graph?: string;
  saves?: boolean;
}

/** crm_simulate played: writes what it is asked to save. */
function played(answer: () => Played) {
  return simulated.scriptedProcesses(({ args }) => {
    const { graph = GRAPH, saves = true, ...rest } = answer();
    const path = (name: string): string => args.find((arg) => arg.startsWith(`--save-${name}=`))!.split('=')[1]!;
    if (saves) {
      writeFileSync(path('graph'), graph);
      writeFileSync(path('output'), '<cib/>');
    }
    return { output: ANSWER, ...rest };
  });
}

async function failure(answer: () => Played): Promise<AppError> {
  await using simulator = await openSimulator({ processes: played(answer) });
  const error = await simulator.run({ cibText: '<cib/>' }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof AppError);
  return error;
}

describe('running crm_simulate', () => {
  it('gives it files of its own that only their owner may read, and leaves none behind', async () => {
    let folder = '';
    const processes = simulated.scriptedProcesses(({ args, options }) => {
      const input = args.find((arg) => arg.startsWith('--xml-file='))!.split('=')[1]!;
      folder = dirname(input);
      assert.equal(readFileSync(input, 'utf8'), '<cib secret="x"/>');
      assert.equal(statSync(input).mode & 0o777, 0o600);
      assert.equal(statSync(folder).mode & 0o777, 0o700);
      // It would write beside the CIB of the cluster.
      assert.equal(options.env?.['CIB_shadow_dir'], folder);
      assert.equal(options.env?.['CIB_file'], undefined);
      return { exitCode: 78, errorText: 'no' };
    });
    const simulator = await openSimulator({ processes });
    await assert.rejects(simulator.run({ cibText: '<cib secret="x"/>' }), (error) => hasCode(error, 'config'));
    assert.deepEqual(readdirSync(folder), []);
    await simulator[Symbol.asyncDispose]();
    assert.ok(!existsSync(folder));
  });

  it('puts every fault into an argument of its own', async () => {
    const processes = played(() => ({}));
    await using simulator = await openSimulator({ processes });
    await simulator.run({
      cibText: '',
      failedNodes: ['n1', '-x'],
      injected: ['a_monitor_1@n=7'],
      failing: ['a_stop_0@n=1'],
      returnedNodes: ['n2'],
    });
    const args = processes.calls[0]!.args.filter((arg) => !/xml|save/.test(arg));
    assert.deepEqual(args, [
      '--simulate',
      '--node-fail=n1',
      '--node-fail=-x',
      '--node-up=n2',
      '--op-inject=a_monitor_1@n=7',
      '--op-fail=a_stop_0@n=1',
    ]);
  });

  it('looks where administrators have their programs, and names the package', async () => {
    const processes = simulated.scriptedProcesses(() => undefined);
    await using simulator = await openSimulator({ processes });
    await assert.rejects(simulator.run({ cibText: '' }), (error: unknown) => {
      assert.ok(hasCode(error, 'command-missing'));
      assert.match(error.hint, /pacemaker-cli-utils/);
      return true;
    });
    assert.deepEqual(
      processes.calls.map(({ command }) => command),
      ['crm_simulate', '/usr/sbin/crm_simulate'],
    );
  });

  it('names a run that hangs, with its limit', async () => {
    const hung = () => {
      throw new AppError('command-timeout', { detail: 'crm_simulate' });
    };
    const error = await failure(hung);
    assert.equal(error.code, 'command-timeout');
    assert.match(error.message, /after 120 s/);
  });

  it('tells a CIB that is refused from an answer that cannot be understood', async () => {
    const refused = await failure(() => ({ exitCode: 78, errorText: 'x\nCannot upgrade configuration' }));
    assert.equal(refused.code, 'config');
    assert.match(refused.message, /Cannot upgrade/);
    const cases: Played[] = [
      { exitCode: 1, errorText: 'x' },
      { output: '' },
      { output: ANSWER.slice(0, -40) },
      { output: '<pacemaker-result/>' },
      { saves: false },
      { graph: '<transition_graph>' },
      { graph: '<other/>' },
      { graph: ring },
    ];
    for (const each of cases) assert.equal((await failure(() => each)).code, 'cluster-unclear', JSON.stringify(each));
  });
});

const ring = `<transition_graph><synapse id="0"><action_set><pseudo_event id="1" operation="a" operation_key="x_a_0"/></action_set><inputs><trigger><pseudo_event id="1"/></trigger></inputs></synapse></transition_graph>`;

describePeer('crm_simulate itself', ['crm_simulate'], () => {
  const cibText = readFileSync(
    new URL('../../../test/scenarios/failover/simulate-node-dies/cib.xml', import.meta.url),
    'utf8',
  );

  it('answers side by side, each in its own files', async () => {
    await using simulator = await openSimulator({ processes: systemProcesses });
    const answers = await Promise.all([1, 2, 3].map(() => simulator.run({ cibText })));
    assert.equal(simulator.runs, 3);
    for (const { before, isComplete } of answers) {
      assert.ok(isComplete);
      assert.deepEqual(
        before.nodes.map(({ name }) => name),
        ['oss1', 'oss2'],
      );
      assert.deepEqual(
        before.resources.map(({ id }) => id),
        ['fence-oss1', 'fence-oss2', 'ost0', 'ost1', 'ost2'],
      );
    }
  });

  it('refuses a CIB of a schema to come', async () => {
    await using simulator = await openSimulator({ processes: systemProcesses });
    const future = cibText.replace('pacemaker-3.0', 'pacemaker-9.9');
    await assert.rejects(simulator.run({ cibText: future }), (error) => hasCode(error, 'config'));
  });

  it('is stopped at its time limit', async () => {
    await using simulator = await openSimulator({ processes: systemProcesses, timeLimitMs: 1 });
    await assert.rejects(simulator.run({ cibText }), (error) => hasCode(error, 'command-timeout'));
  });

  it('leaves no folder when it is done', async () => {
    const before = readdirSync(tmpdir()).filter((name) => name.startsWith('holdfast-simulate-'));
    const simulator = await openSimulator({ processes: systemProcesses });
    await simulator.run({ cibText });
    const during = readdirSync(tmpdir()).filter(
      (name) => name.startsWith('holdfast-simulate-') && !before.includes(name),
    );
    await simulator[Symbol.asyncDispose]();
    assert.ok(during.length > 0);
    assert.ok(during.some((name) => !existsSync(join(tmpdir(), name))));
  });
});
