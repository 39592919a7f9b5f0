/** cl_status as Heartbeat 3.0.6 prints it, on two hosts of a pair. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AppError, hasCode } from '../../base/errors.ts';
import { systemClock } from '../../host.ts';
import type { Seat } from '../pacemaker/tool.ts';
import { isHealthy, surveyCluster } from '../state/survey.ts';
import { playedNode } from './played.ts';
import { readHeartbeat } from './read.ts';

const options = { clock: { ...systemClock, sleep: async () => undefined } };

interface Side {
  holds: string;
  dead?: readonly string[];
  downLinks?: readonly string[];
  pings?: Readonly<Record<string, string>>;
}

/** A host of the pair; only `cl_status` and `uname` are there. */
function side(own: string, { holds, dead = [], downLinks = [], pings = {} }: Side): Seat {
  const nodes = ['h2', 'h1'];
  const lines = (words: readonly string[]): { output: string } => ({
    output: words.map((word) => `${word}\n`).join(''),
  });
  const status = (word: string) => ({ output: `${word}\n`, exitCode: word === 'dead' ? 1 : 0 });
  const isDown = (node: string, link: string): boolean =>
    pings[node] === 'dead' || dead.includes(node) || downLinks.includes(`${node} ${link}`);
  const questions: Record<string, (node: string, link: string) => { output: string; exitCode?: number }> = {
    hbstatus: () => lines(['Heartbeat is running on this machine.']),
    listnodes: (kind) => lines(kind === '-p' ? Object.keys(pings) : nodes),
    rscstatus: () => lines([holds]),
    listhblinks: (node) => lines(node in pings ? [`\t${node}`] : ['\teth1', '\teth0']),
    nodestatus: (node) => status(pings[node] ?? (dead.includes(node) ? 'dead' : 'active')),
    hblinkstatus: (node, link) => status(isDown(node, link) ? 'dead' : 'up'),
  };
  const processes = playedNode(({ command, args }) => {
    if (command === 'uname') return { output: `${own}\n` };
    return command === 'cl_status' ? questions[args[0]!]?.(args[1] ?? '', args[2] ?? '') : undefined;
  });
  return { name: own, processes };
}

async function told(...sides: Seat[]): Promise<{ healthy: boolean; groups: string[]; remarks: string[] }> {
  const survey = await surveyCluster(sides, options);
  const groups = survey.views.flatMap(({ resources }) =>
    resources.map((each) =>
      each.kind === 'primitive' ? `${each.id}: ${each.role} ${each.nodes.join('+')}`.trim() : '',
    ),
  );
  const remarks = survey.remarks.map(({ code, subject }) => `${code} ${subject}`);
  return { healthy: isHealthy(survey), groups, remarks };
}

describe('a Heartbeat pair', () => {
  it('with each side holding its own is healthy', async () => {
    assert.deepEqual(await told(side('h1', { holds: 'local' }), side('h2', { holds: 'local' })), {
      healthy: true,
      groups: ['groups of h2: Started h2', 'groups of h1: Started h1'],
      remarks: [],
    });
  });

  it('after a takeover has all on one side', async () => {
    const { groups, healthy } = await told(side('h1', { holds: 'none' }), side('h2', { holds: 'all' }));
    assert.deepEqual([groups, healthy], [['groups of h2: Started h2', 'groups of h1: Started h2'], true]);
  });

  it('asked on one side only, does not know of the other and is never green', async () => {
    assert.deepEqual(await told(side('h1', { holds: 'local' })), {
      healthy: false,
      groups: ['groups of h2: Unknown', 'groups of h1: Started h1'],
      remarks: ['unknown groups of h2'],
    });
  });

  it('whose peer is dead has to hold both itself', async () => {
    const lone = await told(side('h2', { holds: 'all', dead: ['h1'] }));
    assert.deepEqual(lone.remarks, ['node-offline h1']);
    const half = await told(side('h2', { holds: 'local', dead: ['h1'] }));
    assert.deepEqual(half.remarks, ['node-offline h1', 'stopped groups of h1']);
  });

  it('split in two is told as what it is: both sides hold everything', async () => {
    const { healthy, remarks } = await told(
      side('h1', { holds: 'all', dead: ['h2'] }),
      side('h2', { holds: 'all', dead: ['h1'] }),
    );
    assert.equal(healthy, false);
    assert.deepEqual(remarks.slice(0, 4), [
      'active-twice groups of h2',
      'active-twice groups of h1',
      'disagreement node h2',
      'disagreement node h1',
    ]);
  });

  it('with connection but groups held twice, or by nobody', async () => {
    const twice = await told(side('h1', { holds: 'all' }), side('h2', { holds: 'local' }));
    assert.deepEqual(twice.remarks, ['active-twice groups of h2']);
    const nobody = await told(side('h1', { holds: 'none' }), side('h2', { holds: 'local' }));
    assert.deepEqual(nobody.remarks, ['stopped groups of h1']);
  });

  it('in transition, with a path down and a ping host that is silent', async () => {
    const changing = await told(side('h1', { holds: 'transition' }), side('h2', { holds: 'none' }));
    assert.deepEqual(changing.remarks, ['changing groups of h2', 'changing groups of h1']);
    const cut = side('h1', {
      holds: 'local',
      downLinks: ['h2 eth1'],
      pings: { '10.0.0.1': 'dead', '10.0.0.2': 'ping' },
    });
    const { remarks } = await told(cut, side('h2', { holds: 'local' }));
    assert.deepEqual(remarks, ['ping-lost 10.0.0.1', 'link-down h2']);
  });

  it('that cannot be asked is an error', async () => {
    const failing = (output: string, exitCode = 1): Seat => ({
      name: 'h1',
      processes: playedNode(({ command, args }) => {
        if (command === 'uname') return { output: 'h1' };
        return args[0] === 'hbstatus' ? { output, exitCode } : { exitCode: 1 };
      }),
    });
    const code = async (seat: Seat): Promise<string> => {
      const error = await readHeartbeat(seat, options).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      assert.ok(error instanceof AppError);
      return error.code;
    };
    assert.equal(await code(failing('Heartbeat is stopped on this machine.')), 'cluster-down');
    assert.equal(
      await code(failing('Heartbeat is apparently running on this machine, but refuses my connection')),
      'cluster-denied',
    );
    assert.equal(await code(failing('Heartbeat is running on this machine.', 0)), 'cluster-unclear');
    const bare = { name: 'h1', processes: playedNode(() => undefined) };
    await assert.rejects(
      readHeartbeat(bare, options),
      (e) => hasCode(e, 'command-missing') && /heartbeat/.test(e.hint),
    );
  });

  it('with version 2 resources says that it cannot tell of them', async () => {
    const { processes } = side('h1', { holds: '' });
    const state = await readHeartbeat({ name: 'h1', processes }, options);
    assert.deepEqual(
      [state.resources, state.gaps.map(({ what }) => what)],
      [[], ['failures and fencing history', 'resources']],
    );
  });
});
