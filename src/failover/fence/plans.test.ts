import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AppError } from '../../base/errors.ts';
import { type fencing, live } from '../../cluster.ts';
import { simulated } from '../../host.ts';
import { sampleEvent, sampleNode, samplePrimitive } from '../sample-state.ts';
import { refuseUnless } from './condition.ts';
import { planConfirm } from './confirm.ts';
import { planPaths, tryPaths } from './paths.ts';
import { planPause } from './pause.ts';
import { readFencing } from './read.ts';
import { type SampleView, sampleView } from './sample.ts';
import { planShot, type ShotFacts } from './shoot.ts';

const GOOD: fencing.Votes = { expected: 2, present: 2, needed: 1, isQuorate: true, isTwoNode: true };
const proven: fencing.Tried = { outcome: 'proven', tookMs: 5, text: 'on', power: 'on' };

/** What of a plan does not hold. */
function objections(conditions: readonly { outcome: string; text: string }[]): string[] {
  return conditions.filter(({ outcome }) => outcome !== 'met').map(({ outcome, text }) => `${outcome}: ${text}`);
}

function facts(given: Partial<ShotFacts> = {}, view = sampleView()): ShotFacts {
  const path = planPaths(view).paths.find(
    ({ step, from, device }) => step === 'status' && from === 'n1' && device.id === 'fence-n2',
  )!;
  return { votes: GOOD, lost: [], tried: [{ ...path, tried: proven }], ...given };
}

describe('a pause', () => {
  const plan = (view: SampleView = {}, dcNowMs: number | undefined = 5000, durationMs = 60_000) =>
    planPause(sampleView(view), { durationMs, dcNowMs, nowMs: 5000, clocks: new Map([['n2', dcNowMs]]) });

  it('ends by the clock of the DC', () => {
    assert.equal(plan().endMs, 65_000);
    assert.equal(plan({}, 1_000_500).endMs, 1_061_000);
    assert.deepEqual(objections(plan().conditions), []);
    assert.match(plan({}, 95_000).conditions[2]!.text, /to 90 s, which was allowed for/);
    assert.equal(plan({}, 5000).isChange, false);
  });

  it('is refused while somebody waits to be fenced, whatever the reason', () => {
    const cases: [SampleView, RegExp][] = [
      [
        { nodes: [sampleNode('n1'), sampleNode('n2', { isOnline: false, isUnclean: true })] },
        /^violated: n2 waits to be fenced/,
      ],
      [{ history: [sampleEvent('n2', { status: 'pending' })] }, /^violated: n2 is being fenced right now/],
      [{ state: { hasQuorum: false } }, /^violated: the cluster has no quorum/],
    ];
    for (const [view, message] of cases) {
      const { conditions } = plan(view);
      assert.match(objections(conditions).join(), message);
      assert.throws(() => refuseUnless(conditions, 'I know better'), { code: 'refused' });
    }
  });

  it('takes a reason for what could not be examined, and tells what', () => {
    const { conditions } = planPause(sampleView({ state: { fencing: undefined } }), {
      durationMs: 60_000,
      dcNowMs: undefined,
      nowMs: 0,
      clocks: new Map(),
    });
    assert.deepEqual(objections(conditions), [
      'unexamined: whether a fencing is under way',
      'unexamined: the clock of the DC n1, by which the pause ends',
      'unexamined: the clock of n2, which may be the DC when the pause ends',
    ]);
    assert.throws(() => refuseUnless(conditions, undefined), { code: 'refused' });
    assert.equal(refuseUnless(conditions, 'seen by hand').length, 3);
  });

  it('is neither a moment nor for good', () => {
    for (const durationMs of [0, 9999, 24 * 3_600_000 + 1])
      assert.throws(() => plan({}, 0, durationMs), { code: 'usage' });
    const off =
      '<cluster_property_set id="o"><nvpair id="e" name="stonith-enabled" value="false"/></cluster_property_set>';
    assert.throws(() => plan({ properties: off }), { code: 'refused' });
  });
});

