/** Fencing on a real cluster: what a test of the paths proves, a pause that the cluster ends by itself, a real shot, a word. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { fencing, type live } from '../../src/cluster.ts';
import { fence } from '../../src/failover.ts';
import { systemClock } from '../../src/host.ts';
import { describePeer } from '../peers.ts';
import { seatsIn, useLab } from './bed.ts';
import { PACEMAKER_PEERS, startPacemaker } from './pacemaker.ts';
import { configurationXml } from './pacemaker-configuration.ts';
import { until } from './wait.ts';

const PAUSE_MS = 20_000;
const options: live.ReadOptions = { clock: systemClock };

/** As pcs, crmsh and crm_attribute have it: in the set that comes before every other. */
function configuration(more = ''): string {
  return configurationXml({ nodes: ['n1', 'n2'], filesystems: [], shotLast: 'n1' })
    .replaceAll('"opts', '"cib-bootstrap-options')
    .replace('</resources>', '<primitive id="dummy" class="ocf" provider="pacemaker" type="Dummy"/></resources>')
    .replace('</constraints>', `${more}</constraints>`);
}

describePeer('fencing of a real cluster', [...PACEMAKER_PEERS], () => {
  const bed = useLab(async (lab) => {
    const cluster = await startPacemaker(lab, ['n1', 'n2']);
    await cluster.load(configuration());
    await cluster.settle();
    const seatOf = seatsIn(lab);
    return { cluster, seatOf, seat: seatOf('n1') };
  });

  it('proves each path from each node, and sees what stonith_admin does not', async () => {
    const { lab } = bed();
    const good = await tried();
    assert.deepEqual(
      good
        .map(({ device, from, step, tried: { outcome, text } }) => [device.id, from, step, outcome, text].join(' '))
        .sort(),
      ['fence-n1', 'fence-n2'].flatMap((id) =>
        ['n1', 'n2'].flatMap((from) => [
          `${id} ${from} monitor proven answers`,
          `${id} ${from} registered proven its fencer may use it`,
          `${id} ${from} status proven on`,
        ]),
      ),
    );
    for (const fault of ['error', 'garbled', 'hang'] as const) {
      lab.power.setFault('n2', fault);
      const broken = (await tried('fence-n2')).filter(({ step }) => step !== 'registered');
      assert.deepEqual(
        [fault, ...broken.map(({ tried: { outcome } }) => outcome)],
        [fault, 'failed', 'failed', 'failed', 'failed'],
      );
    }
    lab.power.setFault('n2', 'error');
    // Where the device is not started, it is content with a list.
    const started = /fence-n2\s.*Started (\S+)/.exec(await lab.host('n1').must(['crm_mon', '-1']))?.[1];
    const other = started === 'n1' ? 'n2' : 'n1';
    assert.equal((await lab.host(other).exec(['stonith_admin', '--query', 'fence-n2'])).exitCode, 0);
    lab.power.setFault('n2', undefined);
  });

  it('pauses by a lease that the cluster ends itself, and then fences who died meanwhile', async (t) => {
    const { lab, cluster, seat, seatOf } = bed();
    const before = await properties();
    const view = await fence.readFencing(seat, options);
    const plan = fence.planPause(view, {
      durationMs: PAUSE_MS,
      dcNowMs: await dcClock(view),
      nowMs: systemClock.nowMs(),
      clocks: new Map(
        await Promise.all(
          ['n1', 'n2'].map(async (name) => [name, await fencing.dateOn(seatOf(name), options)] as const),
        ),
      ),
    });
    assert.deepEqual(
      plan.conditions.map(({ outcome }) => outcome),
      ['met', 'met', 'met', 'met', 'met'],
      JSON.stringify(plan.conditions),
    );
    const program = new URL('killed-pause.ts', import.meta.url).pathname;
    // All of ours in the cluster is dead from here on; what happens is only watched.
    const killed = lab.host('n1').exec([process.execPath, program, String(PAUSE_MS)], { timeLimitMs: 30_000 });
    assert.ok(
      await killed.then(
        ({ exitCode }) => exitCode === 137,
        (error) => /SIGKILL/.test(String(error)),
      ),
    );
    const { endMs } = (await fence.readFencing(seat, options)).setting.lease!;
    assert.ok(Math.abs(endMs - plan.endMs) < 10_000);
    await lab.host('n2').kill();
    await until('dummy runs on n1', () => runsOn('dummy', 'n1'), { limitMs: 15_000 });
    assert.ok(systemClock.nowMs() < endMs, 'taken over within the pause');
    assert.deepEqual(orders('off'), [], 'without a shot');
    await until('n2 is fenced', () => orders('off').length > 0, {
      limitMs: PAUSE_MS + 10_000,
      explain: () => cluster.describe(),
    });
    const lateMs = orders('off')[0]!.atMs - endMs;
    t.diagnostic(`fenced ${lateMs} ms after the end`);
    assert.ok(lateMs >= -1000 && lateMs < 10_000, `${lateMs} ms after the end`);
    await cluster.rejoin('n2');
    const ended = await fence.readFencing(seat, options);
    assert.deepEqual([ended.setting.lease?.hasEnded, ended.setting.isEnabled], [true, true]);
    assert.equal(await fence.executeResume(ended, options), true);
    assert.equal(await properties(), before, 'everything is where it was');
    assert.equal(await fence.executeResume(await fence.readFencing(seat, options), options), false);
  });

  it('ends at once when told to, and takes another end', async () => {
    const { seat, seatOf } = bed();
    for (const durationMs of [60_000, 120_000]) {
      const view = await fence.readFencing(seat, options);
      const plan = fence.planPause(view, {
        durationMs,
        dcNowMs: await dcClock(view),
        nowMs: systemClock.nowMs(),
        clocks: new Map(),
      });
      assert.equal(plan.isChange, durationMs === 120_000);
      await fence.executePause(seat, plan, options);
      assert.equal((await fence.readFencing(seat, options)).setting.lease?.endMs, plan.endMs);
    }
    const paused = await fence.readFencing(seat, options);
    const shot = fence.planShot(paused, 'n2', await fence.shotFacts(paused, 'n2', { seatOf, options }));
    assert.ok(shot.conditions.some(({ outcome, text }) => outcome === 'violated' && text === 'fencing is paused'));
    assert.equal(await fence.executeResume(paused, options), true);
    assert.equal((await fence.readFencing(seat, options)).state.options.fencesNodes, true);
  });

  it('shoots a node and watches it come back', async (t) => {
    const { lab, cluster, seat, seatOf } = bed();
    const view = await fence.readFencing(seat, options);
    const plan = fence.planShot(view, 'n2', await fence.shotFacts(view, 'n2', { seatOf, options }));
    assert.deepEqual(
      plan.conditions.filter(({ outcome }) => outcome !== 'met'),
      [],
    );
    assert.deepEqual(plan.active, ['dummy']);
    const result = await fence.executeShot(view, plan, { seatOf, options });
    t.diagnostic(JSON.stringify(result));
    assert.ok(
      lab.power.calls.some(
        ({ op, host, by, answer }) => op === 'reboot' && host === 'n2' && by === 'n1' && answer === 'OK',
      ),
    );
    assert.deepEqual((await cluster.online(lab.host('n1'))).sort(), ['n1', 'n2']);
    await cluster.settle();
  });

  it('does not shoot itself, nor who is needed', async () => {
    const { cluster, seat, seatOf } = bed();
    const view = await fence.readFencing(seat, options);
    const refused = async (target: string, given = view) => {
      const plan = fence.planShot(given, target, await fence.shotFacts(given, target, { seatOf, options }));
      return plan.conditions
        .filter(({ outcome }) => outcome === 'violated')
        .map(({ text }) => text)
        .join();
    };
    assert.match(await refused('n1'), /would shoot itself/);
    assert.match(await refused('n9'), /no node of this cluster/);
    await cluster.load(configuration('<rsc_location id="never" rsc="dummy" node="n1" score="-INFINITY"/>'));
    await cluster.settle();
    const pinned = await fence.readFencing(seat, options);
    assert.match(await refused('n2', pinned), /without n2 these would not run: dummy/);
    const plan = fence.planShot(pinned, 'n2', await fence.shotFacts(pinned, 'n2', { seatOf, options }));
    await assert.rejects(fence.executeShot(pinned, plan, { seatOf, options, override: 'because' }), {
      code: 'refused',
    });
    await cluster.load(configuration());
    await cluster.settle();
  });

  it('believes an operator only about a node that is not seen to live', async () => {
    const { lab, seat, seatOf } = bed();
    const request = { node: 'n2', verified: 'unplugged by hand' };
    const lives = fence.planConfirm(await fence.readFencing(seat, options), request, { isAnswering: true, tried: [] });
    await assert.rejects(
      async () => fence.refuseUnless(lives.conditions, 'x'),
      /n2 is an online member.*answers over ssh/,
    );
    lab.power.setFault('n2', 'error');
    await lab.host('n2').kill();
    const isUnclean = async () =>
      (await fence.readFencing(seat, options)).state.nodes.some(({ name, isUnclean }) => name === 'n2' && isUnclean);
    await until('n2 is unclean', isUnclean, { limitMs: 15_000, everyMs: 200 });
    const view = await fence.readFencing(seat, options);
    assert.throws(
      () =>
        fence.refuseUnless(
          fence.planPause(view, { durationMs: 60_000, dcNowMs: 0, nowMs: 0, clocks: new Map() }).conditions,
          'because',
        ),
      /n2 waits to be fenced/,
    );
    const paths = fence
      .planPaths(view)
      .paths.filter(({ step, from, target }) => step === 'status' && from === 'n1' && target?.node === 'n2');
    const facts = async () => ({ isAnswering: false, tried: await fence.tryPaths(view, paths, { seatOf, options }) });
    const plan = fence.planConfirm(view, request, await facts());
    assert.deepEqual(
      plan.conditions.map(({ outcome }) => outcome),
      ['met', 'met', 'unexamined'],
    );
    assert.equal(
      await fence.executeConfirm(view, plan, { options, by: 'tester', facts }),
      false,
      'hosts of the lab have no system log',
    );
    await until('n2 counts as off', async () => !(await isUnclean()), { limitMs: 15_000, everyMs: 200 });
  });

  async function tried(...only: string[]): Promise<fence.TriedPath[]> {
    const { seat, seatOf } = bed();
    const view = await fence.readFencing(seat, options);
    const { paths, uncovered } = fence.planPaths(view, only);
    assert.deepEqual(uncovered, []);
    return await fence.tryPaths(view, paths, { seatOf, options: { ...options, timeLimitMs: 2500 } });
  }

  async function dcClock(view: fence.FencingView): Promise<number | undefined> {
    const { seatOf } = bed();
    return await fencing.dateOn(seatOf(view.state.dc!.name!), options);
  }

  async function properties(): Promise<string> {
    const { lab } = bed();
    const text = await lab.host('n1').must(['cibadmin', '--query', '--scope', 'crm_config']);
    // In the order of their names: what was taken out and put back stands last. A new DC writes lines of its own.
    return text
      .split('\n')
      .filter((line) => !/last-lrm-refresh|cluster-name/.test(line))
      .sort()
      .join('\n');
  }

  async function runsOn(resource: string, node: string): Promise<boolean> {
    const { lab } = bed();
    const { output } = await lab.host(node).exec(['crm_resource', '--locate', '--resource', resource]);
    return output.includes(`running on: ${node}`);
  }

  function orders(op: string) {
    const { lab } = bed();
    return lab.power.switched('n2').filter((call) => call.op === op);
  }
});
