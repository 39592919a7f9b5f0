import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { hasCode } from '../../base/errors.ts';
import { simulated, systemClock, systemProcesses } from '../../host.ts';
import { parseMounts, readMounts } from './mounts.ts';

const clock = systemClock;

describe('mounts', () => {
  it('are read as the kernel writes them', () => {
    const lines = [
      '/dev/sdb /mnt/a\\040b ext4 rw,relatime 0 0',
      'mgs@tcp:/scratch /scratch lustre ro,seclabel 0 0',
      '',
    ];
    assert.deepEqual(parseMounts(lines), [
      { device: '/dev/sdb', directory: '/mnt/a b', type: 'ext4', isReadOnly: false },
      { device: 'mgs@tcp:/scratch', directory: '/scratch', type: 'lustre', isReadOnly: true },
    ]);
  });

  it('of this machine, with what links lead to', async () => {
    const own = { name: 'local', processes: systemProcesses };
    const { mounts, targets } = await readMounts(own, ['/proc/self', '/no/such/device'], { clock });
    assert.ok(mounts.some(({ directory, type }) => directory === '/proc' && type === 'proc'));
    assert.equal(mounts.length, readFileSync('/proc/1/mounts', 'utf8').trimEnd().split('\n').length);
    assert.match(targets.get('/proc/self') ?? '', /^\/proc\/\d+$/);
    assert.equal(targets.has('/no/such/device'), false);
    assert.equal((await readMounts(own, [], { clock })).targets.has('/proc/self'), false);
  });

  it('that are cut short are not believed', async () => {
    const whole = 'mount /dev/sdb /mnt/a ext4 rw 0 0\nlink /dev/disk/by-id/a /dev/sdb\nlink /dev/sdb /dev/sdb\nend\n';
    for (const output of ['', whole.slice(0, -4), whole.slice(0, 20), whole.replace('link /dev/disk/by-id/a', 'lin')]) {
      const processes = simulated.scriptedProcesses(() => ({ output }));
      const reading = readMounts({ name: 'oss1', processes }, ['/dev/disk/by-id/a'], { clock });
      await assert.rejects(reading, (error) => hasCode(error, 'cluster-unclear'), JSON.stringify(output));
    }
    const processes = simulated.scriptedProcesses(() => ({ output: whole }));
    const { mounts, targets } = await readMounts({ name: 'oss1', processes }, ['/dev/disk/by-id/a'], { clock });
    assert.deepEqual([mounts.length, targets.get('/dev/disk/by-id/a')], [1, '/dev/sdb']);
  });
});
