/** The lab itself: what the tests of failover take for granted about hosts, links, disks and power. */
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { describePeer } from '../peers.ts';
import type { Host } from './host.ts';
import { Lab } from './lab.ts';
import type { Lun } from './lun.ts';
import { mmpSequence } from './mmp.ts';
import { FENCE_AGENT } from './power-scripts.ts';
import { until } from './wait.ts';

const MIB = 1024 * 1024;
const CLEAN = 0xff4d4d50;

describePeer('the lab', ['root', 'namespaces', 'python3', 'mke2fs', 'ip'], () => {
  let lab: Lab;
  let a: Host;
  let b: Host;
  let lun: Lun;

  before(async () => {
    lab = await Lab.open();
    [a, b] = [lab.host('a'), lab.host('b')];
    for (const host of [a, b]) host.write('/usr/sbin/fence_lab', FENCE_AGENT, 0o755);
    a.write('/etc/lab/boot', '#!/bin/sh\necho booted >>/var/booted\n', 0o755);
    lun = await lab.lun('disk0', 32 * MIB, ['a', 'b']);
    await Promise.all([a.boot(), b.boot()]);
  });
  after(() => lab[Symbol.asyncDispose]());

  it('gives each host a world of its own', async () => {
    assert.equal(await a.must(['hostname']), 'a\n');
    assert.equal(await a.must(['cat', '/proc/1/comm']), 'bash\n');
    assert.match(await a.must(['ip', '-brief', 'address']), /eth0\S* +UP +10\.77\.0\.1\/24/);
    assert.equal(await a.must(['cat'], { input: 'told' }), 'told');
    const outside = (await a.must(['ls', '/sys/class/net'])).split('\n').sort().join(' ').trim();
    assert.equal(outside, 'eth0 eth1 lo');
    await a.must(['touch', '/srv/only-a']);
    assert.equal((await b.exec(['ls', '/srv/only-a'])).exitCode, 2);
    assert.equal((await a.must(['env'])).includes('NODE_'), false);
  });

  it('keeps what a host wrote over a crash, but nothing of its memory', async () => {
    await a.must(['sh', '-c', 'echo kept >/srv/kept; echo lost >/run/lost']);
    await a.kill();
    assert.equal(a.isOn, false);
    assert.deepEqual(a.mounts(), []);
    await assert.rejects(a.exec(['true']), /host a is off/);
    assert.equal(a.read('/srv/kept'), 'kept\n');
    a.write('/srv/from-outside', 'hello');
    await a.boot();
    assert.equal(await a.must(['cat', '/srv/kept', '/srv/from-outside']), 'kept\nhello');
    assert.equal((await a.exec(['ls', '/run/lost'])).exitCode, 2);
    await until('the second boot', async () => (await a.must(['cat', '/var/booted'])) === 'booted\nbooted\n', {
      limitMs: 5000,
    });
    assert.throws(() => a.write('/srv/late', ''), /only while it is off/);
  });

  it('notices that a host went down by itself, and boots it again', async () => {
    await a.exec(['python3', '-c', 'import ctypes; ctypes.CDLL(None).reboot(0x1234567)']).catch(() => undefined);
    await until('it is off', () => !a.isOn, { limitMs: 5000 });
    assert.throws(() => a.firstPid, /host a is off/);
    await a.boot();
    assert.equal(await a.must(['hostname']), 'a\n');
  });

  it('stops what takes too long, and names what is missing', async () => {
    const begin = performance.now();
    const slow = a.exec(['sh', '-c', 'sleep 77 & sleep 77'], { timeLimitMs: 200 });
    await assert.rejects(slow, { code: 'command-timeout' });
    assert.ok(performance.now() - begin < 5000);
    const search = ['sh', '-c', 'grep -las "sleep.7[7]" /proc/[0-9]*/cmdline'];
    const isGone = async () => (await a.exec(search)).output === '';
    await until('its processes are gone', isGone, { limitMs: 3000 });
    await assert.rejects(a.exec(['no-such-program']), { code: 'command-missing', message: /no-such-program/ });
    assert.equal((await a.exec(['sh', '-c', 'exit 127'])).exitCode, 127);
  });

  it('cuts and heals cables, also over a reboot, and parts a pair only from each other', async () => {
    const c = lab.host('c');
    await c.boot();
    assert.deepEqual(await Promise.all([reaches(a, b, 0), reaches(a, b, 1), reaches(c, a, 0)]), [true, true, true]);
    await lab.cutLinks('b', [0]);
    assert.deepEqual(await Promise.all([reaches(a, b, 0), reaches(a, b, 1), reaches(a, c, 0)]), [false, true, true]);
    await b.kill();
    await b.boot();
    assert.deepEqual(await Promise.all([reaches(b, a, 0), reaches(b, a, 1)]), [false, true]);
    await lab.healLinks('b');
    assert.equal(await reaches(b, a, 0), true);
    await lab.isolatePair('a', 'b');
    await assert.rejects(lab.isolatePair('b', 'c'), /apart already/);
    assert.deepEqual(await Promise.all([reaches(a, b, 0), reaches(a, b, 1)]), [false, false]);
    assert.deepEqual(await Promise.all([reaches(a, c, 1), reaches(c, b, 1)]), [true, true]);
    await lab.healPair();
    assert.equal(await reaches(a, b, 1), true);
  });

  it('loses at a power cut what was not on disk, and nothing else', async () => {
    await mount(a, lun);
    assert.deepEqual(lab.activeOn(lun), ['a']);
    await a.must(['sh', '-c', 'echo safe >/mnt/safe; sync /mnt/safe; echo unsafe >/mnt/unsafe']);
    await a.powerLoss();
    assert.deepEqual(lab.activeOn(lun), []);
    assert.notEqual(mmpSequence(lun), CLEAN, 'the disk looks as if still in use');
    const check = await b.exec(['e2fsck', '-n', '-E', 'journal_only', lun.path]);
    assert.match(check.output + check.errorText, /recover/i);
    // Without the wait of 22 s that a mount would make: the operator knows that nobody has it.
    await b.must(['tune2fs', '-f', '-E', 'clear_mmp', lun.path]);
    await mount(b, lun);
    assert.equal(await b.must(['ls', '/mnt']), 'lost+found\nsafe\n');
    assert.equal(await b.must(['cat', '/mnt/safe']), 'safe\n');
    await b.kill();
    assert.equal(mmpSequence(lun), CLEAN, 'a kill unmounts cleanly');
    await Promise.all([a.boot(), b.boot()]);
  });

  it('loses the path of one host, and only that', async () => {
    lun.cut('a');
    assert.notEqual(
      (await a.exec(['dd', `if=${lun.path}`, 'bs=4096', 'skip=8', 'count=1', 'iflag=direct'])).output.length,
      4096,
    );
    assert.notEqual((await a.exec(['mount', lun.path, '/mnt'])).exitCode, 0);
    await mount(b, lun);
    await b.must(['umount', '/mnt']);
    lun.heal('a');
    await mount(a, lun);
    assert.equal(await a.must(['cat', '/mnt/safe']), 'safe\n');
    await a.must(['umount', '/mnt']);
  });

  it('sees a double mount, also of one that was unmounted lazily', async () => {
    const bare = await lab.lun('bare0', 32 * MIB, ['a', 'b'], { mmpIntervalS: undefined });
    using watch = lab.watchMounts();
    await mount(a, bare);
    await until('it is seen once', () => watch.sightings > 0, { limitMs: 2000 });
    assert.equal(watch.doubles.length, 0);
    await a.must(['sh', '-c', 'exec 5>/mnt/open; sleep 60 </dev/null >/dev/null 2>&1 & umount -l /mnt']);
    assert.equal(
      a.mounts().some(({ directory }) => directory === '/mnt'),
      false,
    );
    await mount(b, bare);
    await until('the double mount is seen', () => watch.doubles.length > 0, { limitMs: 2000 });
    assert.deepEqual(watch.doubles[0]?.hosts, ['a', 'b']);
    assert.deepEqual(watch.doubles[0]?.lun, 'bare0');
    await Promise.all([a.kill(), b.must(['umount', '/mnt'])]);
    await a.boot();
  });

  it('switches hosts on and off by the power controller, and takes down who asked', async () => {
    const fence = (...args: string[]) => a.exec(['fence_lab', ...args]);
    assert.equal((await fence('-o', 'status', '-n', 'b')).exitCode, 0);
    assert.equal((await a.exec(['fence_lab'], { input: 'action=off\nplug=b\n' })).exitCode, 0);
    assert.equal(b.isOn, false);
    assert.equal((await fence('-o', 'status', '-n', 'b')).exitCode, 2);
    assert.equal((await fence('-o', 'on', '-n', 'b')).exitCode, 0);
    assert.equal(b.isOn, true);
    assert.match((await fence('-o', 'list')).output, /^a,\nb,/);
    assert.deepEqual(
      lab.power.switched('b').map(({ op }) => op),
      ['off', 'on'],
    );
    const off = lab.power.calls.find(({ op }) => op === 'off');
    assert.deepEqual(
      { ...off, atMs: 0, tookMs: 0 },
      { atMs: 0, tookMs: 0, op: 'off', host: 'b', by: 'a', answer: 'OK' },
    );
  });

  it('has a power controller that fails in every way', async () => {
    const fence = async (op: string) => (await a.exec(['fence_lab', '-o', op, '-n', 'b'])).exitCode;
    lab.power.setFault('b', 'error');
    assert.equal(await fence('off'), 1);
    lab.power.setFault('b', 'garbled');
    assert.deepEqual([await fence('off'), await fence('status')], [1, 1]);
    lab.power.setFault('b', 'hang');
    await assert.rejects(a.exec(['fence_lab', '-o', 'off', '-n', 'b'], { timeLimitMs: 300 }), {
      code: 'command-timeout',
    });
    lab.power.setFault('b', 'liar');
    assert.deepEqual([await fence('off'), await fence('status')], [0, 2]);
    assert.equal(b.isOn, true, 'through all of it');
    lab.power.setFault('b', 'no-boot');
    assert.equal(await fence('reboot'), 0);
    assert.equal(b.isOn, false);
    lab.power.setFault('b', undefined);
    assert.equal(await fence('on'), 0);
    assert.equal(b.isOn, true);
  });
});

async function mount(host: Host, lun: Lun): Promise<void> {
  await host.must(['mount', '-t', 'ext4', lun.path, '/mnt'], { timeLimitMs: 60_000 });
}

/** Whether something answers there, if only that nobody listens. */
async function reaches(from: Host, to: Host, link: 0 | 1): Promise<boolean> {
  const script = `timeout 0.6 bash -c '</dev/tcp/${to.address(link)}/9'`;
  return (await from.exec(['bash', '-c', script])).errorText.includes('refused');
}