describe('paths', () => {
  it('are all that could be used: every node but those barred, every target', () => {
    const { paths, uncovered } = planPaths(sampleView());
    assert.deepEqual(uncovered, []);
    assert.deepEqual(
      paths.map(({ device, from, step, target }) => [device.id, from, step, target?.node].join(' ').trim()),
      ['fence-n1', 'fence-n2'].flatMap((id) =>
        ['n1', 'n2'].flatMap((from) => [
          `${id} ${from} registered`,
          `${id} ${from} monitor`,
          `${id} ${from} status ${id.slice(6)}`,
        ]),
      ),
    );
    assert.equal(planPaths(sampleView(), ['fence-n1']).paths.length, 6);
  });

  it('name nodes that nobody could shoot', () => {
    const third = sampleView({ nodes: [sampleNode('n1'), sampleNode('n2'), sampleNode('n3')] });
    assert.deepEqual(planPaths(third).uncovered, [
      { node: 'n3', why: 'no device is configured that is known to fence it' },
    ]);
    const dynamic = '<primitive id="any" class="stonith" type="fence_x"/>';
    assert.match(
      planPaths(sampleView({ resources: dynamic, nodes: third.state.nodes })).uncovered[0]!.why,
      /choose their nodes themselves/,
    );
  });

  it('are unproven where nobody could be asked, and failed where the answer is wrong', async () => {
    const view = sampleView({ nodes: [sampleNode('n1'), sampleNode('n2'), sampleNode('n3', { isOnline: false })] });
    const answers: Record<string, (call: { command: string }) => simulated.ScriptedAnswer | undefined> = {
      n1: ({ command }) => (command === 'stonith_admin' ? { output: 'fence-n1\n' } : { exitCode: 2 }),
      n2: () => {
        throw new AppError('host-unreachable', { detail: 'n2' });
      },
    };
    const seatOf = (name: string): live.Seat => ({
      name,
      processes: simulated.scriptedProcesses((call) => answers[name]!(call)),
    });
    const told: string[] = [];
    const tried = await tryPaths(view, planPaths(view).paths, {
      seatOf,
      options: { clock: simulated.fixedClock() },
      onTried: ({ device, from, step }) => told.push([device.id, from, step].join()),
    });
    const at = (id: string, from: string, step: string) =>
      tried.find((path) => path.device.id === id && path.from === from && path.step === step)!.tried;
    assert.equal(told.length, tried.length);
    assert.equal(at('fence-n1', 'n1', 'registered').outcome, 'proven');
    assert.deepEqual(
      [at('fence-n2', 'n1', 'registered').outcome, at('fence-n2', 'n1', 'registered').text],
      ['failed', 'its fencer does not know the device'],
    );
    assert.equal(at('fence-n1', 'n1', 'monitor').outcome, 'failed');
    assert.match(at('fence-n1', 'n1', 'status').text, /says that n1 is off, which is online: wrong plug/);
    for (const step of ['registered', 'monitor', 'status'])
      assert.equal(at('fence-n1', 'n2', step).outcome, 'unproven');
    assert.equal(at('fence-n1', 'n3', 'monitor').text, 'n3 is not online');
  });
});

describe('a shot', () => {
  const said = (view: SampleView, given: Partial<ShotFacts> = {}, target = 'n2') =>
    objections(planShot(sampleView(view), target, facts(given)).conditions).join('; ');

  it('is allowed when everything was examined and holds', () => {
    const plan = planShot(sampleView(), 'n2', facts());
    assert.deepEqual(objections(plan.conditions), []);
    assert.deepEqual([plan.active, plan.by, plan.steps.length], [['ost0'], 'n1', 5]);
  });

  it('is refused for each thing that is wrong', () => {
    const two = [sampleNode('n1'), sampleNode('n2')];
    const lonely = [sampleNode('n1', { isOnline: false }), sampleNode('n2')];
    const cases: [SampleView, Partial<ShotFacts>, RegExp, string?][] = [
      [{}, {}, /n1 is the node that is asked: it would shoot itself/, 'n1'],
      [{}, {}, /n7 is no node of this cluster/, 'n7'],
      [{ nodes: [two[0]!, sampleNode('n2', { isPending: true })] }, {}, /n2 is not online/],
      [{ state: { options: { ...sampleView().state.options, fencesNodes: false } } }, {}, /fencing is off/],
      [{ state: { options: { ...sampleView().state.options, isInMaintenance: true } } }, {}, /maintenance mode/],
      [{ state: { resources: [samplePrimitive('ost0', { isFailed: true })] } }, {}, /ost0 has failed/],
      [{ state: { resources: [samplePrimitive('ost0', { pending: 'Starting' })] } }, {}, /ost0 is Starting/],
      [{ nodes: lonely }, {}, /n2 is the last node/],
      [
        {},
        { votes: { ...GOOD, isTwoNode: false, needed: 2 } },
        /would lose quorum: 1 of 2 votes would be left, 2 are needed/,
      ],
      [{}, { votes: { ...GOOD, isQuorate: false } }, /would lose quorum/],
      [{}, { lost: ['ost0'] }, /without n2 these would not run: ost0/],
      [{}, { tried: [] }, /no device is known to fence it/],
      [
        {},
        {
          tried: facts().tried.map((path) => ({ ...path, tried: { ...proven, outcome: 'failed', power: undefined } })),
        },
        /no path to n2 is proven/,
      ],
    ];
    for (const [view, given, message, target] of cases) {
      const told = said(view, given, target);
      assert.match(told, message);
      assert.match(told, /violated/);
    }
  });

  it('needs a reason where something could not be examined', () => {
    const unproven = facts().tried.map((path) => ({ ...path, tried: { ...proven, outcome: 'unproven' as const } }));
    const told = said({}, { votes: undefined, lost: undefined, tried: unproven });
    assert.equal(told.split('; ').filter((each) => each.startsWith('unexamined')).length, 3);
    assert.doesNotMatch(told, /violated/);
  });
});

