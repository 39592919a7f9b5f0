/** Clusters in the daemon: when their fencing is tried, what is overdue, and what is said of them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { begin, CONFIG, HOUR, NOON, toldOf } from '../../test/daemon/served.ts';
import { configOf, settableClock, worldOf } from '../../test/daemon/world.ts';
import { crontab } from './crontab.ts';
import { tellOutcome, tellStart } from './outcome.ts';
import { subjectsOf } from './schedule.ts';
import { collectStatus } from './status.ts';
import { timerUnits } from './units.ts';

const DAY = 24 * HOUR;
const NODES = { nodes: ['n1', 'n2'] };
const OSS = { ...CONFIG, clusters: { oss: { ...NODES, fencing: { test: '06:00' } }, byHand: { nodes: ['n3'] } } };

describe('the fencing of clusters', () => {
  it('is tried by its schedule, of those that have one', async () => {
    const clusters = { oss: { ...NODES, fencing: { test: '13:00' } }, byHand: { nodes: ['n3'] } };
    const { begun, clock, stop } = await begin({ ...CONFIG, clusters });
    await clock.advance(1.5 * HOUR);
    assert.deepEqual(
      begun.filter((line) => line.includes('fencing')),
      ['schedule fencing oss'],
    );
    await stop();
  });

  it('is told when no test of it was good for too long, and when one is again', async () => {
    // From noon on: overdue at two, told of in the summary at three, and good again at four.
    const fencing = { test: '16:00', overdueAfter: '2h' };
    const { world, clock, get, stop } = await begin(
      {
        ...CONFIG,
        clusters: { oss: { ...NODES, fencing }, byHand: { nodes: ['n3'] } },
        notifications: { summary: '15:00' },
      },
      ({ ledger }) => {
        const begun = {
          kind: 'fencing',
          subject: 'oss',
          trigger: 'manual',
          dueMs: undefined,
          startedMs: NOON,
        } as const;
        const { id } = ledger.beginRun({ ...begun, logFile: undefined, process: 'daemon' });
        ledger.endRun(id, { status: 'failed', endedMs: NOON, errorText: 'fence-n2 from n1: no answer' });
        ledger.markTold(id);
      },
    );
    await clock.advance(3.5 * HOUR);
    assert.deepEqual(toldOf(world), ['overdue -', 'summary -']);
    const [overdue, summary] = world.told;
    assert.deepEqual(
      [overdue!.severity, overdue!.title, overdue!.cluster],
      ['critical', 'fencing of cluster oss on head1', 'oss'],
    );
    assert.match((await get('/metrics')).text, /^holdfast_cluster_fencing_overdue\{cluster="oss"\} 1$/m);
    const lines = summary!.lines.join('\n');
    assert.match(lines, /^Overdue: fencing of cluster oss\.$/m);
    assert.match(lines, /^Failed: fencing of cluster oss\.$/m);
    assert.match(lines, /^ {2}fencing of cluster oss: fence-n2 from n1: no answer$/m);
    assert.match(
      lines,
      /^Cluster oss: 0 of 0 ways to fence a node proven within a day, last test failed\. OVERDUE\.$/m,
    );
    assert.doesNotMatch(lines, /byHand/);
    await clock.advance(HOUR);
    assert.deepEqual(toldOf(world), ['overdue -', 'summary -', 'recovery -']);
    assert.equal(world.told[2]!.severity, 'critical', 'whoever heard of the trouble hears of its end');
    await stop();
  });

  it('is no trouble any more when it is not in the configuration', async () => {
    const { world, clock, stop } = await begin(CONFIG, ({ ledger }) => ledger.openTrouble('overdue fencing gone', 1));
    await clock.advance(HOUR);
    assert.deepEqual(
      [...world.ledger.troubles().keys()].filter((key) => key.includes('gone')),
      [],
    );
    await stop();
  });

  it('gives signs of life to dead-man targets that its cluster names', async () => {
    const targets = { alive: { ping: { url: { value: 'https://example.org/x' } } } };
    for (const [notify, signs] of [
      [{ notify: ['alive'] }, ['start', 'success']],
      [{}, []],
    ] as const) {
      const config = await configOf({ clusters: { oss: { ...NODES, fencing: notify } }, notifications: { targets } });
      const world = await worldOf({ config, clock: settableClock(DAY) });
      const begun = { kind: 'fencing', subject: 'oss', trigger: 'manual', dueMs: undefined, startedMs: DAY } as const;
      const run = world.ledger.beginRun({ ...begun, logFile: undefined, process: 'daemon' });
      await tellStart(world, run);
      await tellOutcome(world, world.ledger.endRun(run.id, { status: 'success', endedMs: DAY }));
      assert.deepEqual(
        world.told.map(({ kind }) => kind),
        signs,
      );
    }
  });

  it('is judged by what ran last, and by when it was good', async () => {
    const config = await configOf({ timezone: 'UTC', clusters: OSS.clusters });
    const clock = settableClock(10 * DAY);
    const world = await worldOf({ config, clock });
    const state = (): string =>
      collectStatus(world)
        .clusters.map((each) => `${each.cluster} ${each.state}`)
        .join();
    assert.equal(state(), 'oss never ran', 'by hand only, and nobody did');
    for (const [status, expected] of [
      ['success', 'ok'],
      ['incomplete', 'incomplete'],
      ['failed', 'failed'],
      ['interrupted', 'failed'],
      ['lost', 'failed'],
      ['success', 'ok'],
    ] as const) {
      const begun = {
        kind: 'fencing',
        subject: 'oss',
        trigger: 'manual',
        dueMs: undefined,
        startedMs: clock.nowMs(),
      } as const;
      const { id } = world.ledger.beginRun({ ...begun, logFile: undefined, process: 'daemon' });
      world.ledger.endRun(id, { status, endedMs: clock.nowMs() });
      assert.equal(state(), `oss ${expected}`);
    }
    clock.jump(2 * DAY + 7 * HOUR);
    assert.equal(state(), 'oss overdue');
    const way = { cluster: 'oss', node: 'n2', by: 'fence-n2 from n1', text: 'x' };
    world.ledger.savePathProofs('oss', [
      { ...way, isProven: true, atMs: DAY },
      { ...way, isProven: false, atMs: DAY },
    ]);
    const [found] = collectStatus(world).clusters[0]!.ways;
    assert.deepEqual([found!.isProven, found!.provenMs], [false, DAY], 'of the same moment a failure counts');
  });

  it('has units and lines of cron that run it', async () => {
    const config = await configOf({
      hosts: { n1: { address: 'n1' }, n2: { address: 'n2' } },
      clusters: { ...OSS.clusters, here: { nodes: ['head1'], fencing: { test: 'hourly' } } },
    });
    assert.deepEqual(
      subjectsOf(config)
        .filter(({ kind }) => kind === 'fencing')
        .map(({ subject, vault }) => [subject, vault]),
      [
        ['oss', undefined],
        ['here', undefined],
      ],
    );
    const options = { program: '/usr/bin/holdfast', configFile: '/etc/holdfast/holdfast.yaml' };
    const unit = (name: string): string => timerUnits(config, options).find((each) => each.name === name)!.text;
    assert.match(unit('holdfast_fencing-oss.service'), /^ExecStart=\/usr\/bin\/holdfast run --fencing oss --config/m);
    assert.match(unit('holdfast_fencing-oss.service'), /^CapabilityBoundingSet=CAP_DAC_READ_SEARCH CAP_FOWNER$/m);
    // Its own cluster shares memory with who asks, and agents may need a device.
    assert.match(unit('holdfast_fencing-here.service'), /^CapabilityBoundingSet=.* CAP_DAC_OVERRIDE$/m);
    assert.doesNotMatch(unit('holdfast_fencing-here.service'), /PrivateDevices/);
    assert.match(unit('holdfast_fencing-oss.timer'), /^OnCalendar=\*-\*-\* 06:00:00/m);
    assert.match(
      crontab(config, { ...options, machineTimezone: 'UTC' }).text,
      /^0 6 \* \* \* root .* run --fencing oss --quiet/m,
    );
  });
});
