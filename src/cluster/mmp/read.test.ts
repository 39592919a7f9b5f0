import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AppError } from '../../base/errors.ts';
import { simulated, systemClock } from '../../host.ts';
import { readMmp } from './read.ts';
import { INCOMPAT, sampleDevice } from './sample-blocks.ts';
import { sampleHost } from './sample-host.ts';

const clock = simulated.fixedClock();

describe('reading a device', () => {
  it('reads the superblock and then the block it names', async () => {
    const host = sampleHost({ '/dev/sdb': { bytes: sampleDevice({}, { sequence: 42, nodeName: 'oss2' }) } }, { clock });
    const { state, mmp, ext4 } = await readMmp(host, '/dev/sdb');
    assert.deepEqual([state, mmp?.nodeName, mmp?.sequence, ext4?.label], ['active-or-crashed', 'oss2', 42, 'ost1']);
    assert.equal(host.reads, 2);
  });

  it('reads no second block where the first says all', async () => {
    const host = sampleHost({ '/dev/sdb': { bytes: sampleDevice({ incompat: INCOMPAT.wide }) } }, { clock });
    assert.equal((await readMmp(host, '/dev/sdb')).state, 'no-mmp');
    assert.equal(host.reads, 1);
  });

  it('looks again when a checksum is wrong, as the block may have been half written', async () => {
    const own = simulated.fixedClock();
    const bytes = sampleDevice({}, { sequence: 7 });
    bytes[8192 + 4]! ^= 1;
    const onRead = (count: number): void => {
      if (count === 3) bytes[8192 + 4]! ^= 1;
    };
    const host = sampleHost({ '/dev/sdb': { bytes } }, { clock: own, onRead });
    const reading = readMmp(host, '/dev/sdb');
    await own.advance(200);
    assert.deepEqual([(await reading).state, host.reads], ['active-or-crashed', 4]);
  });

  it('says so when the checksum stays wrong', async () => {
    const own = simulated.fixedClock();
    const bytes = sampleDevice();
    bytes[1024 + 0x10]! ^= 1;
    const host = sampleHost({ '/dev/sdb': { bytes } }, { clock: own });
    const reading = readMmp(host, '/dev/sdb');
    await own.advance(1000);
    assert.deepEqual([(await reading).damage?.at, host.reads], ['superblock', 4]);
  });

  it('names a device that ends before its MMP block', async () => {
    const host = sampleHost({ '/dev/sdb': { bytes: sampleDevice().subarray(0, 8192 + 512) } }, { clock });
    const { damage } = await readMmp(host, '/dev/sdb');
    assert.deepEqual([damage?.at, damage?.kind], ['mmp-block', 'truncated']);
  });

  it('names the device, the host and the reason when it fails', async () => {
    const cases: [simulated.ScriptedAnswer | undefined, string, RegExp][] = [
      [{ exitCode: 81 }, 'device-failed', /\/dev\/sdb on oss1: no such device/],
      [{ exitCode: 82 }, 'device-failed', /neither a block device nor an image/],
      [
        { exitCode: 1, errorText: "dd: error reading '/dev/sdb': Input/output error\n" },
        'device-failed',
        /: Input\/output error$/,
      ],
      [
        { exitCode: 1, errorText: "dd: failed to open '/dev/sdb': Permission denied\n" },
        'device-failed',
        /: Permission denied$/,
      ],
      [{ exitCode: 2 }, 'device-failed', /cannot be read/],
      [undefined, 'command-missing', /sh/],
    ];
    for (const [answer, code, message] of cases) {
      const processes = simulated.scriptedProcesses(() => answer);
      await assert.rejects(readMmp({ name: 'oss1', processes, clock }, '/dev/sdb'), { code, message });
    }
  });

  it('gives up a device that hangs in the kernel, where no signal reaches', async () => {
    const own = simulated.fixedClock();
    const run = () => new Promise<never>(() => undefined);
    const stream = () => assert.fail('not used');
    const reading = readMmp({ name: 'oss1', processes: { run, stream }, clock: own }, '/dev/sdb');
    const refused = assert.rejects(reading, {
      code: 'command-timeout',
      message: /\/dev\/sdb on oss1 has not answered for 45 s/,
    });
    await own.advance(45_000);
    await refused;
  });

  it('leaves nothing waiting when it is done', async () => {
    const own = simulated.fixedClock();
    const host = sampleHost({ '/dev/sdb': { bytes: sampleDevice() } }, { clock: own });
    await readMmp(host, '/dev/sdb');
    assert.equal(own.sleeping, 0);
  });

  it('ends with the reason of who interrupts', async () => {
    const reason = new AppError('interrupted');
    const host = sampleHost({ '/dev/sdb': { bytes: sampleDevice() } }, { clock: systemClock });
    await assert.rejects(readMmp(host, '/dev/sdb', AbortSignal.abort(reason)), (error) => error === reason);
  });
});
