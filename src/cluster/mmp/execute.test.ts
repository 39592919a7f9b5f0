import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AppError } from '../../base/errors.ts';
import { simulated } from '../../host.ts';
import { executeMmp, type MmpChange, type MmpStep } from './execute.ts';
import { type MmpAction, planMmp } from './plan.ts';
import { readMmp } from './read.ts';
import { INCOMPAT, type SampleMmp, type SampleOptions, sampleDevice } from './sample-blocks.ts';
import { type SampleDevice, type SampleHost, sampleHost } from './sample-host.ts';

interface Case {
  action?: MmpAction;
  superblock?: SampleOptions;
  mmp?: SampleMmp;
  /** What else is known of the device here, and there. */
  here?: Partial<SampleDevice>;
  there?: Partial<SampleDevice>;
  isAlone?: boolean;
  /** Nobody names another host. */
  isUnnamed?: boolean;
  /** Of the cluster of this machine. */
  members?: readonly string[];
  override?: string;
  toolExit?: number;
  /** The device after tune2fs. */
  after?: Buffer;
  /** Called with the bytes while the block is watched. */
  meanwhile?(bytes: Buffer, devices: { here: SampleDevice; there: SampleDevice }): void;
}

interface Done {
  change: MmpChange | AppError;
  steps: MmpStep[];
  here: SampleHost;
}

const FSCK = { sequence: 0xe24d4d50 };

async function done(given: Case): Promise<Done> {
  const { action = 'disable', superblock = {}, mmp = {}, isUnnamed = false, toolExit = 0 } = given;
  const clock = simulated.fixedClock();
  const bytes = sampleDevice(superblock, mmp);
  const devices = { here: { bytes, ...given.here }, there: { bytes, ...given.there } };
  const onTool = (): number => {
    if (toolExit === 0) (given.after ?? WANTED[action]).copy(bytes);
    return toolExit;
  };
  const here = sampleHost({ '/dev/sdb': devices.here }, { clock, onTool });
  const there = sampleHost({ '/dev/sdc': devices.there }, { clock, name: 'oss2' });
  const paths = [{ host: here, device: '/dev/sdb' }, ...(isUnnamed ? [] : [{ host: there, device: '/dev/sdc' }])];
  const plan = planMmp({
    action,
    reading: await readMmp(sampleHost({ '/dev/sdb': { bytes } }, { clock }), '/dev/sdb'),
    paths: paths.map(({ host, device }) => ({ host: host.name, device })),
    isAlone: given.isAlone ?? false,
    members: given.members ?? [],
  });
  const steps: MmpStep[] = [];
  const running = executeMmp(plan, { paths, override: given.override, onStep: (step) => steps.push(step) });
  const settled = running.catch((error: unknown) => {
    assert.ok(error instanceof AppError, String(error));
    return error;
  });
  await clock.advance(1000);
  given.meanwhile?.(bytes, devices);
  await clock.advance(60_000);
  return { change: await settled, steps, here };
}

const WANTED = {
  enable: sampleDevice(),
  disable: sampleDevice({ incompat: INCOMPAT.wide }),
  clear: sampleDevice(),
} as const satisfies Record<MmpAction, Buffer>;

async function refusal(given: Case): Promise<AppError> {
  const { change, here } = await done(given);
  assert.ok(change instanceof AppError, 'refused');
  assert.deepEqual([change.code, change.exitCode], ['refused', 20]);
  assert.deepEqual(here.tool, [], 'nothing was run');
  return change;
}

