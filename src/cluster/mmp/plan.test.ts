import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { simulated } from '../../host.ts';
import { type MmpAction, type MmpPlan, planMmp } from './plan.ts';
import { readMmp } from './read.ts';
import { INCOMPAT, type SampleMmp, type SampleOptions, sampleDevice } from './sample-blocks.ts';
import { sampleHost } from './sample-host.ts';

const HERE = { host: 'local', device: '/dev/sdb' };
const THERE = { host: 'oss2', device: '/dev/sdc' };

async function planned(
  action: MmpAction,
  superblock: SampleOptions,
  mmp: SampleMmp = {},
  change: (bytes: Buffer) => void = () => undefined,
): Promise<MmpPlan> {
  const bytes = sampleDevice(superblock, mmp);
  change(bytes);
  const clock = simulated.fixedClock();
  const reading = readMmp(sampleHost({ '/dev/sdb': { bytes } }, { clock }), '/dev/sdb');
  await clock.advance(2000);
  return planMmp({ action, reading: await reading, paths: [HERE, THERE], isAlone: false });
}

const BARE = { incompat: INCOMPAT.wide };

describe('a plan', () => {
  it('names what is run, what must hold on which host, and for how long it is watched', async () => {
    const { command, args, conditions, stillS, timeLimitMs, uuid, isNeeded } = await planned('disable', {});
    assert.deepEqual([command, ...args], ['tune2fs', '-O', '^mmp', '--', '/dev/sdb']);
    assert.deepEqual([stillS, timeLimitMs, isNeeded], [21, 162_000, true]);
    assert.equal(uuid, '00112233-4455-6677-8899-aabbccddeeff');
    assert.deepEqual(
      conditions.map(({ kind, host, device }) => `${kind} ${host} ${device}`),
      [
        'others-known local /dev/sdb',
        'superblock-clean local /dev/sdb',
        'not-mounted local /dev/sdb',
        'not-claimed local /dev/sdb',
        'same-filesystem oss2 /dev/sdc',
        'not-mounted oss2 /dev/sdc',
        'not-claimed oss2 /dev/sdc',
      ],
    );
  });

  it('of each action fits the tool', async () => {
    assert.deepEqual((await planned('enable', BARE)).args, ['-O', 'mmp', '--', '/dev/sdb']);
    assert.equal((await planned('enable', BARE)).stillS, 0);
    const clear = await planned('clear', {}, { sequence: 0xe24d4d50 });
    assert.deepEqual(clear.args, ['-f', '-E', 'clear_mmp', '--', '/dev/sdb']);
    assert.ok(!clear.conditions.some(({ kind }) => kind === 'superblock-clean'), 'a check that died leaves it unclean');
  });

  it('has nothing to do where the device is as wanted', async () => {
    assert.equal((await planned('enable', {})).isNeeded, false);
    assert.equal((await planned('disable', BARE)).isNeeded, false);
    assert.equal((await planned('clear', {})).isNeeded, false);
    assert.equal((await planned('clear', BARE)).isNeeded, false);
  });

  it('to clear is there for every state that is not clean', async () => {
    assert.equal((await planned('clear', {}, { sequence: 5 })).isNeeded, true);
    assert.equal((await planned('clear', {}, { sequence: 0xe24d4d50 })).isNeeded, true);
    const damaged = await planned('clear', {}, {}, (bytes) => bytes.fill(0, 8192, 8200));
    assert.deepEqual([damaged.isNeeded, damaged.stillS], [true, 11]);
  });

  it('is refused where the state forbids it', async () => {
    const cases: [Promise<MmpPlan>, RegExp, RegExp][] = [
      [
        planned('disable', {}, { sequence: 5, nodeName: 'oss7' }),
        /disable of \/dev\/sdb: it is mounted by oss7/,
        /mmp watch/,
      ],
      [planned('disable', {}, { sequence: 5, nodeName: '' }), /it is mounted, or was/, /mmp watch/],
      [planned('disable', {}, { sequence: 0xe24d4d50 }), /e2fsck or tune2fs is at work/, /mmp clear/],
      [planned('disable', {}, {}, (bytes) => bytes.fill(0, 8192, 8200)), /there is no MMP block/, /mmp clear/],
      [planned('enable', {}, {}, (bytes) => bytes.fill(0)), /zeros only/, /Nothing was changed/],
      [planned('clear', {}, {}, (bytes) => bytes.fill(9, 1100, 1110)), /checksum of the superblock/, /e2fsck/],
    ];
    for (const [plan, message, hint] of cases)
      await assert.rejects(plan, { code: 'refused', exitCode: 20, message, hint });
  });
});