describe('a word that a node is off', () => {
  const lost = { nodes: [sampleNode('n1'), sampleNode('n2', { isOnline: false, isUnclean: true })] };
  const plan = (view: SampleView, given: Partial<Parameters<typeof planConfirm>[2]> = {}, node = 'n2') =>
    planConfirm(
      sampleView(view),
      { node, verified: 'unplugged by J. Doe' },
      { isAnswering: false, tried: [], ...given },
    );

  it('is taken for a node that the cluster waits for', () => {
    assert.deepEqual(objections(plan(lost).conditions), []);
    assert.deepEqual(
      objections(
        plan(lost, { tried: facts().tried.map((path) => ({ ...path, tried: { ...proven, power: 'off' } })) })
          .conditions,
      ),
      [],
    );
  });

  it('is refused for one that lives, or may', () => {
    const cases: [readonly { outcome: string; text: string }[], RegExp][] = [
      [plan({}).conditions, /n2 is an online member/],
      [plan(lost, {}, 'n9').conditions, /n9 is no node/],
      [plan(lost, { isAnswering: true }).conditions, /n2 answers over ssh/],
      [plan(lost, { tried: facts().tried }).conditions, /fence-n2, asked by n1, says that n2 is on/],
      [plan({ nodes: [sampleNode('n1'), sampleNode('n2', { isOnline: false })] }).conditions, /nothing to confirm/],
    ];
    for (const [conditions, message] of cases)
      assert.match(objections(conditions).join(), new RegExp(`violated: .*${message.source}`));
    assert.match(
      objections(plan(lost, { isAnswering: undefined }).conditions).join(),
      /unexamined: whether n2 answers/,
    );
  });

  it('must say how', () => {
    for (const verified of ['', '   ', 'yes'])
      assert.throws(() => planConfirm(sampleView(lost), { node: 'n2', verified }, { isAnswering: false, tried: [] }), {
        code: 'usage',
      });
  });
});

describe('Heartbeat', () => {
  it('cannot, and says what can be done instead', async () => {
    const processes = live.playedNode(({ command, args }) => {
      if (command === 'uname') return { output: 'n1\n' };
      if (command !== 'cl_status') return undefined;
      const says: Record<string, string> = {
        hbstatus: 'Heartbeat is running on this machine.\n',
        listnodes: args[1] === '-p' ? '' : 'n1\n',
        rscstatus: 'all\n',
        nodestatus: 'active\n',
        listhblinks: '',
      };
      return { output: says[args[0]!] ?? '' };
    });
    await assert.rejects(
      readFencing({ name: 'n1', processes }, { clock: simulated.fixedClock() }),
      (error: AppError) => {
        assert.deepEqual(
          [error.code, /n1 runs Heartbeat.*cannot pause it/.test(error.message)],
          ['refused', true],
          error.message,
        );
        assert.match(error.hint, /stonith -t PLUGIN|ha import/);
        return true;
      },
    );
  });
});