describe('executing a plan', () => {
  it('examines, watches, examines again, runs the tool, and reads what came of it', async () => {
    const { change, steps, here } = await done({});
    assert.ok(!(change instanceof AppError));
    assert.deepEqual([change.before.state, change.after.state, change.overridden.length], ['clean', 'no-mmp', 0]);
    assert.deepEqual(
      steps.map(({ kind }) => kind).filter((kind) => kind !== 'waiting'),
      ['examined', 'watching', 'examined', 'running'],
    );
    // Once a second it is told how far it is.
    const waiting = steps.flatMap((step) => (step.kind === 'waiting' ? [step.elapsedS] : []));
    assert.deepEqual(
      waiting,
      Array.from({ length: 20 }, (_, at) => at + 1),
    );
    assert.deepEqual(here.tool, ['-O ^mmp -- /dev/sdb']);
    assert.equal(here.processes instanceof Object, true);
  });

  it('enables without a block to watch', async () => {
    const { change, steps } = await done({ action: 'enable', superblock: { incompat: INCOMPAT.wide } });
    assert.ok(!(change instanceof AppError));
    assert.equal(change.after.state, 'clean');
    assert.ok(!steps.some(({ kind }) => kind === 'watching'));
  });

  it('does nothing where nothing is needed', async () => {
    const { change, here, steps } = await done({ action: 'clear' });
    assert.ok(!(change instanceof AppError));
    assert.deepEqual([here.tool, steps], [[], []]);
  });

  it('refuses what is mounted, held or in use, here or there, and says where', async () => {
    const cases: [Case, RegExp][] = [
      [{ here: { mounts: ['/mnt/a', '/mnt/b'] } }, /\/dev\/sdb on local: mounted on \/mnt\/a, \/mnt\/b/],
      [{ there: { mounts: ['/mnt/a'] } }, /\/dev\/sdc on oss2: mounted on \/mnt\/a/],
      [{ here: { holders: ['dm-3'] } }, /\/dev\/sdb on local: it is part of dm-3/],
      [{ there: { claim: 'busy' } }, /\/dev\/sdc on oss2: in use/],
      [{ superblock: { incompat: INCOMPAT.mmp | INCOMPAT.recover } }, /its journal is not replayed/],
      [{ superblock: { state: 0 } }, /not unmounted cleanly/],
      [{ there: { bytes: sampleDevice({ uuid: 'f'.repeat(32) }) } }, /oss2: another file system: ffffffff/],
      [{ there: { bytes: Buffer.alloc(4096) } }, /oss2: another device: .*zeros only/],
    ];
    for (const [given, message] of cases) assert.match((await refusal(given)).message, message);
  });

  it('refuses what could not be examined', async () => {
    const cases: [Case, RegExp][] = [
      [{ isUnnamed: true }, /nobody said which other hosts reach it/],
      [{ there: { error: new AppError('host-unreachable', { detail: 'oss2' }) } }, /could not be examined \(.*oss2\)/],
      [{ there: { claim: 'unknown' } }, /neither perl nor python3/],
      [{ members: ['local', 'oss2', 'oss3'] }, /oss3 of this machine's cluster was not named/],
    ];
    for (const [given, message] of cases) {
      const error = await refusal(given);
      assert.match(error.message, message);
      assert.match(error.hint, /--host NAME=PATH/);
    }
  });

  it('refuses another name of a machine in the place of another machine', async () => {
    const there = { machine: 'boot-local local' };
    for (const action of ['disable', 'clear'] as const)
      assert.match(
        (await refusal({ action, there, override: 'I know', ...(action === 'clear' ? { mmp: FSCK } : {}) })).message,
        /oss2 is the same machine as local/,
      );
    // The same kernel in another namespace is another host, and so is one of the same name.
    for (const machine of ['boot-local oss2', 'boot-9 local']) {
      const { change } = await done({ there: { machine } });
      assert.ok(!(change instanceof AppError), String(change));
    }
  });

  it('knows the nodes of its cluster by short and long names, and by their own', async () => {
    for (const members of [
      ['local', 'oss2.site'],
      ['LOCAL', 'oss2'],
      ['local', 'n2'],
    ]) {
      const { change } = await done({ members, there: { machine: `boot-2 ${members[1]}` } });
      assert.ok(!(change instanceof AppError), String(change));
    }
  });

  it('takes somebody at their word that the device is not shared', async () => {
    const { change } = await done({ isUnnamed: true, isAlone: true });
    assert.ok(!(change instanceof AppError));
  });

  it('refuses when anything changes while it is watched', async () => {
    const cases: [Case['meanwhile'], RegExp][] = [
      [
        (bytes) => sampleDevice({}, { sequence: 3, nodeName: 'oss9' }).copy(bytes),
        /written by oss9 while it was watched/,
      ],
      [(bytes) => sampleDevice({ mountedS: 77 }).copy(bytes), /its superblock was written/],
      [(_, { there }) => Object.assign(there, { mounts: ['/late'] }), /mounted on \/late/],
      [(_, { here }) => Object.assign(here, { claim: 'busy' }), /in use/],
    ];
    for (const [meanwhile, message] of cases) assert.match((await refusal({ meanwhile: meanwhile! })).message, message);
  });

  it('refuses when the device is another, or in another state, than was planned for', async () => {
    const clock = simulated.fixedClock();
    const bytes = sampleDevice();
    const host = sampleHost({ '/dev/sdb': { bytes } }, { clock });
    const paths = [{ host, device: '/dev/sdb' }];
    const reading = await readMmp(host, '/dev/sdb');
    const plan = planMmp({ action: 'disable', reading, paths: [{ host: 'local', device: '/dev/sdb' }], isAlone: true });
    sampleDevice({}, FSCK).copy(bytes);
    await assert.rejects(executeMmp(plan, { paths }), { code: 'refused', message: /it is fsck now, and was clean/ });
    sampleDevice({ uuid: 'a'.repeat(32) }).copy(bytes);
    await assert.rejects(executeMmp(plan, { paths }), { code: 'refused', message: /another file system than when/ });
  });

  it('says what tune2fs said when it fails, and when it lied', async () => {
    const failed = (await done({ toolExit: 1 })).change;
    assert.ok(failed instanceof AppError);
    assert.deepEqual([failed.code, /ended with 1: no such luck/.test(failed.message)], ['command-failed', true]);
    const lied = (await done({ after: sampleDevice() })).change;
    assert.ok(lied instanceof AppError);
    assert.match(lied.message, /said it was done, but the device is clean/);
  });
});

describe('an override', () => {
  const unreachable = { there: { error: new AppError('host-unreachable', { detail: 'oss2' }) } };

  it('lets clear go on without a host that cannot be examined, and is kept', async () => {
    const { change, here } = await done({ action: 'clear', mmp: FSCK, override: 'oss2 has no power', ...unreachable });
    assert.ok(!(change instanceof AppError));
    assert.deepEqual(here.tool, ['-f -E clear_mmp -- /dev/sdb']);
    assert.deepEqual([...new Set(change.overridden.map(({ condition }) => condition.host))], ['oss2']);
  });

  it('never covers what was examined and is wrong', async () => {
    const override = 'I know';
    const mounted = { action: 'clear', mmp: FSCK, override, here: { mounts: ['/mnt'] } } as const;
    assert.match((await refusal(mounted)).message, /mounted on \/mnt/);
    const alive = { action: 'clear', mmp: { sequence: 8 }, override, ...unreachable } as const;
    const meanwhile = (bytes: Buffer): unknown => sampleDevice({}, { sequence: 9 }).copy(bytes);
    assert.match((await refusal({ ...alive, meanwhile })).message, /somebody has it/);
  });

  it('is of no use for enable and disable', async () => {
    assert.match((await refusal({ override: 'I know', ...unreachable })).message, /could not be examined/);
  });
});
