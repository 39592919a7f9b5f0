/** The look at a Heartbeat node, by the real shell of this machine with played programs. */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { AppError, hasCode } from '../../base/errors.ts';
import { simulated, systemClock, systemProcesses } from '../../host.ts';
import type { Seat } from '../pacemaker/tool.ts';
import { lookAtHeartbeat } from './look.ts';
import { printed } from './played.ts';
import { readHeartbeat } from './read.ts';

const options = { clock: systemClock };
const folder = mkdtempSync(join(tmpdir(), 'holdfast-look-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Programs of the system that the look takes, and these; nothing else is found. */
function machine(name: string, programs: Readonly<Record<string, string>>): Seat {
  const bin = mkdtempSync(join(folder, `${name}-`));
  for (const each of ['sh', 'base64', 'tr', 'tail', 'cat', 'sleep']) symlinkSync(`/usr/bin/${each}`, join(bin, each));
  for (const [each, body] of Object.entries(programs)) {
    writeFileSync(join(bin, each), `#!/bin/sh\n${body}\n`);
    chmodSync(join(bin, each), 0o755);
  }
  const run: Seat['processes']['run'] = (command, args, given) =>
    systemProcesses.run(command, [args[0]!, args[1]!.replaceAll('/usr/sbin', bin), ...args.slice(2)], {
      ...given,
      env: { ...given?.env, PATH: bin },
    });
  return { name, processes: { ...systemProcesses, run } };
}

const NODE = {
  uname: 'echo h1',
  cl_status: `case "$*" in
hbstatus) echo 'Heartbeat is running on this machine.' ;;
'listnodes -n') printf 'h2\\nh1\\n' ;;
'listnodes -p') echo 10.0.0.254 ;;
'nodestatus h2') echo dead; echo 'cl_status[7]: noise' >&2; exit 1 ;;
'nodestatus 10.0.0.254') echo ping ;;
nodestatus*) echo active ;;
'listhblinks 10.0.0.254') printf '\\t10.0.0.254\\n' ;;
listhblinks*) printf '\\teth1\\n\\t*\\n' ;;
'hblinkstatus h2 eth1') echo dead ;;
hblinkstatus*) echo up ;;
rscstatus) echo all ;;
esac`,
};

async function failure(seat: Seat, timeLimitMs = 10_000): Promise<AppError> {
  const error: unknown = await readHeartbeat(seat, { ...options, timeLimitMs }).catch((thrown: unknown) => thrown);
  assert.ok(error instanceof AppError, String(error));
  return error;
}

describe('a look at a Heartbeat node', () => {
  it('tells everything in one run, and as the played node of other tests prints it', async () => {
    const seat = machine('h1', NODE);
    let output = '';
    let runs = 0;
    const run: Seat['processes']['run'] = async (...call) => {
      runs++;
      const result = await seat.processes.run(...call);
      output = result.output.toString();
      return result;
    };
    const state = await readHeartbeat({ name: 'h1', processes: { ...seat.processes, run } }, options);
    assert.equal(runs, 1);
    assert.deepEqual(
      [state.node, state.nodes.map(({ name, isOnline }) => [name, isOnline]), state.pings],
      [
        'h1',
        [
          ['h2', false],
          ['h1', true],
        ],
        [{ name: '10.0.0.254', isReached: true }],
      ],
    );
    assert.deepEqual(
      state.links.map(({ node, link, isUp }) => `${node} ${link} ${isUp}`),
      ['h2 eth1 false', 'h2 * true', 'h1 eth1 true', 'h1 * true', '10.0.0.254 10.0.0.254 true'],
    );
    const asked = output.split('\n').flatMap((line) => / \.[^ ]* (.*)$/.exec(line)?.[1] ?? []);
    const answers = new Map(
      await Promise.all(
        asked.map(async (question) => {
          const [program = '', ...words] = question.split(' ');
          const script = NODE[program as keyof typeof NODE];
          const { exitCode, ...told } = await systemProcesses.run('sh', ['-c', script, program, ...words]);
          return [question, { exitCode, output: told.output.toString(), errorText: told.errorText }] as const;
        }),
      ),
    );
    assert.equal(
      output,
      printed((...question) => answers.get(question.join(' '))),
    );
  });

  it('names what is missing, stopped or refused', async () => {
    const { uname } = NODE;
    const bare = await failure(machine('h1', { uname }));
    assert.match(`${bare.code} ${bare.message} ${bare.hint}`, /^command-missing .*cl_status on h1 .*heartbeat/);
    const stopped = await failure(
      machine('h1', { uname, cl_status: 'echo "Heartbeat is stopped on this machine."; exit 1' }),
    );
    assert.match(`${stopped.code} ${stopped.message}`, /^cluster-down .*Heartbeat on h1: Heartbeat is stopped/);
    const says = 'Heartbeat is apparently running on this machine, but refuses my connection';
    const denied = await failure(machine('h1', { uname, cl_status: `echo '${says}' >&2; exit 1` }));
    assert.match(`${denied.code} ${denied.message}`, /^cluster-denied .*refuses my connection/);
    const has = async (crmMon: string) =>
      (await lookAtHeartbeat(machine('h1', { ...NODE, crm_mon: crmMon }), options)).hasPacemaker;
    assert.deepEqual([await has('exit 0'), await has('exit 1'), await has('exit 102')], [true, true, false]);
  });

  it('that hangs is ended after the limit, in the name of the program', async () => {
    const late = await failure(machine('h1', { ...NODE, cl_status: 'exec sleep 60' }), 300);
    assert.match(
      `${late.code} ${late.message} ${late.hint}`,
      /^command-timeout .*cl_status on h1, after 0\.3 s .*daemons/,
    );
  });

  it('that is cut off anywhere is never taken for an answer', async () => {
    const { processes } = machine('h1', NODE);
    const { output } = await processes.run('sh', ['-c', await scriptOf(), 'holdfast-look']);
    const text = output.toString();
    assert.ok(text.endsWith('\nend\n'));
    for (let length = 0; length < text.length; length += 7) {
      const cut = simulated.scriptedProcesses(() => ({ output: text.slice(0, length) }));
      await assert.rejects(readHeartbeat({ name: 'h1', processes: cut }, options), (error) =>
        hasCode(error, 'cluster-unclear'),
      );
    }
    const holed = text.split('\n').filter((line) => !line.endsWith('nodestatus h2'));
    const lacking = simulated.scriptedProcesses(() => ({ output: holed.join('\n') }));
    await assert.rejects(readHeartbeat({ name: 'h1', processes: lacking }, options), (error) => {
      return hasCode(error, 'cluster-unclear') && /nodestatus h2 is not in it/.test(error.message);
    });
  });
});

async function scriptOf(): Promise<string> {
  const seen = simulated.scriptedProcesses(() => ({ output: 'missing\nend\n' }));
  await lookAtHeartbeat({ name: 'h1', processes: seen }, options);
  return seen.calls[0]!.args[1]!;
}
